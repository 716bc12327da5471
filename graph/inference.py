"""What flows through every edge: shapes, dtypes, costs and problems, kept up to date edit by edit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush

from graph.blocks import BodyError
from graph.catalog.params import Value
from graph.catalog.spec import Alias, Inputs, LayerCall, LayerSpec, Params, variadic_index
from graph.custom_clashes import name_clashes
from graph.custom_shapes import ShapePending
from graph.dims import Dim
from graph.document import Change, Edge, Graph, PortRef, Project
from graph.flow import cycles, live_nodes
from graph.limits import require_possible
from graph.mistakes import (
    Site,
    cycle,
    dead_branch,
    from_shape_error,
    in_block,
    missing_ends,
    missing_inputs,
    unfit_inputs,
    unknown_ports,
    unknown_type,
)
from graph.parameters import infer_params
from graph.passing import pass_on, without_passed
from graph.problems import Problem
from graph.shapes import ShapeError, TensorSpec
from graph.sheets import Sheet, Sheets


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What is known about a node.

    Args:
        inputs: by port name, in order; None where what comes in is unknown.
        outputs: by port name; None where unknown.
        params: complete with defaults and inferred values; None while something is wrong.
        parameters: how many numbers the node learns; None while unknown.
        flops: floating-point operations for a batch of one; None while unknown.
        problems: the node's own mistakes.
        pending: whether the shape is still being computed.
        passes: of a node that nothing is computed for, the input that stands in for an output, by output;
            None for any other node.
    """

    inputs: Mapping[str, TensorSpec | None] = field(default_factory=dict)
    outputs: Mapping[str, TensorSpec | None] = field(default_factory=dict)
    params: Params | None = None
    parameters: int | None = None
    flops: Dim | None = None
    problems: tuple[Problem, ...] = ()
    pending: bool = False
    passes: Mapping[str, str] | None = None
    _call: LayerCall | None = field(default=None, repr=False, compare=False)

    def call(self) -> LayerCall:
        """The node as its cost rules and its code see it; only for a node without problems."""
        if self._call is not None:
            return self._call
        assert self.params is not None
        outputs = tuple(spec for spec in self.outputs.values() if spec is not None)
        return LayerCall(_known(self.inputs), outputs, self.params)


