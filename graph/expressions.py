"""Parameter values that are computed: `=channels * 2`, parsed and evaluated by our own bounded arithmetic."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.problems import did_you_mean, shown

if TYPE_CHECKING:
    from graph.catalog.params import Value

MARK = "="
EACH = "each"  # the key of a value that lists one for each repetition of a block
MAX_LENGTH = 500
MAX_DEPTH = 40
MAX_TOKENS = 120  # bounds how deep sums and products without parentheses are
MAX_ENTRIES = 64  # of a list that may hold expressions
INT_LIMIT = 2**63 - 1

Number = int | float
_PLAIN = frozenset({bool, int, float})

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)|(?P<sign>\*\*|//|[-+*/%(),]))"
)
_LEVELS = (("+", "-"), ("*", "/", "//", "%"))  # loosest first
_POWER = "**"
_OPERATIONS: Mapping[str, Callable[[Number, Number], Number]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}
FUNCTIONS: Mapping[str, Callable[..., Number]] = {"min": min, "max": max}
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "//": 2, "%": 2, "negative": 3, _POWER: 4}
_ATOM = 5


class ExpressionError(ValueError):
    """An expression cannot be read or has no value.

    Args:
        message: what is wrong, as the end of a sentence that begins with the expression.
        hint: how to mend it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Literal:
    """A number as written."""

    value: Number

    def __str__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter of the block."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator with its operands, or a function with its arguments.

    Args:
        operator: `+`, `-`, `*`, `/`, `//`, `%`, `**`, `negative`, `min` or `max`.
        operands: one for `negative`, at least two for a function, two otherwise.
    """

    operator: str
    operands: tuple[Expression, ...]

    def __str__(self) -> str:
        if self.operator in FUNCTIONS:
            return f"{self.operator}({', '.join(map(str, self.operands))})"
        level = _PRECEDENCE[self.operator]
        if self.operator == "negative":
            return f"-{_grouped(self.operands[0], level)}"
        left, right = self.operands
        if self.operator == _POWER:
            return f"{_grouped(left, level + 1)}**{_grouped(right, _PRECEDENCE['negative'])}"
        return f"{_grouped(left, level)} {self.operator} {_grouped(right, level + 1)}"


Expression = Literal | Name | Operation


def is_expression(value: Value) -> bool:
    """Whether a parameter's value is to be computed."""
    return isinstance(value, str) and value.startswith(MARK)


def is_listed(value: Value) -> bool:
    """Whether a parameter has a value for each repetition of its block: `{"each": [64, 128]}`."""
    return isinstance(value, Mapping) and len(value) == 1 and isinstance(value.get(EACH), list | tuple)


def has_expressions(value: Value) -> bool:
    """Whether a value, or an entry of a short list or mapping, is to be computed."""
    if value is None or type(value) in _PLAIN:
        return False
    if isinstance(value, str):
        return value.startswith(MARK)
    if isinstance(value, list | tuple):
        return len(value) <= MAX_ENTRIES and any(map(is_expression, value))
    if is_listed(value):
        return any(map(is_expression, value[EACH]))
    return (
        isinstance(value, Mapping) and len(value) <= MAX_ENTRIES and any(map(is_expression, value.values()))
    )


def computed(value: Value, values: Mapping[str, Value]) -> Value:
    """The value with every expression in it computed.

    Args:
        value: of a parameter.
        values: what the names stand for.

    Raises:
        ExpressionError: one has no value.
    """
    return mapped(value, lambda text: evaluate(parse(text), values))


def mapped(value: Value, change: Callable[[str], Value]) -> Value:
    """The value with each expression in it replaced by what a function makes of its text."""
    if is_expression(value):
        return change(value)
    if not has_expressions(value):
        return value
    if isinstance(value, Mapping) and not is_listed(value):
        return {name: change(entry) if is_expression(entry) else entry for name, entry in value.items()}
    entries = value[EACH] if isinstance(value, Mapping) else value
    changed = [change(entry) if is_expression(entry) else entry for entry in entries]
    return {EACH: changed} if isinstance(value, Mapping) else changed


def parse(text: str) -> Expression:
    """Reads an expression, with or without its `=`.

    Raises:
        ExpressionError: it is not one.
    """
    body = text.removeprefix(MARK)
    if len(body) > MAX_LENGTH:
        raise ExpressionError(f"has {len(body):,} characters, and at most {MAX_LENGTH} are read")
    return _Parser(body).whole()


def names(expression: Expression) -> frozenset[str]:
    """The names that an expression reads."""
    if isinstance(expression, Operation):
        return frozenset().union(*map(names, expression.operands))
    return frozenset({expression.name} if isinstance(expression, Name) else ())


def names_in(text: str) -> frozenset[str]:
    """The names that the text of an expression reads; none if it cannot be read."""
    try:
        return names(parse(text))
    except ExpressionError:
        return frozenset()


def substitute(expression: Expression, replacements: Mapping[str, Expression]) -> Expression:
    """The expression with names replaced; others stay."""
    if isinstance(expression, Operation):
        operands = tuple(substitute(operand, replacements) for operand in expression.operands)
        return Operation(expression.operator, operands)
    return replacements.get(expression.name, expression) if isinstance(expression, Name) else expression


