"""The way to a block in words."""

from __future__ import annotations

from collections.abc import Iterator

from graph.project import Project
from graph.scopes import Path

ARROW = "›"


def path_text(project: Project, path: Path) -> str:
    """The instances of a path in one line: `stage1 (Stage) › first (BasicBlock)`."""
    return f" {ARROW} ".join(step_names(project, path))


def step_names(project: Project, path: Path) -> Iterator[str]:
    """What each step of a path is called: an instance with its block."""
    block = None
    for node_id in path:
        node = project.graph_of(block).nodes[node_id]
        yield f"{node.name} ({node.type})"
        block = node.type
