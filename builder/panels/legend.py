"""The line above a chart: its title and the names of its curves, shortened where there is no room."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from builder.theme import font

_DOT, _GAP, _NARROW = "●", "\u00a0", "\u2009"  # between two curves, and between a dot and its name
_ELLIPSIS = "…"
_SPARE = 5.0  # pixels; names that just fit by their font's measures were cut in the middle of a letter

Entry = tuple[str, str]  # colour and name of a curve


class Legend(QLabel):
    """A title and the names of curves behind dots of their colours; whole in the tool tip while they are cut.

    Long names are shortened first, and the title never while a name can be.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, textFormat=Qt.TextFormat.RichText)
        self.setFont(font("caption"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._title = ""
        self._entries: Sequence[Entry] = ()

    def show_entries(self, title: str, entries: Sequence[Entry]) -> None:
        """Shows another title and other curves, in their order."""
        self._title, self._entries = title, entries
        self._write()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._write()

    def _write(self) -> None:
        bold = QFont(self.font())
        bold.setBold(True)
        plain, whole = QFontMetricsF(self.font()), [name for _, name in self._entries]
        room = self.contentsRect().width() - _SPARE
        dots = len(whole) * plain.horizontalAdvance(f"{_GAP}{_DOT}{_NARROW}")
        names_room = room - QFontMetricsF(bold).horizontalAdvance(self._title) - dots
        names = fitted(whole, names_room, plain)
        dots += sum(map(plain.horizontalAdvance, names))
        title = QFontMetricsF(bold).elidedText(self._title, Qt.TextElideMode.ElideRight, max(room - dots, 0))
        parts = [f"<b>{escape(title)}</b>"]
        colors = [color for color, _ in self._entries]
        for color, name in zip(colors, names, strict=True):
            parts.append(f'<span style="color:{color}">{_DOT}</span>{_NARROW}{escape(name)}')
        self.setText(_GAP.join(parts))
        is_cut = (title, names) != (self._title, whole)
        self.setToolTip(", ".join([self._title, *whole]) if is_cut else "")


def fitted(names: Sequence[str], room: float, metrics: QFontMetricsF) -> list[str]:
    """Names that fit side by side into so many pixels.

    What short ones leave of their share goes to long ones.
    """
    widths = [metrics.horizontalAdvance(name) for name in names]
    shown = list(names)
    for count, index in enumerate(sorted(range(len(names)), key=widths.__getitem__)):
        share = max(room / (len(names) - count), 0.0)
        if widths[index] > share:
            short = metrics.elidedText(names[index], Qt.TextElideMode.ElideRight, share)
            shown[index] = "" if short == _ELLIPSIS else short
        room -= metrics.horizontalAdvance(shown[index])
    return shown
