"""Running an exported Python file where nothing else is loaded."""

from __future__ import annotations

import inspect
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from codegen import compat
from codegen.exporting.comparison import CHECKED_BATCHES, compare, outputs_of
from codegen.exporting.samples import Samples
from codegen.live import LiveModel
from codegen.parity import ExportError, ParityReport

MAX_SECONDS = 600

# Runs an exported file in an interpreter that knows nothing of Netloom but how it imports torchvision.
RUNNER = """
import importlib.util, sys
import torch
from safetensors.torch import load_file, save_file

path, class_name, folder, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
if "from torchvision " in open(path, encoding="utf-8").read():
    import_torchvision()
spec = importlib.util.spec_from_file_location("exported", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
network = getattr(module, class_name)().eval()
state = network.state_dict()  # knows the versions of its parts, which some of them ask for
state.update(load_file(f"{folder}/weights.safetensors"))
network.load_state_dict(state)
tensors, results = load_file(f"{folder}/inputs.safetensors"), {}
for batch in sorted({key.partition(".")[0] for key in tensors}):
    count = sum(key.startswith(f"{batch}.") for key in tensors)
    with torch.no_grad():
        # Sums depend on how the numbers lie in memory: a copy is aligned as usual, a mapped file is not.
        given = network(*(tensors[f"{batch}.{index}"].clone() for index in range(count)))
    for index, tensor in enumerate(given if isinstance(given, tuple) else (given,)):
        results[f"{batch}.{index}"] = tensor.clone().contiguous()
save_file(results, f"{folder}/outputs.safetensors")
"""


def compare_in_fresh_interpreter(live: LiveModel, samples: Samples) -> ParityReport:
    """Runs the live network's source as a file of its own, with the same weights, and compares bit for bit.

    Raises:
        ExportError: the file does not run.
    """
    batches = [samples.inputs(size) for size in CHECKED_BATCHES]
    with tempfile.TemporaryDirectory(prefix="netloom-export-") as name:
        folder = Path(name)
        path = folder / "exported.py"
        path.write_bytes(live.source.text.encode())
        _save(folder / "weights.safetensors", live.module.state_dict())
        _save(folder / "inputs.safetensors", _keyed(batches))
        _run(path, live.source.class_name, folder)
        exported = safetensors.torch.load_file(folder / "outputs.safetensors")
    expected = _keyed([outputs_of(live.module, inputs) for inputs in batches])
    if expected.keys() != exported.keys():
        counts = f"{len(exported)} outputs, the live network {len(expected)}"
        raise ExportError(f"The exported file gives {counts}.")
    pairs = [(tensor, exported[key]) for key, tensor in expected.items()]
    return compare("the exported file in a fresh interpreter", pairs, CHECKED_BATCHES)


def _run(path: Path, class_name: str, folder: Path) -> None:
    arguments = [str(path), class_name, str(folder), str(torch.get_num_threads())]
    command = [sys.executable, "-P", "-c", inspect.getsource(compat) + RUNNER, *arguments]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=MAX_SECONDS)
    except subprocess.CalledProcessError as error:
        reason = error.stderr.strip().rpartition("\n")[2]
        raise ExportError(f"The exported file does not run in a fresh interpreter: {reason}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ExportError(f"The exported file could not be run for the comparison: {error}") from error


def _keyed(batches: Sequence[Sequence[Tensor]]) -> dict[str, Tensor]:
    """All tensors by the number of their batch and their place in it, `0.1`."""
    numbered = (enumerate(tensors) for tensors in batches)
    return {f"{batch}.{index}": tensor for batch, pairs in enumerate(numbered) for index, tensor in pairs}


def _save(path: Path, tensors: dict[str, Tensor]) -> None:
    safetensors.torch.save_file({name: tensor.clone().contiguous() for name, tensor in tensors.items()}, path)
