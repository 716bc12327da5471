"""Whether plan and network suit each other, and whether everything that can learn does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.catalog.spec import DOCS
from graph.document import Node
from graph.edits import SetParams
from graph.lint.context import LintContext
from graph.lint.plan import chain, part
from graph.lint.rewiring import change_plan, remove
from graph.lint.rule import Finding, LayerRule, NetworkRule
from graph.problems import Fix
from graph.shapes import FLOATS

BATCH_SIZE = 32
FROZEN = "frozen"
LR_FACTOR = "lr_factor"
MAX_LISTED = 3


@dataclass(frozen=True)
class Pace:
    """The learning rates that an optimizer is usually run with.

    Args:
        low: below it, training hardly moves.
        usual: a good first choice.
        high: above it, training most likely diverges.
    """

    low: float
    usual: float
    high: float


PACES: Mapping[str, Pace] = {
    "SGD": Pace(1e-4, 0.01, 1.0),
    "Adam": Pace(1e-6, 0.001, 0.02),
    "AdamW": Pace(1e-6, 0.001, 0.02),
    "NAdam": Pace(1e-6, 0.002, 0.02),
    "RAdam": Pace(1e-6, 0.001, 0.02),
    "Adamax": Pace(1e-6, 0.002, 0.05),
    "RMSprop": Pace(1e-6, 0.001, 0.02),
    "Adagrad": Pace(1e-4, 0.01, 0.5),
    "Adadelta": Pace(1e-3, 1.0, 10.0),
    "Adafactor": Pace(1e-5, 0.01, 0.1),
    "ASGD": Pace(1e-4, 0.01, 1.0),
    "Rprop": Pace(1e-5, 0.01, 0.1),
    "SparseAdam": Pace(1e-6, 0.001, 0.02),
    "Muon": Pace(1e-5, 0.02, 0.2),
    "LBFGS": Pace(0.01, 1.0, 10.0),
}

STATISTICS: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "torchvision:MNIST": ((0.1307,), (0.3081,)),
    "torchvision:FashionMNIST": ((0.2860,), (0.3530,)),
    "torchvision:CIFAR10": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    "torchvision:CIFAR100": ((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
}


def _is_batch_norm(context: LintContext, node: Node) -> bool:
    return context.has(node, "batch-norm")


def _lone_samples(context: LintContext, norms: Collection[str]) -> Iterator[Finding]:
    if context.plan is not None and context.plan.batch_size == 1 and norms:
        label = f"Set batch_size = {BATCH_SIZE}"
        yield Finding(
            node=context.nodes(norms)[0],
            what="it normalises over the batch, but the plan's batch_size is 1",
            expected="a batch of several samples, or a GroupNorm",
            hint=label,
            fixes=(change_plan(label, {"batch_size": BATCH_SIZE}),),
        )


BATCH_NORM_WITH_BATCH_SIZE_1 = NetworkRule(
    code="batch-norm-with-batch-size-1",
    title="BatchNorm needs a batch",
    severity="warning",
    why=(
        "BatchNorm subtracts the mean over the batch. A batch of one sample is its own mean: of a feature "
        "vector nothing is left, and PyTorch stops with an error; of a map only noise remains. GroupNorm "
        "and LayerNorm do not look at the batch."
    ),
    source=f"{DOCS}torch.nn.BatchNorm1d.html",
    about=_is_batch_norm,
    find=_lone_samples,
)


def _raw_inputs(context: LintContext, inputs: Collection[str]) -> Iterator[Finding]:
    statistics = STATISTICS.get(context.plan.source) if context.plan else None
    if statistics is None or context.plan is None or "Normalize" in context.plan.transforms:
        return
    for node in context.nodes(inputs):
        readers = list(context.downstream(node))
        if readers and not any(context.has(reader, "norm") for reader in readers):
            fix = change_plan("Add Normalize", {"data": _normalized(context.training or {}, *statistics)})
            yield Finding(
                node=node,
                what="it is given pixels from 0 to 1 as they are",
                expected="inputs of about zero mean and unit variance",
                hint="Add a Normalize with the data's mean and std to the plan",
                fixes=(fix,),
            )


def _normalized(
    training: Mapping[str, Any], mean: tuple[float, ...], std: tuple[float, ...]
) -> dict[str, Any]:
    """The plan's data with a Normalize at the end of each chain."""
    data = part(training, "data", "source")
    step = {"type": "Normalize", "mean": list(mean), "std": list(std)}
    given = data.get("transforms")
    splits = ("train", "eval") if isinstance(given, Mapping) and given.get("eval") is not None else ("train",)
    return {**data, "transforms": {split: [*chain(training, split), step] for split in splits}}


