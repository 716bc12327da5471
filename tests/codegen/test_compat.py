"""Torchvision beside a CPU build of torch."""

import subprocess
import sys
import types

import pytest

from codegen import compat

IMPORT_TWICE = """
import codegen.compat as compat
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
