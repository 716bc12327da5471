"""What the canvas can show on every node while it trains, as data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from builder.panels.figures import number
from builder.texts import later
from runtime.events import NodeFigures

_DECADES = 1.0  # a logarithmic scale spans that many at least, so that equal nodes do not look unlike


@dataclass(frozen=True, slots=True)
class OverlaySpec:
    """One overlay.

    Attributes:
        id: stable name, "time".
        title: what the legend says.
        value: the figure that the colour stands for; None for a node that has none.
        text: what the card says.
        end_text: what the ends of the scale say.
        is_log: whether the colour follows the figure's logarithm.
        top: the end of the scale; None for the largest figure in sight.
    """

    id: str
    title: str
    value: Callable[[NodeFigures], float | None]
    text: Callable[[NodeFigures], str]
    end_text: Callable[[float], str]
    is_log: bool = False
    top: float | None = None


def percent(share: float) -> str:
    """A share as it is read: `12 %`, `<1 %`."""
    return "<1 %" if 0 < share < 0.01 else f"{share:.0%}".replace("%", " %")


def short(value: float) -> str:
    """A figure in two digits: 0.42, 1.3e-05."""
    text = f"{value:.2g}" if math.isfinite(value) and abs(value) < 1000 else number(value)
    return text.replace("-", "\N{MINUS SIGN}")


def spread(figures: NodeFigures) -> str:
    """Mean and standard deviation of an output."""
    if figures.mean is None or figures.std is None:
        return ""
    return f"{short(figures.mean)} ± {short(figures.std)}"


OVERLAYS: tuple[OverlaySpec, ...] = (
    OverlaySpec(
        "time", later("Share of the time"), lambda f: f.time_share, lambda f: percent(f.time_share), percent
    ),
    OverlaySpec(
        "gradient",
        later("Gradient norm"),
        lambda f: f.grad_norm,
        lambda f: short(f.grad_norm or 0.0),
        short,
        is_log=True,
    ),
    OverlaySpec(
        "dead",
        later("Dead units"),
        lambda f: f.dead,
        lambda f: f"{percent(f.dead or 0.0)} dead",
        percent,
        top=1.0,
    ),
    OverlaySpec("activation", later("Activation: mean ± std"), lambda f: f.std, spread, short, is_log=True),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Which figure has which colour.

    Attributes:
        low: the figure at the faint end.
        high: the figure at the strong end.
    """

    low: float
    high: float
    is_log: bool = False

    def level(self, value: float) -> float:
        """Where a figure stands on it, 0 to 1."""
        if not math.isfinite(value):
            return 1.0
        low, high = self.low, self.high
        if self.is_log:
            value, low, high = (math.log10(max(each, 1e-30)) for each in (value, low, high))
        return min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.0


def scale_of(spec: OverlaySpec, values: Iterable[float]) -> Scale:
    """The scale for these figures."""
    finite = [value for value in values if math.isfinite(value) and (value > 0 or not spec.is_log)]
    high = max(finite, default=1.0)
    if not spec.is_log:
        return Scale(0.0, spec.top or high or 1.0)
    return Scale(min(min(finite, default=1.0), high / 10**_DECADES), high, is_log=True)
