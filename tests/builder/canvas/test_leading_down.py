"""Edges in a graph that is laid out from top to bottom: round the cards between, not behind them."""

import pytest
from PySide6.QtCore import QPointF, QRectF

from builder.canvas.ports import CARD_WIDTH, HEADER_HEIGHT, ROW_HEIGHT
from builder.canvas.routes import reach, route

HEIGHT, PITCH = HEADER_HEIGHT + ROW_HEIGHT, 152.0
FIRST_PORT = HEADER_HEIGHT + ROW_HEIGHT / 2


def column(count):
    return [QRectF(0, row * PITCH, CARD_WIDTH, HEIGHT) for row in range(count)]


def led(cards, first, last, port=0):
    start = QPointF(CARD_WIDTH, cards[first].top() + FIRST_PORT)
    end = QPointF(0, cards[last].top() + FIRST_PORT + port * ROW_HEIGHT)
    return route(start, end, lambda area: any(area.intersects(card) for card in cards)), start, end


@pytest.mark.parametrize(("first", "last"), [(0, 1), (0, 2), (1, 5), (0, 9)])
@pytest.mark.parametrize("port", [0, 1])
def test_an_edge_down_a_column_runs_behind_no_card(first, last, port):
    cards = column(10)
    path, start, end = led(cards, first, last, port)
    assert path.pointAtPercent(0) == start
    assert path.pointAtPercent(1) == end
    for index, card in enumerate(cards):
        inner = card.adjusted(1, 1, -1, -1)
        points = [path.pointAtPercent(step / 400) for step in range(401)]
        assert not any(inner.contains(point) for point in points), index


def test_it_stays_in_the_box_that_is_painted_for_it():
    path, start, end = led(column(10), 0, 9)
    left, top, right, bottom = reach((start.x(), start.y()), (end.x(), end.y()))
    assert QRectF(left, top, right - left, bottom - top).contains(path.boundingRect())
