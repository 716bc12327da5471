"""Problems by how much they matter, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from builder.texts import later, tr_count


class Severity(NamedTuple):
    """A kind of problem: what one and several are called, and what they mean for the network."""

    one: str
    several: str
    about: str

    def counted(self, count: int) -> str:
        """`1 error`, `2,000 errors`."""
        return tr_count(self.one, self.several, count)


SEVERITIES: Mapping[str, Severity] = {
    "error": Severity(
        later("{count} error"), later("{count} errors"), later("They keep the network from running.")
    ),
    "warning": Severity(
        later("{count} warning"),
        later("{count} warnings"),
        later("The network runs, and most likely learns badly."),
    ),
    "info": Severity(later("{count} hint"), later("{count} hints"), later("It could be better.")),
}


def counts_by_severity(severities: Iterable[str]) -> list[str]:
    """How many problems there are of each kind that there is: `1 error`, `2 hints`."""
    there = list(severities)
    return [kind.counted(there.count(name)) for name, kind in SEVERITIES.items() if name in there]
