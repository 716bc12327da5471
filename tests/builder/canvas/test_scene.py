"""Items mirror the model, whatever is done to it, and cost only what changed."""

import random
from math import inf

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from builder.canvas.boxes import rect_of
from builder.canvas.face import Face
from builder.canvas.grid_index import GridIndex
from builder.canvas.node_item import OVERHANG
from builder.canvas.ports import ports_of
from builder.canvas.routes import route
from builder.theme import dark, light
from graph.annotation_edits import AddAnnotations, RemoveAnnotations
from graph.block_edits import InBlock
from graph.document import Document, Edge, EditError, Frame, Graph, Node, PortRef, Project
from graph.edits import (
    AddNodes,
    Connect,
    Disconnect,
    MoveNodes,
    RemoveNodes,
    RenameNode,
    SetParams,
)
from graph.node_flags import SetBypassed, SetPinned
from graph.packing import Pack
from graph.replacing import ReplaceType
from graph.templates import templates
from graph.unpacking import Unpack
from tests.builder.canvas.driver import chain
from tests.graph.block_drawings import deep


def assert_mirrors(canvas):
    scene, graph = canvas.scene, canvas.graph
    assert scene.nodes.keys() == graph.nodes.keys()
    assert scene.edges.keys() == set(graph.edges)
    for node_id, item in scene.nodes.items():
        assert item.pos() == QPointF(*graph.nodes[node_id].position)
        assert item.ports == ports_of(graph, graph.nodes[node_id], canvas.session.result(node_id))
        assert item.problems == canvas.session.marks_of(node_id)
        assert item.is_selected == (node_id in canvas.session.selection)
        assert rect_of(scene.geometry.card(node_id)) == item.area
    for edge, item in scene.edges.items():
        assert item.start == scene.nodes[edge.source.node].port_pos(edge.source)
        assert item.end == scene.nodes[edge.target.node].port_pos(edge.target)
        assert item.tensor == canvas.session.inference.output(edge.source)
        assert rect_of(scene.geometry.edge(edge)).contains(item.path.boundingRect().adjusted(0, 0, 1, 1))
        assert item.path == route(item.start, item.end, scene.is_blocked)
    everywhere = (-1e6, -1e6, 1e6, 1e6)
    assert sorted(scene.geometry.nodes_in(everywhere)) == sorted(graph.nodes)
    assert set(scene.geometry.edges_in(everywhere)) == set(graph.edges)
    assert {each: scene.annotations.get(each) for each in scene.annotations.ids} == dict(graph.frames)
    assert_drawn_from_afar(scene, graph)


def assert_drawn_from_afar(scene, graph):
    assert scene.far.make(inf)
    tiles = list(scene.far.tiles)
    blocks = [rect.getRect() for tile in tiles for path in tile.blocks.values() for rect in shapes(path)]
    assert sorted(blocks) == sorted(item.area.getRect() for item in scene.nodes.values())
    lines = [line for tile in tiles for path in tile.lines.values() for line in shapes(path)]
    ends = sorted((line.left(), line.right()) for line in lines)
    assert ends == sorted(tuple(sorted((i.start.x(), i.end.x()))) for i in scene.edges.values())


def shapes(path):
    """What is around each of the rectangles or lines of a path."""
    return [part.boundingRect() for part in path.toSubpathPolygons()]


def random_edit(rng, graph):
    ids = list(graph.nodes)
    some = rng.choice(ids) if ids else "none"
    other = rng.choice(ids) if ids else "none"
    fresh = next(graph.new_ids())
    makers = [
        lambda: AddNodes(
            [Node(fresh, rng.choice(["Conv2d", "Add", "LSTM", "Input", "Nonsense"]), graph.new_name("x"))]
        ),
        lambda: RemoveNodes([some]),
        lambda: MoveNodes({some: (rng.randrange(2000), rng.randrange(900))}),
        lambda: Connect(PortRef(some, "out"), PortRef(other, rng.choice(["in", "in0", "in1"]))),
        lambda: Disconnect(
            [rng.choice(graph.edges)] if graph.edges else [Edge(PortRef("a", "b"), PortRef("c", "d"))]
        ),
        lambda: SetParams(some, {"out_channels": rng.choice([8, 16, -1])}),
        lambda: RenameNode(some, rng.choice(["a", "b", graph.new_name("y")])),
        lambda: ReplaceType(some, rng.choice(["ReLU", "Concat", "Reroute", "MaxPool2d"])),
        lambda: SetBypassed([some, other], rng.random() < 0.7),
        lambda: SetPinned([some], rng.random() < 0.5),
        lambda: AddAnnotations([Frame(next(graph.new_ids("f")), "x", (8.0 * rng.randrange(99), 0.0))]),
        lambda: RemoveAnnotations([rng.choice([*graph.frames, "none"])]),
    ]
    return rng.choice(makers)()


