"""The inspector explains itself: help, origins, defaults, facts, ways out, and room at every width."""

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from builder.panels.help_strip import limits_text
from builder.panels.inspector import Inspector
from builder.session import Session
from builder.theme import light
from graph.catalog import CATALOG
from graph.document import Document, Edge, Graph, Node, PortRef, Project
from graph.edits import AddNodes, SetParams
from graph.storage import to_bytes

NODES = (
    Node("n1", "Input", "image", {"shape": [1, 28, 28]}),
    Node("n2", "Conv2d", "conv1", {"out_channels": 32, "kernel_size": 3}),
    Node("n3", "Linear", "linear1", {"out_features": 10}),
)
EDGES = (Edge(PortRef("n1", "out"), PortRef("n2", "in")),)


@pytest.fixture
def session(qapp):
    return Session(Document(Project("Demo", Graph(NODES, EDGES))))


@pytest.fixture
def inspector(qtbot, session):
    holder = QWidget()
    panel = Inspector(session, light())
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(panel)
    qtbot.addWidget(holder)
    holder.resize(360, 700)
    with qtbot.waitExposed(holder):
        holder.show()
    holder.activateWindow()
    yield panel
    holder.close()


@pytest.fixture
def conv(session, inspector):
    session.select(("n2",))
    return inspector.node_page


def focus(qtbot, widget):
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)
    return widget


def type_into(qtbot, field, text):
    focus(qtbot, field)
    field.selectAll()
    QTest.keyClicks(field, text)


def params(session, node_id="n2"):
    return dict(session.graph.nodes[node_id].params)


# -- help


def test_the_strip_explains_the_parameter_that_has_the_focus(qtbot, conv, inspector):
    focus(qtbot, conv.name.line)
    assert inspector.help.isVisible()
    assert "Drag a name sideways" in inspector.help.text.text()
    field = focus(qtbot, conv.form.field("kernel_size"))
    assert inspector.help.name.text() == "kernel_size"
    assert inspector.help.text.text().endswith("or height, width; default 3.")
    QTest.keyClick(field, Qt.Key.Key_Tab)  # to the chain of the same parameter
    assert inspector.help.name.text() == "kernel_size"
    focus(qtbot, conv.form.field("in_channels"))
    assert inspector.help.text.text().endswith("follows from the input when empty.")
    focus(qtbot, conv.name.line)
    assert inspector.help.name.text() == ""


def test_the_strip_is_there_for_forms_alone_and_where_there_is_room(qtbot, session, inspector):
    assert not inspector.help.isVisible()
    session.select(("n2",))
    assert inspector.help.isVisible()
    inspector.window().resize(360, 300)
    focus(qtbot, inspector.node_page.name.line)
    viewport = inspector.node_page.parentWidget()
    qtbot.waitUntil(lambda: not inspector.help.isVisible() and viewport.height() > 250)
    field = focus(qtbot, inspector.node_page.form.field("groups"))
    qtbot.waitUntil(inspector.help.isVisible)
    qtbot.waitUntil(lambda: not field.visibleRegion().isEmpty())


def test_every_parameter_is_explained_in_a_sentence():
    for spec in CATALOG.values():
        for param in spec.all_params:
            text = limits_text(param)
            assert text[0].isupper()
            assert text.endswith(".")
            assert "inf " not in text


@pytest.mark.parametrize(
    ("type_name", "name", "text"),
    [
        ("Dropout", "p", "Number from 0 to 1; default 0.5."),
        (
            "Conv2d",
            "padding",
            "Integer of at least 0, same, valid, or height, width; default 0.",
        ),
        ("Conv2d", "out_channels", "Integer of at least 1; default 32."),
        ("Flatten", "start_dim", "Index of a dim from -16 to 16; default 1."),
        ("Embedding", "max_norm", "Number above 0; default none."),
        ("ZeroPad2d", "padding", "Integer, or left, right, top, bottom; default 1."),
    ],
)
def test_what_a_parameter_takes(type_name, name, text):
    assert limits_text(CATALOG[type_name].param(name)) == text


