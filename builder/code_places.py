"""From a place in generated code back to the node on the canvas."""

from __future__ import annotations

from builder.session import Session
from codegen.blocks import block_key
from graph.project import Project


def select_place(session: Session, key: str) -> str | None:
    """Shows the graph that a node is in and selects it; gives its id, None if it is not there.

    Args:
        session: whose project the code was generated from.
        key: what the node goes by in the code: its id, or the `block_key` of one inside a block.
    """
    block, node_id = _place(session.project, key)
    if node_id not in session.project.graph_of(block).nodes or not session.show_block(block):
        return None
    session.select((node_id,))
    return node_id


def _place(project: Project, key: str) -> tuple[str | None, str]:
    """The block, None for the main graph, and the node."""
    inner = ((block.name, node_id) for block in project.blocks.values() for node_id in block.graph.nodes)
    return next((place for place in inner if block_key(*place) == key), (None, key))
