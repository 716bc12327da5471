"""Random edits of a document: most suit it, some do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from graph.annotation_edits import AddAnnotations, RemoveAnnotations, SetFrame, SetNote
from graph.annotations import FRAME_SIZE
from graph.catalog import CATALOG
from graph.document import Edge, Edit, Frame, Graph, Node, Note, PortRef
from graph.edits import (
    AddNodes,
    Batch,
    ChangeTraining,
    Connect,
    Disconnect,
    MoveNodes,
    RemoveNodes,
    RenameNode,
    RenameProject,
    SetParams,
    SetTraining,
)
from graph.inserting import InsertNode
from graph.node_flags import SetBypassed, SetPinned
from graph.replacing import ReplaceType
from graph.silence import Silence

Draw = Callable[[st.SearchStrategy[Any]], Any]
TYPES = ("Input", "Conv2d", "Linear", "Add", "LSTM", "Flatten", "Embedding", "Output", "NoSuchLayer")
PARAMS = st.dictionaries(
    st.sampled_from(
        ["out_channels", "in_channels", "out_features", "shape", "dtype", "nonsense", "hidden_size"]
    ),
    st.sampled_from([4, 16, -1, None, "int64", "float32", [3, 8, 8], [12], ["T", 4]]),
    max_size=2,
)
POSITIONS = st.tuples(st.integers(-500, 500), st.integers(-500, 500)).map(
    lambda xy: (float(xy[0]), float(xy[1]))
)


def random_edit(draw: Draw, graph: Graph, depth: int = 1) -> Edit:
    """An edit that may or may not suit the graph."""
    makers = [
        _add,
        _remove,
        *[random_connection] * 3,
        _disconnect,
        _move,
        _set,
        _rename,
        _replace,
        _insert,
        _plan,
        _silence,
        _annotate,
        _change_annotation,
        _flag,
    ]
    maker = draw(st.sampled_from([*makers, _batch] if depth else makers))
    return maker(draw, graph)


def _some_id(draw: Draw, graph: Graph) -> str:
    return draw(st.sampled_from([*graph.nodes, *graph.nodes, "missing"]))


def _add(draw: Draw, graph: Graph) -> Edit:
    ids = graph.new_ids()
    nodes = []
    for _ in range(draw(st.integers(1, 3))):
        type_name = draw(st.sampled_from(TYPES))
        node_id = next(ids) if draw(st.integers(0, 9)) else _some_id(draw, graph)
        params = CATALOG[type_name].initial_params if type_name in CATALOG else {}
        nodes.append(Node(node_id, type_name, graph.new_name(type_name.lower()), params, draw(POSITIONS)))
    edges = []
    if draw(st.booleans()):
        edges.append(Edge(_output(draw, graph, nodes[0]), _input(draw, graph, nodes[-1])))
    return AddNodes(tuple(nodes), tuple(edges))


def _remove(draw: Draw, graph: Graph) -> Edit:
    return RemoveNodes(tuple({_some_id(draw, graph) for _ in range(draw(st.integers(1, 3)))}))


def random_connection(draw: Draw, graph: Graph) -> Connect:
    """An edge between any two ports."""
    source, target = (graph.nodes.get(_some_id(draw, graph)) for _ in range(2))
    return Connect(_output(draw, graph, source), _input(draw, graph, target))


def _disconnect(draw: Draw, graph: Graph) -> Edit:
    if not graph.edges:
        return Disconnect((Edge(PortRef("missing", "out"), PortRef("missing", "in")),))
    return Disconnect(
        tuple(draw(st.lists(st.sampled_from(graph.edges), min_size=1, max_size=3, unique_by=str)))
    )


def _move(draw: Draw, graph: Graph) -> Edit:
    ids = st.sampled_from([*graph.nodes, *graph.frames, *graph.notes, "missing"])
    return MoveNodes({draw(ids): draw(POSITIONS) for _ in range(draw(st.integers(1, 3)))})


def _set(draw: Draw, graph: Graph) -> Edit:
    node_id = _some_id(draw, graph)
    reset = tuple(graph.nodes[node_id].params) if node_id in graph.nodes and draw(st.booleans()) else ()
    return SetParams(node_id, draw(PARAMS), reset)


def _rename(draw: Draw, graph: Graph) -> Edit:
    return RenameNode(_some_id(draw, graph), draw(st.sampled_from(["stem", "head", "head", " ", "x" * 99])))


def _replace(draw: Draw, graph: Graph) -> Edit:
    return ReplaceType(_some_id(draw, graph), draw(st.sampled_from(TYPES)), draw(PARAMS | st.none()))


def _insert(draw: Draw, graph: Graph) -> Edit:
    targets = [edge.target for edge in graph.edges] or [PortRef("missing", "in")]
    return InsertNode(
        draw(st.sampled_from(targets)), draw(st.sampled_from(["Flatten", "ReLU", "Input", "Typo"]))
    )


def _plan(draw: Draw, graph: Graph) -> Edit:
    plans = (SetTraining({"epochs": 3}), ChangeTraining({"batch_size": 8}))
    return draw(st.sampled_from([*plans, RenameProject("Other"), RenameProject("  ")]))


def _silence(draw: Draw, graph: Graph) -> Edit:
    node_id = None if draw(st.booleans()) else _some_id(draw, graph)
    return Silence(node_id, draw(st.sampled_from(["dead-branch", "no-such-rule"])), draw(st.booleans()))


def _annotate(draw: Draw, graph: Graph) -> Edit:
    ids = st.sampled_from([next(graph.new_ids("f")), next(graph.new_ids("t")), *graph.nodes])
    size = draw(st.sampled_from([FRAME_SIZE, (900.0, 900.0), (1.0, 1.0)]))
    frames = (Frame(draw(ids), "Stem", draw(POSITIONS), size),)
    notes = (Note(draw(ids), "why", draw(POSITIONS)),)
    return draw(
        st.sampled_from([AddAnnotations(frames), AddAnnotations((), notes), AddAnnotations(frames, notes)])
    )


def _change_annotation(draw: Draw, graph: Graph) -> Edit:
    item_id = draw(st.sampled_from([*graph.frames, *graph.notes, "missing"]))
    return draw(
        st.sampled_from([
            SetFrame(item_id, title="Head", color="blue"),
            SetFrame(item_id, position=(8.0, 8.0), size=(640.0, 480.0)),
            SetFrame(item_id, title="x" * 201),
            SetNote(item_id, text="because"),
            SetNote(item_id, size=(0.0, 8.0)),
            RemoveAnnotations((item_id,)),
        ])
    )  # fmt: skip


def _flag(draw: Draw, graph: Graph) -> Edit:
    kind = draw(st.sampled_from([SetPinned, SetBypassed, SetBypassed]))
    return kind((_some_id(draw, graph), _some_id(draw, graph)), draw(st.booleans()))


def _batch(draw: Draw, graph: Graph) -> Edit:
    edits = tuple(random_edit(draw, graph, depth=0) for _ in range(draw(st.integers(1, 3))))
    return Batch("Several", edits)


def _output(draw: Draw, graph: Graph, node: Node | None) -> PortRef:
    names = CATALOG[node.type].output_names if node and node.type in CATALOG else ()
    return PortRef(node.id if node else "missing", draw(st.sampled_from(names or ("out",))))


def _input(draw: Draw, graph: Graph, node: Node | None) -> PortRef:
    ports = CATALOG[node.type].inputs if node and node.type in CATALOG else ()
    names = [f"{port.name}{n}" for port in ports for n in range(3) if port.variadic] or [
        p.name for p in ports
    ]
    return PortRef(node.id if node else "missing", draw(st.sampled_from(names or ["in"])))
