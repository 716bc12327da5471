"""The texts of one card, laid out once and painted many times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen, QStaticText, QTransform

from builder.canvas.captions import params_text, shape_text, type_text
from builder.canvas.ports import CARD_WIDTH, HEADER_HEIGHT, Port
from builder.canvas.style import BLOCK_SIZES, BLOCK_TEXT, MIN_BLOCK_TEXT, STRIPE, CanvasStyle
from graph.catalog.spec import LayerSpec
from graph.document import Node
from graph.node_result import NodeResult

MARGIN = 12.0
TEXT_WIDTH = CARD_WIDTH - 2 * MARGIN
BADGE_ROOM = 16.0
BLOCK_ROOM = CARD_WIDTH - 8.0
LEAST_LETTERS = 4  # of a shortened name
ROW_TEXT_GAP = 8.0


@dataclass(slots=True)
class Line:
    """A text with its font, pen and place on the card."""

    text: QStaticText
    font: QFont
    pen: QPen
    at: QPointF

    def paint(self, painter: QPainter, pen: QPen | None = None) -> None:
        """Draws it, with another pen if one is given."""
        painter.setFont(self.font)
        painter.setPen(self.pen if pen is None else pen)
        painter.drawStaticText(self.at, self.text)


class Face:
    """What a card says: its texts in full, and its name alone for far out, laid out when first drawn.

    Args:
        spec: the node's type; None if it is not known.
        has_badge: whether a badge takes the end of the first line.
    """

    def __init__(
        self,
        node: Node,
        spec: LayerSpec | None,
        result: NodeResult,
        ports: tuple[Port, ...],
        has_badge: bool,
        style: CanvasStyle,
    ) -> None:
        self._node, self._spec, self._style = node, spec, style
        self._result, self._ports, self._has_badge = result, ports, has_badge
        self._names: dict[int, Line] = {}

    @cached_property
    def lines(self) -> list[Line]:
        """All texts of the card."""
        header = _header(self._node, self._spec, self._has_badge, self._style)
        return [*header, *_rows(self._result, self._ports, self._style)]

    def lay_out(self) -> None:
        """Lays out the texts of the card if they are not yet."""
        _ = self.lines

    def block_name(self, size: int, height: float) -> Line:
        """The name, centred on the block, in a size of font at least, as `block_size` tells it."""
        line = self._names.get(size)
        if line is None:
            line = self._names[size] = self._fitted_name(size, height)
        return line

    def _fitted_name(self, floor: int, height: float) -> Line:
        """The name as large as fits the block, down to the floor; below that it is shortened, or left out."""
        wanted = floor * BLOCK_TEXT / MIN_BLOCK_TEXT
        name, fonts = self._node.name, self._style.block_fonts
        sizes = [size for size in reversed(BLOCK_SIZES) if floor < size <= wanted]
        fits = (size for size in sizes if QFontMetricsF(fonts[size]).horizontalAdvance(name) <= BLOCK_ROOM)
        font = fonts[next(fits, floor)]
        text = QFontMetricsF(font).elidedText(name, Qt.TextElideMode.ElideMiddle, BLOCK_ROOM)
        if text != name and len(text) <= LEAST_LETTERS:
            text = ""  # `i…e` says less than the colour does
        static = static_text(text, font)
        extent = static.size()
        at = QPointF((CARD_WIDTH - extent.width()) / 2, (height - extent.height()) / 2)
        return Line(static, font, self._style.family(self._spec).on_color, at)


def block_size(scale: float) -> int:
    """The size of the smallest font, in canvas units, that can be read on a block at a scale."""
    return next((size for size in BLOCK_SIZES if size * scale >= MIN_BLOCK_TEXT), BLOCK_SIZES[-1])


def static_text(text: str, font: QFont) -> QStaticText:
    """A text laid out for a font, ready to be drawn often."""
    static = QStaticText(text)
    static.setTextFormat(Qt.TextFormat.PlainText)
    static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    static.prepare(QTransform(), font)
    return static


def _line(text: str, font: QFont, pen: QPen, at: QPointF, width: float) -> Line:
    fitted = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, width)
    return Line(static_text(fitted, font), font, pen, at)


def _header(node: Node, spec: LayerSpec | None, has_badge: bool, style: CanvasStyle) -> list[Line]:
    params = params_text(spec, node) if spec else ""
    top = STRIPE + 5.0
    room = TEXT_WIDTH - (BADGE_ROOM if has_badge else 0)
    name, caption = style.fonts["name"], style.fonts["caption"]
    lines = [_line(node.name, name, style.text, QPointF(MARGIN, top), room)]
    type_pen = style.muted if spec else style.error_text
    kind = type_text(spec, node)
    lines.append(_line(kind, caption, type_pen, QPointF(MARGIN, top + 18), TEXT_WIDTH))
    if params:
        lines.append(_line(params, caption, style.text, QPointF(MARGIN, top + 34), TEXT_WIDTH))
    return lines


def _rows(result: NodeResult, ports: tuple[Port, ...], style: CanvasStyle) -> list[Line]:
    """Port names and output shapes, one row a port."""
    lines = []
    font = style.fonts["caption"]
    lift = QFontMetricsF(font).height() / 2
    taken: dict[float, float] = {}
    for port in (port for port in ports if not port.is_output and port.label):
        line = _line(port.label, font, style.muted, QPointF(MARGIN, port.y - lift), TEXT_WIDTH)
        taken[port.y] = line.text.size().width() + ROW_TEXT_GAP
        lines.append(line)
    for port in (port for port in ports if port.is_output):
        shape = shape_text(result.outputs.get(port.ref.port))
        text = f"{port.label}  {shape}" if port.label else shape
        line = _line(text, font, style.muted, QPointF(), TEXT_WIDTH - taken.get(port.y, 0))
        line.at = QPointF(CARD_WIDTH - MARGIN - line.text.size().width(), port.y - lift)
        lines.append(line)
    if not any(port.is_output for port in ports) and not taken:
        incoming = next(iter(result.inputs.values()), None)
        lines.append(
            _line(
                shape_text(incoming),
                font,
                style.muted,
                QPointF(MARGIN, HEADER_HEIGHT + 12 - lift),
                TEXT_WIDTH,
            )
        )
    return lines
