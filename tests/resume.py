"""Stops training runs of all kinds at random steps, resumes them, and compares with a run never stopped.

python -m tests.resume --points 500 --seed 0

Everything has to be equal to the bit: weights, what the optimizer remembers, schedule, average, gradient
scaler, counters, random states, and every number that was recorded. Prints a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.control import Control
from runtime.data.prepared import TrainData
from runtime.events import EpochEnded, Event, StepsRecorded
from runtime.optimizer_choices import OPTIMIZERS
from runtime.plan import TrainingPlan
from runtime.random_state import seeded
from runtime.schedule_choices import SCHEDULERS
from tests.runtime.training import (
    CLASSES,
    CPU,
    SAMPLES,
    TickingClock,
    events_of,
    make_cnn,
    make_data,
    make_gru,
    make_mlp,
    of_type,
)

CLOCKED = ("elapsed", "seconds")  # of a run's progress: what a clock told


class Jitter(nn.Module):
    """Draws from every generator there is while it trains."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        noise = torch.rand_like(x) + random.random() + float(np.random.random())
        return x + 0.01 * noise


def make_jittery() -> nn.Module:
    return nn.Sequential(Jitter(), make_mlp(), nn.Dropout(0.1))


class Words(nn.Module):
    """Looks up a vector for each number, rounded; the gradients are sparse."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.head = nn.Embedding(12, 4, sparse=True), nn.Linear(4, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.words((x * 3 + 6).clamp(0, 11).long()).mean(dim=1))
        return logits


def make_words() -> nn.Module:
    torch.manual_seed(11)
    return Words()


MODELS = {
    "MLP": (make_mlp, (6,)), "CNN": (make_cnn, (1, 5, 5)), "GRU": (make_gru, (4, 3)),
    "jitter": (make_jittery, (6,)), "words": (make_words, (6,)),
}  # fmt: skip


def random_plan(draw: random.Random) -> TrainingPlan:
    """A plan of whatever goes together."""
    optimizer: dict[str, Any] = {"type": draw.choice(list(OPTIMIZERS)), "lr": 0.01}
    names = {param.name for param in OPTIMIZERS[optimizer["type"]].params}
    evaluates = OPTIMIZERS[optimizer["type"]].evaluates
    optimizer |= {"max_iter": 4} if evaluates else {}
    optimizer |= {"momentum": draw.choice([0.0, 0.9])} if "momentum" in names else {}
    optimizer |= {"decay_norm_and_bias": draw.random() < 0.5} if "weight_decay" in names else {}
    scheduler = draw.choice([None, *SCHEDULERS])
    mapping: dict[str, Any] = {
        "epochs": draw.choice([2, 3]),
        "batch_size": draw.choice([7, 8, 16]),
        "accumulate_steps": draw.choice([1, 1, 2, 3]),
        "drop_last": draw.random() < 0.3,
        "seed": draw.randrange(100),
        "device": "cpu",
        "precision": draw.choice(["float32", "float32", "amp-bfloat16", "amp-float16"]),
        "ema_decay": draw.choice([None, 0.9]),
        "clip_grad_norm": draw.choice([None, 0.5]),
        "clip_grad_value": draw.choice([None, 0.1]),
        "on_nonfinite": draw.choice(["stop", "skip"]),
        "monitor": draw.choice(["val_loss", "val_accuracy"]),
        "early_stopping": draw.choice([None, {"patience": 1, "min_delta": 0.05}]),
        "max_steps": draw.choice([None, None, 9]),
        "channels_last": draw.random() < 0.3,
        "optimizer": optimizer,
    }
    if evaluates:
        mapping |= {"accumulate_steps": 1, "channels_last": False}
        mapping["precision"] = "float32" if mapping["precision"] == "amp-float16" else mapping["precision"]
    if scheduler is not None:
        mapping["scheduler"] = {"type": scheduler, "warmup_epochs": draw.choice([0, 0.5, 1])}
        mapping["scheduler"] |= {"cycle_momentum": False} if scheduler == "OneCycleLR" else {}
        mapping["scheduler"] |= {"patience": 0} if scheduler == "ReduceLROnPlateau" else {}
    return TrainingPlan.from_mapping(mapping)


def trained(
    name: str,
    plan: TrainingPlan,
    data: TrainData,
    run_dir: Path,
    *,
    stop_at: int | None = None,
    resume: bool = False,
) -> list[Event]:
    """The events of a run, stopped after a step if wanted, or going on from the checkpoint in its folder."""
    control, events = Control(), []
    checkpoint = load_checkpoint(checkpoint_folder(run_dir, "last")) if resume else None
    with seeded(plan.seed, CPU):
        model = MODELS[name][0]()
        if resume:
            scrambled(model)
        places: dict[str, Any] = {"run_dir": run_dir, "checkpoint": checkpoint}
        for event in events_of(model, plan, data, control, clock=TickingClock(), **places):
            events.append(event)
            if isinstance(event, StepsRecorded) and event.first_step == stop_at:
                control.request_stop()
    return events


def scrambled(model: nn.Module) -> None:
    """Leaves nothing that a checkpoint does not bring back."""
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.zero_()
    random.seed(1)
    np.random.seed(1)
    torch.rand(3)


def difference(name: str, plan: TrainingPlan, stop_at: int) -> str:
    """What tells a stopped and resumed run from one that never was; empty if nothing does."""
    data = make_data(MODELS[name][1])
    with TemporaryDirectory(dir=memory_folder()) as folder:
        whole, halves = Path(folder) / "whole", Path(folder) / "halves"
        expected = trained(name, plan, data, whole)
        first = trained(name, plan, data, halves, stop_at=stop_at)
        second = trained(name, plan, data, halves, resume=True)
        if found := unequal(numbers(expected), numbers(first + second), "numbers"):
            return found
        for kind in ("last", "best"):
            one, other = (load_checkpoint(each / "checkpoints" / kind) for each in (whole, halves))
            found = unequal(one.weights, other.weights, f"{kind} weights") or unequal(
                timeless(one.trainer), timeless(other.trainer), kind
            )
            if found:
                return found
    return ""


def memory_folder() -> str | None:
    """Where files cost no writing to a disk, if there is such a place."""
    place = Path("/dev/shm")
    return str(place) if place.is_dir() else None


def numbers(events: list[Event]) -> dict[str, Any]:
    """All that a run tells, without what a clock told."""
    records, ended = of_type(events, StepsRecorded), of_type(events, EpochEnded)
    columns = ("losses", "lrs", "grad_norms")
    return {
        **{column: [value for record in records for value in getattr(record, column)] for column in columns},
        "epochs": [(each.epoch, each.step, each.figures, each.is_best, each.skipped_steps) for each in ended],
        "end": (events[-1].state, events[-1].reason, events[-1].best_epoch),  # type: ignore[union-attr]
    }


def timeless(state: Mapping[str, Any]) -> dict[str, Any]:
    progress = {name: value for name, value in state["progress"].items() if name not in CLOCKED}
    return {**state, "progress": progress}


def unequal(one: Any, other: Any, path: str) -> str:
    """The first place where two nested values differ; NaN equals itself."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        if one.is_sparse and other.is_sparse:
            one, other = ([each._indices(), each._values(), each.is_coalesced()] for each in (one, other))
            return unequal(one, other, path)
        same = one.dtype == other.dtype and one.shape == other.shape and torch.equal(
            one.nan_to_num(nan=7e7) if one.is_floating_point() else one,
            other.nan_to_num(nan=7e7) if other.is_floating_point() else other,
        )  # fmt: skip
        return "" if same else path
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if one.keys() != other.keys():
            return f"{path}: {sorted(map(str, one.keys() ^ other.keys()))}"
        return next(filter(None, (unequal(one[key], other[key], f"{path}.{key}") for key in one)), "")
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        if len(one) != len(other):
            return f"{path}: {len(one)} and {len(other)}"
        pairs = enumerate(zip(one, other, strict=True))
        return next(filter(None, (unequal(a, b, f"{path}[{index}]") for index, (a, b) in pairs)), "")
    return "" if one == other or (one != one and other != other) else f"{path}: {one!r} and {other!r}"


def points(count: int, seed: int) -> Iterator[tuple[str, TrainingPlan, int]]:
    """Random networks, plans, and steps to stop them after."""
    draw = random.Random(seed)
    while count:
        plan = random_plan(draw)
        batches = SAMPLES // plan.batch_size if plan.drop_last else -(-SAMPLES // plan.batch_size)
        total = plan.span(-(-batches // plan.accumulate_steps)).total_steps
        takes_all = plan.optimizer.spec.takes_sparse
        names = [name for name in MODELS if takes_all or name != "words"]
        yield draw.choice(names), plan, draw.randrange(1, total + 1)
        count -= 1


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; 1 if any run differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.resume", description=__doc__)
    parser.add_argument("--points", type=int, default=500, help="runs to stop and resume")
    parser.add_argument("--seed", type=int, default=0, help="decides which")
    options = parser.parse_args(arguments)
    failures = []
    for name, plan, step in points(options.points, options.seed):
        if found := difference(name, plan, step):
            failures.append({"model": name, "step": step, "difference": found, "plan": plan.to_mapping()})
    told = [{"points": options.points, "seed": options.seed, "unequal": len(failures)}, *failures]
    sys.stdout.writelines(f"{json.dumps(each)}\n" for each in told)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