class Inference:
    """Results for every node of a graph; `update` redoes only what a change can have touched.

    Args:
        graph: read, never written.
        bindings: what Inputs give, by their id, where the graph is a block's and somebody else feeds it.
        env: what the names in expressions stand for: the block's parameters.
    """

    def __init__(
        self,
        graph: Graph,
        bindings: Mapping[str, TensorSpec] | None = None,
        env: Mapping[str, Value] | None = None,
    ) -> None:
        self._graph = graph
        self._bindings: Mapping[str, TensorSpec] = bindings or {}
        self._env: Mapping[str, Value] = env or {}
        self._results: dict[str, NodeResult] = {}
        self._resolved: dict[str, _Resolved] = {}
        self._sheets = Sheets(self._env)
        self._rank: dict[str, int] = {}
        self._cyclic: frozenset[str] = frozenset()  # nodes on a cycle or behind one
        self._cycles: Mapping[str, tuple[str, ...]] = {}  # the nodes of each cycle, by the first of them
        self._computed: Graph | None = None
        self.rebuild()

    @property
    def env(self) -> Mapping[str, Value]:
        """What the names in expressions stand for."""
        return self._env

    def like(self, graph: Graph) -> Inference:
        """The results for another graph that is given the same."""
        return Inference(graph, self._bindings, self._env)

    def result(self, node_id: str) -> NodeResult:
        """What is known about a node."""
        return self._results[node_id]

    def output(self, ref: PortRef) -> TensorSpec | None:
        """What an output port gives; None while unknown."""
        result = self._results.get(ref.node)
        return result.outputs.get(ref.port) if result else None

    def lacks_output(self, ref: PortRef) -> bool:
        """Whether a node certainly has no such output, as another parameter or input can leave an edge."""
        result = self._results.get(ref.node)
        spec = self._graph.catalog.get(self._graph.nodes[ref.node].type)
        if result is None or spec is None or ref.port in result.outputs:
            return False
        port = spec.output_port(ref.port)
        return port is None or not port.variadic or result.params is not None

    def order(self) -> list[str]:
        """Node ids, each after everything it depends on; nodes of a cycle last."""
        return list(self._rank)

    @property
    def computed(self) -> Graph:
        """The graph without the nodes that nothing is computed for; the very same one if it has none."""
        if self._computed is None:
            passes = {i: r.passes for i, r in self._results.items() if r.passes is not None}
            self._computed = without_passed(self._graph, self._rank, passes) if passes else self._graph
        return self._computed

    def problems(self) -> list[Problem]:
        """Every root cause: the graph's own, then node by node along the data flow."""
        found = [*missing_ends(self._graph), *name_clashes(self._graph)]
        for node_id in self._rank:
            found.extend(self._results[node_id].problems)
        return found + self._dead_branches()

    @property
    def pending(self) -> list[str]:
        """Ids of the nodes whose shape is still being computed."""
        return [node_id for node_id in self._rank if self._results[node_id].pending]

    @property
    def total_parameters(self) -> int:
        """Learned numbers of all nodes whose count is known."""
        return sum(result.parameters or 0 for result in self._results.values())

    @property
    def total_flops(self) -> Dim:
        """Floating-point operations for a batch of one, of all nodes whose count is known."""
        return sum((result.flops or 0 for result in self._results.values()), start=0)

    def rebuild(self) -> set[str]:
        """Computes everything anew; returns the ids of all nodes."""
        self._results, self._resolved, self._sheets, self._computed = {}, {}, Sheets(self._env), None
        self._sort()
        for node_id in self._rank:
            self._results[node_id] = self._infer(node_id)
        return set(self._rank)

    def update(self, change: Change) -> set[str]:
        """Follows a change of the graph; returns the ids of the nodes whose result is now another."""
        self._computed = None
        for node_id in change.removed:
            self._results.pop(node_id, None)
            self._resolved.pop(node_id, None)
        others = self._of_other_type() if change.touches_blocks else []
        cyclic = self._cyclic
        if change.is_structural:
            self._sort()
        touched = [*change.added, *change.updated, *others, *cyclic, *self._cyclic]
        edges = (*change.connected, *change.disconnected)
        touched += [edge.target.node for edge in edges]
        touched += [edge.source.node for edge in edges if self._is_bypassed(edge.source.node)]
        known = [node_id for node_id in change.updated if node_id in self._graph.nodes]
        # A renamed node appears by name in the messages of the nodes it feeds.
        touched += [reader for node_id in known for reader in self._readers(node_id)]
        return self._propagate(node_id for node_id in touched if node_id in self._graph.nodes)

    def _readers(self, node_id: str) -> Iterator[str]:
        """The nodes that an edge leads to, and those behind nodes that only pass on what they are given."""
        queue = [node_id]
        for each in queue:  # which grows meanwhile
            for reader in self._graph.successors(each):
                yield reader
                result = self._results.get(reader)
                if result is not None and result.passes is not None and reader not in queue:
                    queue.append(reader)

    def _is_bypassed(self, node_id: str) -> bool:
        node = self._graph.nodes.get(node_id)
        return node is not None and node.bypassed

    def _of_other_type(self) -> list[str]:
        """Nodes whose type now means something else, or nothing, and those that read from them."""
        found = []
        for node in self._graph.nodes.values():
            spec, resolved = self._graph.catalog.get(node.type), self._resolved.get(node.id)
            if spec is None or resolved is None or resolved.site.spec is not spec:
                found += [node.id, *self._graph.successors(node.id)]
        return found

    def retry(self, node_ids: Iterable[str]) -> set[str]:
        """Asks anew what nodes give that nothing in the graph decides, such as a custom layer's code.

        Returns:
            The ids of the nodes whose result is now another.
        """
        self._computed = None
        known = [node_id for node_id in node_ids if node_id in self._graph.nodes]
        for node_id in known:
            self._resolved.pop(node_id, None)
        return self._propagate(known)

    def _sort(self) -> None:
        waiting = dict.fromkeys(self._graph.nodes, 0)
        behind: dict[str, list[str]] = {}
        for edge in self._graph.edges:
            waiting[edge.target.node] += 1
            behind.setdefault(edge.source.node, []).append(edge.target.node)
        ready = [node_id for node_id, count in waiting.items() if not count]
        for node_id in ready:
            for successor in behind.get(node_id, ()):
                waiting[successor] -= 1
                if not waiting[successor]:
                    ready.append(successor)
        cyclic = [node_id for node_id in self._graph.nodes if waiting[node_id] > 0]
        self._rank = {node_id: rank for rank, node_id in enumerate([*ready, *cyclic])}
        self._cyclic = frozenset(cyclic)
        self._cycles = cycles(self._graph, cyclic) if cyclic else {}

    def _propagate(self, node_ids: Iterable[str]) -> set[str]:
        queue = [(self._rank[node_id], node_id) for node_id in set(node_ids)]
        heapify(queue)
        queued, changed = {node_id for _, node_id in queue}, set()
        while queue:
            _, node_id = heappop(queue)
            before, after = self._results.get(node_id), self._infer(node_id)
            if before is after or before == after:
                continue
            self._results[node_id] = after
            changed.add(node_id)
            if before is None or before.outputs != after.outputs:
                for successor in self._graph.successors(node_id):
                    if successor not in queued and successor not in self._cyclic:
                        queued.add(successor)
                        heappush(queue, (self._rank[successor], successor))
        return changed

    def _infer(self, node_id: str) -> NodeResult:
        graph, node = self._graph, self._graph.nodes[node_id]
        spec = graph.catalog.get(node.type)
        if node_id in self._cyclic:
            outputs = dict.fromkeys(spec.output_names) if spec else {}
            members = self._cycles.get(node_id)
            return NodeResult(
                outputs=outputs, problems=(cycle(self._graph, node, members),) if members else ()
            )
        if spec is None:
            self._resolved.pop(node_id, None)
            return NodeResult(problems=(unknown_type(node, self._graph.catalog),))
        resolved = self._resolved.get(node_id)
        if resolved is None or resolved.site.node is not node or resolved.site.spec is not spec:
            site = Site(self._graph, node, spec, is_bound=bool(self._bindings))
            resolved = self._resolved[node_id] = _Resolved(site, self._sheets.of(site))
        if node_id in self._bindings and not node.bypassed:
            return _bound(resolved, self._bindings[node_id])
        incoming = self._graph.incoming(node_id)
        given = {port: self.output(edge.source) for port, edge in incoming.items()}
        key = tuple(given.items())
        if not node.bypassed and (known := resolved.sheet.known(key)):
            return known
        lacking = self._lacking(incoming) if None in given.values() else {}
        if node.bypassed:
            return _bypassed(resolved, given, lacking, {edge.source.port for edge in graph.outgoing(node_id)})
        result = _infer_node(resolved, given, lacking)
        if isinstance(spec.code, Alias):
            result = replace(result, passes=dict(zip(spec.output_names, result.inputs, strict=False)))
        resolved.sheet.keep(key, result)
        return result

    def _lacking(self, incoming: Mapping[str, Edge]) -> dict[str, tuple[str, ...]]:
        """Ports fed from an output that is not there, each with the outputs that are."""
        return {
            port: tuple(self._results[edge.source.node].outputs)
            for port, edge in incoming.items()
            if self.lacks_output(edge.source)
        }

    def _dead_branches(self) -> list[Problem]:
        """Ends of the graph that are no Output and have no fault of their own that explains it."""
        graph = self.computed
        live = live_nodes(graph)
        if not live:
            return []
        ends = (
            node for node in graph.nodes.values() if node.id not in live and not any(graph.outgoing(node.id))
        )
        return [dead_branch(self._graph, node) for node in ends if not self._results[node.id].problems]


