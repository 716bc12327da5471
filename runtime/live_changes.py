"""Takes up an edited project while its run trains: plan and network change between two steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from codegen.live import LiveModel, build
from graph.project import Project
from runtime.carrying import carried
from runtime.control import Control
from runtime.data.feed import Feed
from runtime.data.prepared import TrainData
from runtime.events import GraphChanged, PlanChanged
from runtime.first_batch import check_batches
from runtime.inspect import Inspector
from runtime.out_of_range import told_in_words
from runtime.plan import TrainingPlan
from runtime.plan_changes import network_differences, plan_differences, require_changeable
from runtime.preflight import check_model, check_precision, find_ends
from runtime.trainer import Trainer

Changed = PlanChanged | GraphChanged
Renew = Callable[[Trainer, Project], tuple[Trainer, list[Changed]]]


@dataclass
class Renewer:
    """Makes the trainer of an edited project from that of the project so far.

    Args:
        project: what trains now.
        live: its network.
        feed: its batches.
        data: what it learns from.
        device: where it computes.
        control: of the run.
        folder: where relative paths of weights start.
    """

    project: Project
    live: LiveModel
    feed: Feed
    data: TrainData
    device: torch.device
    control: Control
    folder: Path

    def __call__(self, trainer: Trainer, project: Project) -> tuple[Trainer, list[Changed]]:
        """The trainer that goes on, and what has changed; the same one if nothing has.

        Raises:
            PlanError, TrainingFailure, GenerationError or WeightsError: the change cannot be taken up; the
                trainer can go on as it is.
        """
        plan = TrainingPlan.from_mapping(project.training)
        require_changeable(trainer.plan, plan)
        phrases = network_differences(self.project, project)
        planned = tuple(map(str, plan_differences(trainer.plan, plan)))
        told: list[Changed] = []
        if phrases:
            trainer, changed = self._with_network(trainer, project, plan, phrases)
            told.append(changed)
        elif planned:
            trainer = trainer.renewed(plan)
        if planned:
            told.append(PlanChanged(trainer.progress.step, planned, plan.epochs, trainer.total_steps))
        self.project = project
        return trainer, told

    def _with_network(
        self, trainer: Trainer, project: Project, plan: TrainingPlan, phrases: tuple[str, ...]
    ) -> tuple[Trainer, GraphChanged]:
        ends = find_ends(project, plan)
        check_model(self.data, plan, ends)
        check_precision(project, plan, self.device)
        live = build(project, seed=plan.seed, weights_folder=self.folder)
        taken_over = carried(self.live, live, (self.project, project))
        before = self.live.module.state_dict()
        model = live.module.to(self.device)
        inspector = Inspector(live, project, self.control, self.device)
        with told_in_words(live):
            check_batches(live, self.feed, plan, ends, inspector.origin)
        renewed = trainer.renewed(plan, model, inspector, taken_over)
        shapes = {name: each.shape for name, each in model.state_dict().items()}
        kept = {name for name, old in taken_over.names.items() if shapes[name] == before[old].shape}
        parameters = dict(model.named_parameters())
        fresh = tuple(name for name in parameters if name not in kept)
        numbers = sum(each.numel() for each in parameters.values())
        self.live = live
        return renewed, GraphChanged(
            trainer.progress.step, phrases, len(parameters) - len(fresh), fresh, numbers
        )
