"""Whether layers stand in an order that works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graph.catalog.rules import as_tuple
from graph.catalog.spec import DOCS
from graph.document import Node
from graph.lint.context import LintContext
from graph.lint.reach import Reach
from graph.lint.rewiring import insert, move_behind, set_param
from graph.lint.rule import Finding, LayerRule
from graph.problems import Fix
from graph.replacing import ReplaceType
from graph.shapes import TensorSpec

FLAT_DROPOUTS: Mapping[str, str] = {"Dropout2d": "Dropout", "FeatureAlphaDropout": "AlphaDropout"}


def _is_dropout(context: LintContext, node: Node) -> bool:
    return context.has(node, "dropout")


def _nothing_between(context: LintContext, first: Node) -> Iterator[Finding]:
    second = context.behind(first)
    while second is not None and _is_dropout(context, second):
        second = context.behind(second)
    if second is None or second.type != first.type or _is_factorised(context, first, second):
        return
    (edge,) = context.readers(first)
    yield Finding(
        node=second,
        what=f"it follows {first.name} with no activation between them",
        expected="a bend between the two, such as a ReLU",
        hint=f"Insert a ReLU behind {first.name}, or leave one of the two out",
        fixes=(insert(edge, "ReLU"),),
    )


def _is_factorised(context: LintContext, first: Node, second: Node) -> bool:
    """Whether two linear maps in a row are cheaper than one, on purpose, or too little is known to tell."""
    into, between, out = context.taken(first), context.given(first), context.given(second)
    sizes = [_width(context, first, tensor) for tensor in (into, between, out)]
    if any(size is None for size in sizes):
        return True
    known = [size for size in sizes if size is not None]
    return known[1] < min(known[0], known[2]) or _splits_the_window(context, first, second)


def _width(context: LintContext, node: Node, tensor: TensorSpec | None) -> int | None:
    """Channels of a map, features of a vector; what the layer maps linearly."""
    if tensor is None:
        return None
    dim = tensor.shape[1 if "kernel_size" in context.params(node) else -1]
    return dim if isinstance(dim, int) else None


def _splits_the_window(context: LintContext, first: Node, second: Node) -> bool:
    """Whether one layer mixes channels or one direction and the other the rest, as separable filters do."""
    pair = [context.params(node) for node in (first, second)]
    if any(params.get("groups", 1) != 1 for params in pair):
        return True
    if any("kernel_size" not in params for params in pair):
        return False
    one, other = (as_tuple(params["kernel_size"], 1) for params in pair)
    sides = max(len(one), len(other))
    one, other = (as_tuple(params["kernel_size"], sides) for params in pair)
    return max(one) > 1 < max(other) and all(min(sizes) == 1 for sizes in zip(one, other, strict=True))


NO_ACTIVATION_BETWEEN = LayerRule(
    code="no-activation-between",
    title="An activation between two linear layers",
    severity="warning",
    why=(
        "Two linear maps in a row are one linear map: W2(W1 x) = (W2 W1) x. The second layer costs "
        "parameters and time, but the two together can express no more than one. What makes deep networks "
        "strong is the bend between the layers."
    ),
    source="https://docs.pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity",
    at=("affine",),
    reach=Reach(ahead=1, past=_is_dropout),
    find=_nothing_between,
)


def _norm_behind_activation(context: LintContext, norm: Node) -> Iterator[Finding]:
    activation = context.before(norm)
    if activation is None or not context.has(activation, "activation"):
        return
    layer = context.before(activation)
    alone = context.behind(activation) is norm and layer and context.behind(layer) is activation
    if layer is not None and alone and context.has(layer, "affine"):
        yield Finding(
            node=norm,
            what=f"it stands behind {activation.name}",
            expected=f"{layer.name}, {norm.name}, {activation.name}",
            hint=f"Move {activation.name} behind {norm.name}",
            fixes=(move_behind(context, activation, norm),),
        )


BATCH_NORM_AFTER_ACTIVATION = LayerRule(
    code="batch-norm-after-activation",
    title="BatchNorm before the activation",
    severity="info",
    why=(
        "BatchNorm was made to centre what goes into the activation, so that about half of it lies on "
        "either side of the bend. Behind a ReLU it sees only what the ReLU left over. Some networks do well "
        "the other way round; the usual order is layer, BatchNorm, activation."
    ),
    source=f"{DOCS}torch.nn.BatchNorm2d.html",
    at=("batch-norm",),
    reach=Reach(back=2),
    find=_norm_behind_activation,
)


def _bias_before_norm(context: LintContext, layer: Node) -> Iterator[Finding]:
    norm, tensor = context.behind(layer), context.given(layer)
    if norm is None or tensor is None or not context.has(norm, "batch-norm"):
        return
    if context.params(layer).get("bias") is True and (tensor.is_map or tensor.ndim == 2):
        yield Finding(
            node=layer,
            what=f"its bias has no effect, as {norm.name} subtracts the mean of each channel",
            expected="bias = False before a BatchNorm",
            hint="Set bias = False",
            fixes=(set_param(layer, "bias", False),),
            param="bias",
        )


BIAS_BEFORE_BATCH_NORM = LayerRule(
    code="bias-before-batch-norm",
    title="No bias before BatchNorm",
    severity="info",
    why=(
        "BatchNorm subtracts each channel's mean, and with it any constant that the layer before has added. "
        "The bias learns nothing but takes memory and time; BatchNorm brings an offset of its own."
    ),
    source=f"{DOCS}torch.nn.BatchNorm2d.html",
    at=("affine",),
    reach=Reach(ahead=1),
    find=_bias_before_norm,
)


def _dropout_before_activation(context: LintContext, dropout: Node) -> Iterator[Finding]:
    activation = context.behind(dropout)
    if activation is None or not context.has(activation, "activation"):
        return
    layer = context.before(dropout)
    if context.has(layer, "affine", "norm"):
        yield Finding(
            node=dropout,
            what=f"it stands before {activation.name}",
            expected=f"{activation.name}, then {dropout.name}",
            hint=f"Move {dropout.name} behind {activation.name}",
            fixes=(move_behind(context, dropout, activation),),
        )


DROPOUT_BEFORE_ACTIVATION = LayerRule(
    code="dropout-before-activation",
    title="Dropout after the activation",
    severity="info",
    why=(
        "Dropout is meant to switch off whole features, and features are what comes out of the activation. "
        "Before it, a zero is not 'off': a sigmoid turns it into 0.5, and the scaling of the others is "
        "bent."
    ),
    source=f"{DOCS}torch.nn.Dropout.html",
    at=("dropout",),
    reach=Reach(back=1, ahead=1),
    find=_dropout_before_activation,
)


def _dropout_before_norm(context: LintContext, dropout: Node) -> Iterator[Finding]:
    norm = context.behind(dropout)
    if norm is None or not context.has(norm, "batch-norm"):
        return
    after = context.behind(norm)
    goal = after if after is not None and context.has(after, "activation") else norm
    if context.before(dropout) is not None:
        yield Finding(
            node=dropout,
            what=f"it stands right before {norm.name}",
            expected=f"Dropout behind {goal.name}",
            hint=f"Move {dropout.name} behind {goal.name}",
            fixes=(move_behind(context, dropout, goal),),
        )


DROPOUT_BEFORE_BATCH_NORM = LayerRule(
    code="dropout-before-batch-norm",
    title="No Dropout right before BatchNorm",
    severity="info",
    why=(
        "Dropout makes the variance larger while training and leaves it alone afterwards. A BatchNorm right "
        "behind it remembers the larger one, so that its statistics are wrong when the network is used."
    ),
    source=f"{DOCS}torch.nn.Dropout.html",
    at=("dropout",),
    reach=Reach(ahead=2),
    find=_dropout_before_norm,
)


def _channels_of_flat_features(context: LintContext, dropout: Node) -> Iterator[Finding]:
    tensor = context.taken(dropout)
    if tensor is None or tensor.ndim != 2:
        return
    replacement = ReplaceType(dropout.id, FLAT_DROPOUTS.get(dropout.type, "Dropout"), dropout.params)
    yield Finding(
        node=dropout,
        what=f"it zeroes whole channels, but {tensor} has features and no channels",
        expected="(N, C, ...) feature maps",
        hint=replacement.label,
        fixes=(Fix(replacement.label, (replacement,)),),
    )


CHANNEL_DROPOUT_ON_FEATURES = LayerRule(
    code="channel-dropout-on-features",
    title="Dropout2d for feature maps only",
    severity="warning",
    why=(
        "Neighbouring pixels of a map say nearly the same, so Dropout2d drops the whole map. A feature "
        "vector has no maps: each number is a channel of its own, and plain Dropout is what was meant."
    ),
    source=f"{DOCS}torch.nn.Dropout2d.html",
    at=("channel-dropout",),
    find=_channels_of_flat_features,
)

RULES = (
    NO_ACTIVATION_BETWEEN,
    BATCH_NORM_AFTER_ACTIVATION,
    BIAS_BEFORE_BATCH_NORM,
    DROPOUT_BEFORE_ACTIVATION,
    DROPOUT_BEFORE_BATCH_NORM,
    CHANNEL_DROPOUT_ON_FEATURES,
)
