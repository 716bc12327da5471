"""How far from its layer a design rule looks, and so whose findings a change can touch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from graph.document import Node
from graph.lint.context import LintContext


def _nothing(context: LintContext, node: Node) -> bool:
    return False


@dataclass(frozen=True)
class Reach:
    """How far a rule looks from a layer, along the edges.

    Of each layer there it may look at the node, at what is known about it, and at its edges.

    Args:
        back: how many layers against the data flow.
        ahead: likewise with it.
        past: which layers on the way it looks past without counting them, by what is known about each alone.
    """

    back: int = 0
    ahead: int = 0
    past: Callable[[LintContext, Node], bool] = _nothing

    def seen_from(self, context: LintContext, node_ids: Collection[str]) -> Iterator[str]:
        """Ids of the layers from which a rule can see one of these nodes, besides the nodes themselves."""
        yield from self._walk(context, node_ids, self.ahead, context.graph.predecessors)
        yield from self._walk(context, node_ids, self.back, context.graph.successors)

    def _walk(
        self, context: LintContext, starts: Collection[str], steps: int, near: Callable[[str], Iterable[str]]
    ) -> Iterator[str]:
        """Layers at most so many steps away from one of these, and those beyond layers that do not count."""
        left = dict.fromkeys(starts, steps)
        queue = list(starts) if steps else []
        for node_id in queue:  # which grows meanwhile
            for each in near(node_id):
                further = left[node_id] - (not self.past(context, context.graph.nodes[each]))
                if each not in left:
                    yield each
                if further > left.get(each, -1):
                    left[each] = further
                    if further:
                        queue.append(each)


ITSELF = Reach()
