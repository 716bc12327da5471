"""What instances of a block may set: its own parameters, and how often it stands in a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword

from graph.catalog.params import INT_LIMIT, Flag, Float, Int, ParamError, ParamSpec, Value
from graph.catalog.text_params import Text
from graph.expressions import EACH, FUNCTIONS, is_listed
from graph.model import BlockParam
from graph.problems import shown

REPEAT = "repeat"
MAX_REPEAT = 1000
REPEAT_SPEC = Int(
    name=REPEAT,
    default=1,
    min=1,
    max=MAX_REPEAT,
    help="How often it stands in a row, each time with weights of its own.",
)


@dataclass(frozen=True, slots=True)
class Each:
    """A value for each repetition, as a file gives it: `{"each": [64, 128]}`."""

    values: tuple[Value, ...]


class _PerRepetition(ParamSpec):
    """Takes a value for all repetitions, or one for each."""

    is_per_repetition = True

    def check(self, value: Value) -> Value:
        if not is_listed(value):
            return super().check(value)
        if not 1 <= len(value[EACH]) <= MAX_REPEAT:
            raise ParamError(f"a value, or 1 to {MAX_REPEAT} of them, one for each repetition")
        return Each(tuple(super(_PerRepetition, self).check(entry) for entry in value[EACH]))


@dataclass(frozen=True, kw_only=True)
class _BlockInt(_PerRepetition, Int):
    min: int = -INT_LIMIT

    def _checked(self, value: Value) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > INT_LIMIT:
            raise ParamError("an integer")
        return value

    def bounds(self) -> dict[str, Value]:
        return {}


class _BlockFloat(_PerRepetition, Float):
    pass


class _BlockFlag(_PerRepetition, Flag):
    pass


class _BlockText(_PerRepetition, Text):
    pass


KINDS: Mapping[str, type[ParamSpec]] = {
    "int": _BlockInt,
    "float": _BlockFloat,
    "bool": _BlockFlag,
    "str": _BlockText,
}


def param_spec(param: BlockParam) -> ParamSpec:
    """The declaration of a block's parameter, as those of layers are."""
    return KINDS[param.kind](name=param.name, default=param.default, help=param.help)


def param_faults(params: Sequence[BlockParam]) -> Iterator[tuple[int, str, str]]:
    """What is wrong with the declarations of a block's parameters: which, its key, and a sentence."""
    seen: set[str] = set()
    for index, param in enumerate(params):
        if not param.name.isidentifier() or iskeyword(param.name):
            yield index, "name", f"{shown(param.name)} is not a Python name, such as channels"
        elif param.name == REPEAT or param.name in FUNCTIONS:
            yield index, "name", f"{param.name} means something else already; choose another name"
        elif param.name in seen:
            yield index, "name", f"there already is a parameter called {param.name}"
        seen.add(param.name)
        if param.kind not in KINDS:
            yield index, "kind", f"{shown(param.kind)} is not one of {', '.join(KINDS)}"
        elif fault := _default_fault(param):
            yield index, "default", fault


def _default_fault(param: BlockParam) -> str | None:
    if is_listed(param.default):
        return f"{shown(param.default)} does not suit. Expected one value"
    try:
        param_spec(param).check(param.default)
    except ParamError as error:
        return f"{shown(param.default)} does not suit. Expected {error}"
    return None
