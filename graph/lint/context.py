"""What design rules look at: a graph, what flows through it, and how it is trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graph.catalog.call import USUAL_PROCESSOR, Processor
from graph.catalog.code import Boundary
from graph.catalog.params import Value
from graph.catalog.spec import LayerSpec
from graph.document import Edge, Graph, Node
from graph.inference import Inference
from graph.lint.plan import PlanFacts
from graph.shapes import TensorSpec

if TYPE_CHECKING:
    from graph.lint.window import Window

PASSES_VALUES = ("rearranges", "dropout")


class LintContext:
    """A graph as design rules see it.

    Args:
        graph: read, never written. Rules see it without the nodes that nothing is computed for.
        inference: of the same graph, up to date.
        training: the plan as the project holds it; None for a graph that is not trained by itself, such as
            the inside of a block, whose ends then say nothing about a loss.
        num_classes: how many classes the plan's data has; None where they are not known or not counted.
        device: the kind of device that a plan's `auto` stands for.
        processor: what a CPU computes with.
    """

    def __init__(
        self,
        graph: Graph,
        inference: Inference,
        training: Mapping[str, Any] | None = None,
        num_classes: int | None = None,
        device: str = "cpu",
        processor: Processor = USUAL_PROCESSOR,
    ) -> None:
        self.drawn = graph
        self.graph = inference.computed
        self.inference = inference
        self.processor = processor
        self.set_plan(training, num_classes, device)
        self.windows: dict[str, Window | None] = {}  # by node id, as far as rules have asked

    def set_plan(
        self, training: Mapping[str, Any] | None, num_classes: int | None, device: str = "cpu"
    ) -> None:
        """Has rules see the graph trained otherwise; arguments as of the class."""
        self.training = training
        self.plan = None if training is None else PlanFacts.from_mapping(training)
        self.num_classes = num_classes
        self.device = device

    def renew(self) -> bool:
        """Follows a change of the graph; whether what rules see is another graph now, and not as it was."""
        before, self.graph = self.graph, self.inference.computed
        if self.graph is not before:
            self.windows.clear()
        return self.graph is not before

    def forget(self, node_id: str) -> None:
        """Takes note that a node is another now, or gone."""
        self.windows.pop(node_id, None)

    def nodes(self, node_ids: Iterable[str]) -> list[Node]:
        """Nodes along the data flow."""
        return [self.graph.nodes[each] for each in sorted(node_ids, key=self.inference.ranks.__getitem__)]

    def spec(self, node: Node) -> LayerSpec | None:
        """The declaration of a node's type; None for an unknown one."""
        return self.graph.catalog.get(node.type)

    def has(self, node: Node | None, *traits: str) -> bool:
        """Whether a node's type has one of the traits."""
        spec = self.spec(node) if node else None
        return spec is not None and not spec.traits.isdisjoint(traits)

    def before(self, node: Node) -> Node | None:
        """The node that feeds a layer, if it has a single input."""
        incoming = self.graph.incoming(node.id)
        if len(incoming) != 1:
            return None
        return self.graph.nodes[next(iter(incoming.values())).source.node]

    def readers(self, node: Node) -> Sequence[Edge]:
        """The edges out of a node."""
        return tuple(self.graph.outgoing(node.id))

    def behind(self, node: Node) -> Node | None:
        """The node that alone reads what a layer gives, if it takes nothing else."""
        edges = self.readers(node)
        if len(edges) != 1 or len(self.graph.incoming(edges[0].target.node)) != 1:
            return None
        return self.graph.nodes[edges[0].target.node]

    def last(self, output: Node) -> Node | None:
        """The layer whose numbers an Output gives back, whatever shape they were brought into."""
        node = self.before(output)
        while node is not None and self.has(node, *PASSES_VALUES):
            node = self.before(node)
        return node

    def params(self, node: Node) -> Mapping[str, Value]:
        """A node's parameters, complete; empty while something is wrong with it."""
        return self.inference.result(node.id).params or {}

    def taken(self, node: Node) -> TensorSpec | None:
        """What comes into a node's first input; None while unknown."""
        return next(iter(self.inference.result(node.id).inputs.values()), None)

    def given(self, node: Node) -> TensorSpec | None:
        """What a node's first output gives; None while unknown."""
        return next(iter(self.inference.result(node.id).outputs.values()), None)

    def learns(self, node: Node) -> bool:
        """Whether a node has learned numbers."""
        return bool(self.inference.result(node.id).parameters)

    def upstream(self, node: Node) -> Iterator[Node]:
        """The nodes that feed a node."""
        return (self.graph.nodes[node_id] for node_id in self.graph.predecessors(node.id))

    def downstream(self, node: Node) -> Iterator[Node]:
        """The nodes that a node feeds."""
        return (self.graph.nodes[node_id] for node_id in self.graph.successors(node.id))

    def is_input(self, node: Node) -> bool:
        """Whether a node is where data comes in."""
        spec = self.spec(node)
        return spec is not None and isinstance(spec.code, Boundary) and not spec.inputs

    def is_output(self, node: Node) -> bool:
        """Whether a node is where what the network gives goes out."""
        spec = self.spec(node)
        return spec is not None and isinstance(spec.code, Boundary) and bool(spec.inputs)
