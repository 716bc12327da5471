"""The training plan: everything Train needs to know, as checked data; needs no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.catalog.params import Value
from graph.problems import closest
from runtime.data.choices import SHARED_KEYS, SOURCES, DataPlan
from runtime.loss_choices import LOSSES
from runtime.loss_spec import LossSpec
from runtime.options import (
    Option,
    OptionSpec,
    PlanError,
    checked,
    did_you_mean,
    parse_option,
    require_mapping,
)
from runtime.plan_choices import OPTIMIZERS, SCHEDULERS, SETTINGS, OptimizerSpec, SchedulerSpec, Span

__all__ = ["PlanError", "TrainingPlan", "lr_at", "lr_curve", "parse_setting"]

DEFAULT_DATA = "digits"
DEFAULT_LOSS = "CrossEntropyLoss"
DEFAULT_OPTIMIZER = "AdamW"
TABLES: Mapping[str, Mapping[str, OptionSpec]] = {
    "data": SOURCES,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "scheduler": SCHEDULERS,
}
TYPE_KEYS = {"data": "source", "loss": "type", "optimizer": "type", "scheduler": "type"}
KEYS = (*TABLES, *(spec.name for spec in SETTINGS))
KNOWN_KEYS = f"one of {', '.join(KEYS)}"


@dataclass(frozen=True)
class TrainingPlan:
    """What is trained on what, how, and for how long.

    Args:
        scheduler: None keeps the learning rate constant.
        clip_grad_norm: largest 2-norm of the whole gradient; None does not clip.
        extra: keys of the file that this version does not know; kept and written back.
    """

    data: DataPlan = field(default_factory=lambda: DataPlan.from_mapping(DEFAULT_DATA))
    loss: Option[LossSpec] = field(default_factory=lambda: parse_option(DEFAULT_LOSS, "loss", LOSSES))
    optimizer: Option[OptimizerSpec] = field(
        default_factory=lambda: parse_option(DEFAULT_OPTIMIZER, "optimizer", OPTIMIZERS)
    )
    scheduler: Option[SchedulerSpec] | None = None
    epochs: int = 5
    batch_size: int = 64
    drop_last: bool = False
    precision: str = "float32"
    clip_grad_norm: float | None = None
    seed: int = 0
    device: str = "auto"
    extra: Mapping[str, Value] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Value]) -> TrainingPlan:
        """The plan that a project's `training` stands for; what is left out takes its default.

        Raises:
            PlanError: the first mistake in it. Unknown keys are kept, unless they look like a known one.
        """
        values = require_mapping(mapping, "training", {"epochs": 5})
        settings: dict[str, Any] = {
            spec.name: checked(spec, values[spec.name], spec.name) for spec in SETTINGS if spec.name in values
        }
        if "data" in values:
            settings["data"] = DataPlan.from_mapping(values["data"])
        if "loss" in values:
            settings["loss"] = parse_option(values["loss"], "loss", LOSSES)
        if "optimizer" in values:
            settings["optimizer"] = parse_option(values["optimizer"], "optimizer", OPTIMIZERS)
        if values.get("scheduler") is not None:
            settings["scheduler"] = parse_option(values["scheduler"], "scheduler", SCHEDULERS)
        plan = cls(**settings, extra=_unknown_keys(values))
        plan._check_together()
        return plan

    def to_mapping(self, *, defaults: bool = False) -> dict[str, Value]:
        """The plan as the project file writes it, defaults left out unless asked for."""
        mapping = self._known_keys(defaults)
        standard = {} if defaults else TrainingPlan()._known_keys(defaults)
        kept = {name: item for name, item in mapping.items() if defaults or item != standard[name]}
        return kept | dict(self.extra)

    def _known_keys(self, defaults: bool) -> dict[str, Value]:
        return {
            "data": self.data.to_mapping(defaults=defaults),
            "loss": self.loss.to_mapping(defaults=defaults),
            "optimizer": self.optimizer.to_mapping(defaults=defaults),
            "scheduler": self.scheduler and self.scheduler.to_mapping(defaults=defaults),
            **{spec.name: getattr(self, spec.name) for spec in SETTINGS},
        }

    def with_setting(self, path: str, value: Value) -> TrainingPlan:
        """The plan with one key changed, such as `optimizer.lr`; a new type keeps what was set and it shares.

        Raises:
            PlanError: there is no such key, or the value does not suit.
        """
        first, *rest = path.split(".")
        if first not in KEYS and first not in self.extra:
            raise PlanError(path, f"There is no setting {path}.", KNOWN_KEYS, did_you_mean(first, KEYS))
        mapping = self.to_mapping(defaults=True)
        if rest and rest == [TYPE_KEYS.get(first)]:
            mapping[first] = _retyped(first, self._known_keys(defaults=False)[first] or {}, value)
        else:
            _set_inside(mapping, [first, *rest], value, path)
        return TrainingPlan.from_mapping(mapping)

    def _check_together(self) -> None:
        warmup = self.scheduler.params.get("warmup_epochs", 0) if self.scheduler else 0
        if warmup and warmup >= self.epochs:
            raise PlanError(
                "scheduler.warmup_epochs",
                f"scheduler.warmup_epochs is {warmup:g}, but the run has {self.epochs} epochs.",
                "a warm-up shorter than the run",
                "Lower warmup_epochs or raise epochs.",
            )


def _unknown_keys(values: Mapping[str, Value]) -> dict[str, Value]:
    unknown = {name: item for name, item in values.items() if name not in KEYS}
    for name in unknown:
        meant = closest(name, KEYS)
        if meant is not None and meant not in values:
            raise PlanError(name, f"There is no setting {name}.", KNOWN_KEYS, f"Did you mean {meant!r}?")
    return unknown


def _retyped(part: str, current: Mapping[str, Value], name: Value) -> dict[str, Value]:
    spec = TABLES[part].get(name) if isinstance(name, str) else None
    kept = [param.name for param in spec.params] if spec else list(current)
    shared = (*kept, *(SHARED_KEYS if part == "data" else ()))
    return {key: item for key, item in current.items() if key in shared} | {TYPE_KEYS[part]: name}


def _set_inside(mapping: dict[str, Value], keys: list[str], value: Value, path: str) -> None:
    for index, key in enumerate(keys[:-1]):
        if mapping.get(key) is None:
            mapping[key] = {}
        if not isinstance(mapping[key], dict):
            above = ".".join(keys[: index + 1])
            raise PlanError(path, f"{path}: {above} has no parts.", "a value for it alone", f"Set {above}.")
        mapping = mapping[key]
    mapping[keys[-1]] = value


def parse_setting(text: str) -> tuple[str, Value]:
    """The key path and the value of `optimizer.lr=0.01`; what is not JSON is taken as text.

    Raises:
        PlanError: no `=`, or no key before it.
    """
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise PlanError("", f"{text!r} is not a setting.", "KEY=VALUE", "Write it like optimizer.lr=0.01.")
    try:
        return path.strip(), json.loads(value)
    except ValueError:
        return path.strip(), value


def lr_at(plan: TrainingPlan, step: int, steps_per_epoch: int) -> float:
    """The learning rate that an optimizer step is taken with; the first step is 0."""
    base = float(plan.optimizer.params.lr)
    if plan.scheduler is None:
        return base
    span = Span(plan.epochs, steps_per_epoch)
    return plan.scheduler.spec.lr_at(plan.scheduler.params, base, step, span)


def lr_curve(plan: TrainingPlan, steps_per_epoch: int, max_points: int = 500) -> list[tuple[int, float]]:
    """(step, learning rate) pairs over the whole run, evenly thinned, first and last step included."""
    last = plan.epochs * steps_per_epoch - 1
    count = min(last + 1, max_points)
    steps = [round(index * last / max(count - 1, 1)) for index in range(count)]
    return [(step, lr_at(plan, step, steps_per_epoch)) for step in steps]
