"""Widgets in rows: what was worked out for a width holds until a widget comes, goes, hides or grows."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QPushButton, QWidget

from builder.panels.flow import FlowLayout

WIDTH = 300


@pytest.fixture
def box(qtbot):
    box = QWidget()
    qtbot.addWidget(box)
    flow = FlowLayout(box)
    for _ in range(4):
        add(flow)
    box.resize(WIDTH, 400)
    box.show()
    return box


def add(flow):
    button = QPushButton("x")
    button.setFixedSize(80, 20)
    flow.addWidget(button)


def rows(box):
    """How many buttons stand in each row."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    flow = box.layout()
    tops = [flow.itemAt(index).geometry().top() for index in range(flow.count()) if is_seen(flow, index)]
    assert flow.heightForWidth(WIDTH) == len(set(tops)) * 20 + (len(set(tops)) - 1) * flow.spacing()
    return [tops.count(top) for top in sorted(set(tops))]


def is_seen(flow, index):
    return not flow.itemAt(index).isEmpty()


def test_a_row_ends_where_the_width_does(box):
    assert rows(box) == [3, 1]
    box.resize(100, 400)
    assert [box.layout().heightForWidth(width) for width in (100, WIDTH)] == [104, 48]


def test_one_that_comes_or_hides_or_goes_moves_the_others(box, qtbot):
    assert rows(box) == [3, 1]
    add(box.layout())
    add(box.layout())
    qtbot.waitUntil(lambda: rows(box) == [3, 3])
    box.layout().itemAt(0).widget().hide()
    assert rows(box) == [3, 2]
    box.layout().takeAt(0)
    box.layout().takeAt(0)
    box.layout().invalidate()
    box.layout().activate()
    assert rows(box) == [3, 1]


def test_one_that_grows_has_more_room(box):
    assert rows(box) == [3, 1]
    assert box.layout().minimumSize().width() == 80
    box.layout().itemAt(0).widget().setFixedWidth(200)
    assert rows(box) == [2, 2]
    assert box.layout().minimumSize().width() == 200
