"""Sizes and distances on the canvas, in canvas units; multiples of its 8-px grid."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Literal

from graph.cards import CARD_WIDTH, HEADER_HEIGHT, ROW_HEIGHT

Direction = Literal["right", "down"]

GRID = 8.0
POINT = 32.0  # smaller things are points that edges run through
FRAME_MARGIN = 24.0  # between a frame and what is in it
FRAME_HEAD = 32.0  # further room above, for the title


@dataclass(frozen=True, slots=True)
class Metrics:
    """Distances of a layout.

    Args:
        between_levels: from an item to the next along the flow.
        between_items: from an item to its neighbour across the flow.
        lane: what an edge that passes a level takes across the flow.
        inset: from where a card begins to the lane of an edge of its line.
        path: from where a card begins to where an edge runs through a point in its line.
        port: from a port of a card to the next, across the flow.
        beside_lane: from a lane to an item beside it.
        between_lanes: from a lane to the next.
    """

    between_levels: float
    between_items: float
    inset: float
    path: float
    port: float
    lane: float = 8.0
    beside_lane: float = 24.0
    between_lanes: float = 8.0

    def gap(self, is_lane: bool, is_lane_too: bool) -> float:
        """What stays free between two neighbours across the flow."""
        if is_lane and is_lane_too:
            return self.between_lanes
        return self.beside_lane if is_lane or is_lane_too else self.between_items

    def lead(self, size: float) -> float:
        """How far behind the cards of its line something begins: a point lies where the edge runs."""
        return self.path - size / 2 if size <= POINT else 0.0


METRICS: dict[Direction, Metrics] = {
    "right": Metrics(
        between_levels=72.0,
        between_items=40.0,
        inset=HEADER_HEIGHT + 8.0,
        path=HEADER_HEIGHT + ROW_HEIGHT / 2,
        port=float(ROW_HEIGHT),
    ),
    # Edges leave a card at its right and arrive at its left, so they need room on both sides.
    "down": Metrics(
        between_levels=64.0,
        between_items=112.0,
        inset=CARD_WIDTH + 48.0,
        path=CARD_WIDTH / 2,
        port=0.0,
        beside_lane=48.0,
    ),
}


def snapped(value: float) -> float:
    """The nearest point of the grid; distances of whole steps stay as they are."""
    return floor(value / GRID + 0.5) * GRID
