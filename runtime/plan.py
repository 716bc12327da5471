"""The training plan: everything Train needs to know, as checked data; needs no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

from graph.catalog.params import Value
from graph.problems import closest
from runtime.data.choices import SHARED_KEYS, SOURCES, DataPlan
from runtime.loss_choices import LOSSES
from runtime.loss_spec import LossSpec
from runtime.optimizer_choices import OPTIMIZERS, OptimizerSpec
from runtime.options import (
    Option,
    OptionSpec,
    PlanError,
    checked,
    did_you_mean,
    join,
    parse_option,
    require_known,
    require_mapping,
    shown,
)
from runtime.output_choices import OutputPlan
from runtime.plan_choices import DEFAULT_MONITOR, SETTINGS
from runtime.schedule_choices import NOT_OFFERED, SCHEDULERS, SchedulerSpec, scheduled_lr, warmup_steps
from runtime.schedule_rules import Span

__all__ = ["LrCurve", "PlanError", "TrainingPlan", "lr_at", "lr_curve", "parse_setting"]

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
EARLY_STOPPING = "early_stopping"
OUTPUTS = "outputs"
KEYS = (*TABLES, OUTPUTS, *dict.fromkeys(spec.name.partition(".")[0] for spec in SETTINGS))
KNOWN_KEYS = f"one of {', '.join(KEYS)}"


@dataclass(frozen=True)
class EarlyStopping:
    """When a run ends because it no longer gets better.

    Args:
        patience: epochs without a better one that are let pass; None never ends a run.
        metric: what tells the better; None for the plan's `monitor`.
        min_delta: the least change that counts.
    """

    patience: int | None = None
    metric: str | None = None
    min_delta: float = 0.0


@dataclass(frozen=True)
class TrainingPlan:
    """What is trained on what, how, and for how long.

    The plain settings are described where they are declared, in `runtime.plan_choices`.

    Args:
        scheduler: None keeps the learning rate constant.
        outputs: by the id of an Output, what it learns by a loss of its own; where any is given, an Output
            without an entry learns the data's target by `loss`. Empty: `loss` takes all Outputs at once.
        extra: keys of the file that this version does not know; kept and written back.
    """

    data: DataPlan = field(default_factory=lambda: DataPlan.from_mapping(DEFAULT_DATA))
    loss: Option[LossSpec] = field(default_factory=lambda: parse_option(DEFAULT_LOSS, "loss", LOSSES))
    optimizer: Option[OptimizerSpec] = field(
        default_factory=lambda: parse_option(DEFAULT_OPTIMIZER, "optimizer", OPTIMIZERS)
    )
    scheduler: Option[SchedulerSpec] | None = None
    outputs: Mapping[str, OutputPlan] = field(default_factory=dict)
    epochs: int = 5
    batch_size: int = 64
    sampler: str = "shuffle"
    drop_last: bool = False
    accumulate_steps: int = 1
    max_steps: int | None = None
    max_minutes: float | None = None
    seed: int = 0
    device: str = "auto"
    precision: str = "float32"
    tf32: str = "auto"
    channels_last: bool = False
    compile: bool = False
    deterministic: bool = False
    clip_grad_norm: float | None = None
    clip_grad_value: float | None = None
    on_nonfinite: str = "stop"
    ema_decay: float | None = None
    monitor: str = DEFAULT_MONITOR
    early_stopping: EarlyStopping = EarlyStopping()
    checkpoint_epochs: int = 1
    checkpoint_minutes: float | None = None
    extra: Mapping[str, Value] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Value]) -> TrainingPlan:
        """The plan that a project's `training` stands for; what is left out takes its default.

        Raises:
            PlanError: the first mistake in it. Unknown keys are kept, unless they look like a known one.
        """
        values = require_mapping(mapping, "training", {"epochs": 5})
        settings: dict[str, Any] = {
            spec.name: checked(spec, values[spec.name], spec.name)
            for spec in SETTINGS
            if "." not in spec.name and spec.name in values
        }
        if values.get(EARLY_STOPPING) is not None:
            settings[EARLY_STOPPING] = _early_stopping(values[EARLY_STOPPING])
        if "data" in values:
            settings["data"] = DataPlan.from_mapping(values["data"])
        if "loss" in values:
            settings["loss"] = parse_option(values["loss"], "loss", LOSSES)
        if "optimizer" in values:
            settings["optimizer"] = parse_option(values["optimizer"], "optimizer", OPTIMIZERS)
        if values.get("scheduler") is not None:
            settings["scheduler"] = parse_option(
                values["scheduler"], "scheduler", SCHEDULERS, not_offered=NOT_OFFERED
            )
        if values.get(OUTPUTS):
            settings[OUTPUTS] = _outputs(values[OUTPUTS], settings.get("loss") or cls().loss)
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
            OUTPUTS: {output: each.to_mapping(defaults=defaults) for output, each in self.outputs.items()},
            **self._settings(defaults),
        }

    def _settings(self, defaults: bool) -> dict[str, Value]:
        mapping: dict[str, Value] = {}
        for spec in SETTINGS:
            value, (first, *rest) = attrgetter(spec.name)(self), spec.name.split(".")
            if not rest:
                mapping[first] = value
            else:
                group = mapping.setdefault(first, {})
                if defaults or value != spec.default:
                    group[rest[0]] = value
        return mapping

    def span(self, steps_per_epoch: int) -> Span:
        """The length of the run, with so many optimizer steps an epoch."""
        return Span(self.epochs, steps_per_epoch, self.max_steps)

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
        cycles = self.scheduler is not None and self.scheduler.params.get("cycle_momentum")
        if cycles and not self.optimizer.spec.has_momentum:
            raise PlanError(
                "scheduler.cycle_momentum",
                f"scheduler.cycle_momentum is true, but {self.optimizer.type} has no momentum.",
                "an optimizer with momentum or betas, or false",
                "Set cycle_momentum = false.",
            )
        if self.optimizer.spec.evaluates:
            self._check_evaluations()

    def _check_evaluations(self) -> None:
        """Raises a PlanError for what does not go with an optimizer that evaluates a batch several times."""
        for name, is_right, why, usual in (
            ("accumulate_steps", self.accumulate_steps == 1, "evaluates one batch several times", 1),
            ("precision", self.precision != "amp-float16", "cannot do with scaled gradients", "float32"),
            ("channels_last", not self.channels_last, "lays all weights out in one row", False),
        ):
            if not is_right:
                value, kind = shown(getattr(self, name)), self.optimizer.type
                raise PlanError(
                    name,
                    f"{name} is {value}, but {kind} {why}.",
                    f"{shown(usual)} with {kind}",
                    f"Set {name} = {shown(usual)}, or choose another optimizer.",
                )


def _outputs(value: Value, usual: Option[LossSpec]) -> dict[str, OutputPlan]:
    entries = require_mapping(value, OUTPUTS, {"n1": {"loss": "MSELoss"}})
    return {
        output: OutputPlan.from_mapping(entry, join(OUTPUTS, output), usual)
        for output, entry in entries.items()
    }


def _early_stopping(value: Value) -> EarlyStopping:
    names = [each.name for each in fields(EarlyStopping)]
    mapping = require_mapping(value, EARLY_STOPPING, {"patience": 5})
    require_known(mapping, names, EARLY_STOPPING, "a setting of early stopping")
    specs = {spec.name: spec for spec in SETTINGS}
    paths = {name: f"{EARLY_STOPPING}.{name}" for name in mapping}
    return EarlyStopping(**{name: checked(specs[path], mapping[name], path) for name, path in paths.items()})


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
    """The learning rate that an optimizer step is taken with; the first step is 0.

    Of a schedule that follows what the run measures, it is the rate before any drop.
    """
    base = float(plan.optimizer.params.lr)
    if plan.scheduler is None:
        return base
    return scheduled_lr(plan.scheduler, base, step, plan.span(steps_per_epoch))


@dataclass(frozen=True)
class LrCurve:
    """The learning rate over a run, as far as it is known before.

    Args:
        points: (step, learning rate) pairs, the first step being 0.
        note: what it depends on from the last of them on; empty where they reach to the end.
    """

    points: tuple[tuple[int, float], ...]
    note: str = ""


def lr_curve(plan: TrainingPlan, steps_per_epoch: int, max_points: int = 500) -> LrCurve:
    """The learning rate over the whole run, evenly thinned, first and last step included."""
    last, note = plan.span(steps_per_epoch).total_steps - 1, ""
    if plan.scheduler is not None and plan.scheduler.spec.by_result:
        last = warmup_steps(plan.scheduler.params, plan.span(steps_per_epoch))
        note = f"From here on it depends on the run: it drops when {plan.monitor} no longer improves."
    count = min(last + 1, max_points)
    steps = [round(index * last / max(count - 1, 1)) for index in range(count)]
    points = tuple((step, lr_at(plan, step, steps_per_epoch)) for step in steps)
    return LrCurve(points, note)
