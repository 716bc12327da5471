"""Values as text and back."""

import pytest

from builder.panels.field_text import UNSET, fits, format_value, is_unfinished, parse_text, same
from graph.block_params import param_spec
from graph.catalog import CATALOG
from graph.catalog.params import Axes, Choice, Dims, Flag, Float, Int, IntOrTuple
from graph.catalog.text_params import Text
from graph.document import BlockParam
from runtime.data.specs import Words
from runtime.options import Floats

INT = Int(name="n", default=1)
FLOAT = Float(name="x", default=0.1, min=0)
OPTIONAL = Float(name="m", default=0.1, optional=True)
PAIR = IntOrTuple(name="k", ndim=2, min=1, choices=("same", "valid"))
HOLES = IntOrTuple(name="o", ndim=2, holes=True)
SHAPE = Dims(name="shape", default=(1, 28, 28))
AXES = Axes(name="dims", default=(0, 2, 1))
BETAS = Floats(name="betas", default=(0.9, 0.999), length=2)
WORDS = Text(name="t")
KINDS = Words(name="types", default={}, choices=("numeric", "categorical"))


@pytest.mark.parametrize(
    ("spec", "text", "value"),
    [
        (INT, "3", 3),
        (INT, " 12 ", 12),
        (INT, "9223372036854775808", 2**63),
        (INT, "3.5", 3.5),
        (INT, "abc", "abc"),
        (INT, "9" * 5000, "9" * 5000),
        (FLOAT, "1e-3", 0.001),
        (FLOAT, "2", 2.0),
        (FLOAT, "nan", "nan"),
        (FLOAT, "inf", "inf"),
        (FLOAT, "None", "None"),
        (OPTIONAL, "none", None),
        (PAIR, "3", 3),
        (PAIR, "3, 5", [3, 5]),
        (PAIR, "3 5", [3, 5]),
        (PAIR, "(3,5)", [3, 5]),
        (PAIR, "3,", 3),
        (PAIR, "[3]", [3]),
        (PAIR, "same", "same"),
        (PAIR, "three", "three"),
        (HOLES, "None, 7", [None, 7]),
        (SHAPE, "10", [10]),
        (SHAPE, "1, 28, 28", [1, 28, 28]),
        (SHAPE, "1×28×28", [1, 28, 28]),
        (SHAPE, "T, 64", ["T", 64]),
        (AXES, "0, 2, 1", [0, 2, 1]),
        (BETAS, "0.9, 0.95", [0.9, 0.95]),
        (WORDS, "3", "3"),
        (KINDS, "zip=categorical", {"zip": "categorical"}),
        (
            KINDS,
            "sepal length (cm) = 'numeric', zip=categorical,",
            {"sepal length (cm)": "numeric", "zip": "categorical"},
        ),
        (KINDS, "zip=caterogical", {"zip": "caterogical"}),
        (KINDS, "zip", "zip"),
        (KINDS, "=numeric", "=numeric"),
        (PAIR, "", UNSET),
        (PAIR, "  ", UNSET),
    ],
)
def test_text_is_read_as_the_parameter_asks(spec, text, value):
    read = parse_text(spec, text)
    assert read == value
    assert type(read) is type(value)


def test_words_for_names_read_back_as_they_are_shown():
    value = {"sepal length (cm)": "numeric", "zip": "categorical"}
    assert parse_text(KINDS, format_value(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (UNSET, ""),
        (None, "none"),
        (3, "3"),
        (True, "true"),
        (0.1, "0.1"),
        (1e-8, "1e-08"),
        (0.1234567890123, "0.1234567890123"),
        ([3, 5], "3, 5"),
        ((0.9, 0.999), "0.9, 0.999"),
        ("same", "same"),
        ([None, 7], "none, 7"),
    ],
)
def test_values_are_written_shortly(value, text):
    assert format_value(value) == text


@pytest.mark.parametrize(
    ("spec", "text", "unfinished"),
    [
        (INT, "-", True),
        (INT, "3", False),
        (INT, "0", False),
        (INT, "abc", False),
        (INT, "", False),
        (FLOAT, "1e-", True),
        (FLOAT, "1e-4", False),
        (FLOAT, "-", True),
        (FLOAT, "-1", False),
        (PAIR, "sa", True),
        (PAIR, "same", False),
        (PAIR, "sx", False),
        (PAIR, "(", True),
        (OPTIONAL, "no", True),
        (Choice(name="c", choices=("zeros",)), "zer", True),
    ],
)
def test_text_that_may_become_a_value_is_unfinished(spec, text, unfinished):
    assert is_unfinished(spec, text) is unfinished


def test_the_same_value_can_be_written_in_several_ways():
    assert same(PAIR, 3, 3)
    assert same(SHAPE, [3], 3)
    assert same(FLOAT, 1, 1.0)
    assert not same(PAIR, 3, [3, 5])
    assert not same(PAIR, 3, UNSET)
    assert not same(INT, True, 1)
    assert same(INT, "abc", "abc")


@pytest.mark.parametrize("type_name", CATALOG)
def test_every_default_survives_being_shown_and_read(type_name):
    for spec in CATALOG[type_name].params:
        if spec.default is not None and spec.kind not in ("bool", "choice"):
            assert same(spec, parse_text(spec, format_value(spec.default)), spec.default)


def test_leaving_out_always_fits():
    assert fits(INT, UNSET)
    assert not fits(INT, 0)


EACH_INT = param_spec(BlockParam("n", "int", 8))
EACH_FLOAT = param_spec(BlockParam("x", "float", 0.5))
FLAG = Flag(name="b", default=True)


@pytest.mark.parametrize(
    ("spec", "text", "value"),
    [
        (INT, "=width * 2", "=width * 2"),
        (FLOAT, " =p ", "=p"),
        (PAIR, "=k", "=k"),
        (PAIR, "=k, 3", ["=k", 3]),
        (PAIR, "[3, =min(k, 5)]", [3, "=min(k, 5)"]),
        (PAIR, "=(a + b) * 2", "=(a + b) * 2"),
        (SHAPE, "=width", ["=width"]),
        (SHAPE, "T, =width", ["T", "=width"]),
        (FLAG, "=bias", "=bias"),
        (FLAG, "true", True),
        (INT, "16, 32", "16, 32"),
        (EACH_INT, "16, 32, 64", {"each": [16, 32, 64]}),
        (EACH_INT, "16, =w, 64", {"each": [16, "=w", 64]}),
        (EACH_INT, "16", 16),
        (EACH_INT, "16,", 16),
        (EACH_INT, ",", ","),
        (EACH_FLOAT, "1, 0.5", {"each": [1.0, 0.5]}),
        (param_spec(BlockParam("t", "str", "")), "a, b", "a, b"),
    ],
)
def test_expressions_and_values_for_repetitions_are_read(spec, text, value):
    read = parse_text(spec, text)
    assert read == value
    assert type(read) is type(value)
    assert parse_text(spec, format_value(read)) == value


@pytest.mark.parametrize(
    ("spec", "text", "unfinished"),
    [
        (INT, "=", True),
        (INT, "=width *", True),
        (INT, "=width", False),
        (INT, "=min(a,", True),
        (PAIR, "=k,", True),
        (EACH_INT, "16,", False),
        (EACH_INT, "16, 3", False),
        (FLAG, "tr", True),
    ],
)
def test_half_an_expression_is_unfinished(spec, text, unfinished):
    assert is_unfinished(spec, text) is unfinished
