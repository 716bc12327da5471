"""The line above a chart: its title, the names of its curves and what they are under the mouse."""

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
Value = tuple[str, str, str]  # colour and name of a curve, and what it is at a step


class Legend(QLabel):
    """A title and the names of curves behind dots of their colours; whole in the tool tip while they are cut.

    Long names are shortened first, and the title never while a name can be. Where values are told, they come
    first, then the title, and names only if all fit.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, textFormat=Qt.TextFormat.RichText)
        self.setFont(font("caption"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._title = ""
        self._entries: Sequence[Entry] = ()
        self._values: Sequence[Value] = ()

    def show_entries(self, title: str, entries: Sequence[Entry]) -> None:
        """Shows another title and other curves, in their order."""
        self._title, self._entries = title, entries
        self._write()

    def show_values(self, values: Sequence[Value]) -> None:
        """Tells values in the place of the names alone; none takes them away."""
        if values or self._values:
            self._values = values
            self._write()

    def has_room_for(self, values: Sequence[Value], room: int) -> bool:
        """Whether values can be told side by side in so many pixels."""
        return self._values_width(values) <= room - _SPARE

    def _values_width(self, values: Sequence[Value]) -> float:
        """Pixels that values take with their dots."""
        metrics = QFontMetricsF(self.font())
        return sum(metrics.horizontalAdvance(f"{_GAP}{_DOT}{_NARROW}{value}") for _, _, value in values)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._write()

    def _write(self) -> None:
        if self._values:
            self._write_values()
        else:
            self._write_names()

    def _write_values(self) -> None:
        bold = QFont(self.font())
        bold.setBold(True)
        metrics, plain = QFontMetricsF(bold), QFontMetricsF(self.font())
        room = max(self.contentsRect().width() - _SPARE - self._values_width(self._values), 0)
        title = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, room)
        title = "" if title == _ELLIPSIS else title
        room -= metrics.horizontalAdvance(title)
        has_names = sum(plain.horizontalAdvance(name + _GAP) for _, name, _ in self._values) <= room
        parts = [f"<b>{escape(title)}</b>"] if title else []
        for color, name, value in self._values:
            told = escape(f"{name}{_GAP}{value}" if has_names and name else value)
            parts.append(f'<span style="color:{color}">{_DOT}</span>{_NARROW}{told}')
        self.setText(_GAP.join(parts))

    def _write_names(self) -> None:
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
