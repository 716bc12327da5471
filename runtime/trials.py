"""Short trainings that tell something before the real one, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from torch import nn

from codegen.live import build
from graph.document import Project
from runtime.control import Control
from runtime.events import DataProgress, StepsRecorded
from runtime.lr_finder import LrTried, find_lr
from runtime.material import Material, gather
from runtime.overfitting import overfit
from runtime.plan import TrainingPlan
from runtime.random_state import seeded


def find_lr_of(
    project: Project, control: Control, data_folder: Path | None = None
) -> Iterator[DataProgress | LrTried]:
    """Tries learning rates on a fresh copy of a project's network, with its plan and data.

    Args:
        project: read, never changed.
        control: stops it.
        data_folder: where relative paths of the plan and of layers start; the working directory when None.

    Raises:
        DataCancelled: it was stopped while the data was being read.
        Exception: one of `runtime.launch.USER_ERRORS`, if the project cannot be trained as it is.
    """
    plan = TrainingPlan.from_mapping(project.training)
    material = yield from gather(project, plan, control, data_folder)
    with seeded(plan.seed, material.device):
        model = _network(project, material, data_folder)
        yield from find_lr(model, plan, material.feed(), control, device=material.device)


def overfit_of(
    project: Project, control: Control, data_folder: Path | None = None
) -> Iterator[DataProgress | StepsRecorded]:
    """Has a fresh copy of a project's network learn one batch by heart; all else as `find_lr_of`."""
    plan = TrainingPlan.from_mapping(project.training)
    material = yield from gather(project, plan, control, data_folder)
    with seeded(plan.seed, material.device):
        model = _network(project, material, data_folder)
        yield from overfit(model, plan, material.feed(), control, device=material.device)


def _network(project: Project, material: Material, data_folder: Path | None) -> nn.Module:
    return build(project, weights_folder=data_folder or Path()).module.to(material.device)
