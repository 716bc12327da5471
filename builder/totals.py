"""What a network costs, as people read it; while something is wrong with it, only as far as that is known."""

from __future__ import annotations

from dataclasses import dataclass

from builder.quantities import flops_text, macs_text
from builder.texts import tr, tr_count
from graph.cost import macs
from graph.inference import Inference

NONE = "–"
AT_LEAST = "≥"


@dataclass(frozen=True)
class Totals:
    """The sums over all layers.

    Attributes:
        num_parameters: numbers that are learned, of the layers that are counted.
        parameters: likewise, and whether it is all of them.
        flops: floating-point operations of a forward pass, for one sample.
        macs: multiply-accumulates of one.
        why: why they are not exact; empty if they are.
    """

    num_parameters: int
    parameters: str
    flops: str
    macs: str
    why: str = ""


def not_yet() -> Totals:
    """What is shown as long as shapes follow an edit."""
    return Totals(0, NONE, NONE, NONE, tr("The last change is still being looked at."))


def totals(inference: Inference) -> Totals:
    """The sums; `≥ 92,896` where layers are left out of them, a dash where nothing is known at all."""
    sums = inference.sums()
    parameters, flops, left_out = sums.parameters, sums.flops, sums.num_uncounted
    texts = (f"{parameters:,}", flops_text(flops), macs_text(macs(flops)))
    if not left_out:
        return Totals(parameters, *texts)
    why = tr_count(
        "{count} layer is not counted: something before it, or in it, is wrong. See Problems.",
        "{count} layers are not counted: something before them, or in them, is wrong. See Problems.",
        left_out,
    )
    if not parameters and flops == 0:
        return Totals(0, NONE, NONE, NONE, why)
    return Totals(parameters, *(f"{AT_LEAST} {text}" for text in texts), why)
