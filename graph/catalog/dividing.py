"""One tensor cut into several along a dim."""

from collections.abc import Mapping

from graph.catalog.call import LayerCall, Params
from graph.catalog.code import Expression
from graph.catalog.params import Axis, Int, Value
from graph.catalog.per_dim import MOST_PARTS, Sizes
from graph.catalog.rules import axis_index
from graph.catalog.saving import saves_nothing
from graph.catalog.spec import DOCS, SAME_DTYPE, LayerSpec, PortSpec
from graph.dims import Dim, divide_exact
from graph.shapes import SetParam, ShapeError, TensorSpec

CATEGORY = "Tensor"
DIM = Axis(name="dim", default=0, initial=1, help="Dim to cut along; the batch is 0.")


def _parts(spec: TensorSpec, axis: int, sizes: list[Dim]) -> tuple[TensorSpec, ...]:
    shapes = ((*spec.shape[:axis], size, *spec.shape[axis + 1 :]) for size in sizes)
    return tuple(TensorSpec(shape, spec.dtype, spec.is_map) for shape in shapes)


def _sizes_of(whole: int, part: int, param: str) -> list[Dim]:
    """Parts of one size; the last one has what is left."""
    count = -(-whole // part)
    if count > MOST_PARTS:
        raise ShapeError(
            "too-many-parts",
            f"{param} is {part}, which would cut {whole} into {count:,} parts",
            expected=f"at most {MOST_PARTS} parts",
            hint=f"Set {param} = {-(-whole // MOST_PARTS)}.",
            param=param,
            repairs=(SetParam(param, -(-whole // MOST_PARTS)),),
        )
    return [min(part, whole - start) for start in range(0, whole, part)]


def _needs_size(spec: TensorSpec, size: Dim, param: str) -> ShapeError:
    return ShapeError(
        "parts-need-a-size",
        f"how many parts {spec} from {{source}} gives depends on what {size} is",
        expected="a dim of fixed size",
        hint="Cut along another dim, or give that dim a size in the Input.",
        param=param,
    )


def _split_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    spec, wanted = inputs[0], p.split_size_or_sections
    axis = axis_index(p.dim, spec.ndim)
    size = spec.shape[axis]
    if not isinstance(size, int):
        raise _needs_size(spec, size, "dim")
    if isinstance(wanted, int):
        return _parts(spec, axis, _sizes_of(size, wanted, "split_size_or_sections"))
    if sum(wanted) != size:
        raise ShapeError(
            "sections-sum",
            f"split_size_or_sections is {list(wanted)}, {sum(wanted)} together, "
            f"but dim {axis} of {spec} from {{source}} is {size}",
            expected=f"sizes whose sum is {size}",
            hint="Change one of the sizes, or give a single size for all parts.",
            param="split_size_or_sections",
        )
    return _parts(spec, axis, list(wanted))


def _write_split(names: tuple[str, ...], call: LayerCall) -> str:
    wanted = call.params.split_size_or_sections
    sizes = wanted if isinstance(wanted, int) else list(wanted)
    return f"{names[0]}.split({sizes}{_written_dim(call)})"


def _chunk_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    """Chunks of size / chunks, rounded up; there are fewer of them where that leaves nothing for the last."""
    spec = inputs[0]
    axis = axis_index(p.dim, spec.ndim)
    size = spec.shape[axis]
    if isinstance(size, int):
        return _parts(spec, axis, _sizes_of(size, -(-size // p.chunks), "chunks"))
    part = divide_exact(size, p.chunks)
    if part is None:
        raise _needs_size(spec, size, "chunks")
    return _parts(spec, axis, [part] * p.chunks)


def _write_chunk(names: tuple[str, ...], call: LayerCall) -> str:
    return f"{names[0]}.chunk({call.params.chunks}{_written_dim(call)})"


def _written_dim(call: LayerCall) -> str:
    return f", dim={call.params.dim}" if call.params.dim else ""


def _num_sections(params: Mapping[str, Value]) -> int:
    """As many as sizes are given; a single size tells nothing."""
    wanted = params.get("split_size_or_sections")
    return len(wanted) if isinstance(wanted, tuple | list) else 1


def _num_chunks(params: Mapping[str, Value]) -> int:
    return int(params.get("chunks", 1))


SPLIT = LayerSpec(
    type="Split",
    category=CATEGORY,
    help="Parts of given sizes along a dim, each an output of its own.",
    source=f"{DOCS}torch.split.html",
    code=Expression(_write_split),
    outputs=(PortSpec("out", (SAME_DTYPE,), variadic=True, count=_num_sections),),
    infer=_split_shape,
    saves=saves_nothing,
    view="reordered",
    params=(
        Sizes(
            name="split_size_or_sections",
            default=1,
            initial=2,
            most=MOST_PARTS,
            each="part",
            help="Size of every part, or a list with the size of each.",
        ),
        DIM,
    ),
    keywords=("cut", "divide", "sections", "unstack", "unbind"),
    summary=("split_size_or_sections", "dim"),
)

CHUNK = LayerSpec(
    type="Chunk",
    category=CATEGORY,
    help="So many parts of equal size along a dim, each an output of its own.",
    source=f"{DOCS}torch.chunk.html",
    code=Expression(_write_chunk),
    outputs=(PortSpec("out", (SAME_DTYPE,), variadic=True, count=_num_chunks),),
    infer=_chunk_shape,
    saves=saves_nothing,
    view="reordered",
    params=(
        Int(name="chunks", default=2, max=MOST_PARTS, help="How many parts; the last may be smaller."),
        DIM,
    ),
    keywords=("cut", "divide", "split", "halves", "heads", "qkv"),
    summary=("chunks", "dim"),
)

SPECS = (SPLIT, CHUNK)
