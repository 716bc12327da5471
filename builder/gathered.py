"""Mistakes and findings in the forms in which panels ask for them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import compress
from operator import attrgetter, not_

from graph.flow import CHUNK
from graph.lazy import Lazy
from graph.problems import Problem
from graph.scopes import LocatedProblem

ByNode = Mapping[str, tuple[Problem, ...]]


@dataclass(frozen=True, eq=False)
class Found:
    """Findings, of which a large graph has tens of thousands: no line of Python is run for each in one go.

    Attributes:
        problems: in their order.
        located: likewise, as those of the main graph.
        by_node: by the node that they are about.
        marks: likewise, without mere hints.
    """

    problems: tuple[Problem, ...] = ()
    located: tuple[LocatedProblem, ...] = ()
    by_node: ByNode = field(default_factory=dict)
    marks: ByNode = field(default_factory=dict)

    @Lazy
    def groups(self) -> Mapping[str, tuple[LocatedProblem, ...]]:
        """By their severity."""
        return _by_severity(self.located)

    @Lazy
    def is_mendable(self) -> bool:
        """Whether any has a remedy that can be applied."""
        return any(problem.remedy for problem in self.problems)

    def renewed(self, problems: tuple[Problem, ...]) -> Generator[None, None, Found]:
        """Has other findings sorted bit by bit; gives the very same where there are no others."""
        if problems == self.problems:
            return self
        located: list[LocatedProblem] = []
        lists: dict[str, list[Problem]] = {}
        for start in range(0, len(problems), CHUNK):
            for problem in problems[start : start + CHUNK]:
                located.append(LocatedProblem((), None, problem))
                if problem.node is not None:
                    lists.setdefault(problem.node, []).append(problem)
            yield
        by_node: dict[str, tuple[Problem, ...]] = {}
        marks: dict[str, tuple[Problem, ...]] = {}
        for number, (node_id, each) in enumerate(lists.items()):
            by_node[node_id] = now = _kept(self.by_node.get(node_id), tuple(each))
            if loud := [problem for problem in now if problem.severity != "info"]:
                marks[node_id] = now if len(loud) == len(now) else _kept(self.marks.get(node_id), tuple(loud))
            if not number % CHUNK:
                yield
        found = Found(problems, tuple(located), by_node, marks)
        yield
        _ = found.groups
        yield
        _ = found.is_mendable
        return found

    def at(self, nodes: Mapping[str, object]) -> Found:
        """Those about nodes that are there, and about the graph as a whole; the very same if all are."""
        if all(map(nodes.__contains__, self.by_node)):
            return self
        return self.without(self.by_node.keys() - nodes.keys())

    def without(self, gone: Set[str]) -> Found:
        """Those about other nodes than these; the very same if that are all."""
        if gone.isdisjoint(self.by_node):
            return self
        stays = list(map(not_, map(gone.__contains__, map(attrgetter("node"), self.problems))))
        return Found(
            tuple(compress(self.problems, stays)),
            tuple(compress(self.located, stays)),
            _except_for(self.by_node, gone),
            _except_for(self.marks, gone),
        )


@dataclass(frozen=True, eq=False)
class Gathered:
    """All problems, as panels ask for them; what few ask for is worked out when somebody does.

    Attributes:
        mistakes: what is wrong in the graph that is shown.
        all_mistakes: likewise in the whole project.
        own: what design rules find in the graph that is shown.
        everywhere: likewise in the whole project.
    """

    mistakes: tuple[Problem, ...]
    all_mistakes: tuple[LocatedProblem, ...]
    own: Found
    everywhere: Found

    @Lazy
    def problems(self) -> tuple[Problem, ...]:
        """Of the graph that is shown, mistakes first."""
        return (*self.mistakes, *self.own.problems)

    @Lazy
    def all_problems(self) -> tuple[LocatedProblem, ...]:
        """Of the whole project, likewise."""
        return (*self.all_mistakes, *self.everywhere.located)

    @Lazy
    def errors(self) -> tuple[Problem, ...]:
        """Those of the graph that is shown that keep it from running."""
        found = (each.problem for each in self.own.groups.get("error", ()))
        return (*(each for each in self.mistakes if each.is_error), *found)

    @Lazy
    def by_node(self) -> ByNode:
        """Those of the graph that is shown."""
        return _joined(self.mistakes, self.own.by_node)

    @Lazy
    def marks(self) -> ByNode:
        """Likewise, without mere hints."""
        return _joined((each for each in self.mistakes if each.severity != "info"), self.own.marks)

    @Lazy
    def groups(self) -> Mapping[str, Sequence[LocatedProblem]]:
        """All problems by their severity, in their order."""
        first, second = _by_severity(self.all_mistakes), self.everywhere.groups
        return {name: (*first.get(name, ()), *second.get(name, ())) for name in first | second}

    @Lazy
    def is_mendable(self) -> bool:
        """Whether any problem has a remedy that can be applied."""
        return any(each.problem.remedy for each in self.all_mistakes) or self.everywhere.is_mendable

    def work_out(self) -> None:
        """Has everything known that is otherwise worked out when it is first asked for."""
        _ = self.problems, self.all_problems, self.by_node, self.marks, self.groups
        _ = self.errors, self.is_mendable

    def is_like(self, other: Gathered) -> bool:
        """Whether the same problems are told."""
        return self is other or self._told == other._told

    def without(self, gone: Set[str]) -> Gathered:
        """The same without the problems of some nodes of the main graph, which is shown."""
        located = (each for each in self.all_mistakes if each.path or each.problem.node not in gone)
        found = self.everywhere.without(gone)
        return Gathered(
            tuple(each for each in self.mistakes if each.node not in gone), tuple(located), found, found
        )

    @property
    def _told(self) -> tuple[object, ...]:
        return self.mistakes, self.all_mistakes, self.own.problems, self.everywhere.problems


def _kept(before: tuple[Problem, ...] | None, now: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """What is there now: the very same as before where it is equal, which is seen at once."""
    return before if before is not None and before == now else now


def _joined(first: Iterable[Problem], second: ByNode) -> ByNode:
    """What is about each node, as one tuple."""
    lists: dict[str, list[Problem]] = {}
    for problem in first:
        if problem.node is not None:
            lists.setdefault(problem.node, []).append(problem)
    return {**second, **{i: (*problems, *second.get(i, ())) for i, problems in lists.items()}}


def _by_severity(located: Sequence[LocatedProblem]) -> dict[str, tuple[LocatedProblem, ...]]:
    severities = list(map(attrgetter("problem.severity"), located))
    names = dict.fromkeys(severities)
    return {name: tuple(compress(located, map(name.__eq__, severities))) for name in names}


def _except_for(by_node: ByNode, gone: Set[str]) -> ByNode:
    kept = dict(by_node)
    for node_id in gone:
        kept.pop(node_id, None)
    return kept
