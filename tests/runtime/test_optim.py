"""Optimizers and schedules as torch builds them from a plan."""

import inspect

import pytest
import torch
from torch import nn

from runtime.optim import SCHEDULER_BUILDERS, build_optimizer, build_scheduler
from runtime.plan import PlanError, TrainingPlan, lr_at
from runtime.plan_choices import OPTIMIZERS, SCHEDULERS


def plan(**mapping: object) -> TrainingPlan:
    return TrainingPlan.from_mapping(mapping)


@pytest.fixture
def model() -> nn.Module:
    return nn.Linear(3, 2)


@pytest.mark.parametrize("spec", OPTIMIZERS.values(), ids=lambda spec: spec.type)
def test_defaults_are_those_of_pytorch(spec):
    signature = inspect.signature(getattr(torch.optim, spec.type).__init__).parameters
    assert {param.name: signature[param.name].default for param in spec.params} == {
        param.name: param.default for param in spec.params
    }


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_takes_the_step_torch_takes(name, model):
    before = {key: value.clone() for key, value in model.state_dict().items()}
    model(torch.ones(1, 3)).sum().backward()
    build_optimizer(plan(optimizer={"type": name, "lr": 0.1}), model).step()
    twin = nn.Linear(3, 2)
    twin.load_state_dict(before)
    twin(torch.ones(1, 3)).sum().backward()
    getattr(torch.optim, name)(twin.parameters(), lr=0.1).step()
    torch.testing.assert_close(model.state_dict(), twin.state_dict())


def test_the_optimizer_gets_its_parameters(model):
    settings = {"type": "SGD", "lr": 0.5, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}
    group = build_optimizer(plan(optimizer=settings), model).param_groups[0]
    assert {name: group[name] for name in settings if name != "type"} == {
        name: value for name, value in settings.items() if name != "type"
    }


@pytest.mark.parametrize(
    ("name", "precision", "fused"),
    [
        ("AdamW", "float32", True),
        ("AdamW", "amp-float16", True),
        ("SGD", "float32", True),
        ("SGD", "amp-bfloat16", True),
        ("SGD", "amp-float16", False),
    ],
)
def test_fused_kernels_are_used_where_safe(name, precision, fused, model):
    optimizer = build_optimizer(plan(optimizer=name, precision=precision), model)
    assert optimizer.param_groups[0]["fused"] is fused


def test_fused_kernels_are_not_used_on_other_devices():
    model = nn.Linear(3, 2, device="meta")
    assert build_optimizer(plan(), model).param_groups[0]["fused"] is False


def test_frozen_parameters_are_left_alone(model):
    model.bias.requires_grad_(False)
    assert build_optimizer(plan(), model).param_groups[0]["params"] == [model.weight]


def test_a_model_without_weights_cannot_be_trained():
    text = r"AdamW has nothing to train.* Expected at least one layer with weights\. Add one, such as Linear"
    with pytest.raises(PlanError, match=text):
        build_optimizer(plan(), nn.ReLU())


def test_every_schedule_has_a_builder():
    assert set(SCHEDULER_BUILDERS) == set(SCHEDULERS)


@pytest.mark.parametrize(
    "scheduler",
    [
        {"type": "StepLR", "step_size": 1, "gamma": 0.5},
        {"type": "StepLR", "step_size": 3},
        {"type": "CosineAnnealingLR"},
        {"type": "CosineAnnealingLR", "eta_min": 0.01},
        {"type": "CosineAnnealingLR", "warmup_epochs": 1},
        {"type": "CosineAnnealingLR", "warmup_epochs": 0.2},
        {"type": "CosineAnnealingLR", "warmup_epochs": 3.99, "eta_min": 0.02},
    ],
    ids=str,
)
@pytest.mark.parametrize("steps_per_epoch", [1, 7])
def test_the_preview_is_what_torch_does(scheduler, steps_per_epoch, model):
    training = plan(optimizer={"type": "SGD", "lr": 0.3}, scheduler=scheduler, epochs=4)
    optimizer = build_optimizer(training, model)
    schedule = build_scheduler(training, optimizer, steps_per_epoch)
    taken = []
    for _ in range(4 * steps_per_epoch):
        taken.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    preview = [lr_at(training, step, steps_per_epoch) for step in range(len(taken))]
    assert preview == pytest.approx(taken, rel=1e-9)
    assert len(set(preview)) > 1


def test_without_a_schedule_the_rate_is_constant(model):
    training = plan(optimizer={"type": "SGD", "lr": 0.3})
    assert build_scheduler(training, build_optimizer(training, model), 10) is None
    assert lr_at(training, 49, 10) == 0.3


def test_a_schedule_goes_on_from_its_saved_state(model):
    training = plan(scheduler={"type": "CosineAnnealingLR", "warmup_epochs": 1}, epochs=4)

    def fresh() -> tuple:
        optimizer = build_optimizer(training, model)
        return optimizer, build_scheduler(training, optimizer, 5)

    def advance(optimizer, schedule, count) -> list[float]:
        lrs = []
        for _ in range(count):
            optimizer.step()
            schedule.step()
            lrs.append(optimizer.param_groups[0]["lr"])
        return lrs

    whole = advance(*fresh(), 19)
    optimizer, schedule = fresh()
    advance(optimizer, schedule, 7)
    saved = optimizer.state_dict(), schedule.state_dict()
    optimizer, schedule = fresh()
    optimizer.load_state_dict(saved[0])
    schedule.load_state_dict(saved[1])
    assert advance(optimizer, schedule, 12) == whole[7:]
