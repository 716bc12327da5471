"""A theme's tokens as the pens, brushes and fonts that the canvas paints with, made once per theme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainterPath, QPen

from builder.canvas.ports import CARD_WIDTH
from builder.theme import Theme, font
from builder.theme.fonts import Role
from graph.blocks import CATEGORY as BLOCKS
from graph.catalog import CATALOG
from graph.catalog.spec import LayerSpec

CORNER = 7.0
STRIPE = 4.0
PORT_RADIUS = 5.0
DETAIL_SCALE = 0.58  # below it cards become blocks: their 11-px text would be under 6.5 px on screen
ROUND_SCALE = 0.35  # below it a block's corners are too small to be seen round
NAME_SCALE = 0.2  # below it not even a name can be read
BLOCK_TEXT, MIN_BLOCK_TEXT = 12.0, 8.5  # pixels on screen of a block's name: where it fits, and at least
EVEN = 0.179  # the luminance on which white and black can be read equally well
EDGE_STATES = ("normal", "error", "hover", "selected", "cut")  # in the order of drawing
BLOCK_SIZES = (15, 17, 19, 21, 24, 27, 30, 34, 38, 43)  # canvas units


@dataclass(frozen=True)
class Family:
    """How a layer family is drawn."""

    color: QColor
    brush: QBrush
    on_color: QPen  # text on a block


class CanvasStyle:
    """Everything the canvas paints with."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.fonts = {
            "name": _pixels("strong", 13),
            "caption": _pixels("caption", 11),
            "label": _pixels("caption", 10),
            "note": _pixels("caption", 12),
        }
        self.block_fonts = {size: _pixels("strong", size) for size in BLOCK_SIZES}
        self.text = QPen(theme.color("text"))
        self.muted = QPen(theme.color("text_muted"))
        self.error_text = QPen(theme.color("error"))
        self.fill = QBrush(theme.color("node_fill"))
        self.stripe = stripe_path()
        self.canvas = theme.color("canvas")
        self.grid = _dot_pen(theme.color("node_border", 0.6))
        self.hairline = QPen(theme.color("border"), 1)
        shadow = theme.color("canvas" if theme.is_dark else "node_border")
        self.shadow = QBrush(mixed(shadow, self.canvas, 0.45))  # opaque, as blending costs more than a card
        self.border = {
            "normal": QPen(theme.color("node_border"), 1),
            "hover": QPen(theme.color("node_hover"), 1.5),
            "selected": QPen(theme.color("node_selected"), 2),
        }
        self.halo = QPen(theme.color("node_selected", 0.28), 7)
        self.badge = {"error": QBrush(theme.color("error")), "warning": QBrush(theme.color("warning"))}
        self.badge_ring = QPen(theme.color("node_fill"), 2)
        self.badge_mark = QPen(theme.color("node_fill"), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        self.ports = {
            state: (QPen(theme.color(token), 1.75), QBrush(theme.color(token)))
            for state, token in _PORT_TOKENS.items()
        }
        self.port_ring = QPen(theme.color("node_fill"), 1.5)
        self.label_back = QBrush(theme.color("canvas"))
        self.marquee = (QPen(theme.color("marquee"), 0), QBrush(theme.color("marquee", 0.10)))
        self.plus = (
            QBrush(theme.color("accent")),
            QPen(self.fill.color(), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap),
        )
        self.knife = _cosmetic(QPen(theme.color("error"), 1.5), [5.0, 4.0])
        self.emphasis = {"error": self.badge["error"], "selected": QBrush(theme.color("node_selected"))}
        self._edge_pens: dict[tuple[str, float], QPen] = {}
        self._families: Mapping[str, Family] = {
            category: self._make_family(category)
            for category in {"", BLOCKS, *(spec.category for spec in CATALOG.values())}
        }

    def family(self, spec: LayerSpec | None) -> Family:
        """The family of a layer type; neutral for an unknown one."""
        return self.family_of(spec.category if spec else "")

    def family_of(self, category: str) -> Family:
        """The family of a category of layers; neutral for the empty one."""
        return self._families[category]

    def far_edge_pen(self, state: str) -> QPen:
        """The pen of an edge where it is but a line, one pixel wide at any zoom."""
        key = (state, 0.0)
        if key not in self._edge_pens:
            pen = QPen(self.theme.color(_EDGE_TOKENS[state]), 1.0 if state == "normal" else 2.0)
            pen.setCosmetic(True)
            self._edge_pens[key] = pen
        return self._edge_pens[key]

    def edge_pen(self, state: str, width: float) -> QPen:
        """The pen of an edge in a state of `CanvasScene.state_of`; a little thicker when emphasised."""
        key = (state, width)
        if key not in self._edge_pens:
            pen = QPen(self.theme.color(_EDGE_TOKENS[state]), width + (0.75 if state != "normal" else 0))
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            if state == "cut":  # dashed as well, so that it differs from a wrong one to every eye
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)
                pen.setDashPattern([2.0, 2.0])
            self._edge_pens[key] = pen
        return self._edge_pens[key]

    def preview_pen(self, is_refused: bool) -> QPen:
        """The pen of an edge that is being dragged."""
        pen = QPen(self.theme.color("error" if is_refused else "accent"), 2.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        if is_refused:
            pen.setDashPattern([2.5, 2.5])
        return pen

    def _make_family(self, category: str) -> Family:
        color = QColor(self.theme.family_color(category))
        on_color = QColor("#ffffff" if _luminance(color) < EVEN else "#000000")
        return Family(color, QBrush(color), QPen(on_color))


_PORT_TOKENS = {
    "normal": "port",
    "hover": "accent",
    "offered": "accent",
    "refused": "port_refused",
    "error": "error",
}
_EDGE_TOKENS = {
    "normal": "edge",
    "hover": "edge_hover",
    "selected": "edge_selected",
    "error": "error",
    "cut": "error",
}


def mixed(color: QColor, base: QColor, share: float) -> QColor:
    """A colour laid over another, opaque."""
    parts = zip(color.getRgb()[:3], base.getRgb()[:3], strict=True)
    return QColor(*(round(share * top + (1 - share) * under) for top, under in parts))


def _dot_pen(color: QColor) -> QPen:
    pen = QPen(color, 1)
    pen.setCosmetic(True)
    return pen


def _cosmetic(pen: QPen, dashes: list[float]) -> QPen:
    """A dashed pen that is as wide at any zoom."""
    pen.setCosmetic(True)
    pen.setDashPattern(dashes)
    return pen


def _pixels(role: Role, size: int) -> QFont:
    chosen = font(role)
    chosen.setPixelSize(size)
    chosen.setStyleStrategy(QFont.StyleStrategy.NoSubpixelAntialias)  # a card looks alike drawn and copied
    chosen.setHintingPreference(QFont.HintingPreference.PreferNoHinting)  # same line breaks at every zoom
    return chosen


def _luminance(color: QColor) -> float:
    """Relative luminance from 0 to 1. Source: WCAG 2.1."""
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in (color.redF(), color.greenF(), color.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def stripe_path() -> QPainterPath:
    """The family stripe: the top of a card, its corners round like the card's."""
    path = QPainterPath()
    path.addRoundedRect(QRectF(0, 0, CARD_WIDTH, 2 * CORNER), CORNER, CORNER)
    strip = QPainterPath()
    strip.addRect(QRectF(0, 0, CARD_WIDTH, STRIPE))
    return path.intersected(strip)
