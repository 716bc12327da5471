"""The memory that is left for a run."""

import re
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest
import torch

from graph.templates import template
from runtime.device import DeviceError
from runtime.free_memory import free_memory
from runtime.plan import TrainingPlan
from runtime.training_cost import shortage


@pytest.mark.parametrize("device", ["cpu", "auto", "cuda:7", "no such device"])
def test_without_an_accelerator_it_is_the_computers(device, monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    name, free = free_memory(device)
    assert name == "cpu"
    assert 0 < free <= psutil.virtual_memory().total


def test_an_accelerator_is_asked_for_its_own(monkeypatch):
    monkeypatch.setattr("runtime.device.pick_device", lambda name: torch.device("cuda", 1))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (3 * 2**30, 8 * 2**30))
    assert free_memory("auto") == ("cuda:1", 3 * 2**30)
    assert free_memory("cpu")[0] == "cpu"


def test_a_device_that_is_not_there_is_no_fault(monkeypatch):
    def missing(name):
        raise DeviceError(name)

    monkeypatch.setattr("runtime.device.pick_device", missing)
    assert free_memory("cuda")[0] == "cpu"


def test_torch_is_not_loaded_for_the_question():
    asked = "from runtime.free_memory import free_memory; free_memory('auto')"
    code = f"import sys; {asked}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_batch_that_does_not_fit_is_told_before_the_run(monkeypatch):
    project = template("SmallCNN").project()
    plan = TrainingPlan.from_mapping({**project.training, "batch_size": 512})
    assert shortage(project, plan, "cpu", 10_000) is None
    monkeypatch.setattr("runtime.training_cost.free_memory", lambda device: (device, 2**28))
    text = shortage(project, plan, "cpu", 10_000)
    assert "A step with batch_size = 512 takes about 0.6 GiB, and cpu has 0.2 GiB free." in text
    fits = int(re.search(r"Set batch_size = (\d+) or less", text)[1])
    assert shortage(project, replace(plan, batch_size=fits), "cpu", 10_000) is None
    assert shortage(project, replace(plan, batch_size=fits + 1), "cpu", 10_000) is not None
    assert shortage(project, plan, "cpu", samples=fits) is None
