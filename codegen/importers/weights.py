"""Weights from a file that others made, put into a part of a network."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from graph.catalog.code import WeightsFile
from graph.problems import message, shown

SAFETENSORS = ".safetensors"
WRAPPERS = ("state_dict", "model")  # under which training scripts keep the weights in a larger checkpoint
MAX_NAMED = 3
COUNTERS = ".num_batches_tracked"  # of batch norms; files from before 2018 have none

# How torchvision's files for DenseNet spell the names, and torchvision itself since then:
# https://github.com/pytorch/vision/blob/main/torchvision/models/densenet.py
OLD_NAME = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.(?=[12]\.)")


class WeightsError(Exception):
    """A layer cannot start from the file that it names; the text says why and what to do.

    Attributes:
        node: the layer's id.
    """

    def __init__(self, name: str, node: str, what: str, expected: str, hint: str) -> None:
        super().__init__(message(name, what, expected, hint))
        self.node = node


def read_weights(module: nn.Module, file: WeightsFile, folder: Path, name: str, node: str) -> None:
    """Puts the weights of a file into a module; all of them have to fit.

    Args:
        module: keeps its own weights where the file is not to be used.
        file: safetensors, or a state_dict as `torch.save` writes it, read without running anything in it.
        folder: where a relative path starts.
        name: what the layer is called, for messages.
        node: its id.

    Raises:
        WeightsError: the file is missing, damaged or another model's; the module is as it was.
    """
    path = folder / file.path
    try:
        given = _tensors(path)
    except (OSError, SafetensorError, UnpicklingError, RuntimeError, ValueError, EOFError, KeyError) as error:
        raise WeightsError(name, node, *_unreadable(path, error)) from error
    ignored = tuple(f"{part}." for part in file.unused)
    given = {key: tensor for key, tensor in given.items() if not key.startswith(ignored)}
    expected = module.state_dict()
    needed = {
        key: tensor
        for key, tensor in expected.items()
        if not key.startswith(ignored) and not (key.endswith(COUNTERS) and key not in given)
    }
    if faults := misfits(needed, given):
        what = f"the weights in {path} are not of this model: {'; '.join(faults)}"
        raise WeightsError(name, node, what, "the weights of the same model", "Choose another file or model.")
    module.load_state_dict(with_versions(module, {**expected, **given}))


def with_versions(module: nn.Module, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights, and the versions of the module's parts, which a safetensors file does not hold.

    Some parts refuse weights of no version, such as torchvision's MNASNet.
    """
    state: dict[str, Tensor] = module.state_dict()
    for name in state.keys() - weights.keys():
        del state[name]
    state.update(weights)
    return state


def misfits(expected: dict[str, Tensor], given: dict[str, Tensor]) -> list[str]:
    """Each kind of difference between two sets of weights, in words."""
    kinds = {
        "missing": [name for name in expected if name not in given],
        "unknown": [shown(name) for name in sorted(given) if name not in expected],
        "of another shape": [
            f"{name} ({tuple(given[name].shape)} instead of {tuple(tensor.shape)})"
            for name, tensor in expected.items()
            if name in given and given[name].shape != tensor.shape
        ],
    }
    return [f"{kind}: {_shortened(names)}" for kind, names in kinds.items() if names]


def _shortened(names: Sequence[str]) -> str:
    rest = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name.

    Raises:
        ValueError: it holds something else.
    """
    if path.suffix == SAFETENSORS:
        return safetensors.torch.load_file(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of formats that are old, in words for programmers
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    if isinstance(content, Mapping):
        content = next((content[key] for key in WRAPPERS if isinstance(content.get(key), Mapping)), content)
    if not isinstance(content, Mapping) or not content:
        raise ValueError("it holds no tensors by name")
    if not all(isinstance(key, str) and isinstance(value, Tensor) for key, value in content.items()):
        raise ValueError("it holds more than tensors by name")
    return {OLD_NAME.sub(r"\1", key): value for key, value in content.items()}


def _unreadable(path: Path, error: Exception) -> tuple[str, str, str]:
    expected = "a .safetensors file, or a state_dict saved with torch.save"
    if isinstance(error, FileNotFoundError):
        return f"there is no file {path} with weights", expected, "Put it there, or clear weights."
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"the weights in {path} cannot be read: {lines[0][:200]}", expected, "Choose another file."
