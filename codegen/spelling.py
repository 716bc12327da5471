"""How the values in a block's code are spelled, so that one class serves every instance of the block.

A value that is the same wherever the block stands is written as it is. Any other is written as the block's
parameter, or the expression, that it agrees with everywhere; failing these it becomes an argument of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from codegen.namespace import Namespace
from graph.catalog.params import Value
from graph.expressions import (
    Expression,
    ExpressionError,
    Name,
    evaluate,
    is_expression,
    names,
    parse,
    substitute,
)
from graph.model import Block

Key = tuple[str, ...]  # a place in a block's code: node id, parameter, indices into its value
Values = Mapping[Key, Value]


@dataclass(frozen=True)
class Sample:
    """What stands in a block's code for one instance.

    Args:
        env: the value of every parameter of the block.
        values: what stands at each place.
    """

    env: Mapping[str, Value]
    values: Values


@dataclass(frozen=True)
class Argument:
    """An argument of a block's class.

    Args:
        name: as `__init__` calls it.
        key: the place whose value it is; None for a parameter of the block.
        default: a parameter's default.
    """

    name: str
    key: Key | None = None
    default: Value = None


@dataclass(frozen=True)
class Spelling:
    """How every place of a block's code is written.

    Args:
        arguments: of the class; those without a default first.
        texts: for each place that is no constant, what it is written as.
        constants: the values of the other places.
    """

    arguments: tuple[Argument, ...]
    texts: Mapping[Key, Expression]
    constants: Values

    def arguments_of(self, sample: Sample) -> dict[str, Value] | None:
        """What the class is given for an instance; None if it cannot serve that instance."""
        if sample.values.keys() != self.constants.keys() | self.texts.keys():
            return None
        given = {
            argument.name: sample.env[argument.name] if argument.key is None else sample.values[argument.key]
            for argument in self.arguments
        }
        serves = all(_same(value, self._at(key, given)) for key, value in sample.values.items())
        return given if serves else None

    def value(self, key: Key, value: Value, *, stored: bool = False) -> Value:
        """A value as it shall be written.

        Args:
            key: where it stands, without indices.
            value: what stands there.
            stored: whether the code reads arguments as attributes, `self.channels`.
        """
        if isinstance(value, list | tuple):
            entries = (self.value((*key, str(i)), entry, stored=stored) for i, entry in enumerate(value))
            return tuple(entries)
        if isinstance(value, Mapping):
            return {name: self.value((*key, name), entry, stored=stored) for name, entry in value.items()}
        expression = self.texts.get(key)
        if expression is None:
            return value
        if stored:
            expression = substitute(expression, {name: Name(f"self.{name}") for name in names(expression)})
        return spelled(value, str(expression))

    def names_at(self, key: Key) -> frozenset[str]:
        """The arguments that a parameter's value is written with."""
        found = (names(text) for place, text in self.texts.items() if place[: len(key)] == key)
        return frozenset().union(*found)

    def _at(self, key: Key, given: Mapping[str, Value]) -> Value:
        return evaluate(self.texts[key], given) if key in self.texts else self.constants[key]


class Spelled:
    """A value that is written as something else, such as the name of an argument."""

    text: str

    def __repr__(self) -> str:
        return self.text

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return self.text


class _Int(Spelled, int):
    pass


class _Float(Spelled, float):
    pass


class _Text(Spelled, str):
    __hash__ = str.__hash__


def spelled(value: Value, text: str) -> Value:
    """The value, written as `text`; None, which nothing can stand for, is returned as it is."""
    kind = {bool: _Int, int: _Int, float: _Float, str: _Text}.get(type(value))
    if kind is None:
        return value
    made = kind(value)
    made.text = text
    return made


def is_spelled(value: Value) -> bool:
    """Whether a value, or an entry of a tuple, is written as something else."""
    return any(map(is_spelled, value)) if isinstance(value, tuple) else isinstance(value, Spelled)


def places(node_id: str, name: str, value: Value) -> Iterator[tuple[Key, Value]]:
    """A parameter's value, or the entries of a list one by one, each with its place."""
    yield from _entries((node_id, name), value)