@pytest.mark.parametrize("seed", range(4))
def test_items_follow_any_edit_undo_and_redo(open_canvas, seed):
    rng = random.Random(seed)
    canvas = open_canvas(chain(("Input", "image"), ("Conv2d", "conv1"), ("Conv2d", "conv2"), ("Add", "add1")))
    for _ in range(60):
        choice = rng.random()
        if choice < 0.15:
            canvas.session.undo()
        elif choice < 0.25:
            canvas.session.redo()
        elif choice < 0.35:
            ids = [*canvas.graph.nodes, *canvas.graph.frames]
            canvas.session.select(rng.sample(ids, min(2, len(ids))))
        else:
            try:
                canvas.session.apply(random_edit(rng, canvas.graph))
            except (EditError, KeyError):
                continue
        assert_mirrors(canvas)
    canvas.view.grab()


@pytest.mark.parametrize("seed", range(4))
def test_items_follow_into_blocks_and_out_again(open_canvas, seed):
    rng = random.Random(seed)
    canvas = open_canvas(deep())
    shown = set()
    for _ in range(60):
        graph = canvas.graph
        some = rng.choice([*graph.nodes, "none"])
        instances = [node.id for node in graph.nodes.values() if node.type in canvas.session.project.blocks]
        rng.choice([
            canvas.session.undo,
            canvas.session.redo,
            canvas.session.leave,
            lambda some=some: canvas.session.enter(some),
            lambda ids=instances: canvas.session.enter(rng.choice(ids)) if ids else None,
            lambda some=some: canvas.session.select([some]),
            lambda some=some: canvas.session.apply(Pack([some], rng.choice(["Part", "Other"]))),
            lambda some=some: canvas.session.apply(Unpack(some)),
            lambda some=some: canvas.session.apply(InBlock("Residual", RenameNode("n1", rng.choice("abc")))),
            lambda: canvas.session.apply_to_project(random_edit(rng, canvas.session.project.graph)),
            lambda: canvas.session.apply(random_edit(rng, canvas.graph)),
        ])()  # fmt: skip
        shown.add(canvas.session.block)
        assert_mirrors(canvas)
    assert len(shown) > 1
    canvas.view.grab()


def test_a_problem_that_comes_from_elsewhere_is_shown(open_canvas):
    canvas = open_canvas(chain(("Input", "image"), ("ReLU", "relu1")))
    assert canvas.item("relu1").severity is None
    canvas.session.apply(
        AddNodes([Node("n9", "Output", "out")], [Edge(PortRef("n1", "out"), PortRef("n9", "in"))])
    )
    assert canvas.item("relu1").severity == "warning"
    canvas.session.undo()
    assert canvas.item("relu1").severity is None


def test_ports_come_and_go_and_no_edge_is_lost(open_canvas):
    nodes = [
        Node("n1", "Input", "image", {"shape": [6]}),
        Node("n2", "Split", "split1", {"split_size_or_sections": 2, "dim": 1}, (300, 0)),
        Node("n3", "ReLU", "relu1", {}, (600, 0)),
    ]
    edges = [
        Edge(PortRef("n1", "out"), PortRef("n2", "in")),
        Edge(PortRef("n2", "out2"), PortRef("n3", "in")),
    ]
    canvas = open_canvas(Project(graph=Graph(nodes, edges)))
    before = canvas.bytes
    for size, outputs, severity in (
        (4, ["out0", "out1", "out2"], "error"),
        (2, ["out0", "out2"], "error"),
        (8, ["out0", "out1", "out2", "out3"], None),
    ):
        canvas.session.apply(SetParams("n1", {"shape": [size]}))
        assert [port.ref.port for port in canvas.item("split1").ports if port.is_output] == outputs
        assert canvas.item("relu1").severity == severity
        assert_mirrors(canvas)
    for _ in range(3):
        canvas.session.undo()
    assert canvas.bytes == before
    assert_mirrors(canvas)


def test_another_document_replaces_everything(canvas):
    canvas.session.select([canvas.id("conv1")])
    for each in templates():
        canvas.session.load(Document(each.project()))
        assert canvas.session.selection == ()
        assert_mirrors(canvas)
        area = canvas.view.visible_area
        assert all(area.contains(item.pos()) for item in canvas.scene.nodes.values())
    canvas.session.load(Document(Project()))
    assert_mirrors(canvas)
    assert canvas.scene.bounds().isEmpty()


def test_a_file_without_positions_is_laid_out(open_canvas):
    canvas = open_canvas(chain(("Input", "image"), ("ReLU", "relu1"), ("Output", "out"), spacing=0.0))
    xs = [node.position[0] for node in canvas.graph.nodes.values()]
    assert xs == sorted(set(xs))
    assert not canvas.session.document.is_dirty
    assert canvas.session.document.undo_label is None
    assert_mirrors(canvas)


