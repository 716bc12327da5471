"""Two networks node by node: which came, which went, and which are set in another way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graph.model import Graph, Node
from graph.problems import shown
from graph.project import Project

MAX_VALUE = 40  # characters of a value
BYPASSED = "bypassed"


@dataclass(frozen=True, slots=True)
class NodeDifference:
    """A node that is not the same in two networks.

    Args:
        name: what it is called, in the second network if it is there.
        block: that it stands in; empty for the main graph.
        before: its type and what of its parameters differs: `Conv2d, out_channels=32`; empty if it is new.
        after: likewise; empty if it is gone.
    """

    name: str
    block: str
    before: str
    after: str


def node_differences(before: Project, after: Project) -> tuple[NodeDifference, ...]:
    """Every node that differs, those of the main graph first; where they stand makes no difference."""
    names = dict.fromkeys([*before.scopes(), *after.scopes()])
    empty = Graph()
    return tuple(
        difference
        for name in names
        for difference in _in_graph(
            name or "",
            *(each.graph_of(name) if name in each.scopes() else empty for each in (before, after)),
        )
    )


def _in_graph(block: str, before: Graph, after: Graph) -> Iterator[NodeDifference]:
    for node_id in dict.fromkeys([*before.nodes, *after.nodes]):
        old, new = before.nodes.get(node_id), after.nodes.get(node_id)
        if old is not None and new is not None:
            if texts := _texts(old, new):
                yield NodeDifference(new.name, block, *texts)
        elif old is not None:
            yield NodeDifference(old.name, block, _whole(old), "")
        elif new is not None:
            yield NodeDifference(new.name, block, "", _whole(new))


def _texts(old: Node, new: Node) -> tuple[str, str] | None:
    """What of a node differs, as it was and as it is; None where nothing does."""
    keys = [key for key in dict.fromkeys([*old.params, *new.params]) if _is_other(key, old, new)]
    if not keys and (old.type, old.name, old.bypassed) == (new.type, new.name, new.bypassed):
        return None
    has_name = old.name != new.name
    return _text(old, keys, has_name=has_name), _text(new, keys, has_name=has_name)


def _is_other(key: str, old: Node, new: Node) -> bool:
    absent = object()
    return bool(old.params.get(key, absent) != new.params.get(key, absent))


def _text(node: Node, keys: list[str], *, has_name: bool) -> str:
    kept = {key: node.params[key] for key in keys if key in node.params}
    return ", ".join([*([node.name] if has_name else []), *_parts(node, kept)])


def _whole(node: Node) -> str:
    return ", ".join(_parts(node, node.params))


def _parts(node: Node, params: Mapping[str, object]) -> list[str]:
    values = [f"{key}={shown(value, MAX_VALUE)}" for key, value in params.items()]
    return [node.type, *values, *([BYPASSED] if node.bypassed else [])]
