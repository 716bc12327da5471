"""A network with the weights that a run has found, to be asked about samples."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from codegen.importers.weights import misfits, with_versions
from codegen.live import build
from graph import storage
from runtime.checkpoint import CheckpointError, checkpoint_folder, validated_weights
from runtime.control import Control
from runtime.data.feed import Feed
from runtime.data.load import Asked
from runtime.data.prepared import TrainData
from runtime.data.raw import DataCancelled
from runtime.device import pick_device
from runtime.events import CheckpointKind, DataProgress
from runtime.material import gather
from runtime.parted_loss import several
from runtime.plan import TrainingPlan
from runtime.precision import Precision
from runtime.readings import Reading, readings
from runtime.runs import PROJECT_FILE


@dataclass(frozen=True)
class Weights:
    """Which weights of a run are asked.

    Args:
        run_dir: the run folder.
        kind: those of its best epoch, or its last ones.
        folder: where relative paths of the run's plan start; the working directory when None.
        is_shared: whether a run trains at the moment; the plan's device is left to it then.
    """

    run_dir: Path
    kind: CheckpointKind
    folder: Path | None = None
    is_shared: bool = False


class Asking(NamedTuple):
    """A batch: the samples, what each Output answers, and what would be right.

    Shape: inputs (N, ...); outputs and targets (N, ...) each.
    """

    inputs: Tensor
    outputs: tuple[Tensor, ...]
    targets: tuple[Tensor, ...]


@dataclass(frozen=True)
class Trained:
    """A network as it is used, and what it is asked about.

    Args:
        epoch: that its weights are of.
        data: the samples that it is asked about stand in it for validation.
        readings: how its answers are read.
    """

    model: nn.Module
    plan: TrainingPlan
    device: torch.device
    epoch: int
    data: TrainData
    feed: Feed
    readings: tuple[Reading, ...]

    def answers(self, control: Control) -> Iterator[Asking]:
        """Asks about all samples, batch by batch.

        Raises:
            DataCancelled: a stop was asked for.
        """
        precision = Precision(self.plan.precision, self.device)
        for inputs, targets in self.feed.val():
            if control.stopped:
                raise DataCancelled("Asking the network was stopped.")
            with torch.inference_mode(), precision.autocast():
                outputs = several(self.model(inputs))
            yield Asking(inputs, outputs, several(targets))


def trained(weights: Weights, asked: Asked, control: Control) -> Generator[DataProgress, None, Trained]:
    """Reads a run's network, weights and data; run it with `yield from`.

    It draws no random numbers that a run at the same time would miss.

    Args:
        weights: which.
        asked: the samples to ask about, see `runtime.data.load.load_data`.
        control: a stop ends the reading.

    Raises:
        CheckpointError: there are no such weights, or they are not of the network that the run has now.
        DataCancelled: a stop was asked for.
        Exception: another of `runtime.launch.USER_ERRORS`, if the network or its data cannot be had any more.
    """
    project = storage.load(weights.run_dir / PROJECT_FILE)
    plan = TrainingPlan.from_mapping(project.training)
    device = torch.device("cpu") if weights.is_shared else pick_device(plan.device)
    folder = checkpoint_folder(weights.run_dir, weights.kind)
    found, epoch = validated_weights(folder)
    material = yield from gather(project, plan, control, weights.folder, device=device, asked=asked)
    live = build(project, seed=plan.seed)  # the graph has no errors: its code is trusted
    if faults := misfits(live.module.state_dict(), found):
        raise CheckpointError(
            f"The weights in {folder} are not of the network that the run trains: {'; '.join(faults)}. "
            "Expected weights that were saved since the network was changed. Wait for the end of an epoch, "
            "or start a new run."
        )
    live.module.load_state_dict(with_versions(live.module, found))
    return Trained(
        live.module.to(device).eval(), plan, device, epoch, material.data, material.feed(),
        readings(plan, material.data, material.ends),
    )  # fmt: skip
