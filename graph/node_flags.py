"""Edits of what can be on or off at every node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.document import Edit, Project
from graph.edits import require_nodes


@dataclass(frozen=True)
class SetPinned:
    """Pins nodes, so that automatic layout and alignment leave them where they are, or frees them.

    Raises:
        EditError: one of the nodes is not there.
    """

    node_ids: Sequence[str]
    on: bool = True

    @property
    def label(self) -> str:
        return "Pin" if self.on else "Unpin"

    def apply(self, project: Project) -> Edit:
        changed = _set_flag(project, self.node_ids, "pinned", self.on)
        return SetPinned(changed, not self.on)


@dataclass(frozen=True)
class SetBypassed:
    """Leaves nodes out of what is computed, their inputs going on to their readers, or takes them in again.

    Raises:
        EditError: one of the nodes is not there.
    """

    node_ids: Sequence[str]
    on: bool = True

    @property
    def label(self) -> str:
        return "Bypass" if self.on else "Stop bypassing"

    def apply(self, project: Project) -> Edit:
        changed = _set_flag(project, self.node_ids, "bypassed", self.on)
        return SetBypassed(changed, not self.on)


def _set_flag(project: Project, node_ids: Sequence[str], flag: str, on: bool) -> tuple[str, ...]:
    """Sets a flag of nodes; returns the ids of those that had it otherwise."""
    require_nodes(project, node_ids)
    nodes = [project.graph.nodes[node_id] for node_id in dict.fromkeys(node_ids)]
    changed = [node for node in nodes if getattr(node, flag) != on]
    for node in changed:
        project.graph.replace_node(node.with_(**{flag: on}))
    return tuple(node.id for node in changed)
