"""Optimizers as torch builds them from a plan."""

import inspect

import pytest
import torch
from torch import nn

from runtime.compat import plain_step
from runtime.optim import build_optimizer
from runtime.optimizer_choices import DECAY_ALL, OPTIMIZERS
from runtime.plan import PlanError, TrainingPlan

# What a class takes beside what a plan sets, and why it does not.
NOT_SET = {
    "self": "the object",
    "params": "the network",
    "foreach": "how it is computed, which PyTorch chooses",
    "fused": "how it is computed, which build_optimizer chooses",
    "capturable": "for CUDA graphs, which the loop does not record",
    "differentiable": "for gradients of the optimizer itself",
    "maximize": "a loss is made small",
}
OF_THEIR_OWN = ("Muon", "SparseAdam", "LBFGS")  # whose steps have test files of their own
WORDS = {
    "adjust_lr_fn": ("original", None),
    "line_search_fn": ("none", None),
}  # ours, and theirs for the same


def torch_optimizers() -> dict[str, type[torch.optim.Optimizer]]:
    found = {name: each for name, each in vars(torch.optim).items() if isinstance(each, type)}
    return {
        name: each
        for name, each in found.items()
        if issubclass(each, torch.optim.Optimizer) and each is not torch.optim.Optimizer
    }


def plan(**mapping: object) -> TrainingPlan:
    return TrainingPlan.from_mapping(mapping)


@pytest.fixture
def model() -> nn.Module:
    return nn.Linear(3, 2)


def test_every_optimizer_of_pytorch_is_offered():
    assert set(torch_optimizers()) == set(OPTIMIZERS)


@pytest.mark.parametrize("spec", OPTIMIZERS.values(), ids=lambda spec: spec.type)
def test_parameters_and_defaults_are_those_of_pytorch(spec):
    signature = inspect.signature(torch_optimizers()[spec.type].__init__).parameters
    theirs = {name: each.default for name, each in signature.items() if name not in NOT_SET}
    ours = {param.name: param.default for param in spec.params if param.name != DECAY_ALL}
    for name in set(WORDS) & set(ours):
        assert (ours[name], theirs[name]) == WORDS[name]
        ours[name] = theirs[name]
    assert ours == theirs
    assert list(ours) == [name for name in theirs if name in ours]


@pytest.mark.parametrize("spec", OPTIMIZERS.values(), ids=lambda spec: spec.type)
def test_norms_can_be_spared_wherever_weights_decay(spec):
    names = [param.name for param in spec.params]
    assert (DECAY_ALL in names) == ("weight_decay" in names)


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name not in OF_THEIR_OWN])
def test_every_optimizer_takes_the_step_torch_takes(name, model):
    twin = nn.Linear(3, 2)
    twin.load_state_dict(model.state_dict())
    ours = build_optimizer(plan(optimizer={"type": name, "lr": 0.1}), model)
    theirs = getattr(torch.optim, name)(twin.parameters(), lr=0.1)
    take = plain_step(ours)
    for factor in (1.0, -2.0, 3.0):
        for each, step in ((model, take), (twin, theirs.step)):
            each.zero_grad()
            each(torch.tensor([[1.0, 2.0, 3.0]])).square().sum().mul(factor).backward()
            step()
        torch.testing.assert_close(model.state_dict(), twin.state_dict())


class Normed(nn.Module):
    """One of each: weight, bias, norm; and a recurrent layer, whose biases are called otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.norm = nn.Linear(3, 3), nn.LayerNorm(3)
        self.batch_norm, self.rnn = nn.BatchNorm1d(3), nn.GRU(3, 2)


@pytest.mark.parametrize("name", [name for name, spec in OPTIMIZERS.items() if DECAY_ALL in str(spec.params)])
def test_biases_and_norms_can_be_spared_the_decay(name):
    model = Normed()
    model.fc.lr_factor = 0.5
    settings = {"type": name, "weight_decay": 0.1, DECAY_ALL: False}
    groups = build_optimizer(plan(optimizer=settings), model).param_groups
    names = {parameter: name for name, parameter in model.named_parameters()}
    told = {
        (group["lr_factor"], group["weight_decay"]): [names[each] for each in group["params"]]
        for group in groups
    }
    assert told == {
        (0.5, 0.1): ["fc.weight"],
        (0.5, 0.0): ["fc.bias"],
        (1.0, 0.0): [
            "norm.weight", "norm.bias", "batch_norm.weight", "batch_norm.bias",
            "rnn.bias_ih_l0", "rnn.bias_hh_l0",
        ],
        (1.0, 0.1): ["rnn.weight_ih_l0", "rnn.weight_hh_l0"],
    }  # fmt: skip


def test_all_weights_decay_unless_asked_for():
    (group,) = build_optimizer(plan(optimizer={"type": "AdamW", "weight_decay": 0.1}), Normed()).param_groups
    assert group["weight_decay"] == 0.1


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
        ("Adagrad", "amp-float16", True),
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
