"""The shape and counting questions of the practice notes, answered by the shape panel."""

from math import floor

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from graph.inference import Inference
from tests.graph.builders import chain, infer_single, outputs

BATCH_OF_IMAGES = ("Input", {"shape": [3, 28, 28]})


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        ([BATCH_OF_IMAGES, ("Reshape", {"shape": [-1]})], "(N, 2352)"),  # Q8: view(4, -1)
        ([BATCH_OF_IMAGES, "Flatten"], "(N, 2352)"),
        ([BATCH_OF_IMAGES, ("Permute", {"dims": [0, 2, 3, 1]})], "(N, 28, 28, 3)"),  # Q8: permute(0, 2, 3, 1)
        ([BATCH_OF_IMAGES, ("LastStep", {"dim": 1, "index": 0})], "(N, 28, 28)"),  # Q8: t[:, 0, :, :]
        (
            [("Input", {"shape": [64]}), ("Linear", {"out_features": 128, "bias": False})],
            "(N, 128)",
        ),  # Q9: a @ b
        ([("Input", {"shape": [16]}), ("Reshape", {"shape": [1, 16]})], "(N, 1, 16)"),  # Q10: unsqueeze
        ([("Input", {"shape": [1, 5]}), "Squeeze"], "(N, 5)"),  # Q11: squeeze()
        (
            [("Input", {"shape": []}), ("Reshape", {"shape": [1]})],
            "(N, 1)",
        ),  # Q12: unsqueeze(1), reshape(100, 1)
        (
            [("Input", {"shape": [256, 256, 3]}), ("Permute", {"dims": [0, 3, 1, 2]})],
            "(N, 3, 256, 256)",
        ),  # Q21
    ],
)
def test_section_b_shape_tracing(layers, shape):
    graph = chain(*layers)
    assert outputs(graph, f"n{len(layers)}") == [shape]


@pytest.mark.parametrize(
    ("type_name", "params", "sample", "count"),
    [
        ("Linear", {"out_features": 256}, [512], 131_328),  # Q19
        ("Conv2d", {"out_channels": 64, "kernel_size": 3}, [3, 32, 32], 1_792),  # Q20
        ("BatchNorm2d", {}, [64, 8, 8], 128),
    ],
)
def test_section_d_parameter_counts(type_name, params, sample, count):
    assert infer_single(type_name, params, [(sample, "float32")]).parameters == count


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 7))
def test_the_counting_formulas_of_the_notes(inputs, results, kernel):
    linear = infer_single("Linear", {"out_features": results}, [([inputs], "float32")])
    assert linear.parameters == inputs * results + results
    conv = {"out_channels": results, "kernel_size": kernel}
    assert infer_single("Conv2d", conv, [([inputs, 9, 9], "float32")]).parameters == results * (
        inputs * kernel**2 + 1
    )


@given(st.integers(1, 40), st.integers(0, 4), st.integers(1, 9), st.integers(1, 5))
def test_the_size_formula_of_the_notes(height, padding, kernel, stride):
    assume(height + 2 * padding >= kernel)
    params = {"kernel_size": kernel, "padding": padding, "stride": stride}
    (tensor,) = infer_single("Conv2d", params, [([1, height, height], "float32")]).outputs.values()
    assert tensor.shape[2] == floor((height + 2 * padding - kernel) / stride) + 1


def test_the_convolutional_network_of_the_notes_computes_its_flatten_size():
    graph = chain(
        ("Input", {"shape": [1, 28, 28]}),
        ("Conv2d", {"out_channels": 32}), "ReLU", "MaxPool2d",
        ("Conv2d", {"out_channels": 64}), "ReLU", "MaxPool2d",
        "Flatten", ("Linear", {"out_features": 128}), "ReLU", ("Linear", {"out_features": 10}), "Output",
    )  # fmt: skip
    inference = Inference(graph)
    assert inference.problems() == []
    assert outputs(graph, "n8") == [f"(N, {64 * 5 * 5})"]
    assert inference.result("n9").params["in_features"] == 64 * 5 * 5
    assert outputs(graph, "n11") == ["(N, 10)"]
