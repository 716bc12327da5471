"""What all layers of a network come to together, kept up to date as single ones become others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from graph.dims import Dim
from graph.node_result import NodeResult


class Sums:
    """The sums over results.

    Args:
        results: of all nodes.

    Attributes:
        parameters: learned numbers of the nodes whose count is known.
        num_uncounted: of how many nodes it is not.
    """

    def __init__(self, results: Iterable[NodeResult]) -> None:
        self.parameters = self.num_uncounted = 0
        self._flops: Counter[Dim] = Counter()  # how many nodes take so many: of many nodes few differ
        for result in results:
            self.add(result)

    @property
    def flops(self) -> Dim:
        """Floating-point operations for a batch of one, of all nodes whose count is known."""
        return sum((flops * count for flops, count in self._flops.items()), start=0)

    def add(self, result: NodeResult, count: int = 1) -> None:
        """Counts a result so many times; -1 takes it out again."""
        if result.parameters is None:
            self.num_uncounted += count
        else:
            self.parameters += count * result.parameters
        if result.flops:
            self._flops[result.flops] += count
            if not self._flops[result.flops]:
                del self._flops[result.flops]
