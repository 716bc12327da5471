"""Breaking lines and marking who wrote them."""

import ast

import pytest

from codegen.layout import Span, folded, marked, unmarked, width

LONG = "a_rather_long_argument_name"


def test_short_lines_stay():
    assert folded("x = f(y)", 2) == ["        x = f(y)"]


def test_a_call_is_broken_behind_its_bracket():
    text = f"x = function_name({LONG}_1, {LONG}_2, more)"
    assert folded(text, 2) == [
        "        x = function_name(",
        f"            {LONG}_1, {LONG}_2, more",
        "        )",
    ]


def test_arguments_stand_one_a_line_with_a_last_comma_if_they_need_more():
    text = f"x = function_name({LONG}_1, {LONG}_2, [{LONG}_3, 4], dim=1)"
    assert [line.strip() for line in folded(text, 2)] == [
        "x = function_name(", f"{LONG}_1,", f"{LONG}_2,", f"[{LONG}_3, 4],", "dim=1,", ")",
    ]  # fmt: skip


def test_brackets_and_commas_in_strings_break_nothing():
    text = f"x = f('a, b)' , {LONG}_1, {LONG}_2, {LONG}_3)"
    lines = folded(text, 0)
    assert lines[1].strip() == "'a, b)',"
    assert ast.dump(ast.parse("\n".join(lines))) == ast.dump(ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        f"x = {LONG}_1 + {LONG}_2 + {LONG}_3 + f(a, b)",
        f"return {LONG}_1, {LONG}_2, {LONG}_3, f(a, b)",
        f"x = f(g(h({LONG}_1, {LONG}_2), {LONG}_3), {LONG}_4)",
        f"x = f({LONG}_1 + {LONG}_2 + {LONG}_3 + {LONG}_4)",
        f"x = f(*[{LONG}_1(a, b=b) for a, b in (({LONG}_2, 1), ({LONG}_3, 2))])",
        f"{LONG}_{LONG}_1 = self.{LONG}_{LONG}_2(x)",
        f"{LONG}_1 = {LONG}_2.reshape({LONG}_2.shape[0], 3, {LONG}_2.shape[1])",
    ],
)
def test_broken_lines_mean_the_same_and_are_short(text):
    body = "\n".join(folded(marked(0, text), 1))
    plain, _ = unmarked(["def f():", *body.splitlines()], ["n1"])
    assert ast.dump(ast.parse(plain)) == ast.dump(ast.parse(f"def f():\n    {text}\n"))
    assert max(map(len, plain.splitlines())) <= 88
    assert len(plain.splitlines()) > 2


def test_what_cannot_be_broken_stays():
    text = f"{LONG * 4} = {LONG}"
    assert folded(text, 0) == [text]


def test_marks_are_not_seen_but_remembered():
    line = marked(1, f"x = f({marked(0, 'g(y)')})")
    assert width(line) == len("x = f(g(y))")
    text, spans = unmarked(["", line], ["inner", "outer"])
    assert text == "\nx = f(g(y))\n"
    assert spans == (Span("outer", 2, 0, 2, 11), Span("inner", 2, 6, 2, 10))
    assert spans[1].covers(2, 6, 2, 10)
    assert not spans[1].covers(2, 5, 2, 10)
    assert not spans[1].covers(2, 6, 2, 11)
