"""Any graph, however its values are named and nested, computes what its nodes compute one by one."""

import ast
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.live import build
from graph.document import Edge, Graph, Node, PortRef, Project
from tests.codegen import random_graphs
from tests.codegen.random_graphs import Mismatch, random_project, require_truth, smallest_mismatch

# Names that generated code has a use for itself, often several times in a graph.
NAMES = ("x", "y", "z", "out", "h", "_", "image", "relu", "x_2", "N", "super", "forward")
ONE_INPUT = ("Linear", "ReLU", "LayerNorm", "Tanh", "Squeeze", "GRU", "Permuted")
FEATURES = 4


@st.composite
def projects(draw):
    """A project over tensors (N, 5, 4): every node reads earlier ones, and some values end in Outputs."""
    nodes, edges, values = [], [], []

    def add(type_name, sources, params=None, outputs=("out",)):
        node_id = f"n{len(nodes)}"
        nodes.append(Node(node_id, type_name, draw(st.sampled_from(NAMES)), params or {}))
        ports = ["in"] if type_name != "Add" else [f"in{n}" for n in range(len(sources))]
        edges.extend(Edge(ref, PortRef(node_id, port)) for ref, port in zip(sources, ports, strict=False))
        return [PortRef(node_id, port) for port in outputs]

    def source():
        return draw(st.sampled_from(values[-4:]))

    for _ in range(draw(st.integers(1, 2))):
        values += add("Input", [], {"shape": [5, FEATURES]})
    for _ in range(draw(st.integers(1, 14))):
        kind = draw(st.sampled_from((*ONE_INPUT, "Add", "Add")))
        if kind == "Add":
            values += add("Add", [source() for _ in range(draw(st.integers(2, 3)))])
        elif kind == "Linear":
            values += add("Linear", [source()], {"out_features": FEATURES})
        elif kind == "GRU":
            gru, hidden = add("GRU", [source()], {"hidden_size": FEATURES}, ("out", "h"))
            permuted = add("Permute", [hidden], {"dims": [1, 0, 2]})
            values += [gru, *add("Add", [gru, *permuted])]
        elif kind == "Permuted":
            there = add("Permute", [source()], {"dims": [0, 2, 1]})
            values += add("Permute", there, {"dims": [0, 2, 1]})
        else:
            values += add(kind, [source()])
    for _ in range(draw(st.integers(1, 3))):
        add("Output", [draw(st.sampled_from(values))])
    return Project(draw(st.sampled_from(NAMES)), Graph(nodes, edges))


def computed_one_by_one(project, live, inputs):
    """The results, from the graph itself and the live submodules."""
    graph, results = project.graph, []
    values = {
        PortRef(node, "out"): tensor for node, tensor in zip(live.source.input_ids, inputs, strict=True)
    }
    for node in graph.nodes.values():
        given = [values.get(edge.source) for _, edge in sorted(graph.incoming(node.id).items())]
        if node.type == "Input" or any(tensor is None for tensor in given):
            continue
        if node.type == "Output":
            results.append(given[0])
            continue
        attribute = live.source.attribute_of.get(node.id)
        if attribute is None and node.type in ("Linear", "GRU", "LayerNorm"):
            continue  # leads nowhere, so it is not in the module
        outputs = evaluated(node, given, getattr(live.module, attribute) if attribute else None)
        values |= zip((PortRef(node.id, port) for port in ("out", "h")), outputs, strict=False)
    return results


def evaluated(node, given, module):
    if module is not None:
        outputs = module(*given)
        return outputs if isinstance(outputs, tuple) else (outputs,)
    functions = {
        "ReLU": torch.relu,
        "Tanh": torch.tanh,
        "Squeeze": lambda tensor: tensor,
        "Permute": lambda tensor: tensor.permute(node.params["dims"]),
        "Add": lambda *tensors: sum(tensors[1:], start=tensors[0]),
    }
    return (functions[node.type](*given),)


@settings(max_examples=150)
@given(projects())
def test_the_code_computes_the_graph(project):
    live = build(project, seed=1)
    inputs = [torch.randn(2, 5, FEATURES) for _ in live.source.input_ids]
    results = live.module(*inputs)
    results = results if isinstance(results, tuple) else (results,)
    for one, other in zip(results, computed_one_by_one(project, live, inputs), strict=True):
        assert torch.equal(one, other)
    tree = ast.parse(live.source.text)
    forward = next(
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "forward"
    )
    written = [n.id for n in ast.walk(forward) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    read = {n.id for n in ast.walk(forward) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    assert set(written) - {"_"} <= read
    assert max(map(len, live.source.text.splitlines())) <= 88


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("seed", range(24))
def test_a_network_of_many_branches_is_what_was_drawn_and_predicted(seed):
    require_truth(random_project(seed, 8 + 4 * seed))


def test_random_networks_have_all_that_is_hard():
    projects = [random_project(seed, 60) for seed in range(8)]
    types = [node.type for project in projects for node in project.graph.nodes.values()]
    assert {"Add", "Concat", "Cast", "LSTM", "Split", "Conv2d", "ArgMax"} <= set(types)
    assert max(len(project.graph.nodes) for project in projects) >= 60
    assert any(types_of(project).count("Input") > 1 for project in projects)
    assert any(types_of(project).count("Output") > 5 for project in projects)


def types_of(project):
    return [node.type for node in project.graph.nodes.values()]


def test_a_smaller_network_of_a_seed_is_its_beginning():
    small, large = (list(random_project(5, size).graph.nodes.values()) for size in (12, 40))
    drawn = [node for node in small if node.type != "Output"]
    assert drawn == large[: len(drawn)]
    assert drawn


def test_a_file_that_computes_something_else_is_found(monkeypatch):
    def changed(project):
        source = generate(project)
        return replace(source, text=source.text.replace("        return ", "        return 2 * "))

    generate = random_graphs.generate
    monkeypatch.setattr(random_graphs, "generate", changed)
    with pytest.raises(Mismatch, match="an output of the exported file, number 0, differs"):
        require_truth(small_network("Tanh"))


def test_a_wrong_prediction_is_found(monkeypatch):
    monkeypatch.setattr(random_graphs.Oracle, "run", lambda oracle, given, sizes: [given[0][:1]])
    with pytest.raises(Mismatch, match=r"n1 \(Tanh\) gives \(1, 4\) float32 at out, predicted \(N, 4\)"):
        require_truth(small_network("Tanh"))


def small_network(type_name):
    nodes = [Node("n0", "Input", "x", {"shape": [4]}), Node("n1", type_name, "y"), Node("n2", "Output", "z")]
    edges = [Edge(PortRef(f"n{n}", "out"), PortRef(f"n{n + 1}", "in")) for n in range(2)]
    return Project("Net", Graph(nodes, edges))


def test_the_smallest_network_that_is_wrong_is_told(monkeypatch):
    def refuse(project):
        if len(project.graph.nodes) > 6:
            raise Mismatch("it has many nodes")

    monkeypatch.setattr(random_graphs, "require_truth", refuse)
    assert smallest_mismatch(1, 5) is None
    assert smallest_mismatch(1, 50) == "random_project(1, 7): it has many nodes"
