"""Whether the end of the network gives what the loss takes."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from graph.catalog.spec import DOCS
from graph.document import Node
from graph.lint.context import LintContext
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


def _ends(
    context: LintContext, outputs: Collection[str], losses: tuple[str, ...]
) -> Iterator[tuple[Node, Node]]:
    """The Output and the layer whose numbers it gives, if the plan trains it with one of these losses."""
    plan = context.plan
    if plan is None or plan.has_own_losses or plan.loss not in losses or len(outputs) != 1:
        return
    (output,) = context.nodes(outputs)
    last = context.last(output)
    if last is not None and context.before(last) is not None:
        yield output, last


def _loss(context: LintContext) -> str:
    return context.plan.loss if context.plan else ""


def _use(loss: str) -> Fix:
    return change_plan(f"Use {loss}", {"loss": {"type": loss}})


def _insert_before(context: LintContext, output: Node, type_name: str, **params: int) -> Fix:
    (edge,) = context.graph.incoming(output.id).values()
    return insert(edge, type_name, params)


def _replace(node: Node, type_name: str, **params: object) -> Fix:
    edit = ReplaceType(node.id, type_name, params)
    return Fix(edit.label, (edit,))


def _softmax_twice(context: LintContext, outputs: Collection[str]) -> Iterator[Finding]:
    for _, last in _ends(context, outputs, SOFTMAX_INSIDE):
        if context.has(last, "softmax"):
            yield Finding(
                node=last,
                what=f"its probabilities go into {_loss(context)}, which takes the softmax itself",
                expected=LOGITS,
                hint=f"Remove {last.name}",
                fixes=(remove(context, last),),
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
    for _, last in _ends(context, outputs, SOFTMAX_INSIDE):
        if context.has(last, "log-softmax"):
            yield Finding(
                node=last,
                what=f"its log-probabilities go into {_loss(context)}, which takes the log-softmax itself",
                expected=LOGITS,
                hint=f"Remove {last.name}, or use NLLLoss",
                fixes=(remove(context, last), _use("NLLLoss")),
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
    for output, last in _ends(context, outputs, ("NLLLoss",)):
        if context.has(last, "softmax"):
            dim = context.params(last).get("dim", 1)
            fixes: tuple[Fix, ...] = (_replace(last, "LogSoftmax", dim=dim),)
        elif context.has(last, "affine", "activation"):
            fixes = (_insert_before(context, output, "LogSoftmax", dim=1), _use("CrossEntropyLoss"))
        else:
            continue
        yield Finding(
            node=last,
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
    for _, last in _ends(context, outputs, SIGMOID_INSIDE):
        if context.has(last, "unit-interval"):
            yield Finding(
                node=last,
                what=f"its probabilities go into {_loss(context)}, which takes the sigmoid itself",
                expected=LOGITS,
                hint=f"Remove {last.name}, or use BCELoss",
                fixes=(remove(context, last), _use("BCELoss")),
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
    for output, last in _ends(context, outputs, ("BCELoss",)):
        if context.has(last, "affine"):
            fixes: tuple[Fix, ...] = (
                _use("BCEWithLogitsLoss"),
                _insert_before(context, output, "Sigmoid"),
            )
        elif context.has(last, "activation", "log-softmax") and not context.has(last, "unit-interval"):
            fixes = (_replace(last, "Sigmoid"),)
        else:
            continue
        yield Finding(
            node=last,
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
    for _, last in _ends(context, outputs, TAKES_SCORES):
        assert context.plan is not None
        is_sigmoid_twice = context.plan.loss in SIGMOID_INSIDE and context.has(last, "unit-interval")
        if not context.has(last, "activation") or is_sigmoid_twice:
            continue
        if context.plan.is_loss_chosen or context.has(last, "rectifier"):
            yield Finding(
                node=last,
                what=f"it bends the scores that {context.plan.loss} is given",
                expected=LOGITS,
                hint=f"Remove {last.name}",
                fixes=(remove(context, last),),
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
    for _, last in _ends(context, outputs, COMPARES_NUMBERS):
        if context.has(last, "rectifier"):
            yield Finding(
                node=last,
                what=f"the numbers that {_loss(context)} compares can never be below 0",
                expected="a last layer without ReLU, unless no target is negative",
                hint=f"Remove {last.name}, or use a Softplus, which keeps a gradient",
                fixes=(remove(context, last), _replace(last, "Softplus")),
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


def _class_count(context: LintContext, outputs: Collection[str]) -> Iterator[Finding]:
    for output, last in _ends(context, outputs, COUNTS_CLASSES):
        tensor, count = context.taken(output), context.num_classes
        if count is None or tensor is None or not (tensor.ndim == 2 or tensor.is_map):
            continue
        size = tensor.shape[1]
        if not isinstance(size, int) or size == count:
            continue
        source = _sizing_layer(context, last)
        param = next((name for name in SIZE_PARAMS if source and name in context.params(source)), None)
        yield Finding(
            node=source or last,
            what=f"the network gives {size} scores a sample, but the data has {count} classes",
            expected=f"one score for each of the {count} classes",
            hint=f"Set {param} = {count}" if param else f"Make the last layer give {count} numbers",
            fixes=(set_param(source, param, count),) if source and param else (),
            param=param,
        )


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
    WRONG_CLASS_COUNT,
)
