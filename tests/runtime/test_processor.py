"""What a run is expected to compute with before PyTorch is there to be asked."""

import os
import subprocess
import sys

import pytest

CODE = """
from runtime.processor import num_threads
import sys
expected = num_threads()
assert "torch" not in sys.modules
import torch
print(expected, torch.get_num_threads(), num_threads())
"""


@pytest.mark.parametrize(
    "settings", [{}, {"OMP_NUM_THREADS": "1"}, {"MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "2"}]
)
def test_as_many_threads_are_expected_as_torch_then_takes(settings):
    plain = {key: value for key, value in os.environ.items() if not key.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", CODE], env=plain | settings, capture_output=True, text=True)
    expected, taken, told = done.stdout.split()
    assert expected == taken == told
