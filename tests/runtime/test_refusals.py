"""What PyTorch cannot train in a precision, told before a run and by the design rules."""

import json
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from builder.cli import main
from codegen.exporting.samples import Samples
from codegen.live import build
from graph.catalog.call import Compute, Inputs, Processor
from graph.document import Edge, Node, PortRef, Project
from graph.inference import Inference
from graph.lint.check import lint
from graph.lint.context import LintContext
from graph.refusals import refusals
from graph.shapes import FLOATS
from graph.storage import save
from runtime.auto_device import auto_device
from runtime.failure import TrainingFailure
from runtime.plan import TrainingPlan
from runtime.preflight import check_precision
from runtime.processor import processor
from tests.codegen.test_every_layer import LAYERS, alone, another_value, goes_with_the_rest
from tests.graph.builders import chain

BATCH = 2  # the least that a norm learns from
SEQUENCE = ("Input", {"shape": [5, 8]})
INSTEAD = "amp-bfloat16" if processor().kernels else "float32"
MESSAGE = (
    "lstm1: precision is amp-float16, and PyTorch has no LSTM in float16 that reads float32 on a CPU. "
    f"Expected {'float32 or amp-bfloat16' if processor().kernels else 'float32'}. Set precision = {INSTEAD}."
)


def ways_to_set(spec):
    found = [spec.initial_params]
    for param in spec.params:
        params = spec.initial_params | {param.name: another_value(param)}
        if params[param.name] is not None and params not in found and goes_with_the_rest(spec, params):
            found.append(params)
    return found


def fails(module, samples, lower, given):
    """Whether a step of a network raises, given floats of this dtype."""
    inputs = [
        each.to(getattr(torch, given), copy=True).requires_grad_() if each.is_floating_point() else each
        for each in samples
    ]
    try:
        with torch.autocast("cpu", dtype=getattr(torch, lower)):
            outputs = module(*inputs)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        learnt = [each.float().sum() for each in outputs if each.requires_grad]
        if learnt:
            sum(learnt).backward()
    except RuntimeError:
        return True
    return False


def is_refused(project, spec, lower, given):
    call = Inference(project.graph).result("layer").call()
    inputs = (replace(each, dtype=given) if each.dtype in FLOATS else each for each in call.inputs)
    compute = Compute(autocast=lower, processor=processor())
    return bool(spec.refuses(call._replace(inputs=Inputs(inputs, call.inputs.ports), compute=compute)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("spec", LAYERS.values(), ids=LAYERS)
def test_a_layer_is_refused_where_pytorch_cannot_train_it_and_nowhere_else(spec):
    for params in ways_to_set(spec):
        project = alone(spec, params)
        module, samples = build(project, seed=0).module.train(), Samples(project).inputs(BATCH)
        for lower in ("float16", "bfloat16"):
            for given in ("float32", lower):
                is_known = is_refused(project, spec, lower, given)
                assert fails(module, samples, lower, given) == is_known, (params, lower, given)


def lstm(*before, **params):
    layers = (SEQUENCE, *before, ("LSTM", {"hidden_size": 8, **params}), "LastStep", "Linear", "Output")
    return Project(graph=chain(*layers), training={"precision": "amp-float16", "device": "cpu"})


def test_a_run_in_a_precision_without_a_kernel_is_refused_before_it_starts():
    with pytest.raises(TrainingFailure) as raised:
        check_precision(lstm(), TrainingPlan.from_mapping(lstm().training), torch.device("cpu"))
    assert str(raised.value) == MESSAGE
    assert raised.value.node == next(n.id for n in lstm().graph.nodes.values() if n.type == "LSTM")


@pytest.mark.parametrize(
    ("project", "precision", "device"),
    [
        (lstm(), "float32", "cpu"),
        (lstm(), "amp-bfloat16", "cpu"),
        (lstm(), "amp-float16", "cuda"),
        (lstm(proj_size=4), "amp-float16", "cpu"),
        (lstm(("Linear", {"out_features": 8})), "amp-float16", "cpu"),
    ],
    ids=["float32", "bfloat16", "on a GPU", "with a projection", "behind a Linear layer"],
)
def test_what_pytorch_trains_is_not_refused(project, precision, device):
    assert refusals(Inference(project.graph), precision, device) == []


def test_a_cpu_without_kernels_for_it_trains_no_lstm_in_bfloat16_either():
    inference = Inference(lstm().graph)
    (found,) = refusals(inference, "amp-bfloat16", "cpu", Processor(kernels=()))
    assert found.what == (
        "precision is amp-bfloat16, and PyTorch has no LSTM in bfloat16 that reads float32 on a CPU"
    )
    assert (found.expected, found.instead) == ("float32", "float32")
    assert refusals(inference, "amp-bfloat16", "cuda", Processor(kernels=())) == []


def test_where_no_mixed_precision_does_float32_is_to_be_taken():
    graph = chain(("Input", {"shape": [8]}), ("Linear", {"out_features": 8}), "Output")
    (linear,) = (node for node in graph.nodes.values() if node.type == "Linear")
    graph.insert_nodes([Node("both", "Bilinear", "both", {"out_features": 3})])
    ports = (PortRef("both", name) for name in ("input1", "input2"))
    graph.insert_edges([Edge(PortRef(linear.id, "out"), port) for port in ports])
    (found,) = refusals(Inference(graph), "amp-bfloat16", "cpu")
    assert found.node == "both"
    assert (found.expected, found.instead) == ("float32", "float32")


def test_check_names_the_layer_and_what_to_choose_instead(tmp_path, capsys):
    path = tmp_path / "lstm.netloom"
    save(lstm(), path)
    assert main(["check", str(path), "--json"]) == 0
    problems = json.loads(capsys.readouterr().out)["problems"]
    (told,) = [problem for problem in problems if problem["code"] == "precision-without-kernel"]
    assert told["message"] == MESSAGE
    assert told["fixes"]


@pytest.mark.parametrize(("device", "auto", "codes"), [
    ("cpu", "cuda", ["precision-without-kernel"]),
    ("auto", "cpu", ["precision-without-kernel"]),
    ("auto", "cuda", []),
    ("cuda:1", "cpu", []),
])  # fmt: skip
def test_a_design_rule_looks_at_the_device_that_the_plan_leads_to(device, auto, codes):
    graph = lstm().graph
    context = LintContext(graph, Inference(graph), {"precision": "amp-float16", "device": device}, None, auto)
    assert [problem.code for problem in lint(context) if problem.code == "precision-without-kernel"] == codes


@pytest.mark.parametrize(
    ("torch_module", "expected"),
    [
        (None, "cpu"),
        (SimpleNamespace(), "cpu"),
        (SimpleNamespace(accelerator=SimpleNamespace(is_available=lambda: False)), "cpu"),
        (
            SimpleNamespace(
                accelerator=SimpleNamespace(
                    is_available=lambda: True, current_accelerator=lambda: SimpleNamespace(type="mps")
                )
            ),
            "mps",
        ),
    ],
    ids=["not loaded", "being loaded", "without an accelerator", "with one"],
)
def test_auto_is_the_accelerator_that_torch_tells_of(torch_module, expected, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", torch_module)
    assert auto_device() == expected
