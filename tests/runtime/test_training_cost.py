"""How a plan changes what training costs."""

import pytest
import torch

from graph.inference import Inference
from graph.templates import template
from runtime.optimizer_choices import OPTIMIZERS
from runtime.plan import TrainingPlan
from runtime.training_cost import training_cost, training_run


def plan(**values):
    return TrainingPlan.from_mapping(values)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(
    "settings", [{}, {"amsgrad": True}, {"momentum": 0.9}, {"momentum": 0.9, "centered": True}]
)
def test_an_optimizer_remembers_as_many_numbers_as_declared(name, settings):
    names = {param.name for param in OPTIMIZERS[name].params}
    known = {key: value for key, value in settings.items() if key in names}
    run = training_run(plan(optimizer={"type": name, **known}))
    weight = torch.nn.Parameter(torch.ones(100))
    optimizer = getattr(torch.optim, name)([weight], lr=0.1, **known)
    weight.sum().backward()
    optimizer.step()
    state = [value for value in optimizer.state[weight].values() if torch.is_tensor(value)]
    assert run.optimizer_states * 100 == sum(value.numel() for value in state if value.ndim)


def test_precision_and_device_come_from_the_plan():
    assert training_run(plan(precision="amp-float16", device="cuda")).device == "cuda"
    assert training_run(plan(precision="amp-float16"), "mps").precision == "amp-float16"
    assert training_run(plan(), "mps").device == "mps"


def test_lower_precision_takes_less_of_a_large_batch():
    graph = template("CNN").project().graph
    inference = Inference(graph)
    whole, lower = (
        training_cost(graph, inference, plan(precision=precision)).memory.peak(256)
        for precision in ("float32", "amp-bfloat16")
    )
    assert lower < 0.7 * whole
