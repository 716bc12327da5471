"""Parts that no edge joins, put beside and below each other."""

from __future__ import annotations

from collections.abc import Sequence

from graph.annotations import Position
from graph.layout.drawing import Rect
from graph.layout.items import Way

SPREAD = 1.6  # how much longer a page of parts is than it is broad, if no part is longer


def packed(extents: Sequence[Rect], way: Way) -> list[Position]:
    """By how much each part is shifted: in rows along the flow, the first at the origin.

    Args:
        extents: around each part.
        way: of the flow.
    """
    along, across, metrics = way.along, way.across, way.metrics
    area = sum(extent.area for extent in extents)
    room = max([(area**0.5) * SPREAD, *(extent.size[along] for extent in extents)])
    shifts = []
    start = row = breadth = 0.0
    for extent in extents:
        if start and start + extent.size[along] > room:
            start, row, breadth = 0.0, row + breadth + metrics.between_items, 0.0
        corner = way.point(start, row)
        shifts.append((corner[0] - extent.position[0], corner[1] - extent.position[1]))
        start += extent.size[along] + metrics.between_levels
        breadth = max(breadth, extent.size[across])
    return shifts
