"""Dropout."""

from graph.catalog.params import Float
from graph.catalog.rules import same
from graph.catalog.spec import DOCS, LayerSpec, Module, PortSpec
from graph.shapes import FLOATS

PROBABILITY = Float(
    name="p", default=0.5, min=0, max=1, positional=True, help="Probability of zeroing an entry."
)


def _dropout(type_name: str, help_text: str, ndims: tuple[int, ...], keywords: tuple[str, ...]) -> LayerSpec:
    return LayerSpec(
        type=type_name,
        category="Dropout",
        help=help_text,
        source=f"{DOCS}torch.nn.{type_name}.html",
        code=Module(f"nn.{type_name}", wraps=True),
        inputs=(PortSpec("in", FLOATS, ndims=ndims, layout="(N, C, H, W)" if ndims else ""),),
        infer=same,
        params=(PROBABILITY,),
        stem="dropout",
        keywords=("regularization", "overfitting", *keywords),
        summary=("p",),
    )


SPECS = (
    _dropout("Dropout", "Zeroes random entries while training and scales up the others.", (), ()),
    _dropout(
        "Dropout2d",
        "Zeroes random whole channels while training.",
        (2, 3, *range(5, 17), 4),
        ("channel", "spatial"),
    ),
)
