"""Looks for layers that Netloom and torch see differently, and for networks whose code is not what was drawn.

`python -m tests.truth --cases 100000` looks at layers, `python -m tests.truth --graphs 1000` at networks.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from time import perf_counter
from typing import TextIO

import torch
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.codegen.random_graphs import smallest_mismatch
from tests.graph.agreement import Disagreement, agrees_with_torch
from tests.graph.strategies import cases, layer_types

ROUND = 100  # cases of one type before the next has its turn
SEARCH = settings(
    database=None,
    deadline=None,
    derandomize=False,
    phases=(Phase.generate, Phase.shrink),
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
MOST_NODES = 100  # of a random network
RESEEDED = 1_000_003  # a prime, so that the rounds of neighbouring seeds differ


@dataclass
class Tally:
    """What has been looked at so far."""

    started: float = field(default_factory=perf_counter)
    looked_at: int = 0
    accepted: int = 0
    different: set[str] = field(default_factory=set)

    def add(self, case: object, is_accepted: bool) -> None:
        """Counts one case."""
        self.looked_at += 1
        self.accepted += is_accepted
        self.different.add(repr(case))

    def __str__(self) -> str:
        rate = self.looked_at / max(perf_counter() - self.started, 1e-9)
        return (
            f"{self.looked_at:,} cases, {len(self.different):,} of them different, "
            f"{self.accepted:,} accepted, {rate:,.0f} a second"
        )


def look(type_name: str, count: int, round_seed: int, tally: Tally) -> str | None:
    """The smallest disagreement among so many cases of a type; None where there is none."""

    @seed(round_seed)
    @settings(SEARCH, max_examples=count)
    @given(cases(type_name))
    def holds(case: object) -> None:
        tally.add(case, agrees_with_torch(case))

    try:
        holds()
    except Disagreement as disagreement:
        return str(disagreement)
    return None


def rounds(total: int, num_types: int) -> Iterator[int]:
    """How many cases each type has in each round, for about `total` in all."""
    share = -(-total // num_types)
    yield from [ROUND] * (share // ROUND)
    if share % ROUND:
        yield share % ROUND


def search(types: Sequence[str], total: int, start_seed: int, tally: Tally, progress: TextIO) -> list[str]:
    """The smallest disagreement of each type in the first round that has one."""
    for number, count in enumerate(rounds(total, len(types))):
        found = [
            look(name, count, start_seed * RESEEDED + number * len(types) + index, tally)
            for index, name in enumerate(types)
        ]
        progress.write(f"{tally}\n")
        if any(found):
            return [disagreement for disagreement in found if disagreement]
    return []


def search_graphs(total: int, start_seed: int, progress: TextIO) -> list[str]:
    """The smallest network of the first seed whose code is not what was drawn; nothing if all are right."""
    sizes = Random(start_seed)
    for number in range(total):
        found = smallest_mismatch(start_seed * RESEEDED + number, sizes.randint(2, MOST_NODES))
        if found:
            return [found]
        if number % ROUND == ROUND - 1:
            progress.write(f"{number + 1:,} networks\n")
    return []


def main(arguments: Sequence[str], out: TextIO, err: TextIO) -> int:
    """0 where nothing was found, 1 with the disagreements printed, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth", description=__doc__)
    parser.add_argument("--cases", type=_positive, help="how many layers, over all types evenly")
    parser.add_argument("--graphs", type=_positive, help="how many networks")
    parser.add_argument("--seed", type=int, default=0, help="the same one finds the same again")
    parser.add_argument("--type", choices=layer_types(), metavar="TYPE", help="layers of this type only")
    options = parser.parse_args(arguments)
    if not options.cases and not options.graphs:
        parser.error("nothing to do: give --cases or --graphs")
    found, looked_at = [], []
    if options.cases:
        tally = Tally()
        found += search(
            [options.type] if options.type else layer_types(), options.cases, options.seed, tally, err
        )
        looked_at.append(str(tally))
    if options.graphs:
        found += search_graphs(options.graphs, options.seed, err)
        looked_at.append(f"{options.graphs:,} networks")
    out.writelines(f"{disagreement}\n" for disagreement in found)
    out.write(f"{'; '.join(looked_at)}; disagreements: {len(found)}; seed: {options.seed}\n")
    return 1 if found else 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return number


if __name__ == "__main__":
    torch.set_num_threads(1)  # tensors this small are computed faster by one thread
    sys.exit(main(sys.argv[1:], sys.stdout, sys.stderr))
