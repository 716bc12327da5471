"""Whether the end of the network gives what the loss takes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graph.catalog.spec import DOCS
from graph.document import Node
from graph.lint.context import LintContext
from graph.lint.plan import LossFacts, part
from graph.lint.rewiring import change_plan, insert, remove, set_param
from graph.lint.rule import Finding, NetworkRule
from graph.problems import Fix
from graph.replacing import ReplaceType

SOFTMAX_INSIDE = ("CrossEntropyLoss", "FocalLoss")
SIGMOID_INSIDE = ("BCEWithLogitsLoss", "MultiLabelSoftMarginLoss")
TAKES_SCORES = (*SOFTMAX_INSIDE, *SIGMOID_INSIDE, "MultiMarginLoss", "MultiLabelMarginLoss", "SoftMarginLoss")
COUNTS_CLASSES = ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss")
COMPARES_NUMBERS = ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")
SIZE_PARAMS = ("out_features", "out_channels")
LOGITS = "logits, the scores as the last layer computes them"


@dataclass(frozen=True)
class _End:
    """An Output, the layer whose numbers it gives, and the loss that takes them."""

    output: Node
    last: Node
    loss: LossFacts


def _ends(context: LintContext, outputs: Collection[str], losses: tuple[str, ...]) -> Iterator[_End]:
    """The Outputs that are trained with one of these losses."""
    plan = context.plan
    if plan is None or (len(outputs) != 1 and not plan.own_losses):
        return
    for output in context.nodes(outputs):
        loss, last = plan.own_losses.get(output.id, plan.loss), context.last(output)
        if loss.kind in losses and last is not None and context.before(last) is not None:
            yield _End(output, last, loss)


def _use(context: LintContext, end: _End, loss: str) -> Fix:
    """Trains an Output with another loss."""
    training: Mapping[str, Any] = context.training or {}
    value: dict[str, Any] = {"loss": {"type": loss}}
    if context.plan is not None and context.plan.own_losses:
        own, entry = training["outputs"], part(training["outputs"], end.output.id)
        value = {"outputs": {**own, end.output.id: {**entry, **value}}}
    return change_plan(f"Use {loss}", value)


def _insert_before(context: LintContext, output: Node, type_name: str, **params: int) -> Fix:
    (edge,) = context.graph.incoming(output.id).values()
    return insert(edge, type_name, params)


def _replace(node: Node, type_name: str, **params: object) -> Fix:
    edit = ReplaceType(node.id, type_name, params)
    return Fix(edit.label, (edit,))


def _softmax_twice(context: LintContext, outputs: Collection[str]) -> Iterator[Finding]:
    for end in _ends(context, outputs, SOFTMAX_INSIDE):
        if context.has(end.last, "softmax"):
            yield Finding(
                node=end.last,
                what=f"its probabilities go into {end.loss.kind}, which takes the softmax itself",
                expected=LOGITS,
                hint=f"Remove {end.last.name}",
                fixes=(remove(context, end.last),),
            )


SOFTMAX_BEFORE_CROSS_ENTROPY = NetworkRule(
    code="softmax-before-cross-entropy",
    title="No softmax before CrossEntropyLoss",
    severity="warning",
    why=(
        "CrossEntropyLoss applies a log-softmax to what it is given. After a softmax of your own it works "
        "on numbers between 0 and 1, so that even a perfect answer looks unsure: the loss stays high, "
        "gradients get small and nothing crashes to tell you. Take the softmax only where you want to read "
        "probabilities."
    ),
    source=f"{DOCS}torch.nn.CrossEntropyLoss.html",
    about=LintContext.is_output,
    find=_softmax_twice,
)


def _log_softmax_twice(context: LintContext, outputs: Collection[str]) -> Iterator[Finding]:
    for end in _ends(context, outputs, SOFTMAX_INSIDE):
        if context.has(end.last, "log-softmax"):
            yield Finding(
                node=end.last,
                what=f"its log-probabilities go into {end.loss.kind}, which takes the log-softmax itself",
                expected=LOGITS,
                hint=f"Remove {end.last.name}, or use NLLLoss",
                fixes=(remove(context, end.last), _use(context, end, "NLLLoss")),
            )


LOG_SOFTMAX_BEFORE_CROSS_ENTROPY = NetworkRule(
    code="log-softmax-before-cross-entropy",
    title="No LogSoftmax before CrossEntropyLoss",
    severity="info",
    why=(
        "CrossEntropyLoss is LogSoftmax and NLLLoss in one. A second log-softmax changes no number, but it "
        "costs time and hides which of the two losses was meant."
    ),
    source=f"{DOCS}torch.nn.CrossEntropyLoss.html",
    about=LintContext.is_output,
    find=_log_softmax_twice,
)


def _log_softmax_missing(context: LintContext, outputs: Collection[str]) -> Iterator[Finding]:
    for end in _ends(context, outputs, ("NLLLoss",)):
        if context.has(end.last, "softmax"):
            dim = context.params(end.last).get("dim", 1)
            fixes: tuple[Fix, ...] = (_replace(end.last, "LogSoftmax", dim=dim),)
        elif context.has(end.last, "affine", "activation"):
            plain = _use(context, end, "CrossEntropyLoss")
            fixes = (_insert_before(context, end.output, "LogSoftmax", dim=1), plain)
        else:
            continue
        yield Finding(
            node=end.last,
            what="NLLLoss reads what it gives as log-probabilities, which it is not",
            expected="a LogSoftmax at the end",
            hint=f"{fixes[0].label}, or train plain scores with CrossEntropyLoss",
            fixes=fixes,
        )


NLL_WITHOUT_LOG_SOFTMAX = NetworkRule(
    code="nll-without-log-softmax",
    title="A LogSoftmax before NLLLoss",
    severity="warning",
    why=(
        "NLLLoss only picks the number of the right class and turns its sign. Given plain scores or "
        "probabilities, it falls without end or does not move, and the network does not learn to tell "
        "classes apart."
    ),
    source=f"{DOCS}torch.nn.NLLLoss.html",
    about=LintContext.is_output,
    find=_log_softmax_missing,
)


def _sigmoid_twice(context: LintContext, outputs: Collection[str]) -> Iterator[Finding]:
    for end in _ends(context, outputs, SIGMOID_INSIDE):
        if context.has(end.last, "unit-interval"):
            yield Finding(
                node=end.last,
                what=f"its probabilities go into {end.loss.kind}, which takes the sigmoid itself",
                expected=LOGITS,
                hint=f"Remove {end.last.name}, or use BCELoss",
                fixes=(remove(context, end.last), _use(context, end, "BCELoss")),
            )


SIGMOID_BEFORE_BCE_WITH_LOGITS = NetworkRule(
    code="sigmoid-before-bce-with-logits",
    title="No sigmoid before BCEWithLogitsLoss",
    severity="warning",
    why=(
        "BCEWithLogitsLoss applies the sigmoid itself, in a form that does not overflow. After a sigmoid of "
        "your own every answer lies between 0.5 and 0.73, so that 'no' cannot be said and the gradients "
        "almost vanish."
    ),
    source=f"{DOCS}torch.nn.BCEWithLogitsLoss.html",
    about=LintContext.is_output,
    find=_sigmoid_twice,
)


def _sigmoid_missing(context: LintContext, outputs: Collection[str]) -> Iterator[Finding]:
    for end in _ends(context, outputs, ("BCELoss",)):
        if context.has(end.last, "affine"):
            fixes: tuple[Fix, ...] = (
                _use(context, end, "BCEWithLogitsLoss"),
                _insert_before(context, end.output, "Sigmoid"),
            )
        elif context.has(end.last, "unit-interval"):
            continue
        elif context.has(end.last, "activation", "log-softmax"):
            fixes = (_replace(end.last, "Sigmoid"),)
        else:
            continue
        yield Finding(
            node=end.last,
            what="BCELoss reads what it gives as probabilities, but it can leave the range from 0 to 1",
            expected="a Sigmoid at the end, or BCEWithLogitsLoss",
            hint=fixes[0].label,
            fixes=fixes,
        )


BCE_WITHOUT_SIGMOID = NetworkRule(
    code="bce-without-sigmoid",
    title="A sigmoid before BCELoss",
    severity="warning",
    why=(
        "BCELoss takes the logarithm of a probability. For a number below 0 or above 1 there is none, and "
        "PyTorch stops with an error. BCEWithLogitsLoss takes plain scores and is more exact than a Sigmoid "
        "followed by BCELoss."
    ),
    source=f"{DOCS}torch.nn.BCELoss.html",
    about=LintContext.is_output,
    find=_sigmoid_missing,
)


def _bent_scores(context: LintContext, outputs: Collection[str]) -> Iterator[Finding]:
    for end in _ends(context, outputs, TAKES_SCORES):
        is_sigmoid_twice = end.loss.kind in SIGMOID_INSIDE and context.has(end.last, "unit-interval")
        if not context.has(end.last, "activation") or is_sigmoid_twice:
            continue
        if end.loss.is_chosen or context.has(end.last, "rectifier"):
            yield Finding(
                node=end.last,
                what=f"it bends the scores that {end.loss.kind} is given",
                expected=LOGITS,
                hint=f"Remove {end.last.name}",
                fixes=(remove(context, end.last),),
            )


ACTIVATION_ON_LAST_LAYER = NetworkRule(
    code="activation-on-last-layer",
    title="No activation after the last layer of a classifier",
    severity="warning",
    why=(
        "The loss needs scores that may take any value. A ReLU cuts the negative ones off, and with them "
        "every gradient of a class that is not likely; Tanh and Sigmoid keep the scores so close that the "
        "network can never be sure."
    ),
    source="https://docs.pytorch.org/tutorials/beginner/basics/buildmodel_tutorial.html",
    about=LintContext.is_output,
    find=_bent_scores,
)


def _cut_off_numbers(context: LintContext, outputs: Collection[str]) -> Iterator[Finding]:
    for end in _ends(context, outputs, COMPARES_NUMBERS):
        if context.has(end.last, "rectifier"):
            yield Finding(
                node=end.last,
                what=f"the numbers that {end.loss.kind} compares can never be below 0",
                expected="a last layer without ReLU, unless no target is negative",
                hint=f"Remove {end.last.name}, or use a Softplus, which keeps a gradient",
                fixes=(remove(context, end.last), _replace(end.last, "Softplus")),
            )


RECTIFIED_REGRESSION = NetworkRule(
    code="rectified-regression",
    title="No ReLU after the last layer of a regression",
    severity="info",
    why=(
        "A ReLU gives 0 for every negative input and passes no gradient back there: negative targets cannot "
        "be reached, and an output that is stuck at 0 does not recover."
    ),
    source=f"{DOCS}torch.nn.ReLU.html",
    about=LintContext.is_output,
    find=_cut_off_numbers,
)


def _classes_as_numbers(context: LintContext, outputs: Collection[str]) -> Iterator[Finding]:
    for end in _ends(context, outputs, COMPARES_NUMBERS):
        count = _classes(context, end.loss)
        if count is not None:
            yield Finding(
                node=end.output,
                what=f"{end.loss.kind} compares it with numbers, but the data gives one of {count} classes",
                expected="a loss that tells classes apart",
                hint="Use CrossEntropyLoss",
                fixes=(_use(context, end, "CrossEntropyLoss"),),
            )


CLASSES_AS_NUMBERS = NetworkRule(
    code="classes-as-numbers",
    title="A loss for classes where the data has classes",
    severity="warning",
    why=(
        "The numbers of classes are only names: class 3 is not nearer to class 4 than to class 9. A loss "
        "that measures distances would learn an order that is not there, so training does not begin with it."
    ),
    source=f"{DOCS}torch.nn.CrossEntropyLoss.html",
    about=LintContext.is_output,
    find=_classes_as_numbers,
)


def _class_count(context: LintContext, outputs: Collection[str]) -> Iterator[Finding]:
    for end in _ends(context, outputs, COUNTS_CLASSES):
        tensor, count = context.taken(end.output), _classes(context, end.loss)
        if count is None or tensor is None or not (tensor.ndim == 2 or tensor.is_map):
            continue
        size = tensor.shape[1]
        if not isinstance(size, int) or size == count:
            continue
        groups, source = end.loss.groups, _sizing_layer(context, end.last)
        wanted = f"the data has {count} classes" if groups is None else f"its classes are in {count} groups"
        param = next((name for name in SIZE_PARAMS if source and name in context.params(source)), None)
        yield Finding(
            node=source or end.last,
            what=f"the network gives {size} scores a sample, but {wanted}",
            expected=f"one score for each of the {count} {'classes' if groups is None else 'groups'}",
            hint=f"Set {param} = {count}" if param else f"Make the last layer give {count} numbers",
            fixes=(set_param(source, param, count),) if source and param else (),
            param=param,
        )


def _classes(context: LintContext, loss: LossFacts) -> int | None:
    """How many classes a loss tells apart; None where that is not known."""
    if loss.groups is not None or not loss.has_labels:
        return loss.groups
    return context.num_classes


def _sizing_layer(context: LintContext, node: Node | None) -> Node | None:
    """The learned layer that determines how many numbers come out."""
    while node is not None and context.has(
        node, "activation", "softmax", "log-softmax", "norm", "fixed-size"
    ):
        node = context.before(node)
    return node if context.has(node, "affine") else None


WRONG_CLASS_COUNT = NetworkRule(
    code="wrong-class-count",
    title="As many scores as classes",
    severity="warning",
    why=(
        "The loss compares the number of the right class with one score for each class. Too few scores stop "
        "training with an error; too many are classes that never occur, which the network has to learn to "
        "avoid."
    ),
    source=f"{DOCS}torch.nn.CrossEntropyLoss.html",
    about=LintContext.is_output,
    find=_class_count,
)

RULES = (
    SOFTMAX_BEFORE_CROSS_ENTROPY,
    LOG_SOFTMAX_BEFORE_CROSS_ENTROPY,
    NLL_WITHOUT_LOG_SOFTMAX,
    SIGMOID_BEFORE_BCE_WITH_LOGITS,
    BCE_WITHOUT_SIGMOID,
    ACTIVATION_ON_LAST_LAYER,
    RECTIFIED_REGRESSION,
    CLASSES_AS_NUMBERS,
    WRONG_CLASS_COUNT,
)
