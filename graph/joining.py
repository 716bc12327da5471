"""Joining ports where more than an edge is needed: a new layer between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graph.document import Edge, Edit, Graph, Node, PortRef, Project, apply_all
from graph.inference import Inference
from graph.inserting import InsertNode, edits_between
from graph.problems import Problem
from graph.shapes import FLOATS, TensorSpec

if TYPE_CHECKING:
    from graph.catalog.params import Value

BETWEEN = "between"  # id of a layer that is tried out


@dataclass(frozen=True)
class PutBetween:
    """Joins two ports through a new layer; an edge that feeds the input already goes.

    Args:
        source: the output.
        target: the input.
        type: of the new layer; its first input and first output are used.
        params: of the new layer.

    Raises:
        EditError: the layer does not fit there.
    """

    source: PortRef
    target: PortRef
    type: str
    params: Mapping[str, Value] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"Insert {self.type}"

    def apply(self, project: Project) -> Edit:
        edits = edits_between(project.graph, self.source, self.target, self.type, self.params)
        return apply_all(project, edits, self.label)


def layer_between(graph: Graph, known: Inference, source: PortRef, target: PortRef) -> PutBetween | None:
    """The one layer that makes what an output gives fit an input; None if none is needed, or not just one.

    Only a layer that loses nothing, such as no Cast to integers, and none that would close a cycle.

    Args:
        graph: where both are.
        known: about the graph.
        source: the output.
        target: the input; an edge that feeds it counts as gone.
    """
    given, before = known.output(source), source.node
    if given is None or before == target.node or before in graph.reachable(target.node):
        return None
    trial = _Trial(graph, known, source, target)
    found: list[PutBetween] = []
    for each in trial.candidates(given):
        if each not in found and not trial.mistakes(each):
            found.append(each)
    return found[0] if len(found) == 1 else None


class _Trial:
    """An input with what feeds its node, tried out by itself."""

    def __init__(self, graph: Graph, known: Inference, source: PortRef, target: PortRef) -> None:
        self._catalog, self._known, self._source, self._target = graph.catalog, known, source, target
        self._node = graph.nodes[target.node]
        self._fed = {port: edge.source for port, edge in graph.incoming(target.node).items()}
        self._fed[target.port] = source

    def candidates(self, given: TensorSpec) -> Iterator[PutBetween]:
        """Layers that may help: what mends the mistakes at the input, or gives another dtype."""
        spec = self._catalog[self._node.type].input_port(self._target.port)
        if spec is not None and given.dtype not in spec.dtypes:
            if spec.dtypes[0] in FLOATS:
                for each in self._catalog.values():
                    if len(each.inputs) == 1 and each.outputs and each.param("dtype") is not None:
                        yield PutBetween(self._source, self._target, each.type, {"dtype": spec.dtypes[0]})
            return
        for problem in self.mistakes(None):
            for edit in (edit for fix in problem.fixes for edit in fix.edits):
                if isinstance(edit, InsertNode) and edit.target == self._target:
                    yield PutBetween(self._source, self._target, edit.type, edit.params)

    def mistakes(self, between: PutBetween | None) -> list[Problem]:
        """What is wrong at the input, or with the layer that stands between."""
        given = {port: self._known.output(ref) for port, ref in self._fed.items()}
        bindings = {f"to {port}": tensor for port, tensor in given.items() if tensor is not None}
        nodes = [*(Node(each, "Input", each) for each in bindings), self._node.with_(bypassed=False)]
        sources = {port: PortRef(f"to {port}", "out") for port, tensor in given.items() if tensor is not None}
        edges = [Edge(ref, PortRef(self._node.id, port)) for port, ref in sources.items()]
        if between is not None:
            spec = self._catalog[between.type]
            assert spec.first_input is not None
            assert spec.first_output is not None
            nodes.append(Node(BETWEEN, between.type, BETWEEN, between.params))
            into = Edge(sources[self._target.port], PortRef(BETWEEN, spec.first_input))
            out = Edge(PortRef(BETWEEN, spec.first_output), self._target)
            edges = [*(each for each in edges if each.target != self._target), into, out]
        trial = Inference(Graph(nodes, edges, self._catalog), bindings, self._known.env)
        own = [each for each in trial.result(self._node.id).problems if each.port == self._target.port]
        return own if between is None else [*own, *trial.result(BETWEEN).problems]
