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


CAN = """
from runtime.processor import processor
expected = processor()
import torch
has_kernels, has_tiles = torch.ops.mkldnn._is_mkldnn_bf16_supported(), torch.cpu._is_amx_tile_supported()
print(expected.kernels == ("bfloat16",) * has_kernels, expected.has_tiles, has_tiles)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a CPU can do")
@pytest.mark.parametrize("limit", ["", "ALL", "AVX512_CORE_AMX", "avx512_core_bf16", "AVX512_CORE", "AVX2"])
def test_kernels_are_expected_where_torch_then_has_them(limit):
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": limit}
    done = subprocess.run([sys.executable, "-c", CAN], env=environment, capture_output=True, text=True)
    is_right, has_tiles, torch_has_tiles = done.stdout.split()
    assert is_right == "True"
    may_have_tiles = limit in ("", "ALL", "AVX512_CORE_AMX")
    assert has_tiles == (torch_has_tiles if may_have_tiles else "False")


PAIRS = """
from runtime.processor import multiplies_bfloat16
expected = multiplies_bfloat16()
import torch
can = torch.cpu.get_capabilities()
print(expected, can.get("avx512_bf16", False) or can.get("amx_bf16", False))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a CPU can do")
@pytest.mark.parametrize("limit", ["", "avx512_core_fp16", "AVX512_CORE", "AVX2"])
def test_bfloat16_is_said_to_be_multiplied_where_there_are_instructions(limit):
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": limit}
    done = subprocess.run([sys.executable, "-c", PAIRS], env=environment, capture_output=True, text=True)
    expected, has_instructions = done.stdout.split()
    assert expected == (has_instructions if limit in ("", "avx512_core_fp16") else "False")