@dataclass(frozen=True, slots=True)
class _Resolved:
    """A node's parameters, kept for as long as the node stays the same."""

    site: Site
    sheet: Sheet

    @property
    def params(self) -> Params:
        return self.sheet.params

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.sheet.problems


def _bound(resolved: _Resolved, tensor: TensorSpec) -> NodeResult:
    """What is known about an Input that is given a tensor; its own shape is a sample and says nothing."""
    outputs = dict.fromkeys(resolved.site.spec.output_names, tensor)
    return NodeResult(outputs=outputs, params=resolved.params, parameters=0, flops=0)


def _infer_node(
    resolved: _Resolved, given: Mapping[str, TensorSpec | None], lacking: Mapping[str, tuple[str, ...]]
) -> NodeResult:
    """What is known about a node, from its parameters and what comes into its ports.

    Args:
        resolved: the node.
        given: what comes in by port.
        lacking: ports fed from an output that is not there, each with the outputs that are.
    """
    site = resolved.site
    inputs = _ordered_inputs(site.spec, given)
    specs = _known(inputs)
    problems = resolved.problems + missing_inputs(site, inputs)
    is_known = len(specs) == len(given)
    if not is_known:
        problems += tuple(unknown_ports(site, lacking))
    problems += unfit_inputs(site, inputs)
    if is_known and not problems:
        try:
            return _infer_known(site, Params(resolved.params), inputs, specs)
        except BodyError as error:
            problems = (in_block(site, error.block, error.problems),)
        except ShapeError as error:
            problems = (from_shape_error(site, inputs, error),)
        except ShapePending:
            outputs = dict.fromkeys(site.spec.names_of_outputs(resolved.params))
            return NodeResult(inputs, outputs, pending=True)
    outputs = dict.fromkeys(site.spec.names_of_outputs(resolved.params))
    return NodeResult(inputs, outputs, problems=problems)