UNNORMALIZED_INPUT = NetworkRule(
    code="unnormalized-input",
    title="Normalised inputs",
    severity="info",
    why=(
        "Weights start out for inputs of about zero mean and unit variance. Pixels from 0 to 1 are all "
        "positive, so that the gradients of a filter's weights share one sign and the first steps zigzag. "
        "Subtracting the data's mean and dividing by its standard deviation makes training faster and "
        "steadier."
    ),
    source="https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Normalize.html",
    about=LintContext.is_input,
    find=_raw_inputs,
)


def _none(context: LintContext, node: Node) -> bool:
    return False


def _odd_paces(context: LintContext, _: Collection[str]) -> Iterator[Finding]:
    plan = context.plan
    pace = PACES.get(plan.optimizer) if plan else None
    if plan is None or plan.lr is None or pace is None or pace.low <= plan.lr <= pace.high:
        return
    if not plan.lr >= 0:
        return  # no rate at all: whoever reads the plan refuses it
    outcome = (
        "most likely diverges" if plan.lr > pace.high else "hardly moves" if plan.lr else "learns nothing"
    )
    label = f"Set lr = {pace.usual:g}"
    optimizer = {**part(context.training or {}, "optimizer"), "type": plan.optimizer, "lr": pace.usual}
    yield Finding(
        node=None,
        what=f"The plan's learning rate is {plan.lr:g}; with it, {plan.optimizer} {outcome}",
        expected=f"{_decimal(pace.low)} to {_decimal(pace.high)}, usually {_decimal(pace.usual)}",
        hint=label,
        fixes=(change_plan(label, {"optimizer": optimizer}),),
    )


