"""Trained weights for a network that is exported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor, nn

from codegen.live import LiveModel, build
from codegen.parity import ExportError
from graph.catalog.params import INT_LIMIT
from graph.document import Project
from graph.problems import shown

WEIGHTS_FILE = "model.safetensors"
MAX_NAMED = 3


def live_with_weights(project: Project, weights: Path | None) -> LiveModel:
    """The network in evaluation mode, with trained weights or with those that its seed gives.

    Raises:
        ExportError: the weights are missing, damaged or another network's.
    """
    seed = project.training.get("seed")
    live = build(project, seed=seed if isinstance(seed, int) and 0 <= seed <= INT_LIMIT else 0)
    if weights is not None:
        _load(live.module, weights)
    live.module.eval()
    return live


def _load(module: nn.Module, weights: Path) -> None:
    file = _weights_file(weights)
    try:
        given = safetensors.torch.load_file(file)
    except (OSError, SafetensorError) as error:
        what = f"{file}: the weights cannot be read: {error}"
        raise ExportError(f"{what}. Choose another checkpoint.") from error
    expected = module.state_dict()
    if faults := _misfits(expected, given):
        raise ExportError(
            f"{file}: these weights are not of this network: {'; '.join(faults)}. "
            "Export the project that was trained, project.netloom in the run folder."
        )
    module.load_state_dict(given)


def _weights_file(weights: Path) -> Path:
    """The file that a run folder, a checkpoint folder or a path stands for."""
    if weights.is_file():
        return weights
    if not weights.exists():
        raise ExportError(f"{weights}: there is no such run folder or weights file.")
    places = [weights / kind / WEIGHTS_FILE for kind in ("checkpoints/best", "checkpoints/last", ".")]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        expected = f"Expected checkpoints/best/{WEIGHTS_FILE} in a run folder."
        raise ExportError(f"{weights}: holds no weights. {expected}")
    return found


def _misfits(expected: dict[str, Tensor], given: dict[str, Tensor]) -> list[str]:
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
