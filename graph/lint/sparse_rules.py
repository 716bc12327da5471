"""Whether the plan can train embeddings whose gradients are sparse."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from graph.catalog.embedding import SCALE_GRAD_BY_FREQ, SPARSE, TAKE_SPARSE, learns_sparsely
from graph.catalog.spec import DOCS
from graph.document import Node
from graph.edits import SetParams
from graph.lint.context import LintContext
from graph.lint.plan import PlanFacts, part
from graph.lint.rewiring import change_plan
from graph.lint.rule import Finding, NetworkRule
from graph.problems import Fix

ADAMS = ("Adam", "AdamW")  # whose learning rate suits SparseAdam too
BY_FREQUENCY = SCALE_GRAD_BY_FREQ.name


def _is_sparse(context: LintContext, node: Node) -> bool:
    spec = context.spec(node)
    return spec is not None and learns_sparsely(spec, node.params)


def _untrainable(context: LintContext, embeddings: Collection[str]) -> Iterator[Finding]:
    for node in context.nodes(embeddings):
        dense = Fix(f"Set {SPARSE.name} = false", (SetParams(node.id, reset=(SPARSE.name,)),))
        if node.params.get(BY_FREQUENCY) is True:
            label = f"Set {BY_FREQUENCY} = false"
            yield Finding(
                node=node,
                what=f"{BY_FREQUENCY} is set, which PyTorch does not do to sparse gradients",
                expected="one of the two",
                hint=f"{label}, or {SPARSE.name} = false",
                fixes=(Fix(label, (SetParams(node.id, reset=(BY_FREQUENCY,)),)), dense),
                param=BY_FREQUENCY,
            )
        elif context.plan is not None and context.plan.optimizer not in TAKE_SPARSE:
            yield _without_optimizer(context.plan, node, dense)
        elif context.plan is not None and context.plan.weight_decay > 0:
            yield _decaying(context, context.plan, node, dense)


def _without_optimizer(plan: PlanFacts, node: Node, dense: Fix) -> Finding:
    lr = {"lr": plan.lr} if plan.lr and plan.lr > 0 and plan.optimizer in ADAMS else {}
    label = f"Use {TAKE_SPARSE[0]}"
    return Finding(
        node=node,
        what=f"its gradients are sparse, which {plan.optimizer} does not take",
        expected=f"one of {', '.join(TAKE_SPARSE)}",
        hint=f"{label}, which moves the rest as Adam does, or set {SPARSE.name} = false",
        fixes=(change_plan(label, {"optimizer": {"type": TAKE_SPARSE[0], **lr}}), dense),
        param=SPARSE.name,
    )


def _decaying(context: LintContext, plan: PlanFacts, node: Node, dense: Fix) -> Finding:
    optimizer = {**part(context.training or {}, "optimizer"), "weight_decay": 0.0}
    label = "Set weight_decay = 0"
    return Finding(
        node=node,
        what=f"its gradients are sparse, so that the plan's weight_decay of {plan.weight_decay:g} cannot act",
        expected="a weight_decay of 0",
        hint=f"{label}, or {SPARSE.name} = false",
        fixes=(change_plan(label, {"optimizer": optimizer}), dense),
        param=SPARSE.name,
    )


SPARSE_GRADIENTS = NetworkRule(
    code="sparse-gradients",
    title="A plan that takes sparse gradients",
    severity="warning",
    why=(
        "A sparse gradient holds the rows of an embedding that the batch has read and nothing of the rest, "
        "which saves memory and time where the vocabulary is large. Most optimizers and weight decay move "
        "every weight at every step, and PyTorch refuses such a gradient there. SparseAdam moves the rows "
        "that are given."
    ),
    source=f"{DOCS}torch.optim.SparseAdam.html",
    about=_is_sparse,
    find=_untrainable,
)

RULES = (SPARSE_GRADIENTS,)
