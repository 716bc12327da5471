"""Trained weights for a network that is exported."""

from __future__ import annotations

from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from torch import nn

from codegen.importers.weights import WeightsError, misfits, with_versions
from codegen.live import LiveModel, build
from codegen.parity import ExportError
from graph.catalog.params import INT_LIMIT
from graph.document import Project

WEIGHTS_FILE = "model.safetensors"


def live_with_weights(project: Project, weights: Path | None, folder: Path | None = None) -> LiveModel:
    """The network in evaluation mode, with trained weights or with those that it starts training from.

    Args:
        project: read, never written.
        weights: a run folder or a .safetensors file; those that the project's seed gives if None.
        folder: without `weights`, reads the files that layers name to start from, which are found from here.

    Raises:
        ExportError: the weights are missing, damaged or another network's.
    """
    seed = project.training.get("seed")
    seed = seed if isinstance(seed, int) and 0 <= seed <= INT_LIMIT else 0
    try:
        live = build(project, seed=seed, weights_folder=None if weights else folder)
    except WeightsError as error:
        raise ExportError(str(error)) from error
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
    if faults := misfits(expected, given):
        raise ExportError(
            f"{file}: these weights are not of this network: {'; '.join(faults)}. "
            "Export the project that was trained, project.netloom in the run folder."
        )
    module.load_state_dict(with_versions(module, given))


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
