"""An overlay on the cards: a figure with a colour that says how large it is beside the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen

from builder.canvas.face import MARGIN, Line, static_text
from builder.canvas.ports import CARD_WIDTH
from builder.canvas.style import CanvasStyle
from builder.overlays import scale_of
from builder.theme import Theme

if TYPE_CHECKING:
    from builder.node_watch import NodeWatch

# One hue from faint to strong, so that lightness alone tells the order, to every eye and in print.
LIGHT_RAMP = ("#fdebd3", "#f8c98a", "#ec9a45", "#c8631a", "#873605")
DARK_RAMP = ("#4a3a2c", "#79512a", "#b06f2a", "#e79c4b", "#ffd9a3")
PILL_HEIGHT = 16.0
PILL_DROP = 11.0  # canvas units that a pill hangs below its card, so that it hides nothing on it
_PADDING = 7.0
_DARK, _BRIGHT = QColor("#000000"), QColor("#ffffff")  # one of them has 4.5:1 on any colour


def ramp_color(theme: Theme, level: float) -> QColor:
    """The colour of a level from 0 to 1."""
    stops = [QColor(each) for each in (DARK_RAMP if theme.is_dark else LIGHT_RAMP)]
    at = min(max(level, 0.0), 1.0) * (len(stops) - 1)
    index = min(int(at), len(stops) - 2)
    first, second, part = stops[index], stops[index + 1], at - index
    return QColor.fromRgbF(
        first.redF() + part * (second.redF() - first.redF()),
        first.greenF() + part * (second.greenF() - first.greenF()),
        first.blueF() + part * (second.blueF() - first.blueF()),
    )


def text_color(ground: QColor) -> QColor:
    """Dark or bright, whichever can be read better on a colour."""
    return max((_DARK, _BRIGHT), key=lambda each: contrast(each, ground))


def contrast(one: QColor, other: QColor) -> float:
    """The contrast of two colours, 1 to 21. Source: WCAG 2.2, relative luminance."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@dataclass(frozen=True, slots=True)
class Mark:
    """How one card is marked."""

    line: Line
    pill: QRectF
    ground: QBrush
    rim: QPen

    def paint(self, painter: QPainter, card: QRectF) -> None:
        """Draws it at the lower edge of a card."""
        at = QPointF(MARGIN - 4, card.bottom() - PILL_HEIGHT + PILL_DROP)
        painter.translate(at)
        painter.setPen(self.rim)
        painter.setBrush(self.ground)
        painter.drawRoundedRect(self.pill, PILL_HEIGHT / 2, PILL_HEIGHT / 2)
        self.line.paint(painter)
        painter.translate(-at)


class Heat:
    """The marks of the nodes of the graph that is shown.

    Args:
        watch: knows the figures.
        node_ids: the nodes of the graph.
        style: how they are drawn.

    Attributes:
        scale: which figure has which colour.
    """

    def __init__(self, watch: NodeWatch, node_ids: Iterable[str], style: CanvasStyle) -> None:
        assert watch.overlay is not None, "an overlay is chosen"
        self._watch, self._spec, self._style = watch, watch.overlay, style
        self._marks: dict[str, Mark] = {}
        values: dict[str, float] = {}
        for node_id in node_ids:
            figures = watch.figures(node_id)
            value = self._spec.value(figures) if figures is not None else None
            if value is not None:
                values[node_id] = value
        self.scale = scale_of(self._spec, values.values())
        self._levels = {node_id: self.scale.level(value) for node_id, value in values.items()}

    def __contains__(self, node_id: str) -> bool:
        return node_id in self._levels

    @property
    def node_ids(self) -> list[str]:
        """The nodes that have a mark."""
        return list(self._levels)

    def level(self, node_id: str) -> float | None:
        """How strong a node is marked, 0 to 1; None for one without a mark."""
        return self._levels.get(node_id)

    def color(self, node_id: str) -> QColor:
        """The colour of a node; neutral for one without a mark."""
        level = self.level(node_id)
        return self._style.family_of("").color if level is None else ramp_color(self._style.theme, level)

    def text(self, node_id: str) -> str:
        """What is written on a node; empty for one without a mark."""
        figures = self._watch.figures(node_id)
        return self._spec.text(figures) if node_id in self and figures is not None else ""

    def mark(self, node_id: str) -> Mark | None:
        """The mark on a node's card, laid out when first asked for."""
        if node_id not in self:
            return None
        if node_id not in self._marks:
            self._marks[node_id] = self._made(node_id)
        return self._marks[node_id]

    def _made(self, node_id: str) -> Mark:
        ground, font = ramp_color(self._style.theme, self._levels[node_id]), self._style.fonts["caption"]
        metrics, text = QFontMetricsF(font), self.text(node_id)
        width = min(metrics.horizontalAdvance(text) + 2 * _PADDING, CARD_WIDTH - MARGIN)
        at = QPointF(_PADDING, (PILL_HEIGHT - metrics.height()) / 2)
        line = Line(static_text(text, font), font, QPen(text_color(ground)), at)
        pill = QRectF(0, 0, max(width, PILL_HEIGHT), PILL_HEIGHT)
        return Mark(line, pill, QBrush(ground), self._style.border["normal"])


def _luminance(color: QColor) -> float:
    parts = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in (color.redF(), color.greenF(), color.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
