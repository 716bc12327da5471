"""Arithmetic on dims is exact, whatever the symbols turn out to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.dims import Dim, Expr, as_expr, at_most, below, divide_exact, evaluate, substitute, symbol, symbols
from graph.shapes import TensorSpec, format_shape, num_bytes, shape_symbols, shape_to_json

N, T = symbol("N"), symbol("T")
SIZES = st.fixed_dictionaries({"N": st.integers(1, 40), "T": st.integers(1, 40)})


def divided(dim: Dim, divisor: int) -> Dim:
    return dim // divisor


ATOMS = st.one_of(st.integers(-9, 9), st.sampled_from([N, T]))
DIMS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] - pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1]),
        st.tuples(inner, st.integers(1, 6)).map(lambda pair: divided(*pair)),
        st.tuples(inner, st.integers(-9, 99)).map(lambda pair: below(*pair)),
    ),
    max_leaves=6,
)


@given(DIMS, DIMS, st.integers(1, 7), SIZES)
def test_arithmetic_is_exact(left, right, divisor, sizes):
    a, b = evaluate(left, sizes), evaluate(right, sizes)
    assert evaluate(left + right, sizes) == a + b
    assert evaluate(left - right, sizes) == a - b
    assert evaluate(left * right, sizes) == a * b
    assert evaluate(left // divisor, sizes) == a // divisor
    assert evaluate(below(left, divisor), sizes) == (a < divisor)
    assert evaluate(at_most(left, divisor), sizes) == min(a, divisor)


@given(DIMS, SIZES)
def test_substitution_agrees_with_evaluation(dim, sizes):
    partly = substitute(dim, {"N": sizes["N"]})
    assert "N" not in symbols(partly)
    assert evaluate(partly, {"T": sizes["T"]}) == evaluate(dim, sizes)
    assert substitute(dim, {}) == dim


@given(DIMS, DIMS, DIMS)
def test_equal_dims_compare_equal_however_they_were_made(a, b, c):
    assert a + b == b + a
    assert (a + b) * c == a * c + b * c
    assert hash((a + b) + c) == hash(a + (b + c))
    assert a - a == 0


@given(DIMS, SIZES)
def test_the_text_of_a_dim_is_the_dim(dim, sizes):
    assert eval(str(dim), dict(sizes)) == evaluate(dim, sizes)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(-5, 5), st.integers(-5, 5))
def test_a_quotient_of_a_quotient_is_one_quotient(first, second, inside, outside):
    nested = ((T + inside) // first + outside) // second
    assert nested == (T + inside + outside * first) // (first * second)


@given(DIMS, st.one_of(st.integers(1, 9), st.sampled_from([N, T, 2 * N, 3 * N * T])), SIZES)
def test_what_divides_exactly_multiplies_back(dim, divisor, sizes):
    assert divide_exact(dim * divisor, divisor) == dim
    quotient = divide_exact(dim, divisor)
    if quotient is not None:
        assert evaluate(quotient * divisor, sizes) == evaluate(dim, sizes)


@pytest.mark.parametrize(
    ("dim", "text"),
    [
        (T, "T"),
        (2 * T + 1, "2*T + 1"),
        (1 - T, "-T + 1"),
        (T - 3, "T - 3"),
        (N * T * 8, "8*N*T"),
        (T // 2, "T//2"),
        ((T + 1) // 2, "(T + 1)//2"),
        ((2 * T + 2) // 4, "(T + 1)//2"),
        ((4 * T + 3) // 4, "T"),
        (2 * (T // 2), "2*(T//2)"),
        (N * (T // 3), "N*(T//3)"),
        (T // 2 + 5, "T//2 + 5"),
        ((T // 2) // 2, "T//4"),
        (T // 2 + T // 2, "2*(T//2)"),
        ((2 * (T // 2) + T) // 2, "2*(T//2)"),
    ],
)
def test_a_dim_reads_as_a_person_writes_it(dim, text):
    assert str(dim) == text


@pytest.mark.parametrize(
    ("dim", "divisor", "quotient"),
    [
        (12, 4, 3),
        (12, 5, None),
        (12, 0, None),
        (N * T * 8, N * 4, 2 * T),
        (T + 1, T + 1, 1),
        (T + 1, T, None),
        (4 * T + 2, 2, 2 * T + 1),
        (4 * T + 1, 2, None),
        (T, N, None),
        (6, T, None),
    ],
)
def test_exact_division(dim, divisor, quotient):
    assert divide_exact(dim, divisor) == quotient


def test_a_symbol_without_a_size_cannot_be_evaluated():
    with pytest.raises(KeyError, match="T"):
        evaluate(N + T, {"N": 1})


def test_a_constant_is_a_plain_integer():
    assert (T - T + 4) == 4
    assert isinstance(T - T + 4, int)
    assert isinstance(as_expr(4), Expr)
    assert evaluate(as_expr(0), {}) == 0


def test_shapes_are_shown_with_the_batch_first():
    assert format_shape((N, 3, 32, 32)) == "(N, 3, 32, 32)"
    assert format_shape((N,)) == "(N,)"
    assert shape_to_json((N, T + 1, 3)) == ["N", "T + 1", 3]
    assert shape_symbols((N, T // 2, 3)) == {"N", "T"}


def test_bytes_of_a_tensor_are_known_once_every_symbol_has_a_size():
    assert num_bytes(TensorSpec((N, 3, 4)), 8) == 8 * 3 * 4 * 4
    assert num_bytes(TensorSpec((N, 3), "int64"), 2) == 2 * 3 * 8
    assert num_bytes(TensorSpec((N, T))) is None
