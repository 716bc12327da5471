"""All that is wrong with the project of a session, as far as it is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from builder.findings import Findings, mistakes
from builder.first_look import FirstLook, loud
from builder.gathered import Gathered
from graph.document import Graph, Project
from graph.problems import Problem
from graph.scopes import LocatedProblem, Scope


class KnownProblems:
    """Mistakes and findings, put together as panels ask for them.

    Args:
        look: what is known of a project at first.
    """

    def __init__(self, look: FirstLook) -> None:
        self._mistakes, self._all_mistakes = look.mistakes, look.all_mistakes
        self._shown, self._everywhere = look.findings.shown, look.findings.everywhere
        self._gathered = look.gathered

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Of the graph that is shown."""
        return self._gathered.problems

    @property
    def all_problems(self) -> tuple[LocatedProblem, ...]:
        """Of the whole project."""
        return self._gathered.all_problems

    @property
    def by_node(self) -> Mapping[str, tuple[Problem, ...]]:
        """Those of the graph that is shown."""
        return self._gathered.by_node

    @property
    def marks(self) -> Mapping[str, tuple[Problem, ...]]:
        """Likewise, without mere hints."""
        return self._gathered.marks

    @property
    def gathered(self) -> Gathered:
        """All of them."""
        return self._gathered

    def collect(self, project: Project, scope: Scope) -> bool:
        """Looks for mistakes anew; whether they are others."""
        before = self._mistakes, self._all_mistakes
        self._mistakes = tuple(mistakes(scope.graph, scope.inference))
        self._all_mistakes = tuple(loud(project, scope))
        return (self._mistakes, self._all_mistakes) != before

    def has(self, findings: Findings) -> bool:
        """Whether these findings were gathered already."""
        return findings.shown is self._shown and findings.everywhere is self._everywhere

    def gather(self, project: Project, graph: Graph, findings: Findings) -> None:
        """Puts everything together; a finding goes with its node."""
        self._shown, self._everywhere = findings.shown, findings.everywhere
        own = self._shown.at(graph.nodes)
        everywhere = own if self._shown is self._everywhere else self._everywhere.at(project.graph.nodes)
        self._gathered = Gathered(self._mistakes, self._all_mistakes, own, everywhere)

    def drop(self, node_ids: Iterable[str]) -> None:
        """Forgets what was wrong with nodes of the main graph, which is shown, as they are gone."""
        gone, known = set(node_ids), self._gathered
        if not gone.isdisjoint(known.by_node):
            self._gathered = known.without(gone)
