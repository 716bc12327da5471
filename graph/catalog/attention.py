"""Attention."""

from math import gcd

from graph.catalog.attention_memory import saves_heads
from graph.catalog.call import Inputs, LayerCall, Params, Saved
from graph.catalog.code import Function, Module
from graph.catalog.masks import Mask, causal_arguments, require_masks
from graph.catalog.params import Flag, Float, Int
from graph.catalog.products import matrix_flops
from graph.catalog.rules import FLOAT32, broadcast, channels_of, require_same, require_same_dtypes
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.dims import Dim, substitute
from graph.shapes import FLOATS, SetParam, Shape, ShapeError, TensorSpec, format_shape, num_elements

CATEGORY = "Attention"
PORTS = ("query", "key", "value")
KEYWORDS = ("transformer", "query", "key", "value")


def embed_dim(inputs: tuple[TensorSpec, ...]) -> int | None:
    """The size of the first input's vectors."""
    return channels_of(inputs[0], -1)


def require_heads(size: int, heads: int, param: str) -> None:
    """Checks that vectors can be shared out among heads.

    Raises:
        ShapeError: they cannot.
    """
    if size % heads:
        fitting = gcd(size, heads)
        raise ShapeError(
            "heads",
            f"{param} is {heads}, but {{source}} gives vectors of {size}",
            expected=f"a divisor of {size}",
            hint=f"Set {param} = {fitting}.",
            param=param,
            repairs=(SetParam(param, fitting),),
        )


def _dot_product_shape(inputs: Inputs, p: Params) -> tuple[TensorSpec, ...]:
    query, key, value = inputs[:3]
    require_same_dtypes(inputs[:3], PORTS)
    require_same(key.shape[-1], query.shape[-1], "size of vectors", "key", (query, key))
    require_same(value.shape[-2], key.shape[-2], "length", "value", (key, value))
    batch = broadcast([spec.shape[:-2] for spec in inputs[:3]], PORTS)
    mask = inputs.at("attn_mask")
    if mask is not None:
        _require_scores_mask(mask, (*batch, query.shape[-2], key.shape[-2]), query.dtype, p)
    return (TensorSpec((*batch, query.shape[-2], value.shape[-1]), query.dtype),)


def _require_scores_mask(mask: TensorSpec, scores: Shape, dtype: str, p: Params) -> None:
    """A mask broadcasts to the scores, a number for each query and key."""
    if p.is_causal:
        raise ShapeError(
            "two-masks",
            "is_causal is set, and {source} feeds attn_mask",
            expected="one of them, as the flag makes the mask",
            hint="Set is_causal = false, or delete the edge.",
            port="attn_mask",
            param="is_causal",
            repairs=(SetParam("is_causal", False),),
        )
    if mask.dtype not in ("bool", "float32", dtype):
        raise ShapeError(
            "dtypes-differ",
            f"attn_mask is {mask.dtype}, but query is {dtype}",
            expected=f"bool or {dtype}",
            hint=f"Insert a Cast to {dtype} before attn_mask.",
            port="attn_mask",
        )
    trailing = scores[-mask.ndim :]
    if mask.ndim > len(scores) or any(d not in (1, s) for d, s in zip(mask.shape, trailing, strict=True)):
        raise ShapeError(
            "mask-shape",
            f"{{source}} gives {mask} to attn_mask, but there are scores {format_shape(scores)}",
            expected=f"{format_shape(scores)}, or 1 in place of dims",
            hint="A mask has a place for each query and key.",
            port="attn_mask",
        )


def _dot_product_flops(call: LayerCall) -> Dim:
    query, key = call.inputs[:2]
    (out,) = call.outputs
    scores = num_elements((*out.shape[:-1], key.shape[-2])) * query.shape[-1] * 2
    return substitute(scores, {"N": 1}) + matrix_flops(call, key.shape[-2])


def _saves_scores(call: LayerCall) -> Saved:
    """Four dims have a kernel that keeps a number for each query; others keep all scores."""
    (query, key, *_), out = call.inputs, call.outputs[0]
    if query.ndim == 4:
        return Saved((0, 1, 2), (0,), (TensorSpec(query.shape[:-1]),))
    scores = TensorSpec((*out.shape[:-1], key.shape[-2]), out.dtype)
    return Saved(inputs=(2,), own=(query, key, scores))


DOT_PRODUCT_ATTENTION = LayerSpec(
    type="DotProductAttention",
    category=CATEGORY,
    help="softmax(query key^T / sqrt(E)) value, without weights of its own.",
    source=f"{DOCS}torch.nn.functional.scaled_dot_product_attention.html",
    code=Function("F.scaled_dot_product_attention"),
    inputs=(
        PortSpec("query", FLOATS, ndims=(3, 5, 4), layout="(N, ..., L, E)", help="What asks."),
        PortSpec("key", FLOATS, ndims=(3, 5, 4), layout="(N, ..., S, E)", help="What is asked."),
        PortSpec("value", FLOATS, ndims=(3, 5, 4), layout="(N, ..., S, E)", help="What is answered."),
        PortSpec(
            "attn_mask",
            (*FLOATS, "bool"),
            ndims=(3, 5, 4, 2),
            layout="(L, S)",
            optional=True,
            written="attn_mask={}",
            help="True for what each query may see, or numbers that are added to the scores.",
        ),
    ),
    infer=_dot_product_shape,
    flops=_dot_product_flops,
    saves=_saves_scores,
    autocast="lower",
    params=(
        Flag(name="is_causal", help="Each position sees only itself and those before it."),
        Float(
            name="scale", default=None, optional=True, help="Factor of the scores; 1 / sqrt(E) when empty."
        ),
    ),
    stem="attention",
    keywords=("scaled", "sdpa", "flash", "causal", *KEYWORDS),
    summary=("is_causal",),
)


