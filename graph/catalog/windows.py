"""Which pixels of a feature map a layer looks at for one pixel that it gives."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from graph.catalog.call import LayerCall, Window
from graph.catalog.rules import as_tuple


def sliding(ndim: int) -> Callable[[LayerCall], tuple[Window, ...]]:
    """A window for each spatial dim, from kernel_size, stride and dilation."""

    def windows(call: LayerCall) -> tuple[Window, ...]:
        p = call.params
        stride = p.kernel_size if p.stride is None else p.stride
        values = (as_tuple(value, ndim) for value in (p.kernel_size, stride, p.get("dilation", 1)))
        return tuple(
            Window(dilation * (kernel - 1) + 1, Fraction(step))
            for kernel, step, dilation in zip(*values, strict=True)
        )

    return windows


def spreading(ndim: int) -> Callable[[LayerCall], tuple[Window, ...]]:
    """The windows of a transposed convolution: so many pixels lie under one that it gives."""

    def windows(call: LayerCall) -> tuple[Window, ...]:
        p = call.params
        values = (as_tuple(value, ndim) for value in (p.kernel_size, p.stride, p.dilation))
        return tuple(
            Window(-(-(dilation * (kernel - 1) + 1) // step), Fraction(1, step))
            for kernel, step, dilation in zip(*values, strict=True)
        )

    return windows


def dividing(ndim: int) -> Callable[[LayerCall], tuple[Window, ...] | None]:
    """The windows that share a map out among a fixed number of results; None where its size is not known."""

    def windows(call: LayerCall) -> tuple[Window, ...] | None:
        found = []
        for size, count in zip(call.inputs[0].shape[-ndim:], call.outputs[0].shape[-ndim:], strict=True):
            if not isinstance(size, int) or not isinstance(count, int):
                return None
            found.append(Window(-(-size // count) + (size % count > 0), Fraction(size, count)))
        return tuple(found)

    return windows
