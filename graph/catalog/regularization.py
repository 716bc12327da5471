"""Dropout."""

from graph.catalog.call import LayerCall, Saved
from graph.catalog.code import Module
from graph.catalog.params import Float
from graph.catalog.rules import same
from graph.catalog.saving import dropped
from graph.catalog.spec import DOCS, LayerSpec, PortSpec, SavedRule
from graph.shapes import FLOATS

PROBABILITY = Float(
    name="p", default=0.5, min=0, max=1, positional=True, help="Probability of zeroing an entry."
)


CHANNELS = tuple(range(2, 17))


def _saves_mask(call: LayerCall) -> Saved:
    return Saved(own=dropped(call.inputs[0].shape, call, call.params.p))


def _saves_noise(call: LayerCall) -> Saved:
    return Saved(own=dropped(call.inputs[0].shape, call, call.params.p, factors=True))


def _saves_channels(call: LayerCall) -> Saved:
    """A factor for each channel of each sample."""
    return Saved(own=dropped(call.inputs[0].shape[:2], call, call.params.p, factors=True))


def _dropout(
    type_name: str,
    help_text: str,
    saves: SavedRule = _saves_channels,
    *,
    ndims: tuple[int, ...] = (),
    layout: str = "",
    keywords: tuple[str, ...] = (),
    traits: tuple[str, ...] = (),
) -> LayerSpec:
    return LayerSpec(
        type=type_name,
        category="Dropout",
        help=help_text,
        source=f"{DOCS}torch.nn.{type_name}.html",
        code=Module(f"nn.{type_name}", wraps=True),
        inputs=(PortSpec("in", FLOATS, ndims=ndims, layout=layout),),
        infer=same,
        params=(PROBABILITY,),
        saves=saves,
        stem="dropout",
        keywords=("regularization", "overfitting", *keywords),
        summary=("p",),
        traits=frozenset({"dropout", *traits}),
    )


def _with_channels(usual: int) -> tuple[int, ...]:
    """Any number of dims that has channels, the usual one last."""
    return (*(ndim for ndim in CHANNELS if ndim != usual), usual)


CHANNEL_DROPOUT = ("channel-dropout",)
WHOLE_CHANNELS = "Zeroes random whole channels while training."
SPECS = (
    _dropout("Dropout", "Zeroes random entries while training and scales up the others.", _saves_mask),
    _dropout(
        "Dropout1d",
        WHOLE_CHANNELS,
        ndims=(3,),
        layout="(N, C, L)",
        keywords=("channel", "sequence"),
        traits=CHANNEL_DROPOUT,
    ),
    _dropout(
        "Dropout2d",
        WHOLE_CHANNELS,
        ndims=_with_channels(4),
        layout="(N, C, H, W)",
        keywords=("channel", "spatial"),
        traits=CHANNEL_DROPOUT,
    ),
    _dropout(
        "Dropout3d",
        WHOLE_CHANNELS,
        ndims=(5,),
        layout="(N, C, D, H, W)",
        keywords=("channel", "volume"),
        traits=CHANNEL_DROPOUT,
    ),
    _dropout(
        "AlphaDropout",
        "Dropout that keeps mean and variance as they are, for networks with SELU.",
        _saves_noise,
        keywords=("selu", "self-normalizing"),
    ),
    _dropout(
        "FeatureAlphaDropout",
        "Alpha dropout of whole channels, for networks with SELU.",
        ndims=_with_channels(4),
        layout="(N, C, ...)",
        keywords=("selu", "self-normalizing", "channel"),
        traits=CHANNEL_DROPOUT,
    ),
)
