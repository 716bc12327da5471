"""The curves of a run as a table that any spreadsheet reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from builder.panels.history import EPOCH_CURVES, STEP_CURVES, Series


def csv_lines(series: Mapping[str, Series]) -> Iterator[str]:
    """A line for the names, then one for each step at which some curve has a point.

    Curves without points are left out; where a curve has none at a step, its field is empty.

    Args:
        series: the curves by name.
    """
    columns = {name: each for name, each in series.items() if len(each)}
    places = {name: place for place, name in enumerate(STEP_CURVES + EPOCH_CURVES)}
    names = sorted(columns, key=lambda name: (places.get(name, len(places)), name))
    yield ",".join(["step", *map(_quoted, names)])
    points = [dict(zip(columns[name].x.tolist(), columns[name].y.tolist(), strict=False)) for name in names]
    for step in sorted(set().union(*points)):
        values = ("" if (value := each.get(step)) is None else repr(value) for each in points)
        yield ",".join([f"{step:.0f}", *values])


def _quoted(name: str) -> str:
    return f'"{name}"' if any(letter in name for letter in ',"\n') else name