def _decimal(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")


UNUSUAL_LEARNING_RATE = NetworkRule(
    code="unusual-learning-rate",
    title="A learning rate in the optimizer's range",
    severity="warning",
    why=(
        "The learning rate is the length of a step. Too long, and every step lands further up the other "
        "side of the valley, until the loss is NaN; too short, and nothing seems to happen. Adam and its "
        "kin scale their steps themselves and want about 0.001, plain SGD about 0.01 to 0.1."
    ),
    source="https://docs.pytorch.org/docs/stable/optim.html",
    about=_none,
    find=_odd_paces,
)


def _idle_layers(context: LintContext, node: Node) -> Iterator[Finding]:
    if node.params.get(LR_FACTOR) == 0 and context.learns(node) and not _is_frozen(node):
        label = f"Freeze {node.name}"
        yield Finding(
            node=node,
            what=f"its {LR_FACTOR} is 0, so it learns nothing though it is not frozen",
            expected=f"{LR_FACTOR} above 0, or a layer that is frozen and costs no gradient",
            hint=f"Set {LR_FACTOR} = 1, or freeze {node.name}",
            fixes=(
                Fix(f"Set {LR_FACTOR} = 1", (SetParams(node.id, reset=(LR_FACTOR,)),)),
                Fix(label, (SetParams(node.id, {FROZEN: True}, reset=(LR_FACTOR,)),)),
            ),
            param=LR_FACTOR,
        )


LEARNING_RATE_FACTOR_OF_0 = LayerRule(
    code="learning-rate-factor-of-0",
    title="A learning-rate factor above 0",
    severity="warning",
    why=(
        "The learning rate of a layer is that of the plan times its factor. With 0 every step leaves the "
        "layer as it is, though its gradient is computed and an optimizer keeps its moments. A frozen layer "
        "stays as it is, too, and costs neither."
    ),
    source="https://docs.pytorch.org/docs/stable/optim.html#per-parameter-options",
    find=_idle_layers,
)


def _stays_frozen(context: LintContext, node: Node) -> bool:
    """Whether a node has learned numbers that training leaves as they are."""
    return _is_frozen(node) and context.learns(node) and not context.has(node, "batch-norm")


def _frozen_islands(context: LintContext, frozen_ids: Collection[str]) -> Iterator[Finding]:
    for node in context.nodes(frozen_ids):
        earlier = next((each for each in _nearest_learned(context, node) if not _is_frozen(each)), None)
        if earlier is None or not _trains_behind(context, node):
            continue
        behind = (context.graph.nodes[each] for each in context.graph.reachable(node.id))
        frozen = sorted((each for each in behind if _is_frozen(each)), key=lambda each: each.name)
        before = [each for each in _all_upstream(context, node) if _can_freeze(context, each)]
        yield Finding(
            node=node,
            what=f"it is frozen, but {earlier.name} before it and layers behind it are trained",
            expected="frozen layers at the beginning, trained ones behind them",
            hint=f"Unfreeze {node.name}, or freeze everything before it",
            fixes=(
                Fix(
                    _counted("Unfreeze", frozen),
                    tuple(SetParams(each.id, reset=(FROZEN,)) for each in frozen),
                ),
                Fix(_counted("Freeze", before), tuple(SetParams(each.id, {FROZEN: True}) for each in before)),
            ),
            param=FROZEN,
        )


def _can_freeze(context: LintContext, node: Node) -> bool:
    """Whether a node learns now and need not."""
    spec = context.spec(node)
    return (
        spec is not None and spec.param(FROZEN) is not None and context.learns(node) and not _is_frozen(node)
    )


def _counted(verb: str, nodes: Sequence[Node]) -> str:
    return f"{verb} {nodes[0].name}" if len(nodes) == 1 else f"{verb} {len(nodes)} layers"


def _is_frozen(node: Node) -> bool:
    return node.params.get(FROZEN) is True


def _nearest_learned(context: LintContext, node: Node) -> Iterator[Node]:
    """The learned layers that feed a node with no other learned layer between."""
    queue, seen = list(context.upstream(node)), {node.id}
    for each in queue:
        if each.id in seen:
            continue
        seen.add(each.id)
        if context.learns(each):
            yield each
        else:
            queue.extend(context.upstream(each))


def _trains_behind(context: LintContext, node: Node) -> bool:
    behind = (context.graph.nodes[each] for each in context.graph.reachable(node.id) if each != node.id)
    return any(context.learns(each) and not _is_frozen(each) for each in behind)


FROZEN_IN_THE_MIDDLE = NetworkRule(
    code="frozen-in-the-middle",
    title="Frozen layers at the beginning",
    severity="warning",
    why=(
        "A frozen layer keeps what it has learned from the inputs that it knew. If the layers before it go "
        "on learning, what it is given changes under its feet. Freeze a backbone from the input up to some "
        "layer, and train the rest."
    ),
    source="https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html",
    about=_stays_frozen,
    find=_frozen_islands,
)


def _cut_gradients(context: LintContext, cuts: Collection[str]) -> Iterator[Finding]:
    reached = _reached_by_gradients(context) if cuts else set()
    for node in context.nodes(cuts):
        lost = [
            each for each in _all_upstream(context, node) if context.learns(each) and each.id not in reached
        ]
        if lost:
            names = ", ".join(each.name for each in lost[:MAX_LISTED])
            more = f" and {len(lost) - MAX_LISTED} more" if lost[MAX_LISTED:] else ""
            is_last = any(context.is_output(reader) for reader in context.downstream(node))
            yield Finding(
                node=node,
                what=f"no gradient passes through it, so {names}{more} cannot learn",
                expected="layers with a gradient between a learned layer and the Output",
                hint=f"Remove {node.name}, and take its result where the network is used",
                fixes=(remove(context, node),) if is_last and context.before(node) else (),
            )


def _reached_by_gradients(context: LintContext) -> set[str]:
    """Ids of the nodes whose output a gradient reaches, coming from an Output."""
    queue = [node for node in context.graph.nodes.values() if context.is_output(node)]
    reached = {node.id for node in queue}
    for node in queue:
        for before in context.upstream(node):
            if before.id not in reached and _gives_floats(context, before):
                reached.add(before.id)
                queue.append(before)
    return reached


def _gives_floats(context: LintContext, node: Node) -> bool:
    """Whether a node gives a number that may have a gradient, or is not known to give none."""
    outputs = context.inference.result(node.id).outputs.values()
    return any(tensor is None or tensor.dtype in FLOATS for tensor in outputs)


def _cuts_gradients(context: LintContext, node: Node) -> bool:
    """Whether floats go in, and only integers or booleans come out to be read."""
    return not _gives_floats(context, node) and bool(context.readers(node)) and _takes_floats(context, node)


def _takes_floats(context: LintContext, node: Node) -> bool:
    inputs = context.inference.result(node.id).inputs.values()
    return any(tensor is not None and tensor.dtype in FLOATS for tensor in inputs)


def _all_upstream(context: LintContext, node: Node) -> list[Node]:
    found: dict[str, Node] = {}
    queue = [node]
    for each in queue:
        for before in context.upstream(each):
            if before.id not in found:
                found[before.id] = before
                queue.append(before)
    return list(found.values())


UNUSED_PARAMETERS = NetworkRule(
    code="unused-parameters",
    title="A gradient for every learned layer",
    severity="warning",
    why=(
        "Training follows the slope of the loss back through the network. An ArgMax, a comparison or a cast "
        "to integers jumps from one value to the next and has no slope: everything before it keeps the "
        "random weights that it began with."
    ),
    source="https://docs.pytorch.org/docs/stable/notes/autograd.html",
    about=_cuts_gradients,
    find=_cut_gradients,
)

RULES = (
    BATCH_NORM_WITH_BATCH_SIZE_1,
    UNNORMALIZED_INPUT,
    UNUSUAL_LEARNING_RATE,
    LEARNING_RATE_FACTOR_OF_0,
    FROZEN_IN_THE_MIDDLE,
    UNUSED_PARAMETERS,
)
