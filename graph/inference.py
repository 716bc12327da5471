"""What flows through every edge: shapes, dtypes, costs and problems, kept up to date edit by edit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush

from graph.catalog import CATALOG
from graph.catalog.spec import LayerCall, LayerSpec, Params, PortSpec, variadic_index
from graph.dims import Dim
from graph.document import Change, Graph, Node, PortRef, Project
from graph.edits import ReplaceType
from graph.parameters import infer_params, resolve
from graph.problems import Fix, Problem, closest, did_you_mean, message, shown
from graph.remedies import channels_last_repair, fix_for, rank_repairs
from graph.shapes import InsertLayer, ShapeError, TensorSpec, num_elements

MAX_PARAMETER_BYTES = 2**42
MAX_ELEMENTS = 2**53


@dataclass(frozen=True)
class NodeResult:
    """What is known about a node.

    Args:
        inputs: by port name, in order; None where what comes in is unknown.
        outputs: by port name; None where unknown.
        params: complete with defaults and inferred values; None while something is wrong.
        parameters: how many numbers the node learns; None while unknown.
        flops: floating-point operations for a batch of one; None while unknown.
        problems: the node's own mistakes.
    """

    inputs: Mapping[str, TensorSpec | None] = field(default_factory=dict)
    outputs: Mapping[str, TensorSpec | None] = field(default_factory=dict)
    params: Params | None = None
    parameters: int | None = None
    flops: Dim | None = None
    problems: tuple[Problem, ...] = ()

    def call(self) -> LayerCall:
        """The node as its cost rules and its code see it; only for a node without problems."""
        assert self.params is not None
        inputs = tuple(spec for spec in self.inputs.values() if spec is not None)
        return LayerCall(
            inputs, tuple(spec for spec in self.outputs.values() if spec is not None), self.params
        )


class Inference:
    """Results for every node of a graph; `update` redoes only what a change can have touched.

    Args:
        graph: read, never written.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._results: dict[str, NodeResult] = {}
        self._rank: dict[str, int] = {}
        self._cyclic: frozenset[str] = frozenset()
        self.rebuild()

    def result(self, node_id: str) -> NodeResult:
        """What is known about a node."""
        return self._results[node_id]

    def output(self, ref: PortRef) -> TensorSpec | None:
        """What an output port gives; None while unknown."""
        result = self._results.get(ref.node)
        return result.outputs.get(ref.port) if result else None

    def order(self) -> list[str]:
        """Node ids, each after everything it depends on; nodes of a cycle last."""
        return sorted(self._rank, key=self._rank.__getitem__)

    def problems(self) -> list[Problem]:
        """Every root cause: the graph's own, then node by node along the data flow."""
        found = list(_whole_graph_problems(self._graph))
        for node_id in self.order():
            found.extend(self._results[node_id].problems)
        return found + _dead_branches(self._graph)

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
        self._results = {}
        self._sort()
        return self._propagate(self._graph.nodes)

    def update(self, change: Change) -> set[str]:
        """Follows a change of the graph; returns the ids of the nodes whose result is now another."""
        for node_id in change.removed:
            self._results.pop(node_id, None)
        cyclic = self._cyclic
        if change.is_structural:
            self._sort()
        touched = [*change.added, *change.updated, *(self._cyclic ^ cyclic)]
        touched += [edge.target.node for edge in (*change.connected, *change.disconnected)]
        # A renamed node appears by name in the messages of the nodes it feeds.
        touched += [successor for node_id in change.updated for successor in self._graph.successors(node_id)]
        return self._propagate(node_id for node_id in touched if node_id in self._graph.nodes)

    def _sort(self) -> None:
        waiting = {node_id: len(self._graph.incoming(node_id)) for node_id in self._graph.nodes}
        ready = [node_id for node_id, count in waiting.items() if not count]
        for node_id in ready:
            for successor in self._graph.successors(node_id):
                waiting[successor] -= 1
                if not waiting[successor]:
                    ready.append(successor)
        cyclic = [node_id for node_id in self._graph.nodes if waiting[node_id] > 0]
        self._rank = {node_id: rank for rank, node_id in enumerate([*ready, *cyclic])}
        self._cyclic = frozenset(cyclic)

    def _propagate(self, node_ids: Iterable[str]) -> set[str]:
        queue = [(self._rank[node_id], node_id) for node_id in set(node_ids)]
        heapify(queue)
        queued, changed = {node_id for _, node_id in queue}, set()
        while queue:
            _, node_id = heappop(queue)
            queued.discard(node_id)
            before, after = self._results.get(node_id), self._infer(node_id)
            if before == after:
                continue
            self._results[node_id] = after
            changed.add(node_id)
            if before is None or before.outputs != after.outputs:
                for successor in set(self._graph.successors(node_id)) - queued - self._cyclic:
                    queued.add(successor)
                    heappush(queue, (self._rank[successor], successor))
        return changed

    def _infer(self, node_id: str) -> NodeResult:
        node = self._graph.nodes[node_id]
        if node_id in self._cyclic:
            return _cycle_result(self._graph, node, self._cyclic)
        incoming = self._graph.incoming(node_id)
        given = {port: self.output(edge.source) for port, edge in incoming.items()}
        return infer_node(self._graph, node, given)


