"""Matrix products of tensors."""

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Expression
from graph.catalog.rules import NOT_BOOL, broadcast, require_same, require_same_dtypes
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.dims import Dim, substitute
from graph.shapes import ShapeError, TensorSpec, num_elements

CATEGORY = "Arithmetic"


def matrix_flops(call: LayerCall, inner: Dim) -> Dim:
    """2 per multiply-add, of a product whose output is the layer's and whose sums have `inner` terms."""
    return substitute(2 * num_elements(call.outputs[0].shape) * inner, {"N": 1})


def _matmul_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    first, second = inputs
    require_same_dtypes(inputs, ("input", "other"))
    for spec, port in ((first, "input"), (second, "other")):
        if spec.ndim < 2:
            raise ShapeError(
                "wrong-rank",
                f"{port} is {spec}, which is no matrix: its only dim is the batch",
                expected="(N, ..., rows, columns)",
                hint="Insert an Unsqueeze before it.",
                port=port,
            )
    require_same(second.shape[-2], first.shape[-1], "inner size", "other", inputs)
    batch = broadcast([first.shape[:-2], second.shape[:-2]], ("input", "other"))
    return (TensorSpec((*batch, first.shape[-2], second.shape[-1]), first.dtype),)


def _saves_factors(call: LayerCall) -> Saved:
    """The inputs; one that is used for several matrices is laid out for each."""
    leading = call.outputs[0].shape[:-2]
    shared = [spec.shape[:-2] != leading for spec in call.inputs]
    laid_out = (TensorSpec((*leading, *spec.shape[-2:]), spec.dtype) for spec in call.inputs)
    return Saved(
        tuple(index for index in (0, 1) if not shared[index]),
        own=tuple(spec for spec, is_shared in zip(laid_out, shared, strict=True) if is_shared),
    )


def _write_matmul(names: tuple[str, ...], call: LayerCall) -> str:
    return f"{names[0]} @ {names[1]}"


def _bmm_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    first, second = inputs
    require_same_dtypes(inputs, ("input", "mat2"))
    require_same(second.shape[0], first.shape[0], "batch", "mat2", inputs)
    require_same(second.shape[1], first.shape[2], "inner size", "mat2", inputs)
    return (TensorSpec((*first.shape[:2], second.shape[2]), first.dtype),)


def _write_bmm(names: tuple[str, ...], call: LayerCall) -> str:
    return f"torch.bmm({names[0]}, {names[1]})"


def _flops(call: LayerCall) -> Dim:
    return matrix_flops(call, call.inputs[0].shape[-1])


SPECS = (
    LayerSpec(
        type="MatMul",
        category=CATEGORY,
        help="Matrix product over the last two dims; the dims before broadcast.",
        source=f"{DOCS}torch.matmul.html",
        code=Expression(_write_matmul),
        inputs=tuple(
            PortSpec(name, NOT_BOOL, layout="(N, ..., rows, columns)") for name in ("input", "other")
        ),
        infer=_matmul_shape,
        saves=_saves_factors,
        flops=_flops,
        autocast="lower",
        keywords=("matmul", "product", "matrix", "dot", "@"),
    ),
    LayerSpec(
        type="Bmm",
        category=CATEGORY,
        help="Matrix product for each sample of the batch.",
        source=f"{DOCS}torch.bmm.html",
        code=Expression(_write_bmm),
        inputs=tuple(
            PortSpec(name, NOT_BOOL, ndims=(3,), layout="(N, rows, columns)") for name in ("input", "mat2")
        ),
        infer=_bmm_shape,
        flops=_flops,
        autocast="lower",
        keywords=("batch", "matmul", "product", "matrix"),
    ),
)
