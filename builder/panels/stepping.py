"""Numbers that are stepped with arrows and dragged with the mouse: how far they go, and where they stop."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TypeGuard

from graph.catalog.params import ParamSpec, Value, is_finite

WIDEST = 10  # a range of numbers up to this wide is gone through in equal steps
STEPS, DRAG_STEPS = 20, 100  # from one end of such a range to the other
LONG = 3  # digits; a longer integer is dragged in steps of more than 1


def is_number(value: Value) -> TypeGuard[int | float]:
    """Whether a value is a single finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and is_finite(value)


def moves(value: Value) -> bool:
    """Whether a value can be stepped: a number, or a list of numbers."""
    if isinstance(value, list | tuple):
        return bool(value) and all(map(is_number, value))
    return is_number(value)


def stepped(spec: ParamSpec, value: Value, steps: int) -> Value:
    """A number, or each of a list, some steps further, kept within the bounds that the parameter declares."""
    if isinstance(value, list | tuple):
        return [stepped(spec, each, steps) for each in value]
    if _is_whole(spec):
        return _bounded(spec, value + steps, value)
    return _bounded(spec, float(_exact(value) + steps * _float_step(spec, value, steps)), value)


def dragged(spec: ParamSpec, start: Value, distance: float, is_fine: bool = False) -> Value:
    """A number, or each of a list, that was taken some steps away from where it was.

    Args:
        spec: its bounds.
        start: where the drag began.
        distance: in steps, whose size hangs on the number that the drag began with.
        is_fine: whether also tenths of such a step count, where fractions are allowed.
    """
    if isinstance(start, list | tuple):
        return [dragged(spec, each, distance, is_fine) for each in start]
    if _is_whole(spec):
        step = 10 ** max(0, len(str(abs(start))) - LONG)
        return _bounded(spec, start + round(distance) * step, start)
    count = Decimal(round(distance * 10)) / 10 if is_fine else Decimal(round(distance))
    return _bounded(spec, float(_exact(start) + count * _drag_step(spec, start)), start)


def ends(spec: ParamSpec, value: Value) -> tuple[bool, bool]:
    """Whether there is room for a step down, and for one up."""
    return stepped(spec, value, -1) != value, stepped(spec, value, 1) != value


def _is_whole(spec: ParamSpec) -> bool:
    return spec.kind in ("int", "axis", "ints")


def _limits(spec: ParamSpec) -> tuple[float, float]:
    bounds = spec.bounds()
    return bounds.get("min", -math.inf), bounds.get("max", math.inf)


def _bounded(spec: ParamSpec, moved: int | float, before: int | float) -> int | float:
    low, high = _limits(spec)
    above = spec.bounds().get("above")
    if above is not None and moved <= above:
        return before
    return type(moved)(min(max(moved, low), high))


def _exact(number: int | float) -> Decimal:
    return Decimal(repr(number))


def _range(spec: ParamSpec) -> Decimal | None:
    """How wide the bounds are; None where they are too wide to matter."""
    low, high = _limits(spec)
    width = high - max(low, spec.bounds().get("above", -math.inf))
    return _exact(width) if 0 < width <= WIDEST else None


def _float_step(spec: ParamSpec, number: int | float, direction: int) -> Decimal:
    """A twentieth of the range, or a tenth of the number's order of magnitude."""
    width, exact = _range(spec), _exact(number)
    if width is not None:
        return width / STEPS
    shrinks = (direction < 0) == (number > 0)
    is_power = exact.normalize().as_tuple().digits == (1,)
    return _magnitude(exact) / (100 if shrinks and is_power else 10)


def _drag_step(spec: ParamSpec, number: int | float) -> Decimal:
    width = _range(spec)
    return width / DRAG_STEPS if width is not None else _magnitude(_exact(number)) / 100


def _magnitude(number: Decimal) -> Decimal:
    """The power of ten that a number begins with; 1 for zero."""
    return Decimal(1).scaleb(number.adjusted()) if number else Decimal(1)
