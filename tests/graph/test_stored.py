"""Parameters and constants: nodes without inputs, whose tensors have no batch of their own."""

import pytest

from graph.connection import dtype_origin, possible_dtypes, refusal
from graph.document import Graph, PortRef
from graph.edits import Connect
from graph.inference import Inference
from tests.graph.builders import document, edge, infer_single, node, only_problem, problems


def added(given, stored, **params):
    """A stored tensor added to what comes in."""
    nodes = [
        node("n1", "Input", "x", shape=given),
        node("n2", stored, "kept", **params),
        node("n3", "Add"),
        node("n4", "Output"),
    ]
    edges = ("n1.out n3.in0", "n2.out n3.in1", "n3.out n4.in")
    return Graph(nodes, [edge(*text.split()) for text in edges])


@pytest.mark.parametrize("stored", ["Parameter", "Constant"])
@pytest.mark.parametrize(
    ("shape", "kept", "result"),
    [
        ([4, 8], [8], "(N, 4, 8)"),
        ([4, 8], [1, 4, 1], "(N, 4, 8)"),
        (["T", 8], [1, 1, 8], "(N, T, 8)"),
        ([1, 8], [1, 5, 8], "(N, 5, 8)"),
    ],
)
def test_what_is_stored_broadcasts_over_the_batch(stored, shape, kept, result):
    inference = Inference(added(shape, stored, shape=kept))
    assert inference.problems() == []
    assert str(inference.result("n3").outputs["out"]) == result


def test_a_stored_tensor_with_a_batch_of_its_own_does_not_fit_every_batch():
    assert only_problem(added([8], "Parameter", shape=[32, 8])).code == "shapes-differ"


@pytest.mark.parametrize(
    ("shape", "bytes_text"),
    [([10**9, 10**4], "40,000,000,000,000 bytes"), ([10**18, 10**18], "about 10^36 bytes")],
)
def test_a_parameter_that_no_machine_holds_is_refused(shape, bytes_text):
    (problem,) = infer_single("Parameter", {"shape": shape}, []).problems
    assert problem.code == "too-large"
    assert bytes_text in problem.message


@pytest.mark.parametrize(("shape", "count"), [([1, 197, 768], 151296), ([1], 1)])
def test_a_parameter_is_counted_and_a_constant_is_not(shape, count):
    assert infer_single("Parameter", {"shape": shape}, []).parameters == count
    constant = infer_single("Constant", {"shape": shape}, [])
    assert (constant.parameters, constant.flops) == (0, 0)


@pytest.mark.parametrize(
    ("params", "shape", "dtype"),
    [
        ({}, "(1,)", "float32"),
        ({"value": [1, 2, 3]}, "(3,)", "float32"),
        ({"value": [1, 2, 3, 4], "shape": [2, 2], "dtype": "int64"}, "(2, 2)", "int64"),
        ({"value": 1, "shape": [4, 4], "dtype": "bool"}, "(4, 4)", "bool"),
        ({"value": -128, "dtype": "int8"}, "(1,)", "int8"),
        ({"value": 65504, "dtype": "float16"}, "(1,)", "float16"),
    ],
)
def test_a_constant_has_the_shape_of_its_values_or_its_own(params, shape, dtype):
    tensor = infer_single("Constant", params, []).outputs["out"]
    assert (str(tensor), tensor.dtype) == (shape, dtype)


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({"value": [1, 2, 3], "shape": [2, 2]}, "wrong-count", "value has 3 numbers, but shape is (2, 2)"),
        ({"value": 1.5, "dtype": "int64"}, "value-does-not-fit", "value has 1.5, which is no int64"),
        ({"value": [0, 256], "dtype": "uint8"}, "value-does-not-fit", "whole numbers from 0 to 255"),
        ({"value": -1, "dtype": "bool"}, "value-does-not-fit", "which is no bool"),
        ({"value": 1e5, "dtype": "float16"}, "value-does-not-fit", "which is no float16"),
        ({"value": 2**63, "dtype": "int64"}, "value-does-not-fit", "which is no int64"),
        ({"value": 1e39}, "value-does-not-fit", "which is no float32"),
        ({"shape": [10**12]}, "too-large", "it would hold 1,000,000,000,000 numbers"),
        ({"value": True}, "bad-value", "value is True"),
        ({"value": []}, "bad-value", "a list of up to 1024 of them"),
        ({"value": [0] * 1025}, "bad-value", "a list of up to 1024 of them"),
        ({"value": 10**400}, "bad-value", "a number"),
        ({"shape": []}, "bad-value", "a list of dims"),
        ({"shape": ["T"]}, "bad-value", "a list of dims"),
    ],
)
def test_a_constant_that_cannot_be_is_a_problem(params, code, text):
    (problem,) = infer_single("Constant", params, []).problems
    assert problem.code == code
    assert text in problem.message
    assert problem.param in params


def test_the_dtype_of_a_constant_says_where_it_may_go():
    graph = Graph(
        [
            node("n1", "Constant", "ids", value=[1, 2]),
            node("n2", "Embedding", "embedding1"),
            node("n3", "Constant", "other", dtype="int64"),
            node("n4", "Constant", "odd", dtype=["int64"]),
        ]
    )
    assert possible_dtypes(graph, PortRef("n1", "out")) == ("float32",)
    assert dtype_origin(graph, PortRef("n1", "out")).id == "n1"
    reason = refusal(graph, PortRef("n1", "out"), PortRef("n2", "in"))
    assert reason == (
        "embedding1 takes int64 or int32, but ids gives float32. Set the dtype of ids to int64."
    )
    assert refusal(graph, PortRef("n4", "out"), PortRef("n2", "in")) is None
    changed = document(graph)
    changed.apply(Connect(PortRef("n3", "out"), PortRef("n2", "in")))
    assert str(Inference(changed.graph).result("n2").outputs["out"]) == "(1, 64)"


def token(shape, **params):
    """A class token put before a sequence."""
    nodes = [
        node("n1", "Input", "patches", shape=["T", 64]),
        node("n2", "Parameter", "token", shape=shape),
        node("n3", "Expand", shape=[-1, -1], **params),
        node("n4", "Concat", dim=1),
        node("n5", "Output"),
    ]
    edges = ("n1.out n3.like", "n2.out n3.in", "n3.out n4.in0", "n1.out n4.in1", "n4.out n5.in")
    return Graph(nodes, [edge(*text.split()) for text in edges])


def test_a_parameter_can_be_given_to_every_sample():
    inference = Inference(token([1, 1, 64]))
    assert inference.problems() == []
    assert str(inference.result("n4").outputs["out"]) == "(N, T + 1, 64)"
    assert inference.total_parameters == 64


def test_only_a_leading_1_can_become_the_batch():
    (problem,) = problems(token([2, 1, 64]))
    assert (problem.code, problem.port) == ("expand-size", "like")
    assert "cannot take the size N from patches" in problem.message
