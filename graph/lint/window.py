"""What slides over a map: the window of a convolution or a pooling, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from graph.catalog.rules import as_tuple
from graph.document import Node
from graph.lint.context import LintContext
from graph.shapes import TensorSpec


@dataclass(frozen=True)
class Window:
    """What slides over a map, with a number for each of its sides.

    Args:
        reach: pixels from the first tap to the last, both included.
        taken: the sides of the map that comes in.
        given: the sides of the map that goes out.
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    reach: tuple[int, ...]
    taken: tuple[int, ...]
    given: tuple[int, ...]


def window_of(context: LintContext, node: Node) -> Window | None:
    """A layer's window; None while sizes are not known."""
    if node.id not in context.windows:
        context.windows[node.id] = _measured(context, node)
    return context.windows[node.id]


def _measured(context: LintContext, node: Node) -> Window | None:
    params, spec = context.params(node), context.spec(node)
    if not params or spec is None:
        return None
    count = getattr(spec.param("kernel_size"), "ndim", 1)
    taken, given = (_sides(tensor, count) for tensor in (context.taken(node), context.given(node)))
    if taken is None or given is None:
        return None
    kernel = as_tuple(params["kernel_size"], count)
    stride = kernel if params["stride"] is None else as_tuple(params["stride"], count)
    dilation = as_tuple(params.get("dilation", 1), count)
    reach = tuple(step * (size - 1) + 1 for size, step in zip(kernel, dilation, strict=True))
    return Window(kernel, stride, reach, taken, given)


def _sides(tensor: TensorSpec | None, count: int) -> tuple[int, ...] | None:
    if tensor is None or tensor.ndim <= count:
        return None
    sides = [dim for dim in tensor.shape[-count:] if isinstance(dim, int)]
    return tuple(sides) if len(sides) == count else None