def _bypassed(
    resolved: _Resolved,
    given: Mapping[str, TensorSpec | None],
    lacking: Mapping[str, tuple[str, ...]],
    read: Set[str],
) -> NodeResult:
    """What is known about a bypassed node; arguments as of `_infer_node`, and the outputs that edges use."""
    inputs = _ordered_inputs(resolved.site.spec, given)
    passed = pass_on(
        resolved.site,
        resolved.params,
        inputs,
        tuple(unknown_ports(resolved.site, lacking)),
        read,
        usual=lambda: _infer_node(resolved, given, lacking).outputs,
    )
    params = None if passed.problems else resolved.params
    return NodeResult(inputs, passed.outputs, params, 0, 0, passed.problems, passes=passed.passes)


def _infer_known(
    site: Site, params: Params, inputs: Mapping[str, TensorSpec | None], specs: Inputs
) -> NodeResult:
    spec = site.spec
    problem = infer_params(site, params, specs)
    if problem is not None:
        return NodeResult(inputs, dict.fromkeys(spec.names_of_outputs(params)), problems=(problem,))
    outputs = spec.infer(specs, params)
    call = LayerCall(specs, outputs, params)
    parameters = spec.parameters(call)
    require_possible(parameters, outputs, params)
    named = dict(zip(spec.names_of_outputs(params, len(outputs)), outputs, strict=True))
    return NodeResult(inputs, named, params, parameters, spec.flops(call), _call=call)


def _known(inputs: Mapping[str, TensorSpec | None]) -> Inputs:
    """What comes in, without what is unknown."""
    known = {port: tensor for port, tensor in inputs.items() if tensor is not None}
    return Inputs(known.values(), known)


def _ordered_inputs(spec: LayerSpec, given: Mapping[str, TensorSpec | None]) -> dict[str, TensorSpec | None]:
    """What comes in by port, in the order of the ports; unconnected ports are absent."""
    ordered: dict[str, TensorSpec | None] = {}
    for port in spec.inputs:
        if port.name in given and not port.variadic:
            ordered[port.name] = given[port.name]
        elif port.variadic:
            numbered = {index: name for name in given if (index := variadic_index(port, name)) is not None}
            ordered |= {numbered[index]: given[numbered[index]] for index in sorted(numbered)}
    return ordered


def check(project: Project) -> Inference:
    """Everything that can be said about a project without running it."""
    return Inference(project.graph)


__all__ = ["Inference", "NodeResult", "check", "live_nodes"]
