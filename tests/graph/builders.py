"""Short ways to write graphs in tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph.catalog import CATALOG
from graph.catalog.spec import default_stem
from graph.document import Document, Edge, Frame, Graph, Node, Note, PortRef, Project
from graph.inference import Inference
from graph.node_result import NodeResult
from graph.problems import Problem
from graph.storage import to_bytes

Layer = str | tuple[str, Mapping[str, Any]]


def edge(source: str, target: str) -> Edge:
    """`edge("n1.out", "n2.in")`."""
    return Edge(PortRef.parse(source), PortRef.parse(target))


def node(node_id: str, type_name: str, name: str | None = None, **params: Any) -> Node:
    """A node called like its type unless told otherwise."""
    stem = CATALOG[type_name].stem if type_name in CATALOG else default_stem(type_name)
    return Node(node_id, type_name, name or f"{stem}1", params)


def chain(*layers: Layer) -> Graph:
    """Layers in a row: ids n1, n2, ...; names as the window gives them, `conv1`, `conv2`, ..."""
    graph = Graph()
    for number, layer in enumerate(layers, start=1):
        type_name, params = (layer, {}) if isinstance(layer, str) else layer
        stem = CATALOG[type_name].stem if type_name in CATALOG else default_stem(type_name)
        new = Node(f"n{number}", type_name, graph.new_name(stem), dict(params), (220.0 * number, 0.0))
        graph.insert_nodes([new])
        if number > 1:
            graph.insert_edges([edge(f"n{number - 1}.out", f"n{number}.{first_input(type_name)}")])
    graph.log.take()
    return graph


def first_input(type_name: str) -> str:
    """The name of a type's first input port."""
    if type_name not in CATALOG or not CATALOG[type_name].inputs:
        return "in"
    port = CATALOG[type_name].inputs[0]
    return f"{port.name}0" if port.variadic else port.name


def single(
    type_name: str, params: Mapping[str, Any], inputs: Sequence[tuple[Sequence[int | str], str]]
) -> Graph:
    """One layer, `n0`, fed by Inputs of the given shapes (without the batch) and dtypes, port by port."""
    spec = CATALOG[type_name]
    names = (
        [f"in{i}" for i in range(len(inputs))] if spec.is_variadic else [port.name for port in spec.inputs]
    )
    nodes = [Node("n0", type_name, "layer", dict(params))]
    edges = []
    for number, ((shape, dtype), name) in enumerate(zip(inputs, names, strict=False), start=1):
        nodes.append(Node(f"n{number}", "Input", f"x{number}", {"shape": list(shape), "dtype": dtype}))
        edges.append(edge(f"n{number}.out", f"n0.{name}"))
    return Graph(nodes, edges)


def infer_single(
    type_name: str, params: Mapping[str, Any], inputs: Sequence[tuple[Sequence[int | str], str]]
) -> NodeResult:
    """What is known about one layer with these inputs."""
    return Inference(single(type_name, params, inputs)).result("n0")


def outputs(graph: Graph, node_id: str) -> list[str]:
    """The shapes that a node gives, as text."""
    return [str(tensor) for tensor in Inference(graph).result(node_id).outputs.values()]


def problems(graph: Graph) -> list[Problem]:
    """What is wrong with a graph."""
    return Inference(graph).problems()


def only_problem(graph: Graph) -> Problem:
    """The one thing that is wrong with a graph."""
    (problem,) = problems(graph)
    return problem


def document(graph: Graph, **fields: Any) -> Document:
    """A document that holds the graph."""
    return Document(Project(graph=graph, **fields))


def five_nodes() -> Document:
    """Nodes with all that a node can have, and frames and a note beside them."""
    conv = ("Conv2d", {"kernel_size": 3, "out_channels": 8, "padding": 1})
    graph = chain("Input", conv, "ReLU", "MaxPool2d", "Output")
    graph.delete_edges([edge("n4.out", "n5.in")])
    graph.replace_node(graph.nodes["n1"].with_(pinned=True))
    graph.replace_node(graph.nodes["n4"].with_(bypassed=True))
    graph.frames.insert([Frame("f1", "Stem"), Frame("f2", "Head", (600.0, 0.0), (400.0, 200.0), "teal")])
    graph.notes.insert([Note("t1", "because")])
    graph.log.take()
    return document(graph, name="Five", training={"epochs": 1})


def state(doc: Document) -> bytes:
    """All that is saved of a document."""
    return to_bytes(doc.project)
