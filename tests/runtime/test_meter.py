"""Every step is measured, and the numbers reach the host in batches."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.utils import get_total_norm

from runtime.meter import LONG_STEP, Measured, Meter, gradient_norms

CPU = torch.device("cpu")


class FakeClock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def close(meter: Meter, loss: float, gradient: float, hits: int = 0) -> None:
    meter.note(torch.tensor(loss), torch.arange(8) < hits)
    meter.norm([torch.tensor([3 * gradient, 0.0]), torch.tensor([4 * gradient])])
    meter.close_step(0.1, 8)


def test_steps_come_back_as_numbers() -> None:
    clock = FakeClock()
    meter = Meter(CPU, clock, -2.0)
    close(meter, 1.5, 1.0, hits=3)
    clock.now = 1.0
    close(meter, 1.25, 2.0, hits=4)
    assert meter.drain() == [Measured([1.5, 1.25], [3, 4], [5, 10], [0.1, 0.1], [2.0, 3.0], [8, 8])]
    assert meter.drain() == []


def test_it_is_time_to_drain_by_the_clock_or_when_full() -> None:
    clock = FakeClock()
    meter = Meter(CPU, clock, 0.0, interval=1.5 * LONG_STEP, capacity=3)
    clock.now = 0.8 * LONG_STEP
    close(meter, 1.0, 1.0)
    assert not meter.due
    clock.now = 1.6 * LONG_STEP
    close(meter, 1.0, 1.0)
    assert meter.due
    meter.drain()
    close(meter, 1.0, 1.0)
    assert not meter.due
    close(meter, 1.0, 1.0)
    close(meter, 1.0, 1.0)
    assert meter.due


def test_it_is_time_to_drain_after_a_long_step() -> None:
    clock = FakeClock()
    meter = Meter(CPU, clock, 0.0, interval=10.0)
    for now, is_due in ((0.5 * LONG_STEP, False), (2.0 * LONG_STEP, True), (2.5 * LONG_STEP, False)):
        clock.now = now
        close(meter, 1.0, 1.0)
        assert meter.due is is_due
        meter.drain()


def test_blocks_are_reused_without_mixing_steps() -> None:
    meter = Meter(CPU, FakeClock(), 0.0, capacity=2)
    seen: list[float] = []
    for step in range(7):
        close(meter, float(step), 1.0)
        if meter.due:
            seen += meter.drain()[0].losses
    seen += meter.drain()[0].losses
    assert seen == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(("loss", "gradient", "culprit"), [(math.nan, 1.0, None), (1.0, math.inf, 0)])
def test_the_first_broken_step_and_parameter_are_found(
    loss: float, gradient: float, culprit: int | None
) -> None:
    meter = Meter(CPU, FakeClock(), 0.0)
    close(meter, 1.0, 1.0)
    close(meter, loss, gradient)
    close(meter, math.nan, math.nan)
    (measured,) = meter.drain()
    assert (measured.broken, measured.culprit) == (1, culprit)
    assert measured.finite(0)
    assert not measured.finite(1)
    assert measured.upto(1).losses == [1.0]


@pytest.mark.parametrize("has_foreach", [True, False])
def test_norms_are_those_of_torch(monkeypatch: pytest.MonkeyPatch, has_foreach: bool) -> None:
    if not has_foreach:
        monkeypatch.delattr(torch, "_foreach_norm")
    gradients = [torch.randn(5, 4), torch.randn(3)]
    expected = [gradient.norm() for gradient in gradients]
    torch.testing.assert_close(gradient_norms(gradients), expected)


def test_the_total_norm_is_torchs_to_the_last_bit() -> None:
    gradients = [torch.randn(50, 40), torch.randn(50), torch.randn(10, 50)]
    meter = Meter(CPU, FakeClock(), 0.0)
    assert torch.equal(meter.norm(gradients), get_total_norm(gradients))
