"""Short trainings that tell something before the real one, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from torch import nn

from codegen.live import build
from graph.document import Project
from runtime.compat import give_memory_back
from runtime.control import Control
from runtime.data.feed import Feed
from runtime.events import DataProgress, StepsRecorded
from runtime.first_batch import check_first_batch
from runtime.inspect import Inspector
from runtime.lr_finder import LrTried, find_lr
from runtime.material import Material, gather
from runtime.out_of_memory import MEMORY_ERRORS, failure_of, is_out_of_memory
from runtime.out_of_range import told_in_words
from runtime.overfitting import overfit
from runtime.plan import TrainingPlan
from runtime.random_state import seeded

E = TypeVar("E")
Work = Callable[[Material, nn.Module, Feed], Iterator[E]]


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

    def work(material: Material, model: nn.Module, feed: Feed) -> Iterator[LrTried]:
        return find_lr(model, material.plan, feed, control, device=material.device)

    yield from trial(project, control, data_folder, work)


def overfit_of(
    project: Project, control: Control, data_folder: Path | None = None
) -> Iterator[DataProgress | StepsRecorded]:
    """Has a fresh copy of a project's network learn one batch by heart; all else as `find_lr_of`."""

    def work(material: Material, model: nn.Module, feed: Feed) -> Iterator[StepsRecorded]:
        return overfit(model, material.plan, feed, control, device=material.device)

    yield from trial(project, control, data_folder, work)


def trial(
    project: Project,
    control: Control,
    data_folder: Path | None,
    work: Work[E],
) -> Iterator[DataProgress | E]:
    """Does something with a fresh copy of a project's network and its data; all else as `find_lr_of`.

    Args:
        project: read, never changed.
        control: stops the reading of the data.
        data_folder: where relative paths start.
        work: what is done; one batch was put through before.
    """
    try:
        yield from _trial(project, control, data_folder, work)
    finally:
        give_memory_back()


def _trial(
    project: Project, control: Control, data_folder: Path | None, work: Work[E]
) -> Iterator[DataProgress | E]:
    plan = TrainingPlan.from_mapping(project.training)
    material = yield from gather(project, plan, control, data_folder)
    with seeded(plan.seed, material.device):
        live, feed = build(project, weights_folder=data_folder or Path()), material.feed()
        model = live.module.to(material.device)
        trace = Inspector(live, project, control, material.device).origin
        shortage = None
        try:
            with told_in_words(live):
                check_first_batch(model, next(feed.train(1)), plan, material.ends, trace)
                yield from work(material, model, feed)
        except MEMORY_ERRORS as error:
            if not is_out_of_memory(error):
                raise
            shortage = failure_of(error, f"with batch_size = {plan.batch_size:,}")
        if shortage is not None:  # here, where the error no longer holds on to the tensors
            raise shortage
