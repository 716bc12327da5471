"""The training plan as a mapping, changed key by key; a wrong value is kept and told, never refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from builder.panels.field_text import UNSET, fits
from builder.texts import later, tr, tr_made
from graph.catalog.params import IntOrTuple, ParamError, ParamSpec, Value
from runtime.data.choices import SETTINGS as DATA_SETTINGS
from runtime.data.choices import SHARED_KEYS, SOURCES, TRANSFORMS
from runtime.options import OptionSpec, PlanError
from runtime.plan import DEFAULT_DATA, DEFAULT_LOSS, DEFAULT_OPTIMIZER, TABLES, TYPE_KEYS, TrainingPlan
from runtime.plan_choices import SETTINGS

Training = Mapping[str, Any]

NO_SCHEDULER = "none"
PER_OUTPUT = "per-output"  # stands among the types of the loss: each Output has its own
DEFAULTS = {
    "data": DEFAULT_DATA,
    "loss": DEFAULT_LOSS,
    "optimizer": DEFAULT_OPTIMIZER,
    "scheduler": NO_SCHEDULER,
}
PARTS = tuple(TABLES)
SETTING: Mapping[str, ParamSpec] = {spec.name: spec for spec in SETTINGS}
RESIZE = IntOrTuple(
    name="resize",
    optional=True,
    ndim=2,
    min=1,
    max=8192,
    help=later("Scales images to this size; empty keeps it."),
)


def part_of(training: Training, part: str) -> dict[str, Value]:
    """One part of the plan, such as the optimizer, with its type written out."""
    value = training.get(part)
    key = TYPE_KEYS[part]
    if isinstance(value, Mapping):
        return {key: DEFAULTS[part], **value}
    return {key: value if value is not None else DEFAULTS[part]}


def part_specs(part: str, type_name: Value) -> tuple[ParamSpec, ...]:
    """What can be set in a part of this type; nothing while the type is not known."""
    option: OptionSpec | None = TABLES[part].get(type_name) if isinstance(type_name, str) else None
    if option is None:
        return ()
    return (*option.params, *DATA_SETTINGS, RESIZE) if part == "data" else option.params


def part_value(training: Training, part: str, name: str) -> Value:
    """A value of a part, or UNSET."""
    mapping = part_of(training, part)
    if name == RESIZE.name:
        return next((step.get("size") for step in _chain(mapping, "train") if _is_resize(step)), UNSET)
    return mapping.get(name, UNSET)


def with_part_type(training: Training, part: str, type_name: str) -> dict[str, Value]:
    """The plan with another type in a part; parameters that both know stay, and steps that can suit."""
    if type_name == NO_SCHEDULER:
        return {key: value for key, value in training.items() if key != part}
    known = [spec.name for spec in part_specs(part, type_name)] + list(SHARED_KEYS if part == "data" else ())
    kept = {key: value for key, value in part_of(training, part).items() if key in known}
    if part == "data" and type_name in SOURCES and SOURCES[type_name].is_never_image:
        kept = _without_image_steps(kept)
    return {**training, part: {**kept, TYPE_KEYS[part]: type_name}}


def with_part_value(training: Training, part: str, name: str, value: Value) -> dict[str, Value]:
    """The plan with one parameter of a part changed, or left out."""
    mapping = part_of(training, part)
    if name == RESIZE.name:
        return {**training, part: _resized(mapping, value)}
    mapping.pop(name, None)
    return {**training, part: mapping if value is UNSET else {**mapping, name: value}}


def setting(training: Training, name: str) -> Value:
    """A plain setting, or UNSET; a dot in its name leads into a mapping."""
    first, *rest = name.split(".")
    value = training.get(first, UNSET)
    for key in rest:
        value = value.get(key, UNSET) if isinstance(value, Mapping) else UNSET
    return value


def with_setting(training: Training, name: str, value: Value) -> dict[str, Value]:
    """The plan with one plain setting changed, or left out."""
    first, _, inner = name.partition(".")
    if inner:
        group = training.get(first)
        value = with_setting(group if isinstance(group, Mapping) else {}, inner, value) or UNSET
    rest = {key: item for key, item in training.items() if key != first}
    return rest if value is UNSET else {**rest, first: value}


def plan_error(training: Training) -> PlanError | None:
    """The first thing that keeps the plan from being used."""
    try:
        TrainingPlan.from_mapping(training)
    except PlanError as error:
        return error
    return None


def value_problems(training: Training) -> dict[str, str]:
    """What is wrong, by path: every unsuitable value, and what does not go together."""
    found = {}
    for part in PARTS:
        for spec in part_specs(part, part_of(training, part)[TYPE_KEYS[part]]):
            note_problem(found, spec, part_value(training, part, spec.name), f"{part}.{spec.name}")
    for name, spec in SETTING.items():
        note_problem(found, spec, setting(training, name), name)
    error = plan_error(training)
    if error is not None and error.path not in found:
        found[error.path] = tr("Expected {expected}.", expected=tr_made(error.expected))
    return found


def plan_but_for(training: Training, problems: Iterable[str]) -> TrainingPlan | None:
    """The plan with what is wrong left out; None where that does not make it one that can be used.

    Args:
        training: as it was typed.
        problems: the paths of what is wrong in it.
    """
    for path in problems:
        training = with_setting(training, path, UNSET)
    try:
        return TrainingPlan.from_mapping(training)
    except PlanError:
        return None


def note_problem(found: dict[str, str], spec: ParamSpec, value: Value, path: str) -> None:
    """Notes under its path what is wrong with a value, if anything is."""
    if not fits(spec, value):
        try:
            spec.check(value)
        except ParamError as error:
            found[path] = tr("Expected {expected}.", expected=tr_made(str(error)))


def _resized(mapping: dict[str, Value], size: Value) -> dict[str, Value]:
    transforms = dict(mapping.get("transforms") or {})
    for chain in {"train", *(name for name in ("eval",) if transforms.get(name) is not None)}:
        rest = [step for step in _chain(mapping, chain) if not _is_resize(step)]
        first = [] if size is UNSET or size is None else [{"type": "Resize", "size": size}]
        transforms[chain] = [*first, *rest]
    return {**mapping, "transforms": transforms}


def _without_image_steps(mapping: dict[str, Value]) -> dict[str, Value]:
    """The data's settings without the steps that take images alone."""
    transforms = mapping.get("transforms")
    if not isinstance(transforms, Mapping):
        return mapping
    left = {
        name: [step for step in _chain(mapping, name) if not _is_for_images(step)]
        if isinstance(steps, list)
        else steps
        for name, steps in transforms.items()
    }
    return {**mapping, "transforms": left}


def _is_for_images(step: Mapping[str, Value]) -> bool:
    spec = TRANSFORMS.get(str(step.get("type")))
    return spec is not None and spec.images_only


def _chain(mapping: Mapping[str, Value], name: str) -> list[dict[str, Value]]:
    transforms = mapping.get("transforms")
    steps = transforms.get(name) if isinstance(transforms, Mapping) else None
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


def _is_resize(step: Mapping[str, Value]) -> bool:
    return step.get("type") == "Resize"


TITLES: Mapping[str, str] = {
    **{name: source.title for name, source in SOURCES.items()},
    NO_SCHEDULER: later("None"),
    PER_OUTPUT: later("One for each Output"),
}
