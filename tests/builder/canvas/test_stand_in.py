"""The picture that stands in for the canvas shows what the canvas would."""

from math import inf

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QPainter

from builder.canvas import far, painting, stand_in
from graph.edits import MoveNodes, RenameNode, SetParams
from graph.node_flags import SetBypassed
from tests.builder.canvas.test_blocks import difference, rows


@pytest.fixture
def standing_in(open_canvas, qtbot):
    """A canvas of many blocks, once a picture of it was made."""
    canvas = open_canvas(rows(columns=20, count=200))
    wait_for_picture(canvas, qtbot)
    return canvas


def wait_for_picture(canvas, qtbot):
    canvas.view.viewport().repaint()
    qtbot.waitUntil(lambda: is_standing_in(canvas.view))


def is_standing_in(view):
    return shown(view)[0]


def shown(view):
    """Whether the picture stands in, and what it shows in place of the view."""
    image = QImage(view.viewport().size(), QImage.Format.Format_RGB32)
    image.fill(view.look.canvas)
    with QPainter(image) as painter:
        is_there = view._stand_in.paint(painter)
    return is_there, image


def fresh(view):
    return view.picture().toImage().convertToFormat(QImage.Format.Format_RGB32)


def test_it_shows_the_view(standing_in):
    is_there, image = shown(standing_in.view)
    assert is_there
    assert difference(image, fresh(standing_in.view)) <= 1


@pytest.mark.parametrize("scale", [1.0, 0.45, 0.25, 0.15])
def test_it_is_mended_where_something_changes(open_canvas, qtbot, monkeypatch, scale):
    monkeypatch.setattr(painting, "HEAVY_FAR", 50)
    monkeypatch.setattr(far, "BUDGET", inf)
    canvas = open_canvas(rows(columns=20, count=200))
    canvas.view.zoom_by(scale / canvas.view.zoom)
    canvas.view.centerOn(canvas.scene.bounds().center())
    wait_for_picture(canvas, qtbot)
    seen = canvas.scene.nodes_in(canvas.view.visible_area)
    node, other = seen[len(seen) // 2], seen[len(seen) // 2 + 3]
    for change in (
        lambda: canvas.session.apply(RenameNode(node, "renamed")),
        lambda: canvas.session.apply(SetParams(node, {"inplace": True, "out_channels": 7, "eps": 0.1})),
        lambda: canvas.session.apply(SetBypassed([other], True)),
        lambda: canvas.session.apply(MoveNodes({node: canvas.scene.nodes[other].pos().toTuple()})),
        lambda: canvas.session.select([node]),
        lambda: canvas.scene.show_at({node: (0.0, 0.0)}),
        lambda: canvas.scene.show_at({}),
        canvas.session.undo,
    ):
        change()
        is_there, image = shown(canvas.view)
        assert is_there
        assert difference(image, fresh(canvas.view)) <= 1, f"at {scale}"


def test_it_is_made_anew_after_a_change_of_everything(standing_in, qtbot):
    standing_in.view.content_changed()
    assert not is_standing_in(standing_in.view)
    wait_for_picture(standing_in, qtbot)


def test_a_pan_while_it_is_made_does_not_mix_two_views(standing_in, monkeypatch):
    monkeypatch.setattr(stand_in, "SLICE", 0.0)  # a band at a time
    view = standing_in.view
    view.content_changed()
    view._stand_in._begin()
    view._stand_in._go_on()
    view.pan_by(QPoint(30, 20))
    view.viewport().repaint()
    while view._stand_in._next is not None:
        view._stand_in._go_on()
    view.pan_by(QPoint(-30, -20))
    view._stand_in.look_at(view.viewportTransform(), view.viewport().size(), 1.0)
    is_there, image = shown(view)
    assert is_there
    assert difference(image, fresh(view)) <= 1


def test_what_a_larger_window_shows_besides_is_drawn(standing_in, qtbot, monkeypatch):
    for limit in ("HEAVY_CARDS", "HEAVY_BLOCKS", "HEAVY_FAR"):
        monkeypatch.setattr(painting, limit, 0)
    view = standing_in.view
    small = view.size()
    view.resize(small.width() // 2, small.height() // 2)
    wait_for_picture(standing_in, qtbot)
    view.resize(small)
    view.viewport().repaint()
    assert not is_standing_in(view), "the picture was of a part"
    wait_for_picture(standing_in, qtbot)
    assert difference(shown(view)[1], fresh(view)) <= 1


def test_a_window_that_grows_while_it_is_made_gets_another(standing_in, qtbot, monkeypatch):
    monkeypatch.setattr(stand_in, "SLICE", 0.0)
    view = standing_in.view
    view.content_changed()
    view._stand_in._begin()
    view._stand_in._go_on()
    view.resize(view.width() + 100, view.height() + 200)
    view.viewport().repaint()
    wait_for_picture(standing_in, qtbot)
    assert difference(shown(view)[1], fresh(view)) <= 1


def test_a_change_while_it_is_made_is_in_it(standing_in, qtbot, monkeypatch):
    monkeypatch.setattr(stand_in, "SLICE", 0.0)
    view = standing_in.view
    view.content_changed()
    view._stand_in._begin()
    view._stand_in._go_on()
    standing_in.session.apply(RenameNode("n3", "renamed"))
    qtbot.waitUntil(lambda: is_standing_in(view))
    assert difference(shown(view)[1], fresh(view)) <= 1


def test_what_there_was_no_time_for_is_drawn_soon(open_canvas, qtbot, monkeypatch):
    monkeypatch.setattr(far, "BUDGET", -1.0)
    canvas = open_canvas(rows(columns=60, count=300))
    canvas.view.zoom_by(0.1 / canvas.view.zoom)
    assert len(list(canvas.scene.far.tiles)) > 1
    canvas.scene.far.touch_all()
    canvas.view.viewport().repaint()
    assert not canvas.scene.far.is_complete
    qtbot.waitUntil(lambda: canvas.scene.far.is_complete)