def evaluate(expression: Expression, values: Mapping[str, Value]) -> Value:
    """What an expression comes to; a name alone may also stand for a text or a truth value.

    Raises:
        ExpressionError: a name is unknown or no number, or the result is none that a parameter can hold.
    """
    if isinstance(expression, Name):
        return _value_of(expression, values)
    return _number(expression, values)


def _number(expression: Expression, values: Mapping[str, Value]) -> Number:
    if isinstance(expression, Literal):
        return expression.value
    if isinstance(expression, Name):
        value = _value_of(expression, values)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ExpressionError(f"counts with {expression.name}, which is {shown(value)}", "Use a number.")
        return value
    operands = [_number(operand, values) for operand in expression.operands]
    return _bounded(_applied(expression.operator, operands))


def _value_of(name: Name, values: Mapping[str, Value]) -> Value:
    if name.name in values:
        return values[name.name]
    if not values:
        raise ExpressionError(f"reads {name.name}, and there are no names here", "Write the value itself.")
    known = f"The block's parameters are {', '.join(values)}."
    raise ExpressionError(
        f"reads {name.name}, which is no parameter of the block", did_you_mean(name.name, values) or known
    )


def _applied(operator: str, operands: list[Number]) -> Number:
    if operator in FUNCTIONS:
        return FUNCTIONS[operator](*operands)
    if operator == "negative":
        return -operands[0]
    try:
        return _power(*operands) if operator == _POWER else _OPERATIONS[operator](*operands)
    except ZeroDivisionError:
        raise ExpressionError("divides by zero") from None
    except OverflowError:
        raise ExpressionError("comes to too large a number") from None


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, int) and abs(base) > 1 and exponent > 64:
        raise OverflowError
    if base < 0 and isinstance(exponent, float) and not exponent.is_integer():
        raise ExpressionError("takes a root of a negative number")
    result: Number = base**exponent
    return result


def _bounded(value: Number) -> Number:
    if not -INT_LIMIT <= value <= INT_LIMIT:  # also false for NaN
        raise ExpressionError("comes to too large a number")
    return value


def _grouped(expression: Expression, level: int) -> str:
    """The text of an operand, in parentheses if it binds more loosely than that."""
    own = _PRECEDENCE.get(expression.operator, _ATOM) if isinstance(expression, Operation) else _ATOM
    if isinstance(expression, Literal) and expression.value < 0:
        own = _PRECEDENCE["negative"]
    return f"({expression})" if own < level else str(expression)


class _Parser:
    """Reads by descent, one method for each way to bind, loosest first."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        expression = self._binary(0)
        if self._peek():
            raise ExpressionError(f"has {shown(self._peek())} where it should end")
        return expression

    def _binary(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._signed()
        expression = self._binary(level + 1)
        while self._peek() in _LEVELS[level]:
            operator = self._take()
            expression = Operation(operator, (expression, self._binary(level + 1)))
        return expression

    def _signed(self) -> Expression:
        if self._peek() != "-":
            return self._raised()
        self._take()
        return Operation("negative", (self._deeper(self._signed),))

    def _raised(self) -> Expression:
        base = self._atom()
        if self._peek() != _POWER:
            return base
        self._take()
        return Operation(_POWER, (base, self._deeper(self._signed)))

    def _atom(self) -> Expression:
        token = self._take()
        if token == "(":
            expression = self._deeper(lambda: self._binary(0))
            self._expect(")")
            return expression
        if token in FUNCTIONS:
            return Operation(token, self._arguments(token))
        if token[:1].isdigit() or token[:1] == ".":
            return Literal(_literal(token))
        if token.isidentifier():
            return Name(token)
        raise ExpressionError(f"has {shown(token)} where a value belongs" if token else "ends too early")

    def _arguments(self, function: str) -> tuple[Expression, ...]:
        self._expect("(")
        arguments = [self._deeper(lambda: self._binary(0))]
        while self._peek() == ",":
            self._take()
            arguments.append(self._deeper(lambda: self._binary(0)))
        self._expect(")")
        if len(arguments) < 2:
            raise ExpressionError(f"gives {function} one value, and it compares at least two")
        return tuple(arguments)

    def _deeper(self, read: Callable[[], Expression]) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"is nested more than {MAX_DEPTH} deep")
        expression = read()
        self._depth -= 1
        return expression

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise ExpressionError(f"lacks a {shown(token)}")

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token


def _tokens(text: str) -> list[str]:
    tokens, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError(f"has {shown(text[at:].lstrip()[:1])}, which means nothing here")
        tokens.append(match[0].strip())
        at = match.end()
    if len(tokens) > MAX_TOKENS:
        raise ExpressionError(f"has {len(tokens)} parts, and at most {MAX_TOKENS} are read")
    return tokens


def _literal(token: str) -> Number:
    if not token.isascii():
        raise ExpressionError(f"has {shown(token)}, which is no plain number")
    return _bounded(int(token) if token.isdigit() and len(token) < MAX_DEPTH else float(token))
