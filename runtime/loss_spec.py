"""What a loss declares: its parameters, and what it needs from the model and from the data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from graph.catalog.params import Value
from runtime.options import Option, OptionSpec

TargetKind = Literal[
    "class", "binary", "value", "count", "sign", "pair", "distribution", "log-distribution", "label-list",
    "sequence", "none",
]  # fmt: skip
Layout = tuple[str, ...]

REST = "..."  # any number of further dims; the last of a layout
TARGET = "target"  # stands for the targets among a loss's arguments
BALANCED = "balanced"  # a weight that is worked out from how often each class occurs
PADDING = -1  # fills up rows of class numbers that are shorter than others


@dataclass(frozen=True)
class OutputNeed:
    """What a loss takes from one Output of the model.

    Args:
        name: its role, such as `logits` or `variance`.
        layout: its dims by name, the batch first; dims of the same name have the same size everywhere.
        each: what one number of it is, such as `logit`.
        low: the smallest number allowed.
        high: the largest number allowed.
        remedy: how to get numbers in that range.
    """

    name: str
    layout: Layout
    each: str = "number"
    low: float = -math.inf
    high: float = math.inf
    remedy: str = ""

    @property
    def is_limited(self) -> bool:
        """Whether some numbers are out of range."""
        return self.low > -math.inf or self.high < math.inf

    @property
    def range_text(self) -> str:
        """`from 0 to 1`, or nothing where any number will do."""
        if self.low > -math.inf and self.high < math.inf:
            return f"from {self.low:g} to {self.high:g}"
        if self.low > -math.inf:
            return f"of at least {self.low:g}"
        return f"of at most {self.high:g}" if self.high < math.inf else ""

    def describe(self) -> str:
        """`logits (N, classes)`."""
        return " ".join(filter(None, (self.name, shown_layout(self.layout), self.range_text)))


@dataclass(frozen=True)
class TargetNeed:
    """What a loss compares with.

    Args:
        kind: which of the ways to read targets from data.
        layout: their dims by name, the batch first.
        values: what they are, in words.
        dtype: what they are stored as.
    """

    kind: TargetKind
    layout: Layout
    values: str
    dtype: Literal["float32", "int64"] = "float32"

    def describe(self) -> str:
        """`class numbers 0, 1, 2, ... (N) of int64`."""
        if self.kind == "none":
            return self.values
        return f"{self.values} {shown_layout(self.layout)} of {self.dtype}"


@dataclass(frozen=True)
class Needs:
    """All that a loss needs.

    Args:
        outputs: one for each Output of the graph, in their order.
        target: what it compares with.
        yes_above: outputs above this say yes, where they answer questions of yes or no.
    """

    outputs: tuple[OutputNeed, ...]
    target: TargetNeed
    yes_above: float | None = None

    def describe(self) -> str:
        """One sentence, such as: Takes logits (N, classes); compares with class numbers (N)."""
        given = ", ".join(need.describe() for need in self.outputs)
        return f"Takes {given}; compares with {self.target.describe()}."


@dataclass(frozen=True, kw_only=True)
class LossSpec(OptionSpec):
    """A loss.

    Args:
        needs: what it needs from model and data.
        variants: what it needs instead where a parameter has a certain value.
        arguments: the order of its call, by the names of the outputs and `target`.
        per_dim: parameters that hold one number for each index of a dim, and the name of that dim.
        at_least: pairs of dims of which the first must not be smaller.
        fixed: further arguments of its constructor.
        reserved: the parameter that takes a class number for itself.
    """

    needs: Needs
    variants: tuple[tuple[str, Value, Needs], ...] = ()
    arguments: tuple[str, ...] = ()
    per_dim: tuple[tuple[str, str], ...] = ()
    at_least: tuple[tuple[str, str], ...] = ()
    fixed: tuple[tuple[str, Value], ...] = ()
    reserved: str = ""

    def needs_with(self, values: Mapping[str, Value]) -> Needs:
        """What it needs with these parameters; those left out are at their default."""
        for name, value, needs in self.variants:
            if values.get(name, self.default(name)) == value:
                return needs
        return self.needs

    def details(self, values: Mapping[str, Value]) -> str:
        return f"{self.help} {self.needs_with(values).describe()}"


def needs_of(loss: Option[LossSpec]) -> Needs:
    """What a chosen loss needs."""
    return loss.spec.needs_with(loss.params)


def shown_layout(layout: Layout) -> str:
    """`(N, classes, ...)`."""
    return f"({', '.join(layout)})"
