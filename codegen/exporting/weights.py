"""Trained weights for a network that is exported."""

from __future__ import annotations

from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor, nn

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
    """Takes the first weights that fit: the best of a run are of another network until it finds new ones."""
    expected, told = module.state_dict(), []
    for file in _weights_files(weights):
        given = _read(file)
        faults = misfits(expected, given)
        if not faults:
            module.load_state_dict(with_versions(module, given))
            return
        told.append(f"{file}: these weights are not of this network: {'; '.join(faults)}. ")
    raise ExportError(f"{told[0]}Export the project that was trained, project.netloom in the run folder.")


def _read(file: Path) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load_file(file)
    except (OSError, SafetensorError) as error:
        what = f"{file}: the weights cannot be read: {error}"
        raise ExportError(f"{what}. Choose another checkpoint.") from error


def _weights_files(weights: Path) -> list[Path]:
    """The files that a run folder, a checkpoint folder or a path stands for, the best first."""
    if weights.is_file():
        return [weights]
    if not weights.exists():
        raise ExportError(f"{weights}: there is no such run folder or weights file.")
    places = [weights / kind / WEIGHTS_FILE for kind in ("checkpoints/best", "checkpoints/last", ".")]
    found = [place for place in places if place.is_file()]
    if not found:
        expected = f"Expected checkpoints/best/{WEIGHTS_FILE} in a run folder."
        raise ExportError(f"{weights}: holds no weights. {expected}")
    return found