def infer_node(graph: Graph, node: Node, given: Mapping[str, TensorSpec | None]) -> NodeResult:
    """What is known about a node, from its parameters and what comes into its ports."""
    spec = CATALOG.get(node.type)
    if spec is None:
        return NodeResult(problems=(_unknown_type(node),))
    inputs = _ordered_inputs(spec, given)
    unknown = NodeResult(inputs, dict.fromkeys(port.name for port in spec.outputs))
    params, problems = resolve(node, spec)
    problems += _missing_inputs(node, spec, inputs)
    sources = {port: graph.nodes[edge.source.node].name for port, edge in graph.incoming(node.id).items()}
    specs = tuple(tensor for tensor in inputs.values() if tensor is not None)
    if not problems and len(specs) == len(inputs):
        try:
            return _infer_known(graph, node, spec, params, inputs, sources)
        except ShapeError as error:
            problems = (_from_shape_error(graph, node, spec, error, inputs, sources),)
    else:
        problems += _input_mistakes(graph, node, spec, inputs, sources)
    return replace(unknown, problems=problems)


def _infer_known(
    graph: Graph,
    node: Node,
    spec: LayerSpec,
    params: Params,
    inputs: Mapping[str, TensorSpec | None],
    sources: Mapping[str, str],
) -> NodeResult:
    if mistakes := _input_mistakes(graph, node, spec, inputs, sources):
        return NodeResult(inputs, dict.fromkeys(port.name for port in spec.outputs), problems=mistakes)
    specs = tuple(tensor for tensor in inputs.values() if tensor is not None)
    problem = infer_params(node, spec, params, specs, sources)
    if problem is not None:
        problem = _with_permute(graph, node, spec, problem, params, specs[0])
        return NodeResult(inputs, dict.fromkeys(port.name for port in spec.outputs), problems=(problem,))
    outputs = spec.infer(specs, params)
    call = LayerCall(specs, outputs, params)
    _require_possible(spec.parameters(call), outputs)
    named = dict(zip((port.name for port in spec.outputs), outputs, strict=True))
    return NodeResult(inputs, named, params, spec.parameters(call), spec.flops(call))


def _require_possible(parameters: int, outputs: Iterable[TensorSpec]) -> None:
    """Refuses sizes that no machine can hold, before anything is allocated."""
    if parameters * 4 > MAX_PARAMETER_BYTES:
        raise ShapeError(
            "too-large",
            f"it would learn {parameters:,} numbers, {parameters * 4:,} bytes",
            expected=f"at most {MAX_PARAMETER_BYTES:,} bytes",
            hint="Use smaller sizes.",
        )
    for tensor in outputs:
        elements = num_elements(tensor.shape[1:])
        if isinstance(elements, int) and elements > MAX_ELEMENTS:
            raise ShapeError(
                "too-large",
                f"its output {tensor} would hold {elements:,} numbers per sample",
                expected=f"at most {MAX_ELEMENTS:,}",
                hint="Use smaller sizes.",
            )


