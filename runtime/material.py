"""What a training needs beside the network: plan, device and data, checked against the graph."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import torch

from graph.document import Project
from runtime.control import Control
from runtime.data.feed import Feed
from runtime.data.load import Asked, load_data
from runtime.data.prepared import TrainData
from runtime.device import pick_device
from runtime.events import DataProgress
from runtime.first_batch import check_numbers
from runtime.loss_spec import needs_of
from runtime.plan import TrainingPlan
from runtime.preflight import Ends, check_model, check_precision, find_ends


@dataclass(frozen=True)
class Material:
    """A plan and what it trains on.

    Args:
        ends: what goes into the network and what comes out.
        data: read and prepared.
    """

    plan: TrainingPlan
    device: torch.device
    ends: Ends
    data: TrainData

    def feed(self) -> Feed:
        """The batches, on the device."""
        plan = self.plan
        return Feed(
            self.data,
            plan.batch_size,
            seed=plan.seed,
            device=self.device,
            drop_last=plan.drop_last,
            sampler=plan.sampler,
        )


def gather(
    project: Project,
    plan: TrainingPlan,
    control: Control,
    folder: Path | None,
    *,
    device: torch.device | None = None,
    asked: Asked | None = None,
) -> Generator[DataProgress, None, Material]:
    """Reads the data; run it with `yield from`.

    Args:
        project: whose network is to be trained.
        plan: the project's.
        control: a stop ends the reading.
        folder: where relative paths of the plan start; the working directory when None.
        device: where to compute, other than the plan says.
        asked: where nothing is to be trained: which samples the network is asked about, see `load_data`.

    Raises:
        DeviceError: the plan's device is not there.
        DataError: the data is missing, damaged or does not suit.
        DataCancelled: a stop was asked for.
        TrainingFailure: graph, data and loss do not go together; it names the node to change.
        PlanError: a parameter of the loss does not fit.
    """
    device, ends = device or pick_device(plan.device), find_ends(project, plan)
    check_precision(project, plan, device)
    data = yield from load_data(
        plan.data,
        target=needs_of(plan.loss).target.kind,
        loss=plan.loss.type,
        ignored=plan.loss.params.get("ignore_index"),
        heads=ends.heads,
        input_dtype=ends.input_dtype,
        seed=plan.seed,
        folder=folder,
        device=device,
        stopped=lambda: control.stopped,
        asked=asked,
    )
    check_model(data, plan, ends)
    if plan.on_nonfinite != "skip":
        check_numbers(data)
    return Material(plan, device, ends, data)
