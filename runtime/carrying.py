"""What a changed network takes over: the parameters of nodes that kept their id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from codegen.live import LiveModel
from graph.catalog.settings import FROZEN, LR_FACTOR
from graph.project import Project
from runtime.plan_changes import network_differences

LEARNING = (FROZEN.name, LR_FACTOR.name)  # parameters of a node that its answers do not hang on


@dataclass(frozen=True)
class Carried:
    """What there is to take over.

    Args:
        names: what each parameter and buffer was called before the change, as far as its node was there.
        answers_alike: whether the network gives the same answers with the same weights: where at most other
            weights learn, or at another rate.
    """

    names: Mapping[str, str]
    answers_alike: bool = False


def carried(before: LiveModel, after: LiveModel, projects: tuple[Project, Project]) -> Carried:
    """What one network takes over from another; nodes may have been renamed.

    Inside a block, parts are told by their names.

    Args:
        before: as it was.
        after: as it is.
        projects: that they were made from.
    """
    earlier = before.source.attribute_of
    prefixes = {
        attribute: earlier[node_id]
        for node_id, attribute in after.source.attribute_of.items()
        if node_id in earlier
    }
    known = before.module.state_dict()
    names = {}
    for name in after.module.state_dict():
        attribute, dot, rest = name.partition(".")
        if attribute in prefixes and f"{prefixes[attribute]}{dot}{rest}" in known:
            names[name] = f"{prefixes[attribute]}{dot}{rest}"
    return Carried(names, not network_differences(*map(_answering, projects)))


def _answering(project: Project) -> Project:
    """A project without what says which weights learn."""
    copy = project.copy()
    for graph in copy.graphs():
        for node in tuple(graph.nodes.values()):
            if node.params.keys() & set(LEARNING):
                params = {name: value for name, value in node.params.items() if name not in LEARNING}
                graph.replace_node(node.with_(params=params))
    return copy
