"""Where a run's checkpoints go, and when it is time for one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from runtime.checkpoint import checkpoint_folder, load_weights, save_checkpoint
from runtime.events import CheckpointKind, CheckpointSaved
from runtime.failure import NonFiniteError
from runtime.plan import TrainingPlan
from runtime.runs import has_checkpoint


class Keeper:
    """Saves checkpoints; without a folder it only remembers the best weights, if they are wanted again.

    Args:
        run_dir: the run folder; None saves nothing.
        plan: how often.
        started: seconds, when the first interval begins.
    """

    def __init__(self, run_dir: Path | None, plan: TrainingPlan, started: float) -> None:
        self.plan = plan
        self.run_dir, self._saved = run_dir, started
        self._best: dict[str, Tensor] | None = None
        self._has_last = False  # saved by this process

    def is_due(self, now: float) -> bool:
        """Whether so many minutes have passed since the last checkpoint, or somebody deleted that."""
        if self.run_dir is None:
            return False
        minutes = self.plan.checkpoint_minutes
        is_lost = self._has_last and not self._is_there("last")
        return is_lost or now - self._saved >= 60 * (math.inf if minutes is None else minutes)

    @property
    def has_best(self) -> bool:
        """Whether the weights of the best epoch are where they were put; somebody may have deleted them."""
        return self._is_there("best")

    def _is_there(self, kind: CheckpointKind) -> bool:
        try:
            return self.run_dir is None or has_checkpoint(self.run_dir, kind)
        except OSError:
            return True  # a disk that does not answer now may do so by the next checkpoint

    def is_due_after(self, epoch: int) -> bool:
        """Whether the end of an epoch is time for a checkpoint."""
        return epoch % self.plan.checkpoint_epochs == 0

    def save(
        self,
        kind: CheckpointKind,
        weights: Mapping[str, Tensor],
        state: Mapping[str, Any],
        step: int,
        now: float,
    ) -> Iterator[CheckpointSaved]:
        """Writes a checkpoint, if the run has a folder.

        Raises:
            OSError: the disk is full or not writable; the earlier checkpoint stays.
        """
        if self.run_dir is not None:
            folder = checkpoint_folder(self.run_dir, kind)
            try:
                save_checkpoint(folder, weights, state)
            except FileNotFoundError:  # somebody deletes or moves the folder at this very moment
                save_checkpoint(folder, weights, state)
            self._saved = now
            self._has_last |= kind == "last"
            yield CheckpointSaved(kind, str(folder), step)
        elif kind == "best" and self.plan.early_stopping.patience is not None:
            self._best = {name: tensor.detach().clone() for name, tensor in weights.items()}

    def best_weights(self) -> dict[str, Tensor] | None:
        """The weights of the best epoch; None where they were not kept.

        Raises:
            CheckpointError: they are damaged, or somebody deleted them.
        """
        return self._best if self.run_dir is None else load_weights(checkpoint_folder(self.run_dir, "best"))


def check_weights(model: nn.Module, step: int) -> None:
    """Keeps a broken model out of the checkpoints: its last step may have broken it unseen.

    Raises:
        NonFiniteError: a weight is not finite.
    """
    named = list(model.named_parameters())
    finite = torch.stack([parameter.detach().isfinite().all() for _, parameter in named]).tolist()
    if not all(finite):
        raise NonFiniteError("weight", step, named[finite.index(False)][0])
