"""Steps whose gradient is not finite: no weight sees them, on whatever device."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from runtime.compat import plain_step
from runtime.guard import CopyGuard, FusedGuard, Guard, HostGuard, guard_of
from runtime.optim import build_optimizer
from runtime.optimizer_choices import OPTIMIZERS
from tests.runtime.training import CPU, make_cnn, make_mlp, make_plan

GRADIENTS = (1.0, math.nan, -2.0, math.inf, 0.5)
CUDA = torch.device("cuda")


def made(kind: type[Guard], optimizer: torch.optim.Optimizer) -> Guard:
    return kind([]) if kind is HostGuard else kind(optimizer, [])  # type: ignore[arg-type, call-arg]


def steps(model: nn.Module, take: Callable[[Tensor], object], factors: tuple[float, ...]) -> None:
    for factor in factors:
        for parameter in model.parameters():
            parameter.grad = torch.full_like(parameter, factor)
        take(torch.tensor(factor))


def guarded(
    name: str, kind: type[Guard], factors: tuple[float, ...], **settings: object
) -> dict[str, Tensor]:
    """The weights after steps with these gradients, some of which the guard keeps away."""
    model = make_mlp()
    optimizer = build_optimizer(make_plan(optimizer={"type": name, "lr": 0.1, **settings}), model)
    guard = made(kind, optimizer)
    steps(model, partial(guard.take, plain_step(optimizer)), factors)
    return dict(model.state_dict())


def unguarded(name: str, **settings: object) -> dict[str, Tensor]:
    """The weights after the steps whose gradients are finite."""
    model = make_mlp()
    optimizer = build_optimizer(make_plan(optimizer={"type": name, "lr": 0.1, **settings}), model)
    steps(model, lambda norm: optimizer.step(), tuple(filter(math.isfinite, GRADIENTS)))
    return dict(model.state_dict())


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    for name, weight in one.items():
        assert torch.equal(weight, other[name]), name


@pytest.mark.parametrize("name", [name for name, spec in OPTIMIZERS.items() if not spec.evaluates])
def test_on_the_host_a_step_is_left_out(name: str) -> None:
    assert_same(guarded(name, HostGuard, GRADIENTS), unguarded(name))


@pytest.mark.parametrize("name", ["Adam", "AdamW", "Adagrad"])
def test_fused_kernels_are_told_to_leave_it_out(name: str) -> None:
    assert_same(guarded(name, FusedGuard, GRADIENTS), unguarded(name))
    assert_same(guarded(name, FusedGuard, (math.nan, *GRADIENTS)), unguarded(name))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("SGD", {"momentum": 0.9}),
        ("RMSprop", {"momentum": 0.9, "centered": True}),
        ("Rprop", {}),
        ("Adadelta", {}),
    ],
)
def test_other_optimizers_have_everything_put_back(name: str, settings: dict[str, object]) -> None:
    assert_same(guarded(name, CopyGuard, GRADIENTS, **settings), unguarded(name, **settings))
    assert_same(guarded(name, CopyGuard, (math.inf, *GRADIENTS), **settings), unguarded(name, **settings))


@pytest.mark.parametrize("kind", [HostGuard, FusedGuard, CopyGuard])
def test_what_the_forward_pass_spoiled_is_put_back(kind: type[Guard]) -> None:
    model = make_cnn()
    optimizer = build_optimizer(make_plan(), model)
    buffers = [buffer for buffer in model.buffers() if buffer.is_floating_point()]
    guard = kind(buffers) if kind is HostGuard else kind(optimizer, buffers)  # type: ignore[arg-type, call-arg]
    assert guard.keeps_buffers
    for value in (1.0, math.nan):
        guard.begin()
        before = [buffer.clone() for buffer in buffers]
        model(torch.full((4, 1, 5, 5), value)).sum().backward()
        guard.take(plain_step(optimizer), torch.tensor(value))
        changed = [not torch.equal(now, then) for now, then in zip(buffers, before, strict=True)]
        assert all(changed) == math.isfinite(value)
        assert any(changed) == math.isfinite(value)


@pytest.mark.parametrize(
    ("settings", "device", "is_scaled", "kind"),
    [
        ({}, CPU, False, HostGuard),
        ({}, CUDA, False, type(None)),
        ({}, CPU, True, type(None)),
        ({"on_nonfinite": "skip"}, CPU, False, HostGuard),
        ({"on_nonfinite": "skip"}, CPU, True, Guard),
        ({"on_nonfinite": "skip"}, CUDA, False, FusedGuard),
        ({"on_nonfinite": "skip", "optimizer": "RMSprop"}, CUDA, False, CopyGuard),
        ({"on_nonfinite": "skip", "optimizer": "SGD"}, CUDA, False, CopyGuard),
    ],
    ids=str,
)
def test_the_guard_suits_device_and_optimizer(
    settings: dict[str, object], device: torch.device, is_scaled: bool, kind: type
) -> None:
    model, plan = make_mlp(), make_plan(**settings)
    assert type(guard_of(plan, model, build_optimizer(plan, model), device, is_scaled=is_scaled)) is kind