MASKS = (Mask("key_padding_mask", "", "key"), Mask("attn_mask", "query", "key", flag="is_causal"))


def _sizes(p: Params) -> tuple[int, int]:
    """The sizes of a key and a value."""
    return p.kdim or p.embed_dim, p.vdim or p.embed_dim


def _multihead_shape(inputs: Inputs, p: Params) -> tuple[TensorSpec, ...]:
    query, key, value = inputs[:3]
    require_heads(p.embed_dim, p.num_heads, "num_heads")
    for spec, size, param, port in zip(
        inputs[1:3], _sizes(p), ("kdim", "vdim"), ("key", "value"), strict=True
    ):
        if spec.shape[-1] != size:
            repair = (SetParam(param, spec.shape[-1]),) if isinstance(spec.shape[-1], int) else ()
            raise ShapeError(
                "param-mismatch",
                f"{param} is {size}, but {{source}} gives {spec}",
                expected=f"vectors of {size}",
                hint=f"Set {param} = {spec.shape[-1]}." if repair else "Give that dim a size.",
                port=port,
                param=param,
                repairs=repair,
            )
    batch, length = (0, 1) if p.batch_first else (1, 0)
    require_same(key.shape[batch], query.shape[batch], "batch", "key", (query, key))
    require_same(value.shape[batch], key.shape[batch], "batch", "value", (key, value))
    require_same(value.shape[length], key.shape[length], "length", "value", (key, value))
    require_masks(inputs, MASKS, p, p.num_heads)
    weights = (query.shape[batch], query.shape[length], key.shape[length] + p.add_bias_kv + p.add_zero_attn)
    return (TensorSpec(query.shape), TensorSpec(weights))


def _multihead_parameters(call: LayerCall) -> int:
    p = call.params
    per_row = 2 * p.embed_dim + sum(_sizes(p)) + 4 * p.bias + 2 * p.add_bias_kv
    return int(p.embed_dim * per_row)


def _multihead_flops(call: LayerCall) -> Dim:
    p, (query, key), weights = call.params, call.inputs[:2], call.outputs[1]
    projected = 2 * p.embed_dim * num_elements(query.shape[:2]) + sum(_sizes(p)) * num_elements(key.shape[:2])
    total = 2 * p.embed_dim * (projected + 2 * num_elements(weights.shape))
    return substitute(total, {"N": 1})


MULTIHEAD_ATTENTION = LayerSpec(
    type="MultiheadAttention",
    category=CATEGORY,
    help="Each query gathers the values whose keys fit it, in several heads.",
    source=f"{DOCS}torch.nn.MultiheadAttention.html",
    code=Module(
        "nn.MultiheadAttention",
        unpack="{out}, {weights}",
        in_call=("is_causal",),
        call_arguments=causal_arguments(MASKS),
    ),
    inputs=(
        PortSpec("query", FLOAT32, ndims=(3,), layout="(N, L, E)", help="What asks."),
        PortSpec("key", FLOAT32, ndims=(3,), layout="(N, S, E)", help="What is asked."),
        PortSpec("value", FLOAT32, ndims=(3,), layout="(N, S, E)", help="What is answered."),
        *(mask.port() for mask in MASKS),
    ),
    outputs=(
        PortSpec("out", FLOAT32, help="An answer for each query."),
        PortSpec(
            "weights",
            FLOAT32,
            optional=True,
            help="How much each query takes from each key, mean of the heads.",
        ),
    ),
    infer=_multihead_shape,
    params=(
        Int(name="embed_dim", inferred=embed_dim, positional=True, help="Size of a query."),
        Int(name="num_heads", default=8, positional=True, help="Heads; they share embed_dim out."),
        Float(name="dropout", default=0.0, min=0, max=1, help="Dropout of the attention weights."),
        Flag(name="bias", default=True, help="Whether to add learned offsets."),
        Flag(name="add_bias_kv", help="A learned key and value behind the others."),
        Flag(name="add_zero_attn", help="A key and a value of zeros behind the others."),
        Int(name="kdim", default=None, optional=True, help="Size of a key; embed_dim when empty."),
        Int(name="vdim", default=None, optional=True, help="Size of a value; embed_dim when empty."),
        Flag(name="batch_first", default=True, always_written=True, help="Inputs are (N, T, E)."),
        Flag(name="is_causal", help="Each position sees only itself and those before it."),
    ),
    parameters=_multihead_parameters,
    flops=_multihead_flops,
    saves=saves_heads,
    autocast="lower",
    stem="attention",
    keywords=("self-attention", "cross-attention", *KEYWORDS),
    summary=("num_heads",),
)

SPECS = (MULTIHEAD_ATTENTION, DOT_PRODUCT_ATTENTION)
