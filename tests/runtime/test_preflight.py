"""Every loss can be trained on a user's own arrays; what does not fit is told before the first step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from graph.document import Edge, Graph, Node, PortRef, Project
from runtime import launch
from runtime.control import Control
from runtime.events import EpochEnded, RunEnded, StepsRecorded
from runtime.loss_choices import LOSSES
from tests.runtime.training import of_type, spiral_project

RNG = np.random.default_rng(0)
SAMPLES = 24
X = RNG.normal(size=(SAMPLES, 6)).astype(np.float32)
STEPS = RNG.normal(size=(SAMPLES, 7, 6)).astype(np.float32)
LABELS = (X.sum(axis=1) > 0).astype(np.int64) + (X[:, 0] > 0)
YES = (X[:, :2] > 0).astype(np.float32)
VALUES = X[:, :2] * 2
SHARES = np.abs(X[:, :3]) / np.abs(X[:, :3]).sum(axis=1, keepdims=True)
LISTS = np.where(YES[:, :1] > 0, [[0, 2, -1]], [[1, -1, -1]])
SEQUENCES = np.where(YES[:, :1] > 0, [[1, 2, -1]], [[2, 1, 1]])

Layer = str | tuple[str, dict[str, Any]]
SHARED = {"epochs": 2, "batch_size": 8, "device": "cpu", "optimizer": {"type": "Adam", "lr": 0.01}}


def linear(count: int) -> Layer:
    return ("Linear", {"out_features": count})


def heads(shape: tuple[int, ...], *branches: tuple[Layer, ...], dtype: str = "float32") -> Graph:
    """An Input with branches, each of which ends in an Output: ids x, a1, a2, ..., out_a, b1, ..."""
    nodes = [Node("x", "Input", "x", {"shape": list(shape), "dtype": dtype})]
    edges = []
    for letter, layers in zip("abcd", branches, strict=False):
        before = "x"
        for number, layer in enumerate([*layers, "Output"], start=1):
            type_name, params = (layer, {}) if isinstance(layer, str) else layer
            node_id = f"out_{letter}" if type_name == "Output" else f"{letter}{number}"
            nodes.append(Node(node_id, type_name, node_id, params))
            edges.append(Edge(PortRef(before, "out"), PortRef(node_id, "in")))
            before = node_id
    return Graph(nodes, edges)


LOG_SOFTMAX = ("LogSoftmax", {"dim": 1})
PLAIN = heads((6,), (linear(2),))
CLASSES = heads((6,), (linear(3),))
SHARING = heads((6,), (linear(3), LOG_SOFTMAX))
PAIR = heads((6,), (linear(4),), (linear(4),))
THREE = heads((6,), (linear(4),), (linear(4),), (linear(4),))

# What is trained with which loss on which targets.
RUNS: list[tuple[Graph, Mapping[str, Any], np.ndarray]] = [
    (CLASSES, {"type": "CrossEntropyLoss", "weight": "balanced", "label_smoothing": 0.1}, LABELS),
    (CLASSES, {"type": "CrossEntropyLoss", "ignore_index": 2}, LABELS),
    (SHARING, {"type": "NLLLoss"}, LABELS),
    (CLASSES, {"type": "FocalLoss", "alpha": "balanced"}, LABELS),
    (PLAIN, {"type": "FocalLoss", "task": "binary", "alpha": "balanced"}, YES),
    (CLASSES, {"type": "MultiMarginLoss"}, LABELS),
    (PLAIN, {"type": "BCEWithLogitsLoss", "pos_weight": "balanced"}, YES),
    (heads((6,), (linear(2), "Sigmoid")), {"type": "BCELoss"}, YES),
    (PLAIN, {"type": "SoftMarginLoss"}, YES),
    (PLAIN, {"type": "SoftMarginLoss"}, 2 * YES - 1),
    (PLAIN, {"type": "MultiLabelSoftMarginLoss"}, YES),
    (CLASSES, {"type": "MultiLabelMarginLoss"}, LISTS),
    (PLAIN, {"type": "MSELoss"}, VALUES),
    (PLAIN, {"type": "L1Loss"}, VALUES),
    (PLAIN, {"type": "SmoothL1Loss"}, VALUES),
    (PLAIN, {"type": "HuberLoss"}, VALUES),
    (heads((6,), (linear(2),), (linear(2), "Softplus")), {"type": "GaussianNLLLoss"}, VALUES),
    (PLAIN, {"type": "PoissonNLLLoss"}, YES * 3),
    (heads((6,), (linear(2), "Softplus")), {"type": "PoissonNLLLoss", "log_input": False}, YES * 3),
    (SHARING, {"type": "KLDivLoss"}, SHARES),
    (SHARING, {"type": "KLDivLoss", "log_target": True}, np.log(SHARES)),
    (PAIR, {"type": "CosineEmbeddingLoss"}, YES[:, 0]),
    (heads((6,), (linear(1), "Softplus")), {"type": "HingeEmbeddingLoss"}, 2 * YES[:, 0] - 1),
    (heads((6,), (linear(1),), (linear(1),)), {"type": "MarginRankingLoss"}, YES[:, 0]),
    (THREE, {"type": "TripletMarginLoss"}, LABELS),
    (THREE, {"type": "TripletMarginWithDistanceLoss", "distance_function": "cosine"}, VALUES),
    (heads((7, 6), (linear(3), ("LogSoftmax", {"dim": 2}))), {"type": "CTCLoss"}, SEQUENCES),
]


def train(folder: Path, graph: Graph, loss: object, y: np.ndarray) -> list[Any]:
    shape = graph.nodes["x"].params["shape"]
    np.savez(folder / "data.npz", x=STEPS if len(shape) == 2 else X, y=y)
    data = {"source": "arrays", "path": "data.npz", "val_fraction": 0.25}
    project = Project("Demo", graph, training={**SHARED, "data": data, "loss": loss})
    return list(launch.run(project, folder / "run", Control(), data_folder=folder))


def failure(folder: Path, graph: Graph, loss: object, y: np.ndarray) -> RunEnded:
    events = train(folder, graph, loss, y)
    assert of_type(events, StepsRecorded) == []
    ended = events[-1]
    assert ended.state == "failed"
    return ended


@pytest.mark.parametrize("run", RUNS, ids=lambda run: " ".join(map(str, run[1].values())))
def test_every_loss_can_be_trained_on_own_arrays(tmp_path, run):
    events = train(tmp_path, *run)
    assert events[-1].state == "finished", events[-1].reason
    first, last = of_type(events, EpochEnded)
    assert last.train_loss < first.train_loss


def test_every_loss_is_among_them():
    assert {loss["type"] for _, loss, _ in RUNS} == set(LOSSES)


@pytest.mark.parametrize("name", LOSSES)
def test_with_data_and_a_graph_that_were_meant_for_another_loss_a_run_ends_in_words(tmp_path, name):
    ended = list(launch.run(spiral_project(loss=name), tmp_path, Control()))[-1]
    assert "Traceback" not in ended.reason
    assert "Error:" not in ended.reason
    if ended.state == "failed":
        assert "xpect" in ended.reason
        assert ended.reason.count(". ") >= 2


@pytest.mark.parametrize(
    ("graph", "loss", "text", "node"),
    [
        (PLAIN, "TripletMarginLoss",
         "The graph has 1 Output node (out_a). TripletMarginLoss expects exactly three: anchor (N, features)"
         ", positive (N, features), negative (N, features), in the order they were added. Add Outputs", None),
        (PAIR, "MSELoss",
         "The graph has 2 Output nodes (out_a, out_b). MSELoss expects exactly one: predictions (N, ...). "
         "Remove the others, or give each Output a loss of its own.", "out_b"),
        (heads((6,), (linear(2),), (linear(3), "Softplus")), "GaussianNLLLoss",
         "The output for variance gives (N, 3), but the targets have (N, 2).", "b2"),
    ],
)  # fmt: skip
def test_the_outputs_of_the_graph_have_to_be_those_of_the_loss(tmp_path, graph, loss, text, node):
    ended = failure(tmp_path, graph, loss, VALUES)
    assert ended.reason.startswith(text)
    assert ended.node == node


def test_an_output_without_gradients_is_refused(tmp_path):
    graph = heads((6,), (linear(3), ("ArgMax", {"dim": 1, "keepdim": True})))
    ended = failure(tmp_path, graph, "MSELoss", VALUES[:, :1])
    assert ended.reason.startswith("The model gives (N, 1) of int64 for predictions. MSELoss expects float32")
    assert ended.node == "a2"


@pytest.mark.parametrize(
    ("graph", "loss", "y", "expected", "node"),
    [
        (PLAIN, "BCELoss", YES, "BCELoss expects numbers from 0 to 1. Put a Sigmoid before the Output", "a1"),
        (CLASSES, "NLLLoss", LABELS, "NLLLoss expects numbers of at most 0. Put a LogSoftmax before", "a1"),
        (heads((6,), (linear(2),), (linear(2),)), "GaussianNLLLoss", VALUES,
         "GaussianNLLLoss expects numbers of at least 0. Put a Softplus before that Output", "b1"),
    ],
)  # fmt: skip
def test_outputs_out_of_range_are_told_with_their_range(tmp_path, graph, loss, y, expected, node):
    ended = failure(tmp_path, graph, loss, y)
    assert " lie between -" in ended.reason
    assert expected in ended.reason
    assert ended.node == node


def test_looking_at_the_range_changes_no_number(tmp_path):
    layers = (linear(16), "BatchNorm1d", ("Dropout", {"p": 0.5}), linear(3), LOG_SOFTMAX)
    drawn = {}
    for name in ("NLLLoss", "CrossEntropyLoss"):  # the same loss on log-probabilities; only one has a range
        (tmp_path / name).mkdir()
        events = train(tmp_path / name, heads((6,), layers), name, LABELS)
        drawn[name] = [loss for record in of_type(events, StepsRecorded) for loss in record.losses]
    torch.testing.assert_close(drawn["NLLLoss"], drawn["CrossEntropyLoss"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("graph", "loss", "y", "text"),
    [
        (PLAIN, "SoftMarginLoss", VALUES, "SoftMarginLoss expects -1 or 1. Save 1 for yes and -1 for no"),
        (PLAIN, "SoftMarginLoss", YES * 3, "SoftMarginLoss expects 0 or 1."),
        (PLAIN, "PoissonNLLLoss", VALUES, "PoissonNLLLoss expects counts of at least 0."),
        (SHARING, "KLDivLoss", SHARES * 2, "a row of y sums to 2. KLDivLoss expects probabilities"),
        (SHARING, "KLDivLoss", np.array([[2.0, -1, 0]] * SAMPLES), "a row of y holds negative numbers."),
        (SHARING, {"type": "KLDivLoss", "log_target": True}, SHARES, "KLDivLoss expects logarithms of prob"),
        (CLASSES, "MultiLabelMarginLoss", LABELS, "(N). MultiLabelMarginLoss expects the class numbers that"),
        (CLASSES, "MultiLabelMarginLoss", LISTS + 1, "y holds 3. Expected class numbers below 3, the length"),
        (CLASSES, "MultiLabelMarginLoss", LISTS[:, ::-1].copy(), "Save -1 only behind the last class number"),
        (CLASSES, "MultiLabelMarginLoss", LISTS - 1.5, "Expected whole class numbers, and -1 behind them."),
        (CLASSES, "CrossEntropyLoss", LABELS - 3, "y holds the label -3. Expected class numbers"),
        (CLASSES, "CrossEntropyLoss", np.stack([LABELS, LABELS], 1), "one logit a class, (N, 3, 2)."),
    ],
)  # fmt: skip
def test_targets_that_a_loss_cannot_take_are_explained(tmp_path, graph, loss, y, text):
    assert text in failure(tmp_path, graph, loss, y).reason


def test_what_does_not_count_is_neither_a_class_nor_a_mistake(tmp_path):
    labels = np.where(LABELS == 2, 255, 0)
    always_right = heads((6,), (linear(1),))
    events = train(tmp_path, always_right, {"type": "CrossEntropyLoss", "ignore_index": 255}, labels)
    assert events[-1].state == "finished", events[-1].reason
    accuracies = [(ended.train_accuracy, ended.val_accuracy) for ended in of_type(events, EpochEnded)]
    assert accuracies == [(pytest.approx(1), pytest.approx(1))] * 2
