"""The words and figures on cards and edges. Plain functions of the graph; no Qt."""

from __future__ import annotations

from math import log10, prod
from typing import Any

from builder.quantities import bytes_text
from builder.texts import later, tr
from graph.block_params import REPEAT
from graph.catalog.params import ParamSpec
from graph.catalog.settings import FROZEN
from graph.catalog.spec import LayerSpec
from graph.document import Edge, Graph, Node
from graph.expressions import EACH, is_listed
from graph.shapes import TensorSpec, num_bytes

UNKNOWN = "?"
ARROW = "→"
MAX_ITEMS = 8  # of a list, before it is cut short

# How a parameter reads on a card, by PyTorch's keyword; any other reads "name value".
_ABBREVIATED = {"stride": "s", "padding": "p", "dilation": "d"}
_PHRASES = {"num_layers": later("{} layers"), "negative_slope": later("slope {}"), REPEAT: "×{}"}
_BARE = {"model", "kernel_size", "num_embeddings", "shape", "dims"}
_RESULT = {"out_channels", "out_features", "embedding_dim", "hidden_size", "output_size"}
_SILENT_AT_DEFAULT = {"stride", "padding", "dilation", "num_layers", REPEAT}


def params_text(spec: LayerSpec, node: Node) -> str:
    """The parameters that matter, as the card shows them: `3×3, s2, p1 → 64`."""
    parts, results = list[str](), list[str]()
    for name in spec.summary:
        param = spec.param(name)
        if param is None:
            continue
        value = node.params.get(name, param.default)
        if value is None or (name in _SILENT_AT_DEFAULT and value == param.default):
            continue
        (results if name in _RESULT else parts).append(_param_text(param, value))
    text = ", ".join(parts)
    return " ".join(part for part in (text, f"{ARROW} {', '.join(results)}" if results else "") if part)


def type_text(spec: LayerSpec | None, node: Node) -> str:
    """The type, and whether its weights are kept as they are: `Conv2d, frozen`."""
    can_be = spec is not None and spec.param(FROZEN.name) in spec.settings
    is_frozen = can_be and node.params.get(FROZEN.name) is True
    return tr("{type}, frozen", type=node.type) if is_frozen else node.type


def _param_text(param: ParamSpec, value: Any) -> str:
    text = value_text(param, value)
    if param.name in _BARE or param.name in _RESULT:
        return text
    if param.name in _ABBREVIATED:
        return f"{_ABBREVIATED[param.name]}{text}" if text[:1].isdigit() else f"{param.name} {text}"
    return (tr(_PHRASES[param.name]) if param.name in _PHRASES else param.name + " {}").format(text)


def value_text(param: ParamSpec, value: Any) -> str:
    """A value in few characters: a window as `3×3`, a shape as `(1, 28, 28)`, a number without zeros."""
    if param.name == "kernel_size" and isinstance(value, int):
        return "×".join([str(value)] * int(param.bounds().get("length", 1)))
    if is_listed(value):
        return ", ".join(map(str, value[EACH][:MAX_ITEMS])) + ("…" if len(value[EACH]) > MAX_ITEMS else "")
    if isinstance(value, list | tuple):
        joined = [str(item) for item in value[:MAX_ITEMS]] + (["…"] if len(value) > MAX_ITEMS else [])
        return "×".join(joined) if param.kind == "ints" else f"({', '.join(joined)})"
    return f"{value:g}" if isinstance(value, float) else str(value)


def shape_text(tensor: TensorSpec | None) -> str:
    """A shape as on the card: `(N, 32, 14, 14)`; `?` while unknown."""
    return UNKNOWN if tensor is None else str(tensor)


def dims_text(tensor: TensorSpec | None) -> str:
    """A shape as on an edge, where room is scarce: `32×14×14`, without the batch."""
    if tensor is None:
        return UNKNOWN
    dims = tensor.shape if str(tensor.shape[0]) != "N" else tensor.shape[1:]
    return "×".join(str(dim) for dim in dims) or str(tensor)


def edge_lines(graph: Graph, edge: Edge, tensor: TensorSpec | None) -> tuple[str, str]:
    """What hovering an edge tells: its ends, and shape, dtype and bytes of what flows through it."""
    source, target = graph.nodes[edge.source.node], graph.nodes[edge.target.node]
    ends = f"{source.name}.{edge.source.port} {ARROW} {target.name}.{edge.target.port}"
    if tensor is None:
        return ends, tr("shape unknown")
    size = num_bytes(tensor)
    amount = tr("size unknown") if size is None else tr("{size} per sample", size=bytes_text(size))
    return ends, f"{tensor}   {tensor.dtype}   {amount}"


def edge_width(tensor: TensorSpec | None) -> float:
    """Thickness of an edge in canvas units: grows with the logarithm of the numbers per sample."""
    if tensor is None:
        return 1.5
    elements = prod(dim for dim in tensor.shape[1:] if isinstance(dim, int))
    return round(min(1.25 + 0.5 * log10(max(elements, 1)), 5.0) * 4) / 4
