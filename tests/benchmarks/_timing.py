"""Times in milliseconds, the best of several rounds: what else the machine does can only add to them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from time import perf_counter


def best(step: Callable[[int], object], rounds: int = 15) -> float:
    """The shortest time of a step, which is told the round."""
    times = []
    for number in range(rounds):
        gc.collect()
        start = perf_counter()
        step(number)
        times.append((perf_counter() - start) * 1e3)
    return min(times)


def rounded(values: Mapping[str, float]) -> dict[str, float]:
    """Figures as they are printed."""
    return {name: round(value, 3) for name, value in values.items()}
