"""Whether PyTorch can train a network in the precision that the plan asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from graph.catalog.code import BlockCode
from graph.catalog.spec import refuses_nothing
from graph.document import Node
from graph.lint.context import LintContext
from graph.lint.rewiring import change_plan
from graph.lint.rule import Finding, NetworkRule
from graph.refusals import refusals


def _may_be_refused(context: LintContext, node: Node) -> bool:
    spec = context.spec(node)
    return spec is not None and (isinstance(spec.code, BlockCode) or spec.refuses is not refuses_nothing)


def _refused(context: LintContext, nodes: Collection[str]) -> Iterator[Finding]:
    if context.plan is None or not nodes:
        return
    device = context.device if context.plan.device == "auto" else context.plan.device.partition(":")[0]
    refused = refusals(context.inference, context.plan.precision, device, context.processor)
    for node_id, refusal in {each.node: each for each in refused}.items():
        label = f"Set precision = {refusal.instead}"
        yield Finding(
            node=context.graph.nodes[node_id],
            what=refusal.what,
            expected=refusal.expected,
            hint=label,
            fixes=(change_plan(label, {"precision": refusal.instead}),),
        )


PRECISION_WITHOUT_KERNEL = NetworkRule(
    code="precision-without-kernel",
    title="A precision that every layer can be trained in",
    severity="warning",
    why=(
        "Mixed precision computes products in 16 bits. Some layers have no such form on a CPU, or only for "
        "inputs of the same format, and PyTorch stops with an error in the first step. bfloat16 has the "
        "range of float32, needs no gradient scaler, and is what CPUs have instructions for."
    ),
    source="https://docs.pytorch.org/docs/stable/amp.html",
    about=_may_be_refused,
    find=_refused,
)

RULES = (PRECISION_WITHOUT_KERNEL,)
