"""Fully connected layers and embeddings."""

from graph.catalog.params import Flag, Float, Int
from graph.catalog.rules import FLOAT32, channels_of, sample_elements
from graph.catalog.spec import DOCS, LayerCall, LayerSpec, Module, Params, PortSpec
from graph.dims import Dim
from graph.shapes import SetParam, ShapeError, TensorSpec


def _last_dim(inputs: tuple[TensorSpec, ...]) -> int | None:
    return channels_of(inputs[0], -1)


def _linear_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    return (TensorSpec((*inputs[0].shape[:-1], p.out_features), inputs[0].dtype),)


def _linear_flops(call: LayerCall) -> Dim:
    return 2 * sample_elements(call) * int(call.params.in_features)


LINEAR = LayerSpec(
    type="Linear",
    category="Linear",
    help="Weighted sums of the last dim: y = x W^T + b.",
    source=f"{DOCS}torch.nn.Linear.html",
    code=Module("nn.Linear"),
    inputs=(PortSpec("in", FLOAT32, maps=False, layout="(N, ..., features)"),),
    infer=_linear_shape,
    params=(
        Int(name="in_features", inferred=_last_dim, positional=True, help="Size of the incoming last dim."),
        Int(name="out_features", default=64, positional=True, help="Size of the outgoing last dim."),
        Flag(name="bias", default=True, help="Whether to add a learned offset."),
    ),
    parameters=lambda call: call.params.out_features * (call.params.in_features + call.params.bias),
    flops=_linear_flops,
    keywords=("dense", "fully connected", "fc"),
    summary=("out_features",),
)


def _embedding_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    if p.padding_idx is not None and not -p.num_embeddings <= p.padding_idx < p.num_embeddings:
        raise ShapeError(
            "padding-idx-out-of-range",
            f"padding_idx is {p.padding_idx}, but there are {p.num_embeddings} embeddings",
            expected=f"an index from {-p.num_embeddings} to {p.num_embeddings - 1}",
            hint="Clear padding_idx, or give an index that exists.",
            param="padding_idx",
            repairs=(SetParam("padding_idx", None),),
        )
    return (TensorSpec((*inputs[0].shape, p.embedding_dim), "float32"),)


EMBEDDING = LayerSpec(
    type="Embedding",
    category="Embedding",
    help="A learned vector for each integer.",
    source=f"{DOCS}torch.nn.Embedding.html",
    code=Module("nn.Embedding"),
    inputs=(
        PortSpec(
            "in", ("int64", "int32"), below="num_embeddings", help="Indices from 0 to num_embeddings - 1."
        ),
    ),
    outputs=(PortSpec("out", FLOAT32),),
    infer=_embedding_shape,
    params=(
        Int(name="num_embeddings", default=1000, positional=True, help="Size of the vocabulary."),
        Int(name="embedding_dim", default=64, positional=True, help="Length of each vector."),
        Int(
            name="padding_idx",
            default=None,
            optional=True,
            min=-(2**62),
            help="Index whose vector stays zero.",
        ),
        Float(
            name="max_norm",
            default=None,
            optional=True,
            above=0,
            help="Longer vectors are shortened to this norm.",
        ),
        Flag(name="scale_grad_by_freq", help="Divide gradients by how often an index occurs in the batch."),
        Flag(name="sparse", help="Sparse gradients; SGD only."),
    ),
    parameters=lambda call: call.params.num_embeddings * call.params.embedding_dim,
    keywords=("token", "word", "vocabulary", "lookup"),
    summary=("num_embeddings", "embedding_dim"),
)

SPECS = (LINEAR, EMBEDDING)
