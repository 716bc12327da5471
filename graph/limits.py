"""Sizes that no machine can hold, refused before anything is allocated."""

from __future__ import annotations

from collections.abc import Iterable

from graph.catalog.call import Params
from graph.shapes import ShapeError, TensorSpec, num_elements

MAX_PARAMETER_BYTES = 2**42
MAX_ELEMENTS = 2**53


def require_possible(parameters: int, outputs: Iterable[TensorSpec], params: Params) -> None:
    """Refuses sizes that no machine can hold, before anything is allocated."""
    if parameters * 4 > MAX_PARAMETER_BYTES:
        raise ShapeError(
            "too-large",
            f"it would learn {_counted(parameters)} numbers, {_counted(parameters * 4)} bytes",
            expected=f"at most {MAX_PARAMETER_BYTES:,} bytes",
            hint="Use smaller sizes.",
            param=_largest_param(params),
        )
    for tensor in outputs:
        elements = num_elements(tensor.shape[1:])
        if isinstance(elements, int) and elements > MAX_ELEMENTS:
            raise ShapeError(
                "too-large",
                f"its output {tensor} would hold {_counted(elements)} numbers per sample",
                expected=f"at most {MAX_ELEMENTS:,}",
                hint="Use smaller sizes.",
                param=_largest_param(params),
            )


def _counted(number: int) -> str:
    """A count in full while it can be read, then its magnitude."""
    return f"{number:,}" if number < 10**21 else f"about 10^{len(str(number)) - 1}"


def _largest_param(params: Params) -> str | None:
    """The parameter with the largest number in it, which makes a layer so large; None if none has any."""
    numbers = {
        name: max((each for each in values if isinstance(each, int)), default=0)
        for name, value in params.items()
        for values in [value if isinstance(value, tuple | list) else (value,)]
    }
    return max(numbers, key=numbers.__getitem__) if any(numbers.values()) else None
