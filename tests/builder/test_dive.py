"""Going into a block and out of it is shown as a zoom, short, and ended by whatever is done."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from builder.canvas.dive import DURATION
from graph.templates import template

ALT = Qt.KeyboardModifier.AltModifier


class Clock:
    """A clock that stands still until it is turned."""

    now = 10.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(window):
    """The clock of the window's animation, with its own timer stilled."""
    window.preferences.change(motion="full")
    window.dive.clock = Clock()
    window.files.new_project(template("ResNet18").project())
    window.session.select([window.session.graph.by_name("stage1").id])
    window.canvas.setFocus()
    return window.dive.clock


def turn(window, clock, to):
    clock.now = 10.0 + to
    window.dive.step()


def test_entering_zooms_into_the_card_and_the_inside_is_there_from_the_start(window, clock):
    QTest.keyClick(window.canvas, Qt.Key.Key_Return)
    assert window.session.block == "BasicBlock"
    assert window.dive.is_on
    turn(window, clock, DURATION / 2)
    assert 0.5 < window.dive.progress < 1.0  # faster at first
    assert window.dive.isVisible()
    window.dive.grab()
    turn(window, clock, DURATION)
    assert not window.dive.is_on
    assert not window.dive.isVisible()


def test_leaving_zooms_out_again(window, clock):
    QTest.keyClick(window.canvas, Qt.Key.Key_Return)
    turn(window, clock, DURATION)
    clock.now = 10.0
    QTest.keyClick(window.canvas, Qt.Key.Key_Up, ALT)
    assert window.session.block is None
    assert window.dive.is_on
    window.dive.grab()
    turn(window, clock, DURATION)
    assert not window.dive.is_on


@pytest.mark.parametrize("end", ["key", "press", "leave"])
def test_whatever_is_done_ends_it_and_counts(window, clock, end):
    QTest.keyClick(window.canvas, Qt.Key.Key_Return)
    assert window.dive.is_on
    if end == "key":
        QTest.keyClick(window.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
        assert window.session.selection
    elif end == "press":
        QTest.mouseClick(window.canvas.viewport(), Qt.MouseButton.LeftButton)
    else:
        window.close_project()
    assert not window.dive.is_on


def test_with_little_motion_there_is_none(window, clock):
    window.preferences.change(motion="reduced")
    QTest.keyClick(window.canvas, Qt.Key.Key_Return)
    assert window.session.block == "BasicBlock"
    assert not window.dive.is_on


def test_from_one_block_into_another_beside_it_there_is_none(window, clock):
    names = ("stage1", "stage2")
    first, second = (window.session.graph.by_name(name) for name in names)
    window.session.enter(first.id)
    window.dive.finish()
    window.session.show_scope((second.id,))
    assert not window.dive.is_on
