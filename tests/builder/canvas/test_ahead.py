"""What comes into sight when the view is moved is laid out before, and cards are copied from pictures."""

import random

import pytest
from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QImage, QPainter

from builder.canvas import card_pictures
from builder.canvas.card_pictures import CardPictures
from builder.canvas.node_item import NodeItem
from builder.canvas.painting import paint_graph
from graph.document import EditError
from graph.edits import RemoveNodes
from tests.builder.canvas.test_blocks import random_step, rows

NEAR, HALF_OFF = 1.0, 0.3
AREA = QRectF(-40, -40, 1200, 700)


def look_at_the_middle(canvas, qtbot, zoom):
    view = canvas.view
    view.zoom_by(zoom / view.zoom)
    view.centerOn(canvas.scene.bounds().center())
    view.viewport().repaint()
    qtbot.waitUntil(lambda: not view._ahead.is_busy)


@pytest.mark.parametrize("zoom", [NEAR, HALF_OFF])
def test_a_pan_finds_laid_out_what_comes_into_sight(open_canvas, qtbot, monkeypatch, zoom):
    canvas = open_canvas(rows(columns=40, count=1600))
    look_at_the_middle(canvas, qtbot, zoom)
    made, refresh = [], NodeItem.refresh
    monkeypatch.setattr(NodeItem, "refresh", lambda self: (made.append(self.node_id), refresh(self))[1])
    canvas.view.pan_by(QPoint(-60, -50))
    canvas.view.viewport().repaint()
    assert made == []
    canvas.view.centerOn(0, 0)  # nobody could know that
    canvas.view.viewport().repaint()
    assert made


def test_it_rests_once_all_around_is_there_and_after_a_change_begins_anew(open_canvas, qtbot):
    canvas = open_canvas(rows(columns=40, count=400))
    look_at_the_middle(canvas, qtbot, NEAR)
    canvas.view.viewport().repaint()
    assert not canvas.view._ahead.is_busy
    canvas.view.pan_by(QPoint(-3000, 0))
    canvas.view.viewport().repaint()
    assert canvas.view._ahead.is_busy
    canvas.session.apply(RemoveNodes(tuple(canvas.graph.nodes)[1:]))  # what it was about to lay out is gone
    assert not canvas.view._ahead.is_busy
    canvas.session.undo()
    canvas.view.viewport().repaint()
    qtbot.waitUntil(lambda: not canvas.view._ahead.is_busy)


def are_alike(one, other):
    """Whether two pictures are the same but for roundings, by which a letter may lie a little beside."""
    pairs = zip(bytes(one.constBits()), bytes(other.constBits()), strict=True)
    return one == other or sum(abs(a - b) > 3 for a, b in pairs if a != b) < one.sizeInBytes() / 50_000


def drawn(scene, pictures, scale=NEAR, ratio=1.0, shift=(0.0, 0.0)):
    """An area as a screen shows it, whose pixels may be smaller."""
    image = QImage((AREA.size() * scale * ratio).toSize(), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill("white")
    with QPainter(image) as painter:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.translate(*shift)
        painter.scale(scale, scale)
        painter.translate(-AREA.topLeft())
        paint_graph(painter, scene, AREA, scale, pictures=pictures)
    return image


@pytest.mark.parametrize(("scale", "ratio"), [(1.0, 1.0), (0.6, 1.0), (1.7, 1.0), (0.83, 2.0), (1.0, 1.5)])
def test_a_copied_card_looks_like_a_drawn_one(open_canvas, monkeypatch, scale, ratio):
    canvas, pictures = open_canvas(rows(count=18)), CardPictures()
    for shift in ((0.0, 0.0), (0.3, 7.6)):
        own = drawn(canvas.scene, None, scale, ratio, shift)
        for _ in range(2):  # from the second time on there are pictures
            assert are_alike(own, drawn(canvas.scene, pictures, scale, ratio, shift))
        with monkeypatch.context() as patched:
            patched.setattr(NodeItem, "paint", lambda *_: pytest.fail("it is drawn, not copied"))
            copied = drawn(canvas.scene, pictures, scale, ratio, shift)
        assert are_alike(own, copied)


@pytest.mark.parametrize("seed", range(3))
def test_pictures_follow_whatever_changes(open_canvas, seed):
    rng, canvas, pictures = random.Random(seed), open_canvas(rows(count=12)), CardPictures()
    for _ in range(50):
        try:
            random_step(rng, canvas)()
        except (EditError, KeyError):
            continue
        for _ in range(2):
            drawn(canvas.scene, pictures)
        assert are_alike(drawn(canvas.scene, pictures), drawn(canvas.scene, None))


def test_pictures_take_only_so_much_memory(open_canvas, monkeypatch):
    canvas, pictures = open_canvas(rows(count=18)), CardPictures()
    monkeypatch.setattr(card_pictures, "MOST_BYTES", 200_000)
    own = drawn(canvas.scene, None)
    for _ in range(4):
        assert are_alike(own, drawn(canvas.scene, pictures))
        assert pictures._bytes <= 200_000
