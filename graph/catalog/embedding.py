"""Embeddings: learned vectors for integers."""

from collections.abc import Mapping
from dataclasses import replace

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Module
from graph.catalog.params import Choice, Flag, Float, Int, Value
from graph.catalog.rules import FLOAT32
from graph.catalog.settings import FROZEN
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.dims import Dim
from graph.shapes import ITEM_BYTES, SetParam, ShapeError, TensorSpec, num_elements

INDICES = PortSpec(
    "in",
    ("int64", "int32"),
    below=lambda call: int(call.params.num_embeddings),
    help="Indices from 0 to num_embeddings - 1.",
)
NUM_EMBEDDINGS = Int(name="num_embeddings", default=1000, positional=True, help="Size of the vocabulary.")
EMBEDDING_DIM = Int(name="embedding_dim", default=64, positional=True, help="Length of each vector.")
PADDING_IDX = Int(
    name="padding_idx", default=None, optional=True, min=-(2**62), help="Index whose vector stays zero."
)
MAX_NORM = Float(
    name="max_norm", default=None, optional=True, above=0, help="Longer vectors are shortened to this norm."
)
SCALE_GRAD_BY_FREQ = Flag(
    name="scale_grad_by_freq", help="Divide gradients by how often an index occurs in the batch."
)
TAKE_SPARSE = ("SparseAdam", "SGD", "Adagrad", "LBFGS")  # optimizers
SPARSE = Flag(
    name="sparse",
    help=f"Gradients of those rows alone that a batch reads; for {', '.join(TAKE_SPARSE)}.",
)


def learns_sparsely(spec: LayerSpec, params: Mapping[str, Value]) -> bool:
    """Whether a layer with these parameters gets sparse gradients when it is trained."""
    is_asked = spec.param(SPARSE.name) is SPARSE and params.get(SPARSE.name) is True
    return is_asked and params.get(FROZEN.name) is not True


def _sparse_gradient(call: LayerCall) -> Dim | None:
    """A row and its index for each index that comes in, as if none came twice."""
    if not call.params.sparse:
        return None
    vector: int = call.params.embedding_dim * ITEM_BYTES["float32"]
    return num_elements(call.inputs[0].shape) * (vector + ITEM_BYTES["int64"])


def _sorted(indices: TensorSpec) -> TensorSpec:
    """What it takes to put indices into order."""
    return TensorSpec((3, num_elements(indices.shape)), "int64")


def _saves_indices(call: LayerCall) -> Saved:
    return Saved(inputs=(0,), backward=(_sorted(call.inputs[0]),) if call.params.sparse else ())


def _require_padding_idx(p: Params) -> None:
    if p.padding_idx is not None and not -p.num_embeddings <= p.padding_idx < p.num_embeddings:
        raise ShapeError(
            "padding-idx-out-of-range",
            f"padding_idx is {p.padding_idx}, but there are {p.num_embeddings} embeddings",
            expected=f"an index from {-p.num_embeddings} to {p.num_embeddings - 1}",
            hint="Clear padding_idx, or give an index that exists.",
            param="padding_idx",
            repairs=(SetParam("padding_idx", None),),
        )


def _embedding_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    _require_padding_idx(p)
    return (TensorSpec((*inputs[0].shape, p.embedding_dim), "float32"),)


EMBEDDING = LayerSpec(
    type="Embedding",
    category="Embedding",
    help="A learned vector for each integer.",
    source=f"{DOCS}torch.nn.Embedding.html",
    code=Module("nn.Embedding"),
    inputs=(INDICES,),
    outputs=(PortSpec("out", FLOAT32),),
    infer=_embedding_shape,
    saves=_saves_indices,
    params=(
        NUM_EMBEDDINGS,
        EMBEDDING_DIM,
        PADDING_IDX,
        MAX_NORM,
        SCALE_GRAD_BY_FREQ,
        SPARSE,
    ),
    parameters=lambda call: call.params.num_embeddings * call.params.embedding_dim,
    learns="matrix",
    sparse_gradient=_sparse_gradient,
    keywords=("token", "word", "vocabulary", "lookup"),
    summary=("num_embeddings", "embedding_dim"),
)


def _embedding_bag_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    _require_padding_idx(p)
    if p.mode == "max" and (p.scale_grad_by_freq or p.sparse):
        param = "scale_grad_by_freq" if p.scale_grad_by_freq else "sparse"
        raise ShapeError(
            "max-has-dense-gradients",
            f"{param} is set, which mode 'max' does not know",
            expected="mode 'sum' or 'mean'",
            hint=f"Set {param} = false.",
            param=param,
            repairs=(SetParam(param, False),),
        )
    return (TensorSpec((inputs[0].shape[0], p.embedding_dim), "float32"),)


def _saves_bags(call: LayerCall) -> Saved:
    """The indices, where each bag begins and how large it is, and mostly the bag that each belongs to.

    A sparse gradient is spread over the indices of a bag on the way back, before it is summed by rows.
    """
    p = call.params
    batch, length = call.inputs[0].shape
    bags = TensorSpec((batch,), "int64")
    is_plain = p.mode == "sum" and p.padding_idx is None
    belongs = () if is_plain else (TensorSpec((batch * length + 1,), "int64"),)
    last = call.outputs[0] if p.mode == "max" else bags
    spread = (TensorSpec((batch * length, p.embedding_dim)),) if p.sparse else ()
    return Saved(
        inputs=(0,),
        own=(bags, *belongs, bags, TensorSpec(last.shape, "int64")),
        backward=(*spread, _sorted(call.inputs[0])),
    )


EMBEDDING_BAG = LayerSpec(
    type="EmbeddingBag",
    category="Embedding",
    help="The mean, sum or maximum of the learned vectors of several integers.",
    source=f"{DOCS}torch.nn.EmbeddingBag.html",
    code=Module("nn.EmbeddingBag"),
    inputs=(replace(INDICES, ndims=(2,), layout="(N, indices)"),),
    outputs=(PortSpec("out", FLOAT32),),
    infer=_embedding_bag_shape,
    saves=_saves_bags,
    params=(
        NUM_EMBEDDINGS,
        EMBEDDING_DIM,
        MAX_NORM,
        SCALE_GRAD_BY_FREQ,
        Choice(
            name="mode", default="mean", choices=("sum", "mean", "max"), help="How the vectors are merged."
        ),
        SPARSE,
        PADDING_IDX,
    ),
    parameters=lambda call: call.params.num_embeddings * call.params.embedding_dim,
    learns="matrix",
    sparse_gradient=_sparse_gradient,
    keywords=("token", "word", "vocabulary", "bag of words"),
    summary=("num_embeddings", "embedding_dim", "mode"),
)

SPECS = (EMBEDDING, EMBEDDING_BAG)
