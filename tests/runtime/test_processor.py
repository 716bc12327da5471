"""What a run is expected to compute with before PyTorch is there to be asked."""

import os
import subprocess
import sys

import pytest
import torch

from runtime.processor import has_tiles

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


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a CPU can do")
@pytest.mark.parametrize("limit", ["", "ALL", "AVX512_CORE_AMX", "avx512_core_bf16"])
def test_tiles_are_expected_where_there_are_and_may_be_used(limit, monkeypatch):
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    if limit:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    may_be_used = limit != "avx512_core_bf16"
    assert has_tiles.__wrapped__() == (torch.cpu._is_amx_tile_supported() and may_be_used)
