"""The ways around what PyTorch does: its compiler, and torchvision beside a CPU build."""

import subprocess
import sys
import types

import pytest

from runtime import compat

IMPORT_TWICE = """
import runtime.compat as compat
first = compat.import_torchvision("torchvision.datasets")
assert first is compat.import_torchvision("torchvision.datasets")
from torchvision.transforms import v2
from torchvision import models
print(first.MNIST.__name__, v2.functional.resize.__name__, models.resnet18.__name__)
"""


def test_torchvision_can_be_imported():
    command = [sys.executable, "-W", "error", "-c", IMPORT_TWICE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.split() == ["MNIST", "resize", "resnet18"]


def test_a_working_torchvision_is_left_alone(monkeypatch):
    module = types.ModuleType("torchvision")
    monkeypatch.setattr(compat.importlib, "import_module", lambda name: module)
    monkeypatch.setattr(compat.torch.library, "define", lambda *arguments: pytest.fail("defined an operator"))
    assert compat.import_torchvision() is module


def test_another_failure_is_not_hidden(monkeypatch):
    def fail(name: str) -> types.ModuleType:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(compat.importlib, "import_module", fail)
    with pytest.raises(RuntimeError, match="out of luck"):
        compat.import_torchvision()


def test_an_optimizer_works_without_loading_the_compiler():
    """In a fresh interpreter: built, stepped, scheduled and saved, and equal to PyTorch's own step."""
    code = """
import sys, torch
from runtime.compat import plain_step, skip_compiler_import
skip_compiler_import()
def weights(plain):
    torch.manual_seed(0)
    layer = torch.nn.Linear(4, 3)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    step = plain_step(optimizer) if plain else optimizer.step
    for _ in range(3):
        optimizer.zero_grad()
        layer(torch.ones(2, 4)).square().sum().backward()
        step()
        schedule.step()
    optimizer.load_state_dict(optimizer.state_dict())
    return layer.weight.detach()
ours = weights(True)
assert "torch._dynamo" not in sys.modules, "the compiler was loaded"
assert torch.equal(ours, weights(False))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
