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
        require_nodes(project, self.node_ids)
        nodes = (project.graph.nodes[node_id] for node_id in self.node_ids)
        changed = [node for node in nodes if node.pinned != self.on]
        for node in changed:
            project.graph.replace_node(node.with_(pinned=self.on))
        return SetPinned(tuple(node.id for node in changed), not self.on)
