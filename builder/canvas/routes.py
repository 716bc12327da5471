"""The curve of an edge from port to port."""

from __future__ import annotations

from collections.abc import Callable
from math import log2

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from builder.canvas.grid_index import Box
from builder.canvas.ports import CARD_WIDTH, HEADER_HEIGHT, ROW_HEIGHT

MIN_REACH, MAX_REACH = 24.0, 160.0  # how far a curve leaves its port straight on
TURN = 56.0  # how far an edge that leads back swings out
BELOW = ROW_HEIGHT / 2  # from the first port down to a card's bottom edge
LANE = 28.0  # from a card's edge to an edge that passes it
ROW_OFFSET = (HEADER_HEIGHT + ROW_HEIGHT) - 2 * BELOW  # between a card's top and bottom, seen from its port

SAG, MAX_SAG = 14.0, 42.0  # how much lower a bow hangs that is twice as long, and the longest
USUAL_BOW = 520.0  # canvas units; shorter bows hang alike
FAR = 2 * (HEADER_HEIGHT + ROW_HEIGHT) + LANE  # from port to port, where a row of cards fits between two

LABEL_ROOM = 48.0  # a label reaches beyond its curve by at most this
Point = tuple[float, float]
IsBlocked = Callable[[QRectF], bool]


def route(start: QPointF, end: QPointF, is_blocked: IsBlocked | None = None) -> QPainterPath:
    """A smooth curve that leaves to the right and arrives from the left.

    Args:
        start: centre of the output port.
        end: centre of the input port.
        is_blocked: whether cards stand in a rectangle; an edge along a row then bows below them.
    """
    if end.x() < start.x() - MIN_REACH:
        return _led_back(start, end, is_blocked)
    path = QPainterPath(start)
    dx, dy = end.x() - start.x(), end.y() - start.y()
    if _could_hide(dx, dy) and is_blocked is not None and is_blocked(_straight_between(start, end)):
        low = max(start.y(), end.y()) + BELOW + LANE
        deeper = low + _sag(dx)
        is_free = not is_blocked(_lane_between(end, start, deeper).adjusted(2 * TURN, 0, -2 * TURN, 0))
        return _bowed(path, start, end, deeper if is_free else low)
    reach = min(max(dx * 0.5, MIN_REACH + abs(dy) * 0.2), MAX_REACH)
    path.cubicTo(start.x() + reach, start.y(), end.x() - reach, end.y(), end.x(), end.y())
    return path


def route_left(start: QPointF, end: QPointF, from_point: bool, to_point: bool) -> QPainterPath:
    """The curve of an edge on its way back through points, which it meets from the right.

    Args:
        start: centre of the output port.
        end: centre of the input port.
        from_point: whether it starts at such a point, not at a card.
        to_point: whether it ends at one; one of the two is true.
    """
    path = QPainterPath(start)
    if from_point and to_point:
        bend = min(max((start.x() - end.x()) / 2, MIN_REACH), MAX_REACH)
        path.cubicTo(start.x() - bend, start.y(), end.x() + bend, end.y(), end.x(), end.y())
    elif to_point:
        path.cubicTo(start.x() + TURN, start.y(), start.x() + TURN, end.y(), start.x(), end.y())
        path.lineTo(end)
    else:
        path.lineTo(end.x(), start.y())
        path.cubicTo(end.x() - TURN, start.y(), end.x() - TURN, end.y(), end.x(), end.y())
    return path


def reach(start: Point, end: Point, spread: float = 0.0) -> Box:
    """The box that the curve between two ports and its label stay in.

    Args:
        start: the first output port of the one card.
        end: the first input port of the other.
        spread: how far below those the ports may be.
    """
    (x0, y0), (x1, y1) = start, end
    sideways = MAX_REACH if x1 < x0 + 2 * MAX_REACH else LABEL_ROOM
    top, bottom = min(y0, y1) - LABEL_ROOM, max(y0, y1) + spread + BELOW + LANE + MAX_SAG + LABEL_ROOM
    return min(x0, x1) - sideways, top, max(x0, x1) + sideways, bottom


