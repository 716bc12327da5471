"""Switches of the whole process hold for a run and no longer."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from runtime.backends import WORKSPACE, backends_of
from runtime.device import DeviceError
from runtime.events import RunStarted
from tests.runtime.training import CPU, events_of, make_data, make_mlp, make_plan


def switches() -> tuple[object, ...]:
    cudnn = torch.backends.cudnn
    return (
        torch.backends.cuda.matmul.fp32_precision,
        cudnn.conv.fp32_precision,
        cudnn.rnn.fp32_precision,
        cudnn.benchmark,
        torch.get_deterministic_debug_mode(),
    )


@pytest.mark.parametrize(
    ("settings", "during"),
    [
        ({"tf32": "on"}, ("tf32", "tf32", "tf32", False, 0)),
        ({"tf32": "off"}, ("ieee", "ieee", "ieee", False, 0)),
        ({"deterministic": True}, ("none", "none", "none", False, 2)),
    ],
    ids=str,
)
def test_a_run_sets_what_it_was_asked_for_and_puts_it_back(settings, during):
    before = switches()
    events = events_of(make_mlp(), make_plan(**settings), make_data())
    assert isinstance(next(events), RunStarted)
    expected = [now if wanted == "none" else wanted for now, wanted in zip(before, during, strict=True)]
    assert list(switches()) == expected
    assert list(events)[-1].state == "finished"
    assert switches() == before


def test_a_run_that_is_closed_puts_everything_back():
    before = switches()
    events = events_of(make_mlp(), make_plan(tf32="on", deterministic=True), make_data())
    next(events)
    assert switches() != before
    events.close()
    assert switches() == before


def test_a_run_that_fails_puts_everything_back():
    before = switches()
    with pytest.raises(ZeroDivisionError), backends_of(make_plan(tf32="on", deterministic=True), CPU):
        raise ZeroDivisionError
    assert switches() == before


def test_what_is_not_deterministic_is_refused():
    with backends_of(make_plan(deterministic=True), CPU):
        with pytest.raises(RuntimeError, match="deterministic"):
            torch.ones(1, 1, 2, 2, 2, requires_grad=True).double().put_(
                torch.tensor([0, 0]), torch.ones(2).double()
            )
        assert torch.are_deterministic_algorithms_enabled()
    assert not torch.are_deterministic_algorithms_enabled()


def test_on_a_gpu_cublas_has_to_be_told_before(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(WORKSPACE, ":16:64")
    text = f"deterministic is true, but {WORKSPACE} is ':16:64'.* Start Netloom with {WORKSPACE}=:4096:8"
    on_gpu = partial(backends_of, make_plan(deterministic=True), torch.device("cuda"))
    with pytest.raises(DeviceError, match=text), on_gpu():
        pytest.fail("it was let through")
    monkeypatch.delenv(WORKSPACE)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    with pytest.raises(DeviceError, match="is 'not set'"), on_gpu():
        pytest.fail("it was let through")


def test_nothing_is_touched_without_being_asked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch, "use_deterministic_algorithms", lambda *_: pytest.fail("it was set"))
    before = switches()
    with backends_of(make_plan(), CPU):
        assert switches() == before
