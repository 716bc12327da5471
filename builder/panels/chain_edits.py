"""The steps that prepare samples, as the plan's mapping has them, changed one by one; mistakes are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from builder.panels.field_text import UNSET
from builder.panels.plan_edits import Training, note_problem, part_of
from graph.catalog.params import Value
from runtime.data.choices import DataPlan
from runtime.data.specs import TransformSpec
from runtime.data.transform_choices import TRANSFORMS
from runtime.options import PlanError

TRAIN, EVAL = "train", "eval"
TYPE = "type"
TRANSFORMS_KEY = "transforms"

Step = dict[str, Value]


def steps_of(training: Training, split: str) -> list[Step]:
    """The steps of a split, each with its type written out; none where the file holds something else."""
    found = _chains(training).get(split)
    steps = found if isinstance(found, list | tuple) else ()
    return [dict(step) if isinstance(step, Mapping) else {TYPE: step} for step in steps]


def has_own_eval(training: Training) -> bool:
    """Whether validation samples have steps of their own, instead of those that follow from training."""
    return _chains(training).get(EVAL) is not None


def following_steps(training: Training) -> tuple[str, ...]:
    """The types of the steps that validation samples go through; none while the plan has a mistake."""
    try:
        plan = DataPlan.from_mapping(part_of(training, "data"))
    except PlanError:
        return ()
    return tuple(option.type for option in plan.eval_transforms)


def with_steps(training: Training, split: str, steps: Sequence[Step] | None) -> dict[str, Any]:
    """The plan with other steps in a split; None leaves it to what follows from training."""
    chains = {name: chain for name, chain in _chains(training).items() if name != split}
    if steps is not None:
        chains[split] = list(steps)
    data = {key: item for key, item in part_of(training, "data").items() if key != TRANSFORMS_KEY}
    return {**training, "data": {**data, TRANSFORMS_KEY: chains} if chains else data}


def with_own_eval(training: Training, has_own: bool) -> dict[str, Any]:
    """The plan with own steps for validation, at first those that follow from training, or without."""
    if not has_own:
        return with_steps(training, EVAL, None)
    try:
        plan = DataPlan.from_mapping(part_of(training, "data"))
    except PlanError:
        return with_steps(training, EVAL, [])
    return with_steps(training, EVAL, [option.to_mapping() for option in plan.eval_transforms])


def retyped(step: Step, name: str) -> Step:
    """A step of another type; parameters that both know stay."""
    known = [spec.name for spec in TRANSFORMS[name].params] if name in TRANSFORMS else []
    return {TYPE: name, **{key: value for key, value in step.items() if key in known}}


def changed(step: Step, name: str, value: Value) -> Step:
    """A step with one parameter changed, or left out."""
    rest = {key: item for key, item in step.items() if key != name}
    return rest if value is UNSET else {**rest, name: value}


def spec_of(step: Step) -> TransformSpec | None:
    """What a step is declared as; None where there is no such type."""
    return TRANSFORMS.get(step.get(TYPE)) if isinstance(step.get(TYPE), str) else None


def path_of(split: str, index: int, name: str = "") -> str:
    """Where a step, or a parameter of it, stands in the plan."""
    step = f"data.{TRANSFORMS_KEY}.{split}[{index}]"
    return f"{step}.{name}" if name else step


def chain_problems(training: Training) -> dict[str, str]:
    """What is wrong in single steps, by path."""
    found: dict[str, str] = {}
    for split in (TRAIN, EVAL):
        for index, step in enumerate(steps_of(training, split)):
            spec = spec_of(step)
            for param in spec.params if spec else ():
                note_problem(found, param, step.get(param.name, UNSET), path_of(split, index, param.name))
    return found


def _chains(training: Training) -> dict[str, Value]:
    chains = part_of(training, "data").get(TRANSFORMS_KEY)
    return dict(chains) if isinstance(chains, Mapping) else {}
