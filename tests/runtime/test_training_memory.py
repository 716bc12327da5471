"""Predicted training memory, held against what PyTorch's CPU allocator hands out in a real step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO

import pytest
import torch

from graph.catalog.call import Compute, Processor
from graph.cost_memory import training_memory
from graph.cost_trace import trace
from graph.document import Project
from graph.inference import Inference
from graph.templates import template, templates
from runtime.processor import processor
from tests import memory
from tests.graph.builders import chain
from tests.graph.networks import NETWORKS
from tests.memory import BATCH, PRECISIONS, STATES, frozen, measured, predicted, share

TEMPLATES = [entry.name for entry in templates()]
BACKBONES = ("resnet18", "mobilenet_v3_small", "efficientnet_b0", "densenet121", "squeezenet1_1", "swin_t")
LAYERS = [name for name in memory.ALL if name not in {*TEMPLATES, *NETWORKS}]
SMALL = [name for name in TEMPLATES if name not in ("ResNet18", "UNet", "ViT", "MobileNet", "GPT")]

IS_EMULATED = bool(processor().kernels) and not torch.cpu.get_capabilities().get("avx512_bf16", False)


@pytest.fixture(autouse=True)
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """Kernels take buffers for each thread: the same wherever the test runs, one unless it says otherwise."""
    case = request.node.name
    if "LSTM" in case and "amp-bfloat16" in case and not processor().kernels:
        pytest.skip("this CPU trains no LSTM in bfloat16")
    if IS_EMULATED and "amp-bfloat16" in case:
        pytest.skip("what a CPU takes for itself that has no instructions for bfloat16 is not predicted")
    before, count = torch.get_num_threads(), getattr(request, "param", 1)
    torch.set_num_threads(count)
    yield count
    torch.set_num_threads(before)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(
    ("name", "optimizer_type"), [*((name, "AdamW") for name in TEMPLATES), ("MLP", "SGD"), ("CNN", "SGD")]
)
def test_a_template_trains_in_the_memory_that_is_predicted(name, optimizer_type, precision):
    project = template(name).project()
    truth = measured(project, optimizer_type, precision)
    assert share(predicted(project, optimizer_type, precision), truth) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_larger_network_trains_in_the_memory_that_is_predicted(name, precision):
    project = NETWORKS[name]()
    truth = measured(project, "AdamW", precision)
    assert share(predicted(project, "AdamW", precision), truth) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("where", ["front", "middle"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_partly_frozen_network_trains_in_the_memory_that_is_predicted(name, where, precision):
    project = frozen(NETWORKS[name](), where)
    truth = measured(project, "AdamW", precision)
    assert share(predicted(project, "AdamW", precision), truth) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("kind", ["Embedding", "EmbeddingBag"])
@pytest.mark.parametrize(("words", "length"), [(20_000, 16), (20_000, 128), (200, 32)])
def test_an_embedding_trains_in_the_memory_that_is_predicted(kind, sparse, words, length, precision):
    table = (kind, {"num_embeddings": words, "embedding_dim": 32, "sparse": sparse})
    tokens = ("Input", {"shape": [length], "dtype": "int64"})
    project = Project(graph=chain(tokens, table, "Flatten", ("Linear", {"out_features": 10}), "Output"))
    truth = measured(project, "SGD", precision)
    assert share(predicted(project, "SGD", precision), truth) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("type_name", ["RNN", "GRU", "LSTM", "TransformerEncoderLayer"])
def test_a_sequence_layer_frozen_between_others_trains_in_the_memory_that_is_predicted(type_name, precision):
    params = {"nhead": 4} if "Transformer" in type_name else {"hidden_size": 64}
    layers = (("Linear", {"out_features": 48}), (type_name, {**params, "frozen": True}), "LastStep", "Linear")
    project = Project(graph=chain(("Input", {"shape": [28, 28]}), *layers, "Output"))
    truth = measured(project, "AdamW", precision)
    assert share(predicted(project, "AdamW", precision), truth) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", ["MLP", "CNN", "SmallCNN", "LSTMClassifier", "GRUClassifier", "TinyRNN"])
def test_a_frozen_template_with_a_trained_head_trains_in_the_memory_that_is_predicted(name, precision):
    project = frozen(template(name).project(), "front")
    truth = measured(project, "Adam", precision)
    assert share(predicted(project, "Adam", precision), truth) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("batch", "optimizer_type"), [(8, "SGD"), (64, "Adam"), (128, "AdamW")])
@pytest.mark.parametrize("name", ["SmallCNN", "LSTMClassifier", "GPT", "FrozenBackbone"])
def test_a_batch_of_any_size_trains_in_the_memory_that_is_predicted(name, batch, optimizer_type, precision):
    project = template(name).project()
    truth = measured(project, optimizer_type, precision, batch)
    assert share(predicted(project, optimizer_type, precision, batch), truth) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("threads", [2, 4], indirect=True)
@pytest.mark.parametrize("batch", [8, BATCH])
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", [*SMALL, "GPT"])
def test_a_template_trains_with_several_threads_in_the_memory_that_is_predicted(
    name, precision, batch, threads
):
    assert memory.ratio(name, "whole", "AdamW", precision, batch) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("threads", [2], indirect=True)
@pytest.mark.parametrize("part", ["front", "middle"])
@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "words"])
def test_a_partly_frozen_network_trains_with_two_threads_in_the_memory_that_is_predicted(name, part, threads):
    assert memory.ratio(name, part, "AdamW", "amp-bfloat16", 8) == pytest.approx(1, rel=0.1)


def test_each_thread_takes_buffers_of_its_own():
    project = template("LinearModel").project()
    peaks = []
    for threads in (1, 2, 4):
        steps = trace(Inference(project.graph), Compute(autocast="bfloat16", processor=Processor(threads)))
        peaks.append(training_memory(steps, STATES["AdamW"]).peak(8))
    packed = 512 * 64 * 2  # bytes of the weights' blocks that a thread multiplies by
    assert peaks[1] - peaks[0] == pytest.approx(packed, rel=0.05)
    assert peaks[2] - peaks[0] == pytest.approx(3 * packed, rel=0.05)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("part", ["whole", "front", "middle"])
@pytest.mark.parametrize("name", SMALL)
def test_a_small_batch_trains_in_the_memory_that_is_predicted(name, part, precision):
    assert memory.ratio(name, part, "SGD", precision, 8) == pytest.approx(1, rel=0.1)


@pytest.mark.skipif(
    torch.ops.mkldnn._is_mkldnn_fp16_supported(), reason="kernels for float16 are not predicted"
)
@pytest.mark.parametrize("part", ["whole", "front", "middle"])
@pytest.mark.parametrize(
    "name", [*(name for name in SMALL if "LSTM" not in name), "encoder-decoder", "attention"]
)
def test_float16_on_a_cpu_without_kernels_for_it_takes_what_is_predicted(name, part):
    assert memory.ratio(name, part, "AdamW", "amp-float16", 8) == pytest.approx(1, rel=0.1)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("part", ["whole", "front", "middle"])
@pytest.mark.parametrize("name", LAYERS)
def test_a_sequence_layer_trains_in_the_memory_that_is_predicted(name, part, precision):
    assert memory.ratio(name, part, "AdamW", precision, BATCH) == pytest.approx(1, rel=0.1)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("part", ["whole", "middle"])
def test_what_projects_states_is_cast_at_every_step(part):
    name = "LSTM hidden_size=64, num_layers=2, bidirectional=True, proj_size=16 behind 48"
    assert memory.ratio(name, part, "SGD", "amp-bfloat16", 8) == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("batch", [127, 128])
def test_a_kernel_that_works_in_another_way_for_a_large_batch_is_predicted(batch):
    assert memory.ratio("LSTM", "front", "AdamW", "float32", batch) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("is_frozen", [False, True], ids=["trained", "frozen"])
@pytest.mark.parametrize("model", BACKBONES)
def test_a_backbone_trains_in_the_memory_that_is_predicted(model, is_frozen, precision):
    params = {"model": model, "head": "replace", "frozen": is_frozen}
    graph = chain(("Input", {"shape": [3, 96, 64]}), ("Backbone", params), "Output")
    project = Project(graph=graph)
    truth = measured(project, "AdamW", precision)
    assert share(predicted(project, "AdamW", precision), truth) == pytest.approx(1, rel=0.1)


def test_what_is_inside_own_code_is_not_guessed():
    project = template("MLP").project()
    *others, last = trace(Inference(project.graph), Compute())
    memory = training_memory([*others, replace(last, is_known=False)], STATES["AdamW"])
    assert memory.peak(BATCH) is None


def test_what_is_off_is_printed(monkeypatch):
    monkeypatch.setattr(memory, "ratio", lambda name, part, *others: 1.2 if part == "front" else 1.05)
    out, err = StringIO(), StringIO()
    arguments = ("--network", "MLP", "--batch", "8", "--optimizer", "SGD")
    assert memory.main(arguments, out, err) == 1
    *off, summary = out.getvalue().splitlines()
    assert off == [
        "1.20 of what is measured: MLP, front, SGD, float32, 8",
        "1.20 of what is measured: MLP, front, SGD, amp-bfloat16, 8",
    ]
    assert json.loads(summary) == {
        "networks": 1, "threads": 1, "cases": 6, "off": 2, "tolerance": 0.1, "least": 1.05, "most": 1.2
    }  # fmt: skip


def test_slices_share_out_the_networks_and_each_one_says_that_it_is_done(monkeypatch):
    asked = list[str]()
    monkeypatch.setattr(memory, "ratio", lambda name, *others: asked.append(name) or 1.0)
    told = list[str]()
    for number in (1, 2, 3):
        err = StringIO()
        assert (
            memory.main(("--slice", f"{number}/3", "--part", "whole", "--batch", "8"), StringIO(), err) == 0
        )
        told += err.getvalue().splitlines()
    assert sorted(set(asked)) == sorted(memory.ALL)
    assert len(asked) == 4 * len(memory.ALL)
    assert len(told) == len(memory.ALL)
    second = list(memory.ALL)[3]  # of every third
    assert told[1].startswith(f"2 of 14: {second}, 4 cases, 0 off, ")


@pytest.mark.parametrize("text", ["0/3", "4/3", "2", "2/", "a/b"])
def test_a_slice_that_there_is_not_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        memory.main(("--slice", text), StringIO(), StringIO())
    assert "Expected such as 2/5" in capsys.readouterr().err
