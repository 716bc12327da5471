"""What is known of a project once it was looked at: shapes, mistakes, findings. Needs no window."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from builder.findings import Findings, mistakes
from builder.totals import Totals, totals
from graph.document import Project
from graph.edits import MoveNodes
from graph.layout import is_piled_up, layered
from graph.problems import Problem
from graph.scopes import LocatedProblem, Scope
from graph.silence import is_silenced


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
        findings: Iterable[Problem],
        all_findings: Iterable[Problem],
    ) -> Gathered:
        """Puts mistakes and findings together."""
        problems = (*mistakes, *findings)
        located = (LocatedProblem((), None, problem) for problem in all_findings)
        marks = _by_node(problem for problem in problems if problem.severity != "info")
        return cls(problems, (*all_mistakes, *located), _by_node(problems), marks)


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
    """

    scope: Scope
    mistakes: tuple[Problem, ...]
    all_mistakes: tuple[LocatedProblem, ...]
    findings: Findings
    gathered: Gathered
    totals: Totals


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
    gathered = Gathered.of(own, everywhere, found.shown, found.everywhere)
    return FirstLook(scope, own, everywhere, found, gathered, totals(scope.main))


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
