"""What is known of a project once it was looked at: shapes, mistakes, findings. Needs no window."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from builder.ends import Ends, ends_of
from builder.findings import Findings, mistakes
from builder.gathered import Gathered
from builder.totals import Totals, totals
from graph.document import Graph, Project
from graph.edits import MoveNodes
from graph.layout import is_piled_up, layered
from graph.problems import Problem
from graph.scopes import LocatedProblem, Scope
from graph.silence import is_silenced

Corners = tuple[float, float, float, float]  # left, top, right, bottom


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
    gathered = Gathered(own, everywhere, found.shown, found.everywhere)
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


def loud(project: Project, scope: Scope) -> list[LocatedProblem]:
    """What is wrong in a project, root causes only, without what was silenced."""
    return [
        located
        for located in scope.all_problems()
        if not is_silenced(project.graph_of(located.block), located.problem)
    ]
