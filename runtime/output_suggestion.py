"""What each of several Outputs should learn, as far as its shape and the data tell; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

from graph.catalog.params import Value
from runtime.loss_choices import LOSSES
from runtime.loss_spec import BALANCED, LossSpec, needs_of
from runtime.metric_choices import task_of
from runtime.options import Option
from runtime.output_choices import OutputPlan
from runtime.plan import TrainingPlan
from runtime.suggestion_facts import DataFacts, EndFacts, NetworkFacts


@dataclass(frozen=True)
class LossesAdvice:
    """The losses of all Outputs.

    Args:
        value: as the project file has them.
        why: a sentence for each Output.
        tells_classes: whether the answers of every Output are right or wrong.
    """

    value: dict[str, Value]
    why: str
    tells_classes: bool


def suggested_losses(
    plan: TrainingPlan, data: DataFacts, network: NetworkFacts, *, is_imbalanced: bool
) -> LossesAdvice | None:
    """A loss for every Output; None where one loss takes them all, or nobody knows what one is for.

    An Output that learns groups of classes or columns of its own is left as it is.

    Args:
        plan: as it is.
        data: what there is to learn.
        network: whose Outputs they are.
        is_imbalanced: whether a class is rare.
    """
    if not plan.outputs and len(needs_of(plan.loss).outputs) == len(network.ends):
        return None
    found, reasons = {}, []
    for end in network.ends:
        learned = _suited(end, plan, data, network, is_imbalanced)
        if learned is None:
            return None
        found[end.output], why = learned
        reasons.append(f"{end.name}: {why}")
    tells_classes = all(task_of(needs_of(each.loss)) in ("classes", "labels") for each in found.values())
    value: dict[str, Value] = {output: each.to_mapping() for output, each in found.items()}
    return LossesAdvice(value, " ".join(reasons), tells_classes)


def _suited(
    end: EndFacts, plan: TrainingPlan, data: DataFacts, network: NetworkFacts, is_imbalanced: bool
) -> tuple[OutputPlan, str] | None:
    """What an Output should learn, and why."""
    now = plan.outputs.get(end.output)
    if now is not None and (now.columns or now.groups is not None):
        return now, "It learns what you chose for it."
    weight = 1.0 if now is None else now.weight
    if end.given == data.output_shape:
        kind = now.loss.type if now is not None and now.loss.type in data.other_losses else data.loss
        loss = now.loss if now is not None and now.loss.type == kind else _loss(kind, is_imbalanced)
        return OutputPlan(loss, weight), data.reason
    if end.given is not None and end.given == network.taken:
        reason = "It has the shape of the Input, so it learns to give back what the network gets."
        return OutputPlan(_loss("MSELoss", is_imbalanced=False), weight, target="input"), reason
    return None if now is None else (now, "It learns what you chose for it.")


def _loss(kind: str, is_imbalanced: bool) -> Option[LossSpec]:
    """A loss, with rare classes weighing more where there are any."""
    spec = LOSSES[kind]
    names = [each.name for each in spec.params]
    weights = [each for each in ("weight", "alpha") if each in names][:1]
    is_weighted = is_imbalanced and task_of(spec.needs) == "classes"
    return Option(spec, spec.complete(dict.fromkeys(weights, BALANCED) if is_weighted else {}, "loss"))
