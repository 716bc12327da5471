"""What is known of a project once it was looked at: shapes, mistakes, findings. Needs no window."""

from __future__ import annotations

from dataclasses import dataclass

from builder.findings import findings, mistakes
from graph.document import Project
from graph.edits import MoveNodes
from graph.layout import is_piled_up, layered
from graph.problems import Problem
from graph.scopes import LocatedProblem, Scope
from graph.silence import is_silenced


@dataclass(frozen=True)
class FirstLook:
    """A project that is about to be shown, with all that takes long to find out about it.

    Attributes:
        scope: the main graph with its shapes.
        mistakes: what is wrong in the main graph.
        all_mistakes: likewise in the whole project.
        findings: what design rules find.
    """

    scope: Scope
    mistakes: tuple[Problem, ...]
    all_mistakes: tuple[LocatedProblem, ...]
    findings: tuple[Problem, ...]


def first_look(project: Project) -> FirstLook:
    """Looks at a project that nobody else has yet, from any thread; nodes without places get some."""
    for name in project.scopes():
        with project.inside(name) as graph:
            if is_piled_up(graph):
                MoveNodes(layered(graph)).apply(project)  # as if read so: no step to undo
    project.take_change()
    scope = Scope(project)
    found = tuple(mistakes(scope.graph, scope.inference))
    return FirstLook(scope, found, tuple(loud(project, scope)), tuple(findings(project, scope.main)))


def loud(project: Project, scope: Scope) -> list[LocatedProblem]:
    """What is wrong in a project, root causes only, without what was silenced."""
    return [
        located
        for located in scope.all_problems()
        if not is_silenced(project.graph_of(located.block), located.problem)
    ]
