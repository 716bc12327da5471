"""Adam's fused step against PyTorch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.optim import Adam, AdamW, Optimizer

from runtime.compat import plain_step
from runtime.fused_adam import quick_step

KINDS = (Adam, AdamW)


class Gated(nn.Module):
    """Two layers, the second of which takes part only while it is asked to."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.always, self.sometimes = nn.Linear(5, 4), nn.Linear(4, 4)
        self.takes_part = True

    def forward(self, inputs):
        hidden = self.always(inputs)
        return self.sometimes(hidden) if self.takes_part else hidden


def groups(model: Gated) -> list[dict]:
    return [
        {"params": [model.always.weight, model.sometimes.weight], "weight_decay": 0.1},
        {"params": [model.always.bias, model.sometimes.bias], "lr": 0.02},
    ]


def train(optimizer: Optimizer, model: Gated, step, *, takes_part=(True,) * 4, before=None) -> None:
    """Takes a step for each entry of `takes_part`; `before` is called before the third."""
    for number, model.takes_part in enumerate(takes_part):
        if number == 2 and before is not None:
            before(optimizer)
        optimizer.zero_grad()
        inputs = torch.linspace(-1, 1, 15).reshape(3, 5) * (number + 1)
        model(inputs).square().sum().backward()
        step()


def both(make, **how) -> tuple[Gated, Optimizer]:
    """Trains two alike, one by PyTorch itself; asserts that they are equal in the end and gives ours."""
    found = []
    for quick in (True, False):
        model = Gated()
        optimizer = make(groups(model))
        train(optimizer, model, quick_step(optimizer) if quick else optimizer.step, **how)
        found.append((model, optimizer))
    (ours, our_optimizer), (theirs, their_optimizer) = found
    for name, weights in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], weights), name
    states = [each.state_dict()["state"] for each in (our_optimizer, their_optimizer)]
    assert states[0].keys() == states[1].keys()
    for index, state in states[1].items():
        for key, value in state.items():
            assert torch.equal(states[0][index][key], value), (index, key)
    return found[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "settings", [{}, {"maximize": True}, {"betas": (0.5, 0.9), "eps": 1e-3}, {"amsgrad": True}]
)
def test_it_is_bit_equal_to_pytorchs(kind, settings):
    both(lambda params: kind(params, lr=0.01, fused=True, **settings))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("takes_part", [(True, False, True, True), (False, False, True, True), (False,) * 4])
def test_parameters_may_come_and_go(kind, takes_part):
    both(lambda params: kind(params, lr=0.01, fused=True), takes_part=takes_part)


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_learning_rate_counts(kind):
    def slower(optimizer):
        for group in optimizer.param_groups:
            group["lr"] *= 0.1

    both(lambda params: kind(params, lr=0.01, fused=True), before=slower)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_loaded_in_between_counts(kind):
    """As at a resume: the state is another object then."""

    def loaded(optimizer):
        state = optimizer.state_dict()
        for each in state["state"].values():
            each["exp_avg"] = each["exp_avg"] * 2
        optimizer.load_state_dict(state)

    both(lambda params: kind(params, lr=0.01, fused=True), before=loaded)


def test_after_the_first_step_pytorchs_own_is_not_called(monkeypatch):
    """What it spares is that."""
    model = Gated()
    optimizer = Adam(model.parameters(), lr=0.01, fused=True)
    step, calls = quick_step(optimizer), []
    own = Adam._init_group
    monkeypatch.setattr(Adam, "_init_group", lambda *args: calls.append(1) or own(*args))
    train(optimizer, model, step)
    assert calls == [1]


@pytest.mark.parametrize(
    "make",
    [
        lambda params: Adam(params, lr=0.01, foreach=True),
        lambda params: Adam(params, lr=torch.tensor(0.01), fused=True),
        lambda params: torch.optim.SGD(params, lr=0.01, fused=True),
    ],
    ids=["not fused", "the rate is a tensor", "no Adam"],
)
def test_other_optimizers_take_their_own_step(make):
    _, optimizer = both(make)
    assert quick_step(optimizer).__qualname__ == plain_step(optimizer).__qualname__
