"""Layers that PyTorch cannot train in the precision that a plan asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from graph.catalog.call import USUAL_PROCESSOR, Compute, Processor
from graph.cost_trace import LOWER, trace
from graph.inference import Inference

PRECISIONS = ("float32", *reversed(LOWER))  # what to take instead, the one that saves most last


@dataclass(frozen=True)
class Refusal:
    """A layer that a training step would fail in.

    Args:
        node: its id; of the block's instance, if it is inside one.
        what: what happened, with the values.
        expected: the precisions that the whole network can be trained in.
        instead: the one of them to take.
    """

    node: str
    what: str
    expected: str
    instead: str


def refusals(
    inference: Inference, precision: str, device: str, processor: Processor = USUAL_PROCESSOR
) -> list[Refusal]:
    """The layers that PyTorch cannot train so, along the data flow.

    Args:
        inference: of the network; nodes whose shapes are not known are left out.
        precision: of the plan.
        device: the kind of device, as torch calls it.
        processor: what a CPU computes with.
    """
    compute = Compute(device, processor=processor)
    found = list(_refused(inference, precision, compute))
    if not found:
        return []
    able = [each for each in PRECISIONS if not any(_refused(inference, each, compute))]
    return [
        Refusal(
            node,
            what=f"precision is {precision}, and PyTorch has no {what} on a {device.upper()}",
            expected=" or ".join(able),
            instead=able[-1],
        )
        for node, what in found
    ]


def _refused(inference: Inference, precision: str, compute: Compute) -> Iterator[tuple[str, str]]:
    lower = LOWER.get(precision)
    if lower is not None:
        steps = trace(inference, replace(compute, autocast=lower))
        yield from ((step.node, step.refused) for step in steps if step.refused)
