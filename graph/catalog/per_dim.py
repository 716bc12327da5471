"""Parameters given once, or once for each of several: spatial dims, parts."""

from __future__ import annotations

from dataclasses import dataclass

from graph.catalog.params import INT_LIMIT, SPATIAL_DIMS, Float, Int, ParamError, ParamSpec, Value

SPATIAL_DIM = "spatial dim"
MOST_DIMS = 3
MOST_PARTS = 64


@dataclass(frozen=True, kw_only=True)
class _OneOrSeveral(ParamSpec):
    """A number, or a list of up to `most`."""

    most: int = MOST_DIMS
    each: str = SPATIAL_DIM

    def _checked(self, value: Value) -> Value:
        if not isinstance(value, list | tuple):
            return self._number().check(value)
        if not 1 <= len(value) <= self.most:
            raise ParamError(f"a number, or a list of up to {self.most}, one for each {self.each}")
        return tuple(self._number().check(item) for item in value)

    def _number(self) -> Int | Float:
        """What each number must be."""
        raise NotImplementedError

    def entries(self, num_dims: int) -> tuple[str, ...]:
        return SPATIAL_DIMS.get(num_dims, ()) if self.each == SPATIAL_DIM else ()

    def entry(self) -> ParamSpec:
        return self._number()

    def bounds(self) -> dict[str, Value]:
        return {**self._number().bounds(), "max_length": self.most}


@dataclass(frozen=True, kw_only=True)
class Sizes(_OneOrSeveral):
    """Sizes in pixels."""

    min: int = 1
    max: int = INT_LIMIT

    kind = "ints"

    def _number(self) -> Int:
        return Int(name=self.name, min=self.min, max=self.max)


@dataclass(frozen=True, kw_only=True)
class Factors(_OneOrSeveral):
    """Factors above 0."""

    max: float = 65536.0

    kind = "floats"

    def _number(self) -> Float:
        return Float(name=self.name, above=0, max=self.max)
