"""The parts of the canvas that need no window: captions, ports, routes, placement."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QPointF, QRectF

from builder.canvas.captions import dims_text, edge_lines, edge_width, params_text, shape_text
from builder.canvas.face import Face
from builder.canvas.placement import fitting, free_output, place, place_in_edge, snapped
from builder.canvas.ports import CARD_WIDTH, card_height, num_rows, ports_of
from builder.canvas.routes import middle, route
from builder.canvas.style import BLOCK_SIZES, CanvasStyle
from builder.theme import light
from graph.cards import DOT, free_spot, is_dot
from graph.catalog import CATALOG
from graph.dims import symbol
from graph.document import Edge, Graph, Node, PortRef, Project
from graph.inference import Inference
from graph.node_result import NodeResult
from graph.shapes import BATCH, TensorSpec
from tests.builder.canvas.driver import chain
from tests.graph.block_drawings import deep


@pytest.mark.parametrize(("type_name", "params", "text"), [
    ("Conv2d", {"stride": 2, "padding": 1, "out_channels": 64}, "3×3, s2, p1 → 64"),
    ("Conv2d", {"kernel_size": [3, 5], "padding": "same"}, "3×5, padding same → 32"),
    ("Conv1d", {}, "3 → 32"),
    ("MaxPool2d", {"kernel_size": 2}, "2×2"),
    ("AdaptiveAvgPool2d", {"output_size": 1}, "→ 1"),
    ("Linear", {"out_features": 10}, "→ 10"),
    ("Embedding", {"num_embeddings": 1000}, "1000 → 64"),
    ("LSTM", {"hidden_size": 128, "num_layers": 2}, "2 layers → 128"),
    ("Dropout", {"p": 0.25}, "p 0.25"),
    ("Backbone", {"model": "vit_b_16", "head": "cut"}, "vit_b_16, head cut"),
    ("Input", {"shape": [1, 28, 28]}, "(1, 28, 28)"),
    ("Permute", {"dims": [0, 2, 1]}, "(0, 2, 1)"),
    ("Squeeze", {"dim": None}, ""),
    ("ReLU", {}, ""),
])  # fmt: skip
def test_the_parameters_that_matter(type_name, params, text):
    assert params_text(CATALOG[type_name], Node("n1", type_name, "x", params)) == text


@pytest.mark.parametrize(("params", "text"), [
    ({}, "width 8"),
    ({"width": "=width * 2", "repeat": 1}, "width =width * 2"),
    ({"width": 16, "repeat": 3}, "width 16, ×3"),
    ({"width": {"each": [16, 8, 4]}, "repeat": 3}, "width 16, 8, 4, ×3"),
    ({"width": {"each": [1] * 9}, "repeat": 9}, "width 1, 1, 1, 1, 1, 1, 1, 1…, ×9"),
])  # fmt: skip
def test_what_matters_of_an_instance(params, text):
    spec = deep().graph.catalog["Residual"]
    assert params_text(spec, Node("n1", "Residual", "x", params)) == text


@pytest.mark.parametrize("spec", CATALOG.values(), ids=lambda spec: spec.type)
@pytest.mark.parametrize("value", [None, True, 3, 2.5, "same", [], [1, 2], [7] * 99, {"a": 1}])
def test_no_value_breaks_a_card(spec, value):
    node = Node("n1", spec.type, "x", dict.fromkeys(spec.param_names, value))
    assert isinstance(params_text(spec, node), str)


def test_shapes_in_words():
    tensor = TensorSpec((BATCH, 32, 14, 14))
    assert shape_text(tensor) == "(N, 32, 14, 14)"
    assert dims_text(tensor) == "32×14×14"
    assert dims_text(TensorSpec((BATCH, symbol("T"), 64))) == "T×64"
    assert dims_text(TensorSpec((2, BATCH, 64))) == "2×N×64"
    assert dims_text(TensorSpec((BATCH,))) == "(N,)"
    assert shape_text(None) == dims_text(None) == "?"


def test_an_edge_grows_with_the_logarithm_of_its_tensor():
    widths = [edge_width(TensorSpec((BATCH, size))) for size in (1, 100, 10_000, 1_000_000)]
    steps = [b - a for a, b in pairwise(widths)]
    assert steps == pytest.approx([1.0] * 3, abs=0.25)
    assert edge_width(TensorSpec((BATCH, 10**15))) == 5.0


def test_an_edge_of_unknown_shape_says_so():
    project = chain(("Nonsense", "odd"), ("ReLU", "relu1"))
    assert edge_lines(project.graph, project.graph.edges[0], None) == ("odd.out → relu1.in", "shape unknown")


def test_ports_of_every_layer_fit_the_card():
    for spec in CATALOG.values():
        graph = Graph([Node("n1", spec.type, "x")])
        ports = ports_of(graph, graph.nodes["n1"], Inference(graph).result("n1"))
        assert {port.x for port in ports} <= ({DOT / 2} if is_dot(spec) else {0, CARD_WIDTH})
        height = card_height(num_rows(graph, graph.nodes["n1"], Inference(graph).result("n1")))
        assert all(0 < port.y < height for port in ports)
        assert height % 8 == 0
        several = [port for port in ports if port.is_output]
        assert [port.label for port in several] == (
            [port.ref.port for port in several] if len(several) > 1 else [""] * len(several)
        )


def test_a_freed_variadic_port_is_the_empty_one():
    nodes = [Node("n1", "ReLU", "a"), Node("n2", "Add", "b")]
    graph = Graph(nodes, [Edge(PortRef("n1", "out"), PortRef("n2", "in1"))])
    assert shown(graph, "n2", is_output=False) == [("in0", False), ("in1", True)]


def shown(graph, node_id, is_output):
    ports = ports_of(graph, graph.nodes[node_id], Inference(graph).result(node_id))
    return [(port.ref.port, port.is_connected) for port in ports if port.is_output is is_output]


@pytest.mark.parametrize(
    ("type_name", "params", "expected"),
    [
        ("MaxPool2d", {}, ["out"]),
        ("MaxPool2d", {"return_indices": True}, ["out", "indices"]),
        ("Chunk", {"chunks": 3}, ["out0", "out1", "out2"]),
        ("Split", {"split_size_or_sections": [1, 2]}, ["out0", "out1"]),
        ("Split", {"split_size_or_sections": 1}, ["out0"]),
        ("Chunk", {"chunks": "many"}, ["out0"]),
    ],
)
def test_outputs_follow_the_parameters(type_name, params, expected):
    graph = Graph([Node("n1", type_name, "a", params)])
    assert shown(graph, "n1", is_output=True) == [(name, False) for name in expected]


def test_outputs_follow_the_input_and_a_used_one_stays():
    nodes = [
        Node("n1", "Input", "x", {"shape": [6]}),
        Node("n2", "Split", "a", {"split_size_or_sections": 2, "dim": 1}),
        Node("n3", "ReLU", "b"),
    ]
    edges = [
        Edge(PortRef("n1", "out"), PortRef("n2", "in")),
        Edge(PortRef("n2", "out4"), PortRef("n3", "in")),
    ]
    assert shown(Graph(nodes, edges), "n2", is_output=True) == [
        ("out0", False),
        ("out1", False),
        ("out2", False),
        ("out4", True),
    ]


@pytest.mark.parametrize(
    "end", [QPointF(300, 0), QPointF(300, 300), QPointF(-400, 160), QPointF(-400, -300), QPointF(-200, 0)]
)
def test_a_route_leaves_to_the_right_and_arrives_from_the_left(end):
    start = QPointF(0, 0)
    path = route(start, end, lambda area: False)
    assert path.pointAtPercent(0) == start
    assert (path.pointAtPercent(1) - end).manhattanLength() < 0.01
    assert path.pointAtPercent(0.02).x() > 0
    assert path.pointAtPercent(0.98).x() < end.x()


def test_a_route_back_runs_between_the_rows():
    path = route(QPointF(800, 76), QPointF(0, 236))
    assert 88 < middle(path).y() < 160


def test_a_blocked_route_goes_around():
    asked = []
    path = route(QPointF(0, 0), QPointF(500, 0), lambda area: asked.append(area) or True)
    assert middle(path).y() > 12
    assert asked[0].intersects(QRectF(200, -40, 100, 80))


def test_snapping():
    assert snapped((3.9, -12.1)) == (0, -16)


def test_what_follows_a_port_fits_without_a_problem():
    project = chain(("Input", "image"), ("Conv2d", "conv1"))
    for spec in fitting(project.graph, PortRef("n2", "out"), Inference(project.graph)):
        fresh = chain(("Input", "image"), ("Conv2d", "conv1"))
        placed = place(fresh.graph, spec, (500, 0), PortRef("n2", "out"))
        placed.edit.apply(fresh)
        found = Inference(fresh.graph).result(placed.node_id).problems
        assert {problem.code for problem in found} <= {"not-connected"}, spec.type


def test_what_does_not_follow_has_a_reason():
    project = chain(("Input", "tokens"), tokens={"shape": [16], "dtype": "int64"})
    types = {spec.type for spec in fitting(project.graph, PortRef("n1", "out"), Inference(project.graph))}
    assert "Embedding" in types
    assert not types & {"Linear", "Conv2d", "LSTM", "Input"}


def test_an_unknown_type_has_nothing_to_offer():
    graph = chain(("Nonsense", "odd")).graph
    assert fitting(graph, PortRef("n1", "out"), Inference(graph)) == []


def test_only_the_first_output_that_feeds_nothing_is_free():
    project = chain(("Input", "image"), ("ReLU", "relu1"), ("Output", "out"))
    assert free_output(project.graph, "n1") is None
    assert free_output(project.graph, "n3") is None
    assert free_output(Graph([Node("n1", "LSTM", "x")]), "n1") == PortRef("n1", "out")


def test_a_layer_without_an_input_goes_into_no_edge():
    project = chain(("Input", "image"), ("ReLU", "relu1"))
    assert place_in_edge(project.graph, CATALOG["Input"], project.graph.edges[0]) is None
    assert (CATALOG["Add"].first_input, CATALOG["Chunk"].first_output) == ("in0", "out0")


def test_a_free_spot_is_free():
    project = Project(
        graph=Graph([Node("n1", "ReLU", "a", position=(0, 0)), Node("n2", "ReLU", "b", position=(0, 112))])
    )
    assert free_spot(project.graph, (8, 8)) == (8, 232)
    assert free_spot(project.graph, (400, 0)) == (400, 0)


def test_a_skip_around_another_bows_lower_where_there_is_room():
    cards = [QRectF(column * 224, 0, CARD_WIDTH, 88) for column in range(9)]

    def low(first, last, below=()):
        start, end = QPointF(first * 224 + CARD_WIDTH, 76), QPointF(last * 224, 76)
        path = route(start, end, lambda area: any(area.intersects(card) for card in (*cards, *below)))
        return path.boundingRect().bottom()

    assert low(0, 8) > low(1, 7) + 4 > low(2, 5) + 8
    row_below = [QRectF(column * 224, 136, CARD_WIDTH, 88) for column in range(9)]
    assert low(0, 8, row_below) == low(2, 5, row_below)


@pytest.mark.parametrize(
    ("name", "shown"), [("image", ""), ("fc1", "fc1"), ("embed", ""), ("classifier", "cl…er")]
)
def test_of_a_name_on_a_small_block_too_little_is_left_to_be_read(qapp, name, shown):
    node = Node("n1", "ReLU", name)
    face = Face(node, CATALOG["ReLU"], NodeResult(), (), False, CanvasStyle(light()))
    line = face.block_name(BLOCK_SIZES[-1], 64.0)
    assert line.text.text() == shown


def test_of_a_longer_name_its_two_ends_stand_on_a_block(qapp):
    node = Node("n1", "ReLU", "classifier_of_digits")
    face = Face(node, CATALOG["ReLU"], NodeResult(), (), False, CanvasStyle(light()))
    text = face.block_name(BLOCK_SIZES[4], 64.0).text.text()
    assert len(text) > 4
    assert text[0] == "c"
    assert text[-1] == "s"
