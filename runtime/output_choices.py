"""What each Output of a network learns, where several have a loss of their own; needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph.catalog.params import Choice, Float, ParamSpec, Value
from runtime.data.choices import TARGETS
from runtime.data.specs import Names
from runtime.loss_choices import LOSSES
from runtime.loss_spec import LossSpec, needs_of
from runtime.options import (
    Floats,
    Option,
    PlanError,
    checked,
    join,
    parse_option,
    require_known,
    require_mapping,
    to_json,
)

LABEL = TARGETS[0]
EXAMPLE: Mapping[str, Value] = {"loss": {"type": "CrossEntropyLoss"}, "weight": 1}

OUTPUT_SETTINGS: tuple[ParamSpec, ...] = (
    Float(
        name="weight", default=1.0, min=0,
        help="How much this loss counts in the sum that is trained on; 0 only measures it.",
    ),
    Choice(
        name="target", default=LABEL, choices=TARGETS,
        help="What this output learns: the label, the input, or the input without random transforms.",
    ),
    Names(
        name="columns",
        help="Which of the data's target columns this output predicts; empty: all of them.",
    ),
    Floats(
        name="groups", optional=True, min=0, whole=True,
        help="Number of the group of each class, for an output that tells groups apart: 0, 1, 0, 1, ...",
    ),
)  # fmt: skip
OUTPUT_KEYS = ("loss", *(spec.name for spec in OUTPUT_SETTINGS))
ONLY_LABELS = ("columns", "groups")  # mean nothing where the target is the input


@dataclass(frozen=True)
class OutputPlan:
    """What one Output learns; the settings are described where they are declared.

    Args:
        loss: of this output alone.
    """

    loss: Option[LossSpec]
    weight: float = 1.0
    target: str = LABEL
    columns: tuple[str, ...] = ()
    groups: tuple[int, ...] | None = None

    @classmethod
    def from_mapping(cls, value: Value, path: str, usual: Option[LossSpec]) -> OutputPlan:
        """What an entry of the plan's `outputs` stands for.

        Args:
            value: as the file has it.
            path: where it stands in the plan.
            usual: the loss where the entry names none.

        Raises:
            PlanError: the first mistake in it.
        """
        mapping = require_mapping(value, path, EXAMPLE)
        require_known(mapping, OUTPUT_KEYS, path, "a setting of an output")
        settings: dict[str, Any] = {
            spec.name: checked(spec, mapping[spec.name], join(path, spec.name))
            for spec in OUTPUT_SETTINGS
            if spec.name in mapping
        }
        where = join(path, "loss")
        loss = parse_option(mapping["loss"], where, LOSSES) if "loss" in mapping else usual
        _require_one_output(loss, where)
        plan = cls(loss, **settings)
        plan._check_together(path)
        return plan

    def to_mapping(self, *, defaults: bool = False) -> dict[str, Value]:
        """The entry as the project file writes it, defaults left out unless asked for."""
        mapping: dict[str, Value] = {"loss": self.loss.to_mapping(defaults=defaults)}
        for spec in OUTPUT_SETTINGS:
            value = getattr(self, spec.name)
            if defaults or value != spec.default:
                mapping[spec.name] = to_json(value)
        return mapping

    def _check_together(self, path: str) -> None:
        for name in ONLY_LABELS:
            if getattr(self, name) and self.target != LABEL:
                where = join(path, name)
                raise PlanError(
                    where,
                    f"{where} is set, but {join(path, 'target')} is {self.target}.",
                    "a target of labels",
                    f"Empty {name}, or set target = {LABEL}.",
                )


def _require_one_output(loss: Option[LossSpec], path: str) -> None:
    needs = needs_of(loss).outputs
    if len(needs) > 1:
        roles = ", ".join(need.name for need in needs)
        raise PlanError(
            path,
            f"{path} is {loss.type}, which takes {len(needs)} outputs at once ({roles}).",
            "a loss of one output",
            "Choose another loss, or leave `outputs` out and set it as the one loss of the plan.",
        )
