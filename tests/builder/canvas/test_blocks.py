"""What is drawn in batches half way off looks as if each part were drawn by itself, whatever changes."""

import random
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from builder.canvas.blocks import MOST, TILE
from builder.canvas.boxes import box_of
from builder.canvas.grid_index import GridIndex, overlap, united
from builder.canvas.node_item import NodeItem
from builder.canvas.painting import paint_graph
from graph.document import Edge, EditError, Graph, Node, PortRef, Project
from graph.edits import MoveNodes, RemoveNodes, SetParams
from graph.node_flags import SetBypassed
from tests.builder.canvas.test_scene import random_edit

AREA = QRectF(-200, -200, 2400, 1400)
SCALES = (0.25, 0.45)  # with plain blocks, and with round ones


def picture(scene, scale=SCALES[0], area=AREA):
    """An area of a scene as it is drawn."""
    image = QImage((area.size() * scale).toSize(), QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    with QPainter(image) as painter:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.scale(scale, scale)
        painter.translate(-area.topLeft())
        paint_graph(painter, scene, area, scale)
    return image


def difference(one, other):
    """The largest difference of a channel between two pictures."""
    if one == other:
        return 0
    pairs = zip(bytes(one.constBits()), bytes(other.constBits()), strict=True)
    return max(abs(a - b) for a, b in pairs if a != b)


def rows(columns=9, count=36):
    """A chain of convolutions and activations in rows."""
    nodes = [Node("n0", "Input", "image", {"shape": [3, 32, 32]})]
    for i in range(1, count):
        kind = ("Conv2d", "ReLU", "BatchNorm2d")[i % 3]
        nodes.append(Node(f"n{i}", kind, f"layer{i}", {}, (i % columns * 224.0, i // columns * 160.0)))
    edges = [Edge(PortRef(f"n{i}", "out"), PortRef(f"n{i + 1}", "in")) for i in range(count - 1)]
    return Project(graph=Graph(nodes, edges))


@pytest.mark.parametrize("scale", SCALES)
def test_a_batch_looks_like_its_parts(open_canvas, monkeypatch, scale):
    canvas = open_canvas(rows())
    batched = picture(canvas.scene, scale)
    assert any(tile.blocks for tile in canvas.scene.blocks.seen(box_of(AREA), scale))
    monkeypatch.setattr(NodeItem, "is_plain", False)
    canvas.scene.blocks.forget_all()
    assert not any(tile.blocks for tile in canvas.scene.blocks.seen(box_of(AREA), scale))
    assert difference(batched, picture(canvas.scene, scale)) <= 1


def random_step(rng, canvas):
    """An edit, or a state that a gesture gives the scene."""
    scene, session, edges = canvas.scene, canvas.session, canvas.graph.edges
    some = rng.sample(list(canvas.graph.nodes), 2)
    places = {node_id: (rng.randrange(2000), rng.randrange(900)) for node_id in some}
    return rng.choice([
        session.undo,
        lambda: session.select(some),
        lambda: scene.hover(some[0], rng.choice(edges)),
        lambda: scene.select_edges(rng.sample(edges, 2)),
        lambda: scene.hide_edge(rng.choice([None, *edges])),
        lambda: scene.mark_cut(rng.sample(edges, 1)),
        lambda: scene.show_at(places),
        lambda: scene.show_at({}),
        lambda: session.apply(random_edit(rng, canvas.graph)),
        lambda: session.apply(random_edit(rng, canvas.graph)),
    ])  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_what_was_kept_is_what_would_be_drawn_anew(open_canvas, seed):
    rng = random.Random(seed)
    canvas = open_canvas(rows(count=12))
    for _ in range(60):
        step = random_step(rng, canvas)
        try:
            step()
        except (EditError, KeyError):
            continue
        kept = picture(canvas.scene)
        canvas.scene.blocks.forget_all()
        assert difference(kept, picture(canvas.scene)) <= 1


def test_one_card_on_another_hides_its_name(open_canvas):
    """Batches draw all names last, so cards that lie upon each other are not part of them."""
    canvas = open_canvas(rows())
    picture(canvas.scene)
    below, above = canvas.item("layer3"), canvas.item("layer5")
    canvas.session.apply(MoveNodes({"n5": (below.pos().x(), below.pos().y() - 40)}))
    picture(canvas.scene)
    apart = [node for tile in canvas.scene.blocks.seen(box_of(AREA), SCALES[0]) for node in tile.apart]
    assert sorted(apart) == ["n3", "n5"]
    assert canvas.scene.drawn_order(apart) == ["n3", "n5"]
    assert above.area.intersects(below.area)


def test_a_change_makes_few_tiles_anew(open_canvas):
    canvas = open_canvas(rows(columns=20, count=400))
    everything = box_of(canvas.scene.bounds())
    before = canvas.scene.blocks.seen(everything, 0.25)
    for change in (
        lambda: canvas.session.apply(SetParams("n201", {"out_channels": 7})),
        lambda: canvas.scene.show_at({"n210": (1500.0, 1500.0)}),
        lambda: canvas.session.apply(SetBypassed(["n50"], True)),
        lambda: canvas.session.apply(RemoveNodes(["n399"])),
        lambda: canvas.scene.hover("n100", None),
    ):
        change()
        after = canvas.scene.blocks.seen(everything, 0.25)
        assert (
            0
            < len([tile for tile in after if not any(tile is each for each in before)])
            <= 8
            < len(after) / 3
        )
        before = after


def test_only_so_many_tiles_are_kept(open_canvas):
    canvas = open_canvas(rows(columns=1, count=1200))
    for top in range(0, 190_000, 1000):
        canvas.scene.blocks.seen((0.0, top, TILE, top + TILE), 0.25)
        canvas.scene.blocks.seen((-TILE, top, 0.0, top + TILE), 0.25)
    assert len(canvas.scene.blocks._tiles) <= MOST


def test_a_heat_overlay_colours_every_block(open_canvas):
    canvas = open_canvas(rows())
    plain = picture(canvas.scene)

    red, gray = QColor("red"), QColor("gray")
    heat = SimpleNamespace(node_ids=["n1"], color=lambda node_id: red if node_id == "n1" else gray)
    canvas.scene.show_heat(heat)
    hot = picture(canvas.scene)
    at = (canvas.item("layer1").pos() + QPointF(8, 8) - AREA.topLeft()) * SCALES[0]
    assert plain.pixelColor(at.toPoint()) != hot.pixelColor(at.toPoint()) == red
    canvas.scene.show_heat(None)
    assert picture(canvas.scene) == plain


def test_boxes_of_any_form_are_found_by_place():
    rng = random.Random(0)
    index, boxes = GridIndex(), {}
    for step in range(600):
        key, (x, y) = step % 200, (rng.uniform(-9e3, 9e3), rng.uniform(-9e3, 9e3))
        box = (x, y, x + 10 ** rng.uniform(0, 5), y + 10 ** rng.uniform(0, 5))
        if rng.random() < 0.2:
            index.discard(key)
            boxes.pop(key, None)
        else:
            index.put(key, box)
            boxes[key] = box
        area = (-x, -y, -x + 10 ** rng.uniform(0, 4), -y + 10 ** rng.uniform(0, 4))
        near = {each: there for each, there in boxes.items() if overlap(there, area)}
        assert index.find(area) == near
        assert sorted(index.boxes(area)) == sorted(near.values())
        assert index.extent() == united(boxes.values())
