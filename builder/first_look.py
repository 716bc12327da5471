"""What is known of a project once it was looked at: shapes, mistakes, findings. Needs no window."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from builder.ends import Ends, ends_of
from builder.findings import Findings, mistakes
from builder.totals import Totals, totals
from graph.document import Graph, Project
from graph.edits import MoveNodes
from graph.layout import is_piled_up, layered
from graph.lazy import Lazy
from graph.problems import Problem
from graph.scopes import LocatedProblem, Scope
from graph.silence import is_silenced

Corners = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Found:
    """Findings in the forms in which they are gathered, each worked out once."""

    problems: Sequence[Problem]

    @Lazy
    def located(self) -> tuple[LocatedProblem, ...]:
        """As those of the main graph."""
        return tuple(LocatedProblem((), None, problem) for problem in self.problems)

    @Lazy
    def by_node(self) -> Mapping[str, tuple[Problem, ...]]:
        """By the node that they are about."""
        return _by_node(self.problems)

    @Lazy
    def marks(self) -> Mapping[str, tuple[Problem, ...]]:
        """Likewise, without mere hints."""
        return _by_node(problem for problem in self.problems if problem.severity != "info")

    def at(self, nodes: Container[str]) -> Found:
        """Those about nodes that are there, and about the graph as a whole; the very same if all are."""
        there = [each for each in self.problems if each.node is None or each.node in nodes]
        return self if len(there) == len(self.problems) else Found(there)


@dataclass(frozen=True)
class Gathered:
    """All problems, as panels ask for them.

    Attributes:
        problems: of the graph that is shown, mistakes first.
        all_problems: of the whole project.
        by_node: those of the graph that is shown.
        marks: likewise, without mere hints.
    """

    problems: tuple[Problem, ...]
    all_problems: tuple[LocatedProblem, ...]
    by_node: Mapping[str, tuple[Problem, ...]]
    marks: Mapping[str, tuple[Problem, ...]]

    @classmethod
    def of(
        cls,
        mistakes: Sequence[Problem],
        all_mistakes: Sequence[LocatedProblem],
        findings: Found,
        all_findings: Found,
    ) -> Gathered:
        """Puts mistakes and findings together."""
        located = (*all_mistakes, *all_findings.located)
        by_node = _joined(_by_node(mistakes), findings.by_node)
        marks = _joined(_by_node(each for each in mistakes if each.severity != "info"), findings.marks)
        return cls((*mistakes, *findings.problems), located, by_node, marks)

    @Lazy
    def groups(self) -> Mapping[str, Sequence[LocatedProblem]]:
        """All problems by their severity, in their order."""
        groups: dict[str, list[LocatedProblem]] = {}
        for each in self.all_problems:
            groups.setdefault(each.problem.severity, []).append(each)
        return groups

    @Lazy
    def is_mendable(self) -> bool:
        """Whether any problem has a remedy that can be applied."""
        return any(each.problem.remedy for each in self.all_problems)

    def work_out(self) -> None:
        """Has everything known that is otherwise worked out when it is first asked for."""
        _ = self.groups, self.is_mendable

    def is_like(self, other: Gathered) -> bool:
        """Whether the same problems are told."""
        if self is other:
            return True
        return (self.problems, self.all_problems) == (other.problems, other.all_problems)

    def without(self, gone: Set[str]) -> Gathered:
        """The same without the problems of some nodes of the main graph, which is shown."""
        located = (each for each in self.all_problems if each.path or each.problem.node not in gone)
        return Gathered(
            tuple(problem for problem in self.problems if problem.node not in gone),
            tuple(located),
            _except_for(self.by_node, gone),
            _except_for(self.marks, gone),
        )


@dataclass(frozen=True)
class FirstLook:
    """A project that is about to be shown, with all that takes long to find out about it.

    Attributes:
        scope: the main graph with its shapes.
        mistakes: what is wrong in the main graph.
        all_mistakes: likewise in the whole project.
        findings: what design rules find, up to date.
        gathered: all of these together.
        totals: of the network.
        ends: of the network.
        corners: the rectangle in which the corners of all nodes of the main graph lie; None without any.
    """

    scope: Scope
    mistakes: tuple[Problem, ...]
    all_mistakes: tuple[LocatedProblem, ...]
    findings: Findings
    gathered: Gathered
    totals: Totals
    ends: Ends
    corners: Corners | None


def first_look(project: Project) -> FirstLook:
    """Looks at a project that nobody else has yet, from any thread; nodes without places get some."""
    for name in project.scopes():
        with project.inside(name) as graph:
            if is_piled_up(graph):
                MoveNodes(layered(graph)).apply(project)  # as if read so: no step to undo
    project.take_change()
    scope = Scope(project)
    own, everywhere = tuple(mistakes(scope.graph, scope.inference)), tuple(loud(project, scope))
    found = Findings(project, scope)
    deque(found.look(), maxlen=0)
    gathered = Gathered.of(own, everywhere, Found(found.shown), Found(found.everywhere))
    gathered.work_out()
    return FirstLook(
        scope,
        own,
        everywhere,
        found,
        gathered,
        totals(scope.main),
        ends_of(project.graph),
        corners_of(project.graph),
    )


def corners_of(graph: Graph) -> Corners | None:
    """The rectangle in which the upper left corners of all nodes lie; None without any."""
    places = [node.position for node in graph.nodes.values()]
    if not places:
        return None
    xs, ys = [x for x, _ in places], [y for _, y in places]
    return min(xs), min(ys), max(xs), max(ys)


def _joined(
    first: Mapping[str, tuple[Problem, ...]], second: Mapping[str, tuple[Problem, ...]]
) -> dict[str, tuple[Problem, ...]]:
    both = dict(second)
    for node_id, problems in first.items():
        both[node_id] = (*problems, *second.get(node_id, ()))
    return both


def _except_for(by_node: Mapping[str, tuple[Problem, ...]], gone: Set[str]) -> dict[str, tuple[Problem, ...]]:
    kept = dict(by_node)
    for node_id in gone:
        kept.pop(node_id, None)
    return kept


def loud(project: Project, scope: Scope) -> list[LocatedProblem]:
    """What is wrong in a project, root causes only, without what was silenced."""
    return [
        located
        for located in scope.all_problems()
        if not is_silenced(project.graph_of(located.block), located.problem)
    ]


def _by_node(problems: Iterable[Problem]) -> dict[str, tuple[Problem, ...]]:
    by_node: dict[str, list[Problem]] = {}
    for problem in problems:
        if problem.node is not None:
            by_node.setdefault(problem.node, []).append(problem)
    return {node_id: tuple(found) for node_id, found in by_node.items()}