def _entries(key: Key, value: Value) -> Iterator[tuple[Key, Value]]:
    if isinstance(value, list | tuple):
        yield (*key, "length"), len(value)
        for index, entry in enumerate(value):
            yield from _entries((*key, str(index)), entry)
    elif isinstance(value, Mapping):
        for name, entry in value.items():
            yield from _entries((*key, name), entry)
    else:
        yield key, value


def spell(block: Block, samples: Sequence[Sample], count: int) -> Spelling:
    """How the block's code is written for some instances.

    Args:
        block: whose code.
        samples: with the same places; they tell apart what only happens to be equal.
        count: how many of them, from the first on, stand in the project; the others are made up.
    """
    return _Speller(block, samples, count).spelling()


@dataclass
class _Speller:
    block: Block
    samples: Sequence[Sample]
    count: int
    known: dict[Expression, tuple[Value, ...]] = field(default_factory=dict)
    own: list[Argument] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.namespace = Namespace(param.name for param in self.block.params)
        for param in self.block.params:
            self.known[Name(param.name)] = tuple(sample.env[param.name] for sample in self.samples)

    def spelling(self) -> Spelling:
        keys = list(self.samples[0].values)
        texts = {key: text for key in keys if (text := self._written(key)) is not None}
        for key in keys:
            if key not in texts and (text := self._matched(key)) is not None:
                texts[key] = text
        used = frozenset().union(*map(names, texts.values()))
        params = [
            Argument(param.name, default=param.default) for param in self.block.params if param.name in used
        ]
        constants = {key: self.samples[0].values[key] for key in keys if key not in texts}
        return Spelling((*self.own, *params), texts, constants)

    def _written(self, key: Key) -> Expression | None:
        """The expression that the user wrote there, if it gives just the value."""
        given = self._given(key)
        if not is_expression(given):
            return None
        expression = parse(given)
        found = self._evaluated(expression)
        if not names(expression) or not all(map(_same, found, self._vector(key))):
            return None
        return self._noted(expression, found)

    def _noted(self, expression: Expression, vector: tuple[Value, ...]) -> Expression:
        self.known.setdefault(expression, vector)
        return expression

    def _given(self, key: Key) -> Value:
        """What the user set at a place."""
        node = self.block.graph.nodes[key[0]]
        value: Value = node.params.get(key[2] if key[1] == _ARGUMENT else key[1])
        for index in key[2:] if key[1] != _ARGUMENT else ():
            if isinstance(value, Mapping) and index in value:
                value = value[index]
                continue
            if not isinstance(value, list | tuple):
                return value if index != "length" else None
            value = value[int(index)] if index.isdigit() and int(index) < len(value) else None
        return value

    def _evaluated(self, expression: Expression) -> tuple[Value, ...]:
        try:
            return tuple(evaluate(expression, sample.env) for sample in self.samples)
        except ExpressionError:
            return (None,) * len(self.samples)

    def _matched(self, key: Key) -> Expression | None:
        """What a value agrees with everywhere, or an argument made for it; None for a constant."""
        vector = self._vector(key)
        if all(_same(vector[0], value) for value in vector[1:]):
            return None
        for expression, known in self.known.items():
            if all(map(_same, known, vector)):
                return expression
        is_constant = all(_same(vector[0], value) for value in vector[1 : self.count])
        if is_constant and type(vector[0]) is not int:
            return None
        argument = Argument(self.namespace.name(_name_of(key), "value"), key)
        self.own.append(argument)
        return self._noted(Name(argument.name), vector)

    def _vector(self, key: Key) -> tuple[Value, ...]:
        return tuple(sample.values[key] for sample in self.samples)


_ARGUMENT = "argument"  # stands where a parameter's name does, for what an inner block's class is given


def argument_key(node_id: str, name: str, *repetition: str) -> Key:
    """The place of what an inner block's class is given."""
    return (node_id, _ARGUMENT, name, *repetition)


def _name_of(key: Key) -> str:
    return key[2] if key[1] == _ARGUMENT else key[1]


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and bool(one == other)
