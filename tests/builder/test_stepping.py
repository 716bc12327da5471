"""How far a step and a drag take a number, and where they stop."""

import pytest

from builder.panels.stepping import dragged, ends, moves, stepped
from graph.catalog.params import Axis, Float, Int, IntOrTuple
from graph.catalog.per_dim import Factors

WHOLE = Int(name="n", min=1, max=50_000)
AXIS = Axis(name="dim")
SHARE = Float(name="p", min=0, max=1)
FREE = Float(name="x")
POSITIVE = Float(name="eps", min=0)
FACTOR = Factors(name="scale")
SIZE = IntOrTuple(name="kernel_size", min=1)


@pytest.mark.parametrize(
    ("spec", "value", "steps", "expected"),
    [
        (WHOLE, 3, 1, 4),
        (WHOLE, 3, -10, 1),
        (WHOLE, 49_995, 10, 50_000),
        (WHOLE, 10**30, -1, 50_000),
        (AXIS, -1, -1, -2),
        (AXIS, -16, -1, -16),
        (SHARE, 0.5, 1, 0.55),
        (SHARE, 0.1, 2, 0.2),
        (SHARE, 0.98, 1, 1.0),
        (SHARE, 0, -1, 0.0),
        (FREE, 1.0, 1, 1.1),
        (FREE, 1.0, -1, 0.99),
        (FREE, -1.0, 1, -0.99),
        (FREE, 0.02, 1, 0.021),
        (FREE, 0, 1, 0.1),
        (POSITIVE, 1e-5, 1, 1.1e-5),
        (POSITIVE, 0.001, -1, 0.00099),
        (FACTOR, 2, 1, 2.1),
        (FACTOR, 0.01, -10, 0.009),
        (SIZE, [3, 5], 1, [4, 6]),
        (SIZE, (1, 5), -1, [1, 4]),
    ],
)
def test_a_step(spec, value, steps, expected):
    assert stepped(spec, value, steps) == expected


@pytest.mark.parametrize(
    ("spec", "start", "distance", "is_fine", "expected"),
    [
        (WHOLE, 64, 10.4, False, 74),
        (WHOLE, 64, -1000, False, 1),
        (WHOLE, 2048, 3, False, 2078),
        (WHOLE, 64, 0.26, True, 64),
        (SHARE, 0.5, 7, False, 0.57),
        (SHARE, 0.5, 0.26, True, 0.503),
        (SHARE, 0.5, 400, False, 1.0),
        (FREE, 1.0, 25, False, 1.25),
        (FREE, 0.02, -10, False, 0.019),
        (SIZE, [3, 5], 2, False, [5, 7]),
    ],
)
def test_a_drag(spec, start, distance, is_fine, expected):
    assert dragged(spec, start, distance, is_fine) == expected


def test_a_whole_number_stays_whole_and_a_fraction_a_fraction():
    assert type(stepped(WHOLE, 3, 1)) is int
    assert type(stepped(SHARE, 0, 1)) is float
    assert type(dragged(FREE, 2, 3)) is float


@pytest.mark.parametrize(
    ("spec", "value", "expected"),
    [
        (WHOLE, 1, (False, True)),
        (WHOLE, 50_000, (True, False)),
        (SHARE, 1.0, (True, False)),
        (FREE, 0.0, (True, True)),
        (SIZE, [1, 1], (False, True)),
        (SIZE, [1, 2], (True, True)),
    ],
)
def test_there_is_room_until_the_bounds(spec, value, expected):
    assert ends(spec, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, True), (0.5, True), ([3, 5], True), ((3,), True),
        (True, False), ("same", False), ("=width", False), (None, False), ([], False), ([3, "=w"], False),
        ([None, 3], False), (10**400, False), (float("inf"), False),
    ],
)  # fmt: skip
def test_numbers_alone_move(value, expected):
    assert moves(value) is expected
