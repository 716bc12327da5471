"""What a training plan can choose from, as declarations, and how a choice is read and checked.

Forms, validation and the file format all read the same declarations; nothing here needs torch.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Generic, TypeVar

from graph.catalog.call import Params
from graph.catalog.params import MAX_FLOAT32, ParamError, ParamSpec, Value, is_finite
from graph.problems import closest

MAX_FLOATS = 10_000
NOTHING: Mapping[str, str] = MappingProxyType({})


class PlanError(ValueError):
    """A training plan cannot be used; the text says where, what was expected and how to mend it.

    Args:
        path: the key at fault, such as `optimizer.lr`.
        problem: what happened, with the received value.
        expected: what would have been right.
        hint: how to mend it.
    """

    def __init__(self, path: str, problem: str, expected: str, hint: str) -> None:
        super().__init__(f"{problem} Expected {expected}. {hint}")
        self.path = path
        self.problem = problem
        self.expected = expected
        self.hint = hint


@dataclass(frozen=True, kw_only=True)
class Floats(ParamSpec):
    """A list of finite numbers.

    Args:
        length: how many; any number but none when None.
        min: the smallest allowed.
        below: what every number must stay under.
        choices: words allowed in place of numbers.
        gaps: whether one may be None.
        whole: whether they are integers.
        rising: whether each must be larger than the one before.
    """

    length: int | None = None
    min: float = -math.inf
    below: float = math.inf
    choices: tuple[str, ...] = ()
    gaps: bool = False
    whole: bool = False
    rising: bool = False

    kind = "floats"

    def _checked(self, value: Value) -> tuple[float | None, ...] | str:
        if isinstance(value, str) and value in self.choices:
            return value
        items = [value] if isinstance(value, int | float) else value
        if not isinstance(items, list | tuple) or not 0 < len(items) <= MAX_FLOATS:
            raise ParamError(self._expected())
        if self.length is not None and len(items) != self.length:
            raise ParamError(self._expected())
        if not all(self._fits(item) for item in items):
            raise ParamError(self._expected())
        if self.rising and any(second <= first for first, second in pairwise(items)):
            raise ParamError(self._expected())
        if any(item is not None and abs(item) > MAX_FLOAT32 for item in items):
            raise ParamError(f"{self._expected()}, with no number above {MAX_FLOAT32:g}")
        number = int if self.whole else float
        return tuple(None if item is None else number(item) for item in items)

    def _fits(self, item: Value) -> bool:
        if item is None:
            return self.gaps
        is_number = isinstance(item, int if self.whole else int | float) and not isinstance(item, bool)
        return is_number and is_finite(item) and self.min <= item < self.below

    def _expected(self) -> str:
        noun = f"{'rising ' if self.rising else ''}{'integers' if self.whole else 'numbers'}"
        count = f"{self.length} {noun}" if self.length else noun
        low = f" of at least {self.min:g}" if self.min > -math.inf else ""
        high = f" below {self.below:g}" if self.below < math.inf else ""
        words = "".join(f", or {choice}" for choice in self.choices)
        return f"a list of {count}{low}{' and' if low and high else ''}{high}{words}"

    def bounds(self) -> dict[str, Value]:
        limits = {"length": self.length, "min": self.min, "below": self.below}
        known = {name: each for name, each in limits.items() if each is not None and abs(each) != math.inf}
        return known | ({"choices": list(self.choices)} if self.choices else {})


Rule = Callable[[Params], tuple[str, str] | None]


def no_rule(params: Params) -> None:
    """Any values go together."""


@dataclass(frozen=True, kw_only=True)
class OptionSpec:
    """One thing a plan can name: a loss, an optimizer, a scheduler, a data source or a transform.

    Args:
        type: its name in the file; PyTorch's class name where there is one.
        help: one line for the form.
        source: the page that documents it.
        params: in the order of PyTorch's signature.
        rule: gives (parameter, what was expected) where values do not go together, else None.
    """

    type: str
    help: str
    source: str
    params: tuple[ParamSpec, ...] = ()
    rule: Rule = no_rule

    def details(self, values: Mapping[str, Value]) -> str:
        """What there is to know about it, set to these values."""
        return self.help

    def complete(self, values: Mapping[str, Value], path: str) -> Params:
        """All parameters, checked, with defaults for those left out.

        Raises:
            PlanError: an unknown parameter, or a value that does not suit.
        """
        require_known(values, [spec.name for spec in self.params], path, f"a parameter of {self.type}")
        params = Params(
            {spec.name: checked(spec, values[spec.name], join(path, spec.name)) if spec.name in values
             else spec.default for spec in self.params}
        )  # fmt: skip
        conflict = self.rule(params)
        if conflict is not None:
            name, expected = conflict
            raise wrong_value(join(path, name), params[name], expected, self.default(name))
        return params

    def default(self, name: str) -> Value:
        """The value of a parameter that is left out."""
        return next(spec.default for spec in self.params if spec.name == name)


SpecT = TypeVar("SpecT", bound=OptionSpec)


def table(specs: Iterable[SpecT]) -> Mapping[str, SpecT]:
    """The declarations by type."""
    return MappingProxyType({spec.type: spec for spec in specs})


@dataclass(frozen=True)
class Option(Generic[SpecT]):
    """A chosen declaration with all its parameters."""

    spec: SpecT
    params: Params

    @property
    def type(self) -> str:
        return self.spec.type

    def to_mapping(self, *, key: str = "type", defaults: bool = False) -> dict[str, Value]:
        """The choice as the project file writes it, parameters at their default left out unless asked for."""
        return {key: self.type} | {
            spec.name: to_json(self.params[spec.name])
            for spec in self.spec.params
            if defaults or self.params[spec.name] != spec.default
        }


def parse_option(
    value: Value,
    path: str,
    specs: Mapping[str, SpecT],
    *,
    key: str = "type",
    not_offered: Mapping[str, str] = NOTHING,
) -> Option[SpecT]:
    """The choice that `{"type": "SGD", "lr": 0.1}` stands for; a bare name takes all defaults.

    Args:
        value: as the file has it.
        path: where it stands in the plan.
        specs: what there is to choose from.
        key: the name of the type in the mapping.
        not_offered: why what somebody may look for is not among them.

    Raises:
        PlanError: not a mapping, an unknown type, an unknown parameter or an unsuitable value.
    """
    example = {key: next(iter(specs))}
    settings = {key: value} if isinstance(value, str) else require_mapping(value, path, example)
    if key not in settings:
        hint = f"Write it as {shown(example)}."
        raise PlanError(join(path, key), f"{path} has no {key!r}.", f"one of {', '.join(specs)}", hint)
    name = settings[key]
    if not isinstance(name, str) or name not in specs:
        problem = f"{join(path, key)} is {shown(name)}."
        hint = (not_offered.get(name) if isinstance(name, str) else None) or did_you_mean(name, specs)
        raise PlanError(join(path, key), problem, f"one of {', '.join(specs)}", hint)
    spec = specs[name]
    values = {name: item for name, item in settings.items() if name != key}
    return Option(spec, spec.complete(values, path))


def checked(spec: ParamSpec, value: Value, path: str) -> Value:
    """The value in canonical form.

    Raises:
        PlanError: it does not suit the declaration.
    """
    try:
        return spec.check(value)
    except ParamError as error:
        choices = getattr(spec, "choices", ())
        raise wrong_value(path, value, str(error), spec.default, choices) from None


def wrong_value(
    path: str, value: Value, expected: str, default: Value, choices: Iterable[str] = ()
) -> PlanError:
    """The error for a key whose value does not suit."""
    meant = closest(value, tuple(choices)) if isinstance(value, str) else None
    fallback = "Leave it out." if default is None else f"Leave it out for the default, {shown(default)}."
    hint = f"Did you mean {meant!r}?" if meant else fallback
    return PlanError(path, f"{path} is {shown(value)}.", expected, hint)


def require_mapping(value: Value, path: str, example: Mapping[str, Value]) -> Mapping[str, Value]:
    """The value, known to be a mapping with text keys.

    Raises:
        PlanError: it is something else.
    """
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return value
    raise PlanError(path, f"{path} is {shown(value)}.", "an object", f"Write it as {shown(example)}.")


def require_known(names: Iterable[str], known: Iterable[str], path: str, role: str) -> None:
    """Nothing, if every name is a known one.

    Raises:
        PlanError: for the first unknown name.
    """
    known = list(known)
    for name in names:
        if name not in known:
            problem = f"{join(path, name)} is not {role}."
            raise PlanError(join(path, name), problem, ", ".join(known) or "none", did_you_mean(name, known))


def did_you_mean(name: Value, known: Iterable[str]) -> str:
    """A suggestion for a mistyped name, as a sentence."""
    close = closest(name, tuple(known)) if isinstance(name, str) else None
    return f"Did you mean {close!r}?" if close else "Check the spelling."


def join(path: str, name: str) -> str:
    """`optimizer.lr` of `optimizer` and `lr`."""
    return f"{path}.{name}" if path else name


def shown(value: Value) -> str:
    """A value as the file would write it, shortened."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def rough(number: float) -> str:
    """About how much it is, written out: `130`, `79,000`, `0.031`."""
    return f"{float(f'{number:.2g}'):,.10g}"


def to_json(value: Value) -> Value:
    """A checked value as JSON holds it: tuples become lists."""
    return [to_json(item) for item in value] if isinstance(value, list | tuple) else value