def test_a_change_lays_out_only_the_texts_it_touched(canvas, monkeypatch):
    canvas.view.grab()
    made = []
    original = Face.__init__

    def counted(self, node, *rest):
        made.append(node.name)
        original(self, node, *rest)

    monkeypatch.setattr(Face, "__init__", counted)
    canvas.session.apply(MoveNodes({canvas.id("conv1"): (232.0, 8.0)}))
    canvas.view.grab()
    assert made == []
    canvas.session.apply(SetParams(canvas.id("conv1"), {"bias": False}))
    canvas.view.grab()
    assert made == ["conv1"]


def test_what_is_dragged_is_drawn_from_afar_without_the_rest_being_made_anew(canvas):
    canvas.scene.far.make(inf)
    canvas.scene.show_at({canvas.id("conv1"): (232.0, 400.0)})
    assert_drawn_from_afar(canvas.scene, canvas.graph)
    still, moving = canvas.scene.far.tiles
    lines = still.lines["normal"]
    canvas.scene.show_at({canvas.id("conv1"): (240.0, 408.0)})
    assert moving.is_stale
    assert not still.is_stale
    assert_drawn_from_afar(canvas.scene, canvas.graph)
    assert still.lines["normal"] is lines
    canvas.scene.show_at({})
    assert_drawn_from_afar(canvas.scene, canvas.graph)
    assert list(canvas.scene.far.tiles) == [still]


def test_another_theme_repaints_everything(canvas):
    light = canvas.view.grab().toImage()
    canvas.view.set_theme(dark())
    other = canvas.view.grab().toImage()
    corner = canvas.at(canvas.body("conv1") + QPointF(0, 12))
    assert light.pixelColor(5, 5).lightness() > 200
    assert other.pixelColor(5, 5).lightness() < 60
    assert light.pixelColor(corner).lightness() > 200 > other.pixelColor(corner).lightness()


@pytest.mark.parametrize("scale", [0.05, 0.2, 0.34, 0.5, 0.7, 1.0, 2.0])
def test_every_zoom_paints_every_kind_of_card(open_canvas, scale):
    layers = [
        ("Input", "image"),
        ("Conv2d", "conv1"),
        ("LSTM", "lstm1"),
        ("Add", "add1"),
        ("Nonsense", "strange"),
    ]
    canvas = open_canvas(chain(*layers))
    canvas.session.select([canvas.id("conv1")])
    canvas.view.zoom_by(scale / canvas.view.zoom)
    canvas.view.centerOn(canvas.body("conv1"))
    image = canvas.view.grab().toImage()
    colors = {image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 3)}
    assert len(colors) > 3


@pytest.mark.parametrize("scale", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("is_selected", [False, True])
def test_an_error_is_red_also_far_out(open_canvas, scale, is_selected):
    canvas = open_canvas(chain(("Input", "image"), ("Nonsense", "strange")))
    canvas.session.select([canvas.id("strange")] if is_selected else [])
    canvas.view.zoom_by(scale / canvas.view.zoom)
    item = canvas.item("strange")
    canvas.view.centerOn(item.area.center())
    image = canvas.view.grab().toImage()
    card = canvas.view.mapFromScene(
        item.area.adjusted(-OVERHANG, -OVERHANG, OVERHANG, OVERHANG)
    ).boundingRect()
    red = QColor(light().error)
    found = [
        (x, y)
        for x in range(card.left(), card.right() + 1)
        for y in range(card.top(), card.bottom() + 1)
        if image.pixelColor(x, y) == red
    ]
    assert len(found) > (4 if scale > 0.1 else 1)


def test_an_edge_along_a_row_bows_around_the_cards_between(open_canvas):
    canvas = open_canvas(chain(("Input", "image"), ("ReLU", "relu1"), ("Add", "add1")))
    canvas.session.apply(Connect(PortRef("n1", "out"), PortRef("n3", "in0")))
    item = next(i for e, i in canvas.scene.edges.items() if e.target.port == "in0")
    card = canvas.item("relu1").card.translated(canvas.item("relu1").pos())
    assert not any(card.contains(item.path.pointAtPercent(step / 50)) for step in range(51))
    canvas.session.apply(MoveNodes({"n2": (224.0, 400.0)}))
    assert item.path.boundingRect().height() < 30


def test_what_is_around_all_boxes_follows_those_at_the_rim():
    index = GridIndex[str]()
    for key, left in (("a", 0.0), ("b", 100.0), ("c", 200.0)):
        index.put(key, (left, 0.0, left + 50, 40.0))
    assert index.extent() == (0.0, 0.0, 250.0, 40.0)
    index.put("b", (90.0, 5.0, 140.0, 30.0))
    index.put("c", (200.0, 0.0, 250.0, 40.0))
    assert index.extent() == (0.0, 0.0, 250.0, 40.0)
    index.put("d", (300.0, -20.0, 350.0, 10.0))
    assert index.extent() == (0.0, -20.0, 350.0, 40.0)
    index.discard("d")
    index.put("a", (60.0, 0.0, 110.0, 40.0))
    assert index.extent() == (60.0, 0.0, 250.0, 40.0)
    for key in "abc":
        index.discard(key)
    assert index.extent() is None
