"""The code pane: the source that the graph stands for, always current."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QTextDocumentFragment
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from builder.icons import icon
from builder.panels.source_view import SourceView
from builder.texts import tr, tr_count, tr_made
from builder.theme import GRID, Theme, font

_EMPTY = "The graph is empty. Add a layer, and its PyTorch code appears here."
_SOLVE = "The code appears when these are solved:"
_COPIED_TIME = 1500  # milliseconds that the copy button says so


class CodePane(QWidget):
    """Shows the generated source, and which lines belong to which node; or why there is none.

    Signals:
        node_activated(str): the user put the text cursor into a line of that node.
        save_requested(): the user wants the source in a file.
    """

    node_activated = Signal(str)
    save_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = SourceView(theme)
        self.view.line_entered.connect(self._on_line_entered)
        self._theme = theme
        self._lines: dict[str, tuple[int, ...]] = {}
        self._nodes: dict[int, str] = {}
        self._highlighted: frozenset[str] = frozenset()
        self._problems: tuple[str, ...] = ()
        self._reason = ""
        self._build()
        self.show_problems(())

    def show_source(self, text: str, spans: Mapping[str, Sequence[int]]) -> None:
        """Shows a source.

        Args:
            text: the Python source.
            spans: node id -> the lines it stands in, counted from 1. Of several nodes in one line the first
                answers for it.
        """
        self._lines = {node: tuple(lines) for node, lines in spans.items()}
        self._nodes = {}
        for node, lines in self._lines.items():
            for line in lines:
                self._nodes.setdefault(line, node)
        self.view.set_source(text)
        self._title.setText(tr_count("{count} line", "{count} lines", len(text.splitlines())))
        self._pages.setCurrentWidget(self.view)
        self._enable_buttons(True, "")
        self.highlight_node(self._highlighted)

    def show_problems(self, messages: Sequence[str]) -> None:
        """Says instead of the source why there is none; without messages, that the graph is empty."""
        self._problems, self._reason = tuple(messages), tr(_EMPTY)
        self._show_explanation()
        self._enable_buttons(False, tr("There is no code yet: the graph is empty or has problems."))

    def show_reason(self, text: str) -> None:
        """Says instead of the source why it is not shown; it can be saved for all that."""
        self._problems, self._reason = (), text
        self._show_explanation()
        self._enable_buttons(True, "")
        self.copy_button.setEnabled(False)
        self.copy_button.setToolTip(text)

    def highlight_node(self, node_ids: Iterable[str]) -> None:
        """Marks the lines of nodes, in sources shown later too; does not emit `node_activated`."""
        self._highlighted = frozenset(node_ids)
        self.view.mark([line for node in self._highlighted for line in self._lines.get(node, ())])

    def source(self) -> str:
        """The source that is shown; empty while there is none."""
        return self.view.toPlainText() if self._pages.currentWidget() is self.view else ""

    def explanation(self) -> str:
        """The text that stands in the source's place; empty while there is a source."""
        if self._pages.currentWidget() is self.view:
            return ""
        return QTextDocumentFragment.fromHtml(self._explanation.text()).toPlainText()

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.view.set_theme(theme)
        self._explanation.setText(self._explain())

    def _show_explanation(self) -> None:
        self._lines, self._nodes = {}, {}
        self._title.setText("")
        self._explanation.setText(self._explain())
        self._pages.setCurrentWidget(self._placeholder)

    def _explain(self) -> str:
        if not self._problems:
            return f"<p>{escape(self._reason)}</p>"
        bullet = f'<span style="color:{self._theme.error}">●</span>'
        items = "".join(f"<p>{bullet}&nbsp; {escape(tr_made(message))}</p>" for message in self._problems)
        return f"<p><b>{tr(_SOLVE)}</b></p>{items}"

    @Slot(int)
    def _on_line_entered(self, line: int) -> None:
        if line in self._nodes:
            self.node_activated.emit(self._nodes[line])

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.source())
        self.copy_button.setText(tr("Copied"))
        self._copied.start()

    @Slot()
    def _end_copied(self) -> None:
        self.copy_button.setText(tr("Copy"))

    def _enable_buttons(self, enabled: bool, reason: str) -> None:
        for button, tool_tip in (
            (self.copy_button, tr("Copies the whole source")),
            (self.save_button, tr("Saves the source as a Python file")),
        ):
            button.setEnabled(enabled)
            button.setToolTip(tool_tip if enabled else reason)

    def _build(self) -> None:
        self._title = QLabel()
        self._title.setFont(font("caption"))
        self._title.setProperty("role", "muted")
        self.copy_button = QPushButton(icon("copy"), tr("Copy"))
        self.copy_button.clicked.connect(self._copy)
        self.save_button = QPushButton(icon("save"), tr("Save as..."))
        self.save_button.clicked.connect(self.save_requested)
        self._copied = QTimer(self, singleShot=True, interval=_COPIED_TIME)
        self._copied.timeout.connect(self._end_copied)
        self._explanation = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText)
        self._explanation.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._explanation.setMargin(2 * GRID)
        self._explanation.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._placeholder = QScrollArea(widgetResizable=True, accessibleName=tr("Why there is no code"))
        self._placeholder.setWidget(self._explanation)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._placeholder)
        self._pages.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._build_head())
        column.addWidget(self._pages)

    def _build_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        head.addWidget(self._title, 1)
        for button in (self.copy_button, self.save_button):
            button.setProperty("role", "flat")
            head.addWidget(button)
        return head
