"""Shows the code of a custom layer to somebody who is to decide whether it may run."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from builder.panels.source_view import SourceView
from builder.texts import tr, tr_count
from builder.theme import GRID, Theme
from builder.trust import WARNING
from graph import custom

FIRST_SIZE = QSize(760, 620)
MAX_NAMES = 5


class ReviewDialog(QDialog):
    """The whole source, with line numbers and colours, and a plain warning. Nothing is trusted by Enter.

    Args:
        names: what the layers with this source are called.
    """

    def __init__(
        self, names: Sequence[str], source: str, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Review code"))
        self.resize(FIRST_SIZE)
        lines = custom.lines_of(source)
        listed = ", ".join(names[:MAX_NAMES]) + (", ..." if len(names) > MAX_NAMES else "")
        self.heading = _label(
            tr(
                "{names}: {lines} of Python code.",
                names=listed or tr("This layer"),
                lines=tr_count("{count} line", "{count} lines", len(lines)),
            ),
            self,
        )
        self.warning = _label(tr(WARNING), self)
        self.warning.setProperty("role", "error")
        self.view = SourceView(theme, self)
        # Code must not hide behind the right edge.
        self.view.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.view.set_source("\n".join(lines))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.cancel_button = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        self.trust_button = buttons.addButton(tr("Trust this code"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.trust_button.setAutoDefault(False)
        self.cancel_button.setDefault(True)
        self.cancel_button.setFocus()
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        for part in (self.heading, self.view, self.warning, buttons):
            layout.addWidget(part)


def _label(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