def _ordered_inputs(spec: LayerSpec, given: Mapping[str, TensorSpec | None]) -> dict[str, TensorSpec | None]:
    """What comes in by port, in the order of the ports; unconnected ports are absent."""
    ordered: dict[str, TensorSpec | None] = {}
    for port in spec.inputs:
        if port.variadic:
            numbered = {index: name for name in given if (index := variadic_index(port, name)) is not None}
            ordered |= {numbered[index]: given[numbered[index]] for index in sorted(numbered)}
        elif port.name in given:
            ordered[port.name] = given[port.name]
    return ordered


def _missing_inputs(node: Node, spec: LayerSpec, inputs: Mapping[str, object]) -> tuple[Problem, ...]:
    missing = []
    for port in spec.inputs:
        if port.variadic and len(inputs) < port.min_count:
            first_free = next(
                name for n in range(len(inputs) + 1) if (name := f"{port.name}{n}") not in inputs
            )
            missing.append((first_free, f"{len(inputs)} of at least {port.min_count} inputs connected"))
        elif not port.variadic and not port.optional and port.name not in inputs:
            text = (
                "nothing is connected to its input" if len(spec.inputs) == 1 else f"nothing feeds {port.name}"
            )
            missing.append((port.name, text))
    hint = "Drag an edge from an output to it"
    return tuple(
        Problem(
            code="not-connected", severity="error", node=node.id, port=port, hint=hint,
            message=message(node.name, what, hint=hint), expected="an edge", received="none",
        )
        for port, what in missing
    )  # fmt: skip


def _input_mistakes(
    graph: Graph,
    node: Node,
    spec: LayerSpec,
    inputs: Mapping[str, TensorSpec | None],
    sources: Mapping[str, str],
) -> tuple[Problem, ...]:
    """Inputs whose dtype or number of dims the layer does not take."""
    problems = []
    for name, tensor in inputs.items():
        port = spec.input_port(name)
        if tensor is None or port is None:
            continue
        error = _dtype_error(port, name, tensor) or _rank_error(port, name, tensor)
        if error is not None:
            problems.append(_from_shape_error(graph, node, spec, error, inputs, sources))
    return tuple(problems)


def _dtype_error(port: PortSpec, name: str, tensor: TensorSpec) -> ShapeError | None:
    if tensor.dtype in port.dtypes:
        return None
    wanted = " or ".join(port.dtypes)
    return ShapeError(
        "wrong-dtype",
        f"{{source}} gives {tensor.dtype}",
        expected=wanted,
        hint=f"Set the dtype of the Input to {port.dtypes[0]}, or connect another output.",
        port=name,
    )


def _rank_error(port: PortSpec, name: str, tensor: TensorSpec) -> ShapeError | None:
    if not port.ndims or tensor.ndim in port.ndims:
        return None
    repairs = rank_repairs(port, tensor)
    hint = f"Insert a {repairs[0].type} before it." if repairs else "Insert a Reshape before it."
    return ShapeError(
        "wrong-rank",
        f"the input is {tensor} from {{source}}, which has {tensor.ndim} dims",
        expected=port.layout or f"{max(port.ndims)} dims",
        hint=hint,
        port=name,
        repairs=repairs,
    )


