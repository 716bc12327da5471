"""The line above a chart: its title, the names of its curves and what they are under the mouse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from builder.theme import font

_DOT, _GAP, _NARROW = "●", "\u00a0", "\u2009"  # between two curves, and between a dot and its name
_BEFORE = f"{_GAP}{_DOT}{_NARROW}"
_ELLIPSIS = "…"

Entry = tuple[str, str]  # colour and name of a curve


@dataclass(frozen=True)
class Value:
    """What a curve is at a step.

    Args:
        color: of its dot.
        name: of the curve; may be empty.
        text: the value.
        widest: as wide as any value of the curve; so much room is kept, that what follows stands still.
    """

    color: str
    name: str
    text: str
    widest: str = ""

    def width(self, metrics: QFontMetricsF) -> float:
        """Pixels that any value of the curve takes."""
        return max(map(metrics.horizontalAdvance, (self.text, self.widest)))


@dataclass(frozen=True)
class _Piece:
    """A dot in its colour and what is written behind it, in so many pixels."""

    color: str
    text: str
    width: float


class Legend(QLabel):
    """A title and the names of curves behind dots of their colours; whole in the tool tip while they are cut.

    Long names are shortened first, and the title never while a name can be. Where values are told, they come
    first, then the title, and names only if all fit; each has a place that does not move with their digits.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, textFormat=Qt.TextFormat.PlainText)
        steady = font("caption")
        steady.setFeature(QFont.Tag("tnum"), 1)
        self.setFont(steady)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._title, self._shown_title = "", ""
        self._entries: Sequence[Entry] = ()
        self._values: Sequence[Value] = ()
        self._pieces: list[_Piece] = []

    def show_entries(self, title: str, entries: Sequence[Entry]) -> None:
        """Shows another title and other curves, in their order."""
        self._title, self._entries = title, entries
        self._arrange()

    def show_values(self, values: Sequence[Value]) -> None:
        """Tells values in the place of the names alone; none takes them away."""
        if values or self._values:
            self._values = values
            self._arrange()

    def has_room_for(self, values: Sequence[Value], room: int) -> bool:
        """Whether values can be told side by side in so many pixels, whatever they are."""
        return self._values_width(values) <= room

    def places(self) -> list[float]:
        """How far from the beginning of the line each dot stands, in pixels."""
        place = self._bold.horizontalAdvance(self._shown_title)
        places = []
        for piece in self._pieces:
            places.append(place + self._plain.horizontalAdvance(_GAP))
            place += self._plain.horizontalAdvance(_BEFORE) + piece.width
        return places

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = self.palette().color(self.foregroundRole())
        self._draw(painter, 0.0, self._shown_title, color, self._bold_font)
        behind = self._plain.horizontalAdvance(f"{_DOT}{_NARROW}")
        for place, piece in zip(self.places(), self._pieces, strict=True):
            self._draw(painter, place, _DOT, QColor(piece.color), self.font())
            self._draw(painter, place + behind, piece.text, color, self.font())
        painter.end()

    def _draw(self, painter: QPainter, place: float, text: str, color: QColor, shown: QFont) -> None:
        """Writes so far from the beginning of the line, which is on the right where that is read first."""
        metrics = QFontMetricsF(shown)
        left = self.width() - place - metrics.horizontalAdvance(text) if self.isRightToLeft() else place
        painter.setFont(shown)
        painter.setPen(color)
        top = (self.height() - metrics.height()) / 2
        painter.drawText(QPointF(left, top + metrics.ascent()), text)

    @property
    def _plain(self) -> QFontMetricsF:
        return QFontMetricsF(self.font())

    @property
    def _bold(self) -> QFontMetricsF:
        return QFontMetricsF(self._bold_font)

    @property
    def _bold_font(self) -> QFont:
        bold = QFont(self.font())
        bold.setBold(True)
        return bold

    def _values_width(self, values: Iterable[Value]) -> float:
        """Pixels that values take with their dots."""
        plain = self._plain
        return sum(plain.horizontalAdvance(_BEFORE) + value.width(plain) for value in values)

    def _arrange(self) -> None:
        if self._values:
            self._arrange_values()
        else:
            self._arrange_names()
        parts = [self._shown_title, *(f"{_DOT}{_NARROW}{piece.text}" for piece in self._pieces)]
        self.setText(_GAP.join(filter(None, parts)))
        self.update()

    def _arrange_values(self) -> None:
        plain = self._plain
        room = max(self.contentsRect().width() - self._values_width(self._values), 0)
        title = self._bold.elidedText(self._title, Qt.TextElideMode.ElideRight, room)
        self._shown_title = title = "" if title == _ELLIPSIS else title
        names = [f"{value.name}{_GAP}" if value.name else "" for value in self._values]
        has_names = sum(map(plain.horizontalAdvance, names)) <= room - self._bold.horizontalAdvance(title)
        self._pieces = []
        for name, value in zip(names, self._values, strict=True):
            before = name if has_names else ""
            width = plain.horizontalAdvance(before) + value.width(plain)
            self._pieces.append(_Piece(value.color, before + value.text, width))

    def _arrange_names(self) -> None:
        plain, bold, whole = self._plain, self._bold, [name for _, name in self._entries]
        room = self.contentsRect().width()
        dots = len(whole) * plain.horizontalAdvance(_BEFORE)
        names = fitted(whole, room - bold.horizontalAdvance(self._title) - dots, plain)
        widths = [plain.horizontalAdvance(name) for name in names]
        title_room = max(room - dots - sum(widths), 0)
        self._shown_title = bold.elidedText(self._title, Qt.TextElideMode.ElideRight, title_room)
        colors = [color for color, _ in self._entries]
        self._pieces = [_Piece(*each) for each in zip(colors, names, widths, strict=True)]
        is_cut = (self._shown_title, names) != (self._title, whole)
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
