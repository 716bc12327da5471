"""Levels along the flow: every edge leads to a later one, and edges are as short as they can be together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graph.layout.tree import TightTree

Pair = tuple[int, int]
Check = Callable[[], None]

WORK = 400_000  # steps that shortening edges may take, far more than a drawn network needs


def levels(count: int, pairs: Sequence[Pair], check: Check) -> list[int]:
    """The level of every node of a connected graph, from 0, with the least sum of the lengths of all edges.

    Args:
        count: nodes are 0 to count - 1, in the order of the file.
        pairs: source and target of every edge; those that close a cycle are turned round.
        check: is called now and then; what it raises ends the work.

    Source: Gansner et al., A technique for drawing directed graphs, 1993 (network simplex).
    """
    forward = list(dict.fromkeys(without_cycles(count, pairs)))
    level = _longest_path(count, forward)
    TightTree(level, forward, check).shorten(WORK)
    _move_to_start(level, forward)
    first = min(level)
    return [each - first for each in level]


def without_cycles(count: int, pairs: Sequence[Pair]) -> list[Pair]:
    """The same edges, those turned round that lead back in a walk from the start, without loops."""
    after: list[list[int]] = [[] for _ in range(count)]
    has_source = [False] * count
    for source, target in pairs:
        if source != target:
            after[source].append(target)
            has_source[target] = True
    finished = _finishing_order(after, has_source)
    return [
        (source, target) if finished[source] > finished[target] else (target, source)
        for source, target in pairs
        if source != target
    ]


def _finishing_order(after: Sequence[Sequence[int]], has_source: Sequence[bool]) -> list[int]:
    """When a depth-first walk is done with each node; an edge of no cycle ends earlier than it starts."""
    count = len(after)
    finished, seen, clock = [0] * count, [False] * count, 0
    for start in sorted(range(count), key=has_source.__getitem__):  # a walk begins where nothing leads to
        if seen[start]:
            continue
        seen[start] = True
        stack = [(start, iter(after[start]))]
        while stack:
            node, rest = stack[-1]
            fresh = next((each for each in rest if not seen[each]), None)
            if fresh is None:
                stack.pop()
                clock += 1
                finished[node] = clock
            else:
                seen[fresh] = True
                stack.append((fresh, iter(after[fresh])))
    return finished


def _longest_path(count: int, pairs: Sequence[Pair]) -> list[int]:
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for source, target in pairs:
        after[source].append(target)
        waiting[target] += 1
    level = [0] * count
    ready = [node for node in range(count) if not waiting[node]]
    for node in ready:  # grows while it is read
        for target in after[node]:
            level[target] = max(level[target], level[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return level


def _move_to_start(level: list[int], pairs: Sequence[Pair]) -> None:
    """Takes every node that may stand in several levels at the same cost to the first of them."""
    before: list[list[int]] = [[] for _ in level]
    num_after = [0] * len(level)
    for source, target in pairs:
        before[target].append(source)
        num_after[source] += 1
    for node in sorted(range(len(level)), key=level.__getitem__):
        if before[node] and len(before[node]) >= num_after[node]:
            level[node] = max(level[each] for each in before[node]) + 1
