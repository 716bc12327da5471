"""The inspector by itself, and hands that type into it."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from builder.panels.inspector import Inspector
from builder.theme import light


def shown_inspector(qtbot, session, width=320):
    panel = Inspector(session, light())
    qtbot.addWidget(panel)
    panel.resize(width, 900)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.activateWindow()
    return panel


def typing(qtbot):
    """Types a text in place of what stands in a line, and ends with Return."""

    def type_into(line, text, end=True):
        line.setFocus()
        qtbot.waitUntil(line.hasFocus)
        QTest.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(line, text)
        if end:
            QTest.keyClick(line, Qt.Key.Key_Return)

    return type_into


def block(session, name="Residual"):
    return session.project.blocks[name]


def params(session, node_id):
    return dict(session.graph.nodes[node_id].params)
