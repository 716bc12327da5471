"""Any value of any parameter, from anywhere, is judged in little work and no memory."""

import json
import math
import sys
import tracemalloc
from contextlib import contextmanager

import pytest

from builder.cli import main
from graph.catalog import CATALOG
from graph.document import Edge, Graph, Node, PortRef
from graph.inference import Inference
from graph.limits import MAX_ELEMENTS, MAX_PARAMETER_BYTES
from graph.shapes import num_elements
from graph.storage import StorageError, load
from tests.graph.builders import chain, only_problem

MOST_CALLS = 200  # of Python functions, for a node
MOST_BYTES = 5000  # that stay or pass, for a node
LONGEST_MESSAGE = 1000  # characters
HUGE = 2**63 - 1
BEYOND_TEXT = 10**9999
SAMPLES = {"Backbone": [3, 64, 64]}  # what such a layer reads, where four channels do not serve


def nested(value, depth=1000):
    for _ in range(depth):
        value = [value]
    return value


VALUES = {
    "none": None,
    "true": True,
    "nan": math.nan,
    "infinity": math.inf,
    "minus infinity": -math.inf,
    "almost infinity": 1e308,
    "fraction": 0.1,
    "minus one": -1,
    "billion": 10**9,
    "minus billion": -(10**9),
    "largest of 64 bits": HUGE,
    "beyond 64 bits": 10**30,
    "of 10,000 digits": BEYOND_TEXT,
    "minus of 10,000 digits": -BEYOND_TEXT,
    "long text": "x" * 10**6,
    "control characters": "\0\x1b[31m\n",
    "half a character": "\ud800",
    "program": "__import__('os').system('true')",
    "power tower": "9**9**9**9",
    "brackets": "(" * 10**5,
    "nested": nested(1),
    "nested objects": json.loads('{"a":' * 900 + "1" + "}" * 900),
    "empty list": [],
    "long list": [1] * 10**6,
    "table": [[1] * 1000] * 1000,
    "mixed list": [1, None, "a", [2], {}],
    "list of long numbers": [BEYOND_TEXT] * 2,
    "list of long texts": ["x" * 10**6] * 2,
    **{f"{count} huge sizes": [HUGE] * count for count in (1, 2, 3, 4, 6, 16)},
    "many sizes": [1000] * 16,
}


@contextmanager
def little_work(num_nodes):
    """Fails if what runs within calls too many functions or needs too much memory."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event == "call"

    tracemalloc.start()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(None)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert calls < MOST_CALLS * num_nodes
    assert peak < MOST_BYTES * num_nodes


def hostile_nodes(spec):
    """A node for every value of every parameter, by its id."""
    return {
        f"{param.name}: {name}": Node(
            f"{param.name}: {name}", spec.type, "layer", spec.initial_params | {param.name: value}
        )
        for param in spec.all_params
        for name, value in VALUES.items()
    }


def fed(spec, nodes):
    """The nodes in a graph, each fed by the same Inputs with what such a layer usually reads."""
    inputs, edges = [], []
    for port in spec.inputs:
        shape = SAMPLES.get(spec.type, [4, 8, 8, 8, 8, 8][: (port.ndims or (3,))[-1] - 1])
        dtype = "float32" if "float32" in port.dtypes else port.dtypes[0]
        names = [f"{port.name}{n}" for n in range(port.min_count)] if port.variadic else [port.name]
        for name in names if not port.optional else []:
            inputs.append(Node(f"to {name}", "Input", "x", {"shape": shape, "dtype": dtype}))
            edges += [Edge(PortRef(f"to {name}", "out"), PortRef(node, name)) for node in nodes]
    return Graph([*inputs, *nodes.values()], edges)


@pytest.mark.parametrize("spec", CATALOG.values(), ids=CATALOG)
def test_a_hostile_value_is_a_problem_that_names_node_and_parameter_or_it_is_one_that_serves(spec):
    nodes = hostile_nodes(spec)
    graph = fed(spec, nodes)
    with little_work(len(nodes) + 10):
        inference = Inference(graph)
    for node_id in nodes:
        result = inference.result(node_id)
        for problem in result.problems:
            assert problem.node == node_id
            assert spec.param(problem.param), node_id
            assert problem.hint
            texts = (problem.message, problem.expected, problem.received, problem.hint)
            assert max(map(len, texts)) < LONGEST_MESSAGE
            assert sum(len(fix.label) for fix in problem.fixes) < LONGEST_MESSAGE
            assert problem.message.isprintable()
        if not result.problems:
            assert result.parameters * 4 <= MAX_PARAMETER_BYTES
            sizes = [num_elements(tensor.shape[1:]) for tensor in result.outputs.values()]
            assert all(size <= MAX_ELEMENTS for size in sizes if isinstance(size, int))


def test_a_layer_that_no_machine_holds_is_refused_with_its_bytes():
    graph = chain(("Input", {"shape": [10**9]}), ("Linear", {"out_features": 10**9}), "Output")
    problem = only_problem(graph)
    assert (problem.node, problem.param) == ("n2", "in_features")
    assert problem.message == (
        "linear1: it would learn 1,000,000,001,000,000,000 numbers, 4,000,000,004,000,000,000 bytes. "
        "Expected at most 4,398,046,511,104 bytes. Use smaller sizes."
    )


TEXTS = {
    "nan": "NaN",
    "infinity": "-Infinity",
    "overflow": "1e999",
    "of 10,000 digits": "9" * 10_000,
    "of a million digits": "9" * 10**6,
    "beyond 64 bits": "-" + "9" * 30,
    "long text": json.dumps("x" * 10**6),
    "half a character": '"\\ud800"',
    "nested": "[" * 1000 + "1" + "]" * 1000,
    "deeply nested": "[" * 10**5 + "1" + "]" * 10**5,
    "nested objects": '{"a":' * 1000 + "1" + "}" * 1000,
    "long list": json.dumps([1] * 10**6),
    "huge sizes": json.dumps([HUGE] * 3),
}
FILE = """{"format": "netloom", "version": 1, "graph": {"nodes": [
    {"id": "n1", "type": "Input", "params": {"shape": [4, 8]}},
    {"id": "n2", "type": "Linear", "name": "linear1", "params": {"out_features": VALUE}},
    {"id": "n3", "type": "Output"}],
    "edges": [{"from": "n1.out", "to": "n2.in"}, {"from": "n2.out", "to": "n3.in"}]}}"""


@pytest.fixture(params=TEXTS.values(), ids=TEXTS)
def hostile_file(request, tmp_path):
    path = tmp_path / "hostile.netloom"
    path.write_text(FILE.replace("VALUE", request.param))
    return path


def problem_of(path):
    """The node, the parameter and the text of what is wrong with a file."""
    try:
        project = load(path)
    except StorageError as error:
        return "n2", "out_features", str(error)
    (problem,) = Inference(project.graph).problems()
    return problem.node, problem.param, problem.message


def test_a_hostile_file_is_refused_or_read_and_then_judged(hostile_file):
    node, param, text = problem_of(hostile_file)
    assert (node, param) == ("n2", "out_features")
    assert 0 < len(text) < LONGEST_MESSAGE


def test_a_hostile_file_is_told_in_few_words_on_the_command_line(hostile_file, capsys):
    assert main(["check", str(hostile_file)]) in (1, 2)
    printed = "".join(capsys.readouterr())
    assert "Traceback" not in printed
    assert "linear1: out_features is " in printed or str(hostile_file) in printed
    assert len(printed) < 2 * LONGEST_MESSAGE + len(str(hostile_file))
