"""A run that finds no memory says where, for what, and which batch would fit; checkpoints stay as they were.

There is no GPU here: what its allocator raises is raised in its place by the function that a layer calls. The
CPU's allocator really fails, in a process whose address space is limited.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from graph.inference import Inference
from graph.storage import save
from runtime import launch
from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.control import Control
from runtime.events import CheckpointSaved, Event, RunEnded
from runtime.out_of_memory import failure_of, fitting_batch, is_out_of_memory
from runtime.plan import TrainingPlan
from runtime.runs import read_run
from runtime.training_cost import training_cost
from tests.graph.builders import chain
from tests.runtime.training import spiral_project

ROOT = Path(__file__).resolve().parents[2]
CUDA_TEXT = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB of which 512.00 "
    "MiB is free."
)
CPU_TEXT = (
    "[enforce fail at alloc_cpu.cpp:126] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
    "allocate 720000000 bytes. Error code 12 (Cannot allocate memory)"
)
STEPS = 5  # an epoch


def spoil(monkeypatch: pytest.MonkeyPatch, error: Exception, at: int, *, in_training: bool = True) -> None:
    """Has the activation of a run raise an error at one of its calls in training, or in validation."""
    relu, calls = torch.nn.functional.relu, 0

    def limited(value: Tensor, inplace: bool = False) -> Tensor:
        nonlocal calls
        calls += torch.is_grad_enabled() == in_training
        if calls == at:
            raise error
        return relu(value, inplace)

    monkeypatch.setattr(torch.nn.functional, "relu", limited)


def run(folder: Path, **training: object) -> tuple[list[Event], RunEnded]:
    events = list(launch.run(spiral_project(epochs=3, **training), folder, Control()))
    (ended,) = (event for event in events if isinstance(event, RunEnded))
    return events, ended


def bytes_for(batch_size: int) -> int:
    """What a step of the spirals takes by the forecast."""
    project = spiral_project()
    plan = TrainingPlan.from_mapping(project.training)
    peak = training_cost(project.graph, Inference(project.graph), plan).memory.peak(batch_size)
    assert peak is not None
    return peak


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Gives a function that says how many bytes the GPU has free."""

    def have(free: int) -> None:
        monkeypatch.setattr(launch, "free_memory", lambda device: ("cuda:0", free))

    return have


def test_a_step_without_memory_is_told_with_the_batch_that_fits(tmp_path, monkeypatch, room):
    room(bytes_for(11))
    spoil(monkeypatch, torch.OutOfMemoryError(CUDA_TEXT), at=STEPS + 3)
    events, ended = run(tmp_path)
    assert ended.reason == (
        "Memory on cuda:0 ran out in step 8, in relu1 when 2.00 GiB more were asked for, with batch_size = "
        "16. Expected a step that fits into the 0.0 GiB that were free before the run. "
        "The largest batch that should fit is 11. Set batch_size = 11."
    )
    assert (ended.state, ended.node, ended.fitting_batch) == ("failed", "n3", 11)
    assert "OutOfMemoryError" in (ended.traceback or "")
    assert read_run(tmp_path).state == "failed"
    assert [event.step for event in events if isinstance(event, CheckpointSaved)] == [STEPS, STEPS]
    for kind in ("last", "best"):
        assert load_checkpoint(checkpoint_folder(tmp_path, kind)).trainer["progress"]["step"] == STEPS


def test_where_the_forecast_was_wrong_half_is_next(tmp_path, monkeypatch, room):
    room(10**9)
    spoil(monkeypatch, torch.OutOfMemoryError(CUDA_TEXT), at=1)
    _, ended = run(tmp_path)
    assert ended.fitting_batch == 8
    assert "ran out in step 1, in relu1" in ended.reason
    assert "The largest batch that should fit is 8. Set batch_size = 8." in ended.reason


@pytest.mark.parametrize(("free", "batch"), [(10, 16), (10**9, 1)])
def test_where_not_even_one_sample_fits_no_batch_is_offered(tmp_path, monkeypatch, room, free, batch):
    room(free)
    spoil(monkeypatch, torch.OutOfMemoryError(CUDA_TEXT), at=1)
    _, ended = run(tmp_path, batch_size=batch)
    assert ended.fitting_batch is None
    assert ended.reason.endswith(
        "Not even a batch of 1 fits: use a smaller network, smaller inputs or another device."
    )


def test_a_validation_without_memory_is_told_as_such(tmp_path, monkeypatch, room):
    room(bytes_for(11))
    spoil(monkeypatch, torch.OutOfMemoryError(CUDA_TEXT), at=2, in_training=False)  # one looks ahead
    _, ended = run(tmp_path)
    assert ended.reason.startswith(
        "Memory on cuda:0 ran out in the validation of epoch 1, in relu1 when 2.00 GiB"
    )
    assert ended.fitting_batch == 11


def test_data_that_does_not_fit_is_no_matter_of_the_batch(tmp_path, monkeypatch):
    def gather(*arguments: object) -> None:
        raise MemoryError(
            "Unable to allocate 7.45 GiB for an array with shape (1000000000,) and type float64"
        )

    monkeypatch.setattr(launch, "gather", gather)
    _, ended = run(tmp_path)
    assert ended.reason == (
        "Memory ran out before the first step when 7.45 GiB more were asked for. "
        "Close what else takes memory, or use less data."
    )
    assert ended.fitting_batch is None


def test_of_a_sequence_whose_length_nobody_knows_half_is_offered():
    graph = chain(("Input", {"shape": ["T", 8]}), ("GRU", {"hidden_size": 4}), "LastStep", "Output")
    project = spiral_project()
    project.graph = graph
    assert fitting_batch(project, TrainingPlan(batch_size=64), "cuda:0", 10**9) == 32


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (MemoryError(), ""),
        (torch.OutOfMemoryError(CUDA_TEXT), "2.00 GiB"),
        (RuntimeError(CPU_TEXT), "720000000 bytes"),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 4 bytes."), "4 bytes"),
        (RuntimeError("MPS backend out of memory (allowed: 18 GB). Tried to allocate 2.00 MB"), "2.00 MB"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), ""),
    ],
)  # fmt: skip
def test_what_says_that_memory_ran_out_is_told_apart(error, asked):
    assert is_out_of_memory(error)
    assert failure_of(error, "in step 1").asked == asked
    assert not is_out_of_memory(RuntimeError("shapes cannot be multiplied"))


LIMITED = """
import resource, sys
import runtime.launch
from builder.cli import main

pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**30, resource.RLIM_INFINITY))
sys.exit(main(["train", sys.argv[1], "--run-dir", sys.argv[2]]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="address spaces can be limited on Linux")
def test_a_computer_without_memory_ends_the_command_in_words_and_code_1(tmp_path):
    project = spiral_project(batch_size=64)
    project.graph.nodes["n2"].params["out_features"] = 5_000_000  # 1.28 GB of activations
    save(project, tmp_path / "wide.netloom")
    answer = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "wide.netloom"), str(tmp_path / "run")],
        cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert answer.returncode == 1, answer.stderr
    assert (
        "netloom: Memory on the computer ran out before the first step, in fc1 when 1280000000 bytes"
        in answer.stderr
    )
    assert "Set batch_size = 32." in answer.stderr
    assert "Traceback" not in answer.stderr
    assert read_run(tmp_path / "run").state == "failed"
