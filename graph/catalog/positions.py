"""Positions told to layers that see a sequence as a set."""

from graph.catalog.call import LayerCall
from graph.catalog.code import Expression, Helper
from graph.catalog.params import Float
from graph.catalog.rules import same
from graph.catalog.saving import saves_nothing
from graph.catalog.spec import LayerSpec, PortSpec
from graph.shapes import FLOATS

ENCODING = Helper(
    "positional_encoding",
    '''\
def positional_encoding(x, max_period=10000.0):
    """Sines and cosines of every position of x (N, T, features), as (T, features)."""
    length, features = x.shape[-2:]
    even = torch.arange(0, features, 2, device=x.device)
    positions = torch.arange(length, device=x.device).unsqueeze(1)  # (T, 1)
    angles = positions * max_period ** (-even / features)  # (T, features / 2)
    waves = torch.stack([angles.sin(), angles.cos()], dim=-1)
    return waves.flatten(1)[:, :features].to(x.dtype)
''',
)


def _write(names: tuple[str, ...], call: LayerCall) -> str:
    period = call.params.max_period
    argument = "" if period == POSITIONAL_ENCODING.params[0].default else f", max_period={period!r}"
    return f"{names[0]} + {ENCODING.name}({names[0]}{argument})"


POSITIONAL_ENCODING = LayerSpec(
    type="PositionalEncoding",
    category="Attention",
    help="Adds sines and cosines of each position to a sequence of any length; nothing is learned.",
    source="https://docs.pytorch.org/tutorials/beginner/transformer_tutorial.html",
    code=Expression(_write, helpers=(ENCODING,)),
    inputs=(PortSpec("in", FLOATS, ndims=(3,), layout="(N, T, features)"),),
    infer=same,
    saves=saves_nothing,
    params=(
        Float(
            name="max_period",
            default=10000.0,
            above=0,
            help="Longest wave, in steps of 2 pi; above the length.",
        ),
    ),
    keywords=("sinusoidal", "position", "sine", "cosine", "transformer", "embedding"),
)

SPECS = (POSITIONAL_ENCODING,)
