"""Images as sliding blocks, and back."""

from math import prod

from graph.catalog.call import Params
from graph.catalog.code import Module
from graph.catalog.params import IntOrTuple
from graph.catalog.rearrange import divided
from graph.catalog.rules import as_tuple, require_window, windowed_size
from graph.catalog.saving import saves_nothing
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.dims import Dim
from graph.shapes import FLOATS, Shape, ShapeError, TensorSpec

CATEGORY = "Tensor"
DTYPES = (*FLOATS, "bool")
KERNEL_SIZE = IntOrTuple(name="kernel_size", default=2, min=1, positional=True, help="Block size in pixels.")
WINDOW = (
    KERNEL_SIZE,
    IntOrTuple(name="dilation", default=1, min=1, help="Distance between the pixels of a block."),
    IntOrTuple(name="padding", default=0, help="Border of zeros in pixels."),
    IntOrTuple(name="stride", default=1, min=1, initial=2, help="Step between the blocks in pixels."),
)


def _num_blocks(sizes: Shape, p: Params, given: TensorSpec) -> Dim:
    """How many blocks lie in an image."""
    names = ("kernel_size", "stride", "padding", "dilation")
    windows = zip(*(as_tuple(p[name], 2) for name in names), strict=True)
    blocks: Dim = 1
    for size, (kernel, stride, padding, dilation) in zip(sizes, windows, strict=True):
        require_window(size + 2 * padding, dilation * (kernel - 1) + 1, "kernel_size", given)
        blocks = blocks * windowed_size(size, kernel, stride, 2 * padding, dilation)
    return blocks


def _unfolded_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    batch, channels, *sizes = inputs[0].shape
    entries = channels * prod(as_tuple(p.kernel_size, 2))
    return (TensorSpec((batch, entries, _num_blocks(tuple(sizes), p, inputs[0])), inputs[0].dtype),)


UNFOLD = LayerSpec(
    type="Unfold",
    category=CATEGORY,
    help="Sliding blocks of an image, each as a vector: (N, C*kernel, blocks).",
    source=f"{DOCS}torch.nn.Unfold.html",
    code=Module("nn.Unfold"),
    inputs=(PortSpec("in", DTYPES, ndims=(4,), layout="(N, C, H, W)"),),
    infer=_unfolded_shape,
    saves=saves_nothing,
    params=WINDOW,
    keywords=("im2col", "patches", "blocks"),
    summary=("kernel_size", "stride", "padding"),
)


def _folded_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    batch, entries, given_blocks = inputs[0].shape
    channels = divided(entries, prod(as_tuple(p.kernel_size, 2)), inputs[0], "kernel_size")
    sizes = as_tuple(p.output_size, 2)
    blocks = _num_blocks(sizes, p, TensorSpec(sizes))
    if blocks != given_blocks:
        raise ShapeError(
            "blocks-differ",
            f"an image of {sizes[0]} by {sizes[1]} has {blocks} blocks, but {{source}} gives {inputs[0]}",
            expected=f"(N, C*kernel, {blocks})",
            hint="Give output_size, kernel_size and stride the values that Unfold had.",
            param="output_size",
        )
    return (TensorSpec((batch, channels, *sizes), inputs[0].dtype, is_map=True),)


FOLD = LayerSpec(
    type="Fold",
    category=CATEGORY,
    help="An image from sliding blocks; where they overlap, they add up.",
    source=f"{DOCS}torch.nn.Fold.html",
    code=Module("nn.Fold"),
    inputs=(PortSpec("in", DTYPES, ndims=(3,), layout="(N, C*kernel, blocks)"),),
    infer=_folded_shape,
    saves=saves_nothing,
    params=(
        IntOrTuple(
            name="output_size", default=28, min=1, positional=True, help="Height and width of the image."
        ),
        *WINDOW,
    ),
    keywords=("col2im", "patches", "blocks"),
    summary=("output_size", "kernel_size", "stride", "padding"),
)

SPECS = (UNFOLD, FOLD)