def loose(start: QPointF, end: QPointF) -> QPainterPath:
    """The curve of an edge whose end is still in the hand: one bend, wherever it goes."""
    dx = end.x() - start.x()
    reach = min(max(abs(dx) * 0.5, MIN_REACH), MAX_REACH if dx > 0 else 2 * MAX_REACH)
    path = QPainterPath(start)
    path.cubicTo(start.x() + reach, start.y(), end.x() - reach, end.y(), end.x(), end.y())
    return path


def may_be_blocked(start: QPointF, end: QPointF) -> bool:
    """Whether cards may stand between the ends of an edge, so that its route hangs on them."""
    dx, dy = end.x() - start.x(), end.y() - start.y()
    return _could_hide(dx, dy) or _leads_far_down(dx, dy)


def middle(path: QPainterPath) -> QPointF:
    """Where the label of an edge goes."""
    return path.pointAtPercent(0.5)


def _could_hide(dx: float, dy: float) -> bool:
    return dx > CARD_WIDTH + 2 * MIN_REACH and abs(dy) < HEADER_HEIGHT + ROW_HEIGHT


def _leads_far_down(dx: float, dy: float) -> bool:
    return dx < -MIN_REACH and dy > FAR


def _straight_between(start: QPointF, end: QPointF) -> QRectF:
    return QRectF(start, end).normalized().adjusted(MIN_REACH, -4, -MIN_REACH, 4)


def _sag(dx: float) -> float:
    """How much lower a bow hangs as it is longer, so that one skip inside another can be told from it."""
    return min(SAG * log2(max(dx / USUAL_BOW, 1.0)), MAX_SAG)


def _bowed(path: QPainterPath, start: QPointF, end: QPointF, low: float) -> QPainterPath:
    """Down to a lane below the cards between, along it, and up again."""
    path.cubicTo(start.x() + TURN * 0.6, start.y(), start.x() + TURN * 0.4, low, start.x() + TURN + 32, low)
    path.lineTo(end.x() - TURN - 32, low)
    path.cubicTo(end.x() - TURN * 0.4, low, end.x() - TURN * 0.6, end.y(), end.x(), end.y())
    return path


def _led_back(start: QPointF, end: QPointF, is_blocked: IsBlocked | None) -> QPainterPath:
    """Out to the right, back along a lane between the two rows of cards, and in from the left."""
    dx, dy = end.x() - start.x(), end.y() - start.y()
    lane = (start.y() + end.y() - ROW_OFFSET) / 2
    if is_blocked and _leads_far_down(dx, dy) and is_blocked(_lane_between(start, end, lane)):
        return _led_down(start, end, is_blocked)
    if abs(dy) < HEADER_HEIGHT + ROW_HEIGHT + 16:
        lane = max(start.y(), end.y()) + BELOW + LANE
    path = QPainterPath(start)
    path.cubicTo(start.x() + TURN, start.y(), start.x() + TURN, lane, start.x(), lane)
    path.lineTo(end.x(), lane)
    path.cubicTo(end.x() - TURN, lane, end.x() - TURN, end.y(), end.x(), end.y())
    return path


def _led_down(start: QPointF, end: QPointF, is_blocked: IsBlocked) -> QPainterPath:
    """Out to the right, down beside the cards between, back along the lowest free lane above the last one."""
    x, low = start.x() + TURN, end.y() - HEADER_HEIGHT - BELOW - LANE / 2
    lanes = (low - step * LANE / 2 for step in range(4))
    lane = next((each for each in lanes if not is_blocked(_lane_between(start, end, each))), low)
    path = QPainterPath(start)
    path.cubicTo(start.x() + TURN * 0.6, start.y(), x, start.y() + TURN * 0.4, x, start.y() + TURN)
    path.lineTo(x, lane - TURN / 2)
    path.cubicTo(x, lane, x, lane, start.x(), lane)
    path.lineTo(end.x(), lane)
    path.cubicTo(end.x() - TURN, lane, end.x() - TURN, end.y(), end.x(), end.y())
    return path


def _lane_between(start: QPointF, end: QPointF, lane: float) -> QRectF:
    return QRectF(QPointF(end.x(), lane - 4), QPointF(start.x(), lane + 4))
