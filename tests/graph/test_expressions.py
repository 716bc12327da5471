"""Expressions: read, computed, written back and substituted, within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.expressions import (
    FUNCTIONS,
    ExpressionError,
    Literal,
    Name,
    Operation,
    computed,
    evaluate,
    names,
    parse,
    substitute,
)

VALUES = {"channels": 64, "ratio": 0.5, "heads": 3, "mode": "same", "bias": True}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("=channels * 2", 128),
        ("=channels", 64),
        ("= 7 ", 7),
        ("=1e-3", 0.001),
        ("=.5 + 2.", 2.5),
        ("=channels // heads", 21),
        ("=channels % heads", 1),
        ("=channels / 2", 32.0),
        ("=2 + 3 * 4", 14),
        ("=(2 + 3) * 4", 20),
        ("=10 - 3 - 2", 5),
        ("=-2 ** 2", -4),
        ("=2 ** -1", 0.5),
        ("=2 ** 3 ** 2", 512),
        ("=--3", 3),
        ("=-7 // 2", -4),
        ("=min(channels, 32, heads)", 3),
        ("=max(1, channels * ratio)", 32.0),
        ("=mode", "same"),
        ("=bias", True),
    ],
)
def test_an_expression_has_the_value_that_python_gives_it(text, value):
    found = computed(text, VALUES)
    assert (found, type(found)) == (value, type(value))


def test_entries_of_a_list_are_computed_one_by_one():
    assert computed(["=channels", 3, "T"], VALUES) == [64, 3, "T"]
    assert computed([["=channels"]], VALUES) == [["=channels"]]
    plain = (1, 2)
    assert computed(plain, VALUES) is plain


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("=", "ends too early", ""),
        ("=2 *", "ends too early", ""),
        ("=(2", r"lacks a '\)'", ""),
        ("=2 3", "has '3' where it should end", ""),
        ("=* 2", r"has '\*' where a value belongs", ""),
        ("=a.b", r"has '\.', which means nothing here", ""),
        ("=__import__('os')", 'has "\'", which means nothing here', ""),
        ("=chanels", "reads chanels, which is no parameter of the block", "Did you mean channels?"),
        ("=zzz", "reads zzz", "The block's parameters are channels, ratio, heads, mode, bias."),
        ("=mode + 1", "counts with mode, which is 'same'", "Use a number."),
        ("=bias * 2", "counts with bias, which is True", "Use a number."),
        ("=1 / 0", "divides by zero", ""),
        ("=1 % (heads - 3)", "divides by zero", ""),
        ("=0 ** -1", "divides by zero", ""),
        ("=(-8) ** 0.5", "takes a root of a negative number", ""),
        ("=2 ** 99999999999", "comes to too large a number", ""),
        ("=10 ** 64", "comes to too large a number", ""),
        ("=9 ** 9 ** 9 ** 9", "comes to too large a number", ""),
        ("=1e300 * 1e300", "comes to too large a number", ""),
        ("=1e999", "comes to too large a number", ""),
        ("=min(3)", "gives min one value", ""),
        ("=min", r"lacks a '\('", ""),
        ("=" + "(" * 50 + "1" + ")" * 50, "is nested more than 40 deep", ""),
        ("=" + "-" * 119 + "1", "is nested more than 40 deep", ""),
        ("=" + "1+" * 200 + "1", "has 401 parts, and at most 120 are read", ""),
        ("=" + "1" * 1_000_000, "has 1,000,000 characters, and at most 500 are read", ""),
        ("=٣", "is no plain number", ""),
    ],
)
def test_what_is_no_expression_or_has_no_value_is_told(text, message, hint):
    with pytest.raises(ExpressionError, match=message) as caught:
        computed(text, VALUES)
    assert caught.value.hint == hint


def test_outside_a_block_there_are_numbers_only():
    assert computed("=3 * 4", {}) == 12
    with pytest.raises(ExpressionError, match="there are no names here") as caught:
        computed("=channels", {})
    assert caught.value.hint == "Write the value itself."


def expressions() -> st.SearchStrategy:
    leaves = st.one_of(
        st.integers(-9, 9).map(Literal),
        st.sampled_from([0.5, 2.25]).map(Literal),
        st.sampled_from(["a", "b"]).map(Name),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(
                lambda sign, left, right: Operation(sign, (left, right)),
                st.sampled_from(["+", "-", "*", "/", "//", "%", "**", *FUNCTIONS]),
                inner,
                inner,
            ),
            inner.map(lambda operand: Operation("negative", (operand,))),
        ),
        max_leaves=8,
    )


def outcome(expression, values):
    try:
        return evaluate(expression, values)
    except ExpressionError as error:
        return str(error)


@given(expressions())
def test_what_is_written_reads_back_with_the_same_value(expression):
    values = {"a": 3, "b": -2}
    assert outcome(parse(str(expression)), values) == outcome(expression, values)


@given(expressions(), expressions())
def test_a_substituted_expression_has_the_value_of_the_whole(outer, inner):
    values = {"a": 3, "b": -2}
    replaced = outcome(inner, values)
    whole = substitute(outer, {"a": inner})
    assert names(whole) <= {"a", "b"}
    if not isinstance(replaced, str):
        assert outcome(whole, values) == outcome(outer, {"a": replaced, "b": -2})
