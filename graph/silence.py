"""Warnings that the user has seen and does not want to see again, kept in the project file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graph.document import Edit, EditError, Graph, Project
from graph.problems import Problem


@dataclass(frozen=True)
class Silence:
    """Stops showing a kind of warning, or shows it again.

    Args:
        node_id: where; None for warnings about the graph as a whole.
        code: the kind.
        on: whether to stop showing it.

    Raises:
        EditError: the node is not there.
    """

    node_id: str | None
    code: str
    on: bool = True

    @property
    def label(self) -> str:
        return f"{'Silence' if self.on else 'Show again'}: {self.code.replace('-', ' ')}"

    def apply(self, project: Project) -> Edit:
        graph = project.graph
        if self.node_id is not None and self.node_id not in graph.nodes:
            raise EditError(f"There is no node {self.node_id}.")
        others = tuple(code for code in silenced_codes(graph, self.node_id) if code != self.code)
        return _SetSilenced(self.node_id, (*others, self.code) if self.on else others).apply(project)


@dataclass(frozen=True)
class _SetSilenced:
    node_id: str | None
    codes: tuple[str, ...]

    label = "Silence"

    def apply(self, project: Project) -> Edit:
        graph, before = project.graph, silenced_codes(project.graph, self.node_id)
        if self.node_id is None:
            graph.silenced = self.codes
            graph.log.fields["silenced"] = None
        else:
            graph.replace_node(graph.nodes[self.node_id].with_(silenced=self.codes))
        return _SetSilenced(self.node_id, before)


def silenced_codes(graph: Graph, node_id: str | None) -> tuple[str, ...]:
    """The kinds of warning that are not shown at a node, or, for None, about the graph as a whole."""
    return graph.silenced if node_id is None else graph.nodes[node_id].silenced


def is_silenced(graph: Graph, problem: Problem) -> bool:
    """Whether the user does not want to see it; an error is always shown."""
    return not problem.is_error and problem.code in silenced_codes(graph, problem.node)


def all_silenced(graph: Graph) -> Iterable[tuple[str | None, str]]:
    """Every (node id, code) that is silenced, those of the whole graph first."""
    yield from ((None, code) for code in graph.silenced)
    for node in graph.nodes.values():
        if node.silenced:
            yield from ((node.id, code) for code in node.silenced)
