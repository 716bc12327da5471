"""Switches of PyTorch and of the C library that belong to the whole process, set for the time of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from runtime.device import DeviceError
from runtime.host_memory import freed_memory_kept
from runtime.plan import TrainingPlan

WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"
TF32_FORMATS = {"on": "tf32", "off": "ieee"}


@contextmanager
def backends_of(plan: TrainingPlan, device: torch.device) -> Iterator[None]:
    """Computes as the plan asks for, and puts everything back at the end.

    Raises:
        DeviceError: the process was started in a way that rules it out.
    """
    with freed_memory_kept(), _tf32(plan.tf32), _deterministic(plan.deterministic, device):
        yield


@contextmanager
def _tf32(choice: str) -> Iterator[None]:
    """Sets the precision of float32 products on NVIDIA GPUs.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#tf32-on-ampere
    """
    wanted = TF32_FORMATS.get(choice)
    if wanted is None:
        yield
        return
    switches: tuple[Any, ...] = (
        torch.backends.cuda.matmul,
        torch.backends.cudnn.conv,  # type: ignore[attr-defined]
        torch.backends.cudnn.rnn,
    )
    before = [switch.fp32_precision for switch in switches]
    try:
        for switch in switches:
            switch.fp32_precision = wanted
        yield
    finally:
        for switch, earlier in zip(switches, before, strict=True):
            switch.fp32_precision = earlier


@contextmanager
def _deterministic(wanted: bool, device: torch.device) -> Iterator[None]:
    """Has PyTorch refuse what does not always give the same numbers.

    Source: https://docs.pytorch.org/docs/stable/notes/randomness.html
    """
    if not wanted:
        yield
        return
    if device.type == "cuda":
        _require_workspace()
    mode, benchmark = torch.get_deterministic_debug_mode(), torch.backends.cudnn.benchmark
    try:
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.benchmark = False
        yield
    finally:
        torch.set_deterministic_debug_mode(mode)
        torch.backends.cudnn.benchmark = benchmark


def _require_workspace() -> None:
    """CuBLAS reads its setting when it is first used; until then it can still be made here."""
    if WORKSPACE not in os.environ and not torch.cuda.is_initialized():
        os.environ[WORKSPACE] = ":4096:8"
    if os.environ.get(WORKSPACE) not in (":4096:8", ":16:8"):
        raise DeviceError(
            f"deterministic is true, but {WORKSPACE} is {os.environ.get(WORKSPACE, 'not set')!r}. Expected "
            f"':4096:8' before the first work on the GPU. Start Netloom with {WORKSPACE}=:4096:8, or set "
            "deterministic = false."
        )