def _from_shape_error(
    graph: Graph,
    node: Node,
    spec: LayerSpec,
    error: ShapeError,
    inputs: Mapping[str, TensorSpec | None],
    sources: Mapping[str, str],
) -> Problem:
    port = error.port or (next(iter(inputs)) if inputs else None)
    source = sources.get(port or "", "the input")
    received = inputs.get(port or "")
    return Problem(
        code=error.code,
        severity="error",
        node=node.id,
        port=port if error.param is None or error.port else None,
        param=error.param,
        message=message(node.name, error.message.replace("{source}", source), error.expected, error.hint),
        expected=error.expected,
        received=str(received) if received else "",
        hint=error.hint,
        fixes=tuple(fix_for(graph, node, port or "", repair) for repair in error.repairs),
    )


def _with_permute(
    graph: Graph, node: Node, spec: LayerSpec, problem: Problem, params: Params, given: TensorSpec
) -> Problem:
    if problem.param is None or problem.port is None:
        return problem
    repair = channels_last_repair(spec.inputs[0], params[problem.param], given)
    if repair is None:
        return problem
    return replace(problem, fixes=(fix_for(graph, node, problem.port, repair), *problem.fixes))


def _unknown_type(node: Node) -> Problem:
    match = closest(node.type, tuple(CATALOG))
    hint = did_you_mean(node.type, CATALOG) or "Replace the node with one from the palette."
    replacement = (ReplaceType(node.id, match, node.params),) if match else ()
    return Problem(
        code="unknown-type",
        severity="error",
        node=node.id,
        message=message(node.name, f"there is no layer type {shown(node.type)}", hint=hint),
        expected="a type that `netloom layers` lists",
        received=shown(node.type),
        hint=hint,
        fixes=(Fix(f"Replace with {match}", replacement),) if match else (),
    )


def _cycle_result(graph: Graph, node: Node, cyclic: frozenset[str]) -> NodeResult:
    """A node on a cycle says so; one that merely follows a cycle is unknown."""
    spec = CATALOG.get(node.type)
    outputs = dict.fromkeys(port.name for port in spec.outputs) if spec else {}
    if not any(graph.reaches(successor, node.id) for successor in graph.successors(node.id)):
        return NodeResult(outputs=outputs)
    hint = "Delete one edge of the cycle."
    problem = Problem(
        code="cycle", severity="error", node=node.id, hint=hint, expected="a graph without cycles",
        message=message(node.name, "its output leads back to its own input", "a graph without cycles", hint),
    )  # fmt: skip
    return NodeResult(outputs=outputs, problems=(problem,))


def _whole_graph_problems(graph: Graph) -> Iterable[Problem]:
    types = {node.type for node in graph.nodes.values()}
    for type_name, purpose in (
        ("Input", "what the network is given"),
        ("Output", "what the network gives back"),
    ):
        if type_name not in types:
            hint = f"Add an {type_name} and connect it."
            what = f"The graph has no {type_name}, so it does not say {purpose}"
            code = f"no-{type_name.lower()}"
            yield Problem(
                code=code, severity="error", node=None, message=message(None, what, hint=hint), hint=hint
            )


def _dead_branches(graph: Graph) -> list[Problem]:
    """Connected nodes that lead to no Output; their code is left out."""
    live = live_nodes(graph)
    if not live:
        return []
    dead = [node for node in graph.nodes.values() if node.id not in live and not any(graph.outgoing(node.id))]
    hint = "Connect it, or delete it."
    return [
        Problem(
            code="dead-branch", severity="warning", node=node.id, hint=hint,
            message=message(node.name, "it leads to no Output, so it is left out of the network", hint=hint),
        )
        for node in dead
    ]  # fmt: skip


def live_nodes(graph: Graph) -> frozenset[str]:
    """Ids of the Outputs and of all nodes that lead to one."""
    queue = [node.id for node in graph.nodes.values() if node.type == "Output"]
    live = set(queue)
    while queue:
        fresh = [n for n in graph.predecessors(queue.pop()) if n not in live]
        live.update(fresh)
        queue.extend(fresh)
    return frozenset(live)


def check(project: Project) -> Inference:
    """Everything that can be said about a project without running it."""
    return Inference(project.graph)


__all__ = ["Inference", "InsertLayer", "NodeResult", "check", "infer_node", "live_nodes"]
