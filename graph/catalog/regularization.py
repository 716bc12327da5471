"""Dropout."""

from graph.catalog.params import Float
from graph.catalog.rules import same
from graph.catalog.spec import DOCS, LayerSpec, Module, PortSpec
from graph.shapes import FLOATS

PROBABILITY = Float(
    name="p", default=0.5, min=0, max=1, positional=True, help="Probability of zeroing an entry."
)


CHANNELS = tuple(range(2, 17))


def _dropout(
    type_name: str,
    help_text: str,
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
    _dropout("Dropout", "Zeroes random entries while training and scales up the others."),
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
