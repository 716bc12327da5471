"""What an empty canvas says."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from builder.texts import tr
from builder.theme import Theme, font

TEXT = "Double-click to add a layer"
MORE = "or press Space, drag one from the palette, or start from a template"


class EmptyHint(QLabel):
    """A quiet line in the middle, there only while the canvas is empty."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setObjectName("canvas.hint")
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFont(font("body"))
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self.setText(
            f"<p style='font-size:large; font-weight:600; color:{theme.text}'>{tr(TEXT)}</p>"
            f"<p style='color:{theme.text_muted}'>{tr(MORE)}</p>"
        )

    def centre(self) -> None:
        """Puts itself into the middle of its parent."""
        self.adjustSize()
        self.move(self.parentWidget().rect().center() - self.rect().center())