def test_every_editor_has_a_name_and_its_help(conv):
    for name in conv.form.names:
        assert conv.form.field(name).accessibleName() == name
        assert conv.form.field(name).accessibleDescription() == conv.form.spec(name).help


def test_the_page_of_the_layer_is_a_key_away(qtbot, conv):
    class Browser(QObject):
        opened = Signal(QUrl)

        @Slot(QUrl)
        def open(self, url):
            self.opened.emit(url)

    browser = Browser()
    QDesktopServices.setUrlHandler("https", browser, "open")
    QTest.keyClick(focus(qtbot, conv.name.line), Qt.Key.Key_Tab)
    assert conv.docs.hasFocus()
    with qtbot.waitSignal(browser.opened) as caught:
        QTest.keyClick(conv.docs, Qt.Key.Key_Space)
    QDesktopServices.unsetUrlHandler("https")
    assert caught.args[0].toString().endswith("torch.nn.Conv2d.html")


def test_an_inferred_value_says_where_it_comes_from(session, conv):
    assert conv.form.field("in_channels").toolTip().endswith("image gives (N, 1, 28, 28), so it is 1.")
    session.select(("n3",))
    field = conv.form.field("in_features")
    assert field.lineEdit().placeholderText() == "inferred"
    assert field.toolTip().endswith("Inferred from the input once its shape is known.")


def test_an_empty_canvas_says_what_to_do(session, inspector):
    session.load(Document(Project("Empty")))
    page = inspector.project_page
    assert "Double-click" in page.hint.text()
    assert not page.totals.isVisible()
    session.apply(AddNodes((Node("n9", "ReLU", "relu1"),)))
    assert page.totals.isVisible()
    assert page.hint.text().startswith("Select a layer")


# -- ways back and out


def test_escape_first_takes_back_and_then_leaves(qtbot, session, conv, inspector):
    field = conv.form.field("out_channels")
    type_into(qtbot, field, "12")
    with qtbot.assertNotEmitted(inspector.left):
        QTest.keyClick(field, Qt.Key.Key_Escape)
    assert params(session)["out_channels"] == 32
    for editor in (field, conv.form.field("bias"), conv.form.field("padding_mode"), conv.name.line):
        with qtbot.waitSignal(inspector.left):
            QTest.keyClick(focus(qtbot, editor), Qt.Key.Key_Escape)


def test_escape_takes_a_name_back(qtbot, session, conv):
    before = to_bytes(session.project)
    line = conv.name.line
    type_into(qtbot, line, "image")
    assert conv.name.refusal.text()
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert (line.text(), conv.name.refusal.text()) == ("conv1", "")
    assert to_bytes(session.project) == before
    assert session.document.undo_label is None


def test_escape_takes_back_a_name_that_was_only_refused(qtbot, session, conv):
    line = conv.name.line
    focus(qtbot, line)
    line.selectAll()
    QTest.keyClick(line, Qt.Key.Key_Backspace)
    assert conv.name.refusal.text()
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert (line.text(), conv.name.refusal.text()) == ("conv1", "")
    assert session.document.undo_label is None


def test_in_the_window_escape_goes_back_to_the_canvas(qtbot, window):
    window.files.new_project(Project("Demo", Graph(NODES, EDGES)))
    window.session.select(("n2",))
    window.activateWindow()
    field = focus(qtbot, window.inspector.node_page.form.field("out_channels"))
    QTest.keyClick(field, Qt.Key.Key_Escape)
    qtbot.waitUntil(window.canvas.hasFocus)
    assert window.session.selection == ("n2",)


def test_all_parameters_are_reset_in_one_step(session, conv):
    session.apply(SetParams("n2", {"bias": False, "padding": 2, "frozen": True}))
    before = to_bytes(session.project)
    QTest.mouseClick(conv.parameters.button, Qt.MouseButton.LeftButton)
    assert params(session) == {"frozen": True}
    assert not conv.parameters.button.isEnabled()
    assert conv.parameters.button.toolTip() == "Every parameter has its default."
    session.undo()
    assert to_bytes(session.project) == before


