"""The Outputs of a network that learn by a loss of their own, as a plan has them; needs no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runtime.loss_spec import LossSpec, needs_of
from runtime.options import Option, PlanError, join
from runtime.output_choices import OutputPlan
from runtime.plan import OUTPUTS, TrainingPlan


@dataclass(frozen=True)
class Head:
    """An Output, and what it learns.

    Args:
        output: id of the Output.
        name: what it is called on the canvas, and in the names of its figures.
        plan: its loss, weight and target.
    """

    output: str
    name: str
    plan: OutputPlan

    @property
    def loss(self) -> Option[LossSpec]:
        """What it is trained by."""
        return self.plan.loss

    @property
    def path(self) -> str:
        """Where the plan has it."""
        return join(OUTPUTS, self.output)

    def figure(self, name: str) -> str:
        """What one of its figures is called, as `val_loss.logits` for `val_loss`."""
        return f"{name}.{self.name}"


def heads_of(plan: TrainingPlan, outputs: Sequence[tuple[str, str]]) -> tuple[Head, ...]:
    """What each Output learns by a loss of its own; empty where one loss takes them all.

    Args:
        plan: of the project.
        outputs: id and name of every Output of the network, in their order.

    Raises:
        PlanError: the plan's loss is that of an Output but takes several, or no Output counts.
    """
    if not plan.outputs:
        return ()
    names = [name for _, name in outputs]
    heads = tuple(
        Head(output, name if names.count(name) == 1 else f"{name} {output}", _plan_of(plan, output))
        for output, name in outputs
    )
    if heads and not any(head.plan.weight for head in heads):
        raise PlanError(
            join(heads[0].path, "weight"),
            "The weight of every output is 0, so there is nothing to train on.",
            "at least one weight above 0",
            "Set weight = 1 for the output that matters most.",
        )
    return heads


def left_over(plan: TrainingPlan, heads: Sequence[Head]) -> str:
    """What there is to know where a plan is about Outputs that the network does not have; else empty."""
    unknown = [
        join(OUTPUTS, output) for output in plan.outputs if output not in {each.output for each in heads}
    ]
    if not unknown:
        return ""
    there = ", ".join(f"{head.output} ({head.name})" for head in heads)
    return (
        f"The plan's {', '.join(unknown)} {'is' if len(unknown) == 1 else 'are'} for no Output of the "
        f"network: not used. Expected ids of Outputs, {there}. Correct {unknown[0]}, or leave it out."
    )


def _plan_of(plan: TrainingPlan, output: str) -> OutputPlan:
    if output in plan.outputs:
        return plan.outputs[output]
    if len(needs_of(plan.loss).outputs) > 1:
        raise PlanError(
            OUTPUTS,
            f"{OUTPUTS} says nothing about the Output {output}, and the plan's {plan.loss.type} "
            "takes several outputs at once.",
            "a loss for every Output",
            f"Set {join(OUTPUTS, output)}.loss.",
        )
    return OutputPlan(plan.loss, target=plan.data.target)