def test_only_what_differs_from_the_default_stands_out(session, conv):
    label = conv.form.label("kernel_size")
    assert label.font().weight() < QFont.Weight.DemiBold  # it is given, but as the default
    assert not conv.form.reset_button("kernel_size").isVisible()
    session.apply(SetParams("n2", {"kernel_size": 5}))
    assert label.font().weight() == QFont.Weight.DemiBold
    assert conv.form.reset_button("kernel_size").toolTip() == "Back to the default, 3"
    session.undo()
    assert label.font().weight() < QFont.Weight.DemiBold


def test_tab_goes_down_the_page_whichever_form_was_made_first(qtbot, session, conv, inspector):
    session.select(("n3",))
    session.select(("n2",))
    session.select(("n3",))
    session.apply(SetParams("n3", {"bias": False}))
    page = inspector.page
    fields = [page.form.field(name) for name in page.form.names]
    expected = [
        page.docs, page.parameters.button, *fields, page.form.reset_button("bias"), page.training.header,
        page.shapes.heading.button, page.cost.heading.button,
    ]  # fmt: skip
    expected.insert(4, page.form.reset_button("out_features"))
    focus(qtbot, page.name.line)
    for widget in expected:
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is widget


def test_tab_reaches_what_belongs_to_an_editor(qtbot, session, inspector):
    session.apply(AddNodes((Node("n9", "Backbone", "body"),)))
    session.select(("n9",))
    form = inspector.page.form
    focus(qtbot, form.field("num_classes"))
    for _ in range(2):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget().toolTip() == "Choose a file"


# -- facts, speed, room


def test_facts_are_copied_as_a_table(conv):
    QTest.mouseClick(conv.shapes.heading.button, Qt.MouseButton.LeftButton)
    text = QApplication.clipboard().text()
    assert text.splitlines() == ["Input\t(N, 1, 28, 28)  float32", "Output\t(N, 32, 26, 26)  float32"]


def test_a_form_is_kept_for_the_next_layer_of_its_type(session, conv):
    first = conv.form
    session.select(("n3",))
    assert conv.form is not first
    session.apply(AddNodes((Node("n9", "Conv2d", "conv2", {"out_channels": 7}),)))
    session.select(("n9",))
    assert conv.form is first
    assert first.isVisible()
    assert first.field("out_channels").text() == "7"


def test_forms_that_were_not_shown_for_long_are_dropped(session, conv):
    types = [name for name, spec in CATALOG.items() if spec.params and name != "Conv2d"][:20]
    session.apply(AddNodes(tuple(Node(f"x{name}", name, name) for name in types)))
    first = conv.form
    for name in types:
        session.select((f"x{name}",))
    session.select(("n2",))
    assert conv.form is not first
    assert conv.form.field("out_channels").text() == "32"


@pytest.mark.parametrize("values", [{"kernel_size": [3, 5], "groups": 7}, {"padding_mode": "replicate"}])
def test_at_280_pixels_nothing_is_cut(qtbot, session, inspector, values):
    session.apply(SetParams("n2", values))
    session.select(("n2",))
    inspector.window().resize(280, 600)
    qtbot.waitUntil(lambda: inspector.width() == 280)
    QApplication.processEvents()
    page = inspector.page
    assert page.width() <= 280
    for child in page.form.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if child.isVisible():
            assert child.mapTo(page, child.rect().topRight()).x() < page.width(), child.objectName()


@pytest.mark.parametrize("type_name", sorted(CATALOG))
def test_no_layer_makes_the_page_wider_than_280_pixels(session, conv, type_name):
    session.apply(AddNodes((Node("n9", type_name, "a_name_that_goes_on_and_on_for_quite_a_while"),)))
    session.select(("n9",))
    assert conv.minimumSizeHint().width() <= 280 - 12  # a scroll bar takes its part
