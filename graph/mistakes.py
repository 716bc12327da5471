"""What can be wrong with a node, told as Problems with their remedies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from graph.block_edits import InBlock
from graph.blocks import IN_BLOCK
from graph.catalog.code import Alias
from graph.catalog.spec import LayerSpec, PortSpec
from graph.connection import dtype_origin
from graph.document import Block, Edge, Graph, Node, PortRef
from graph.edits import Disconnect, RemoveNodes, SetParams
from graph.inserting import AppendNode
from graph.node_flags import SetBypassed
from graph.problems import Fix, Problem, closest, did_you_mean, message, shown
from graph.receiving import objection, unfed
from graph.remedies import fix_for, rank_repairs
from graph.replacing import ReplaceType
from graph.shapes import InsertLayer, ShapeError, TensorSpec

MAX_LISTED = 3


class Site(NamedTuple):
    """Where a mistake is: a node of a known type, and the graph around it.

    Args:
        is_bound: whether the graph is a block's and its Inputs give what the block is given.
    """

    graph: Graph
    node: Node
    spec: LayerSpec
    is_bound: bool = False

    def source(self, port: str | None) -> str:
        """The name of the node that feeds an input; of what goes through others, the one that made it."""
        edge, node = self.graph.incoming(self.node.id).get(port or ""), None
        while edge is not None and (node is None or self._only_passes(node)):
            node = self.graph.nodes[edge.source.node]
            edge = next(iter(self.graph.incoming(node.id).values()), None)
        return node.name if node else "the input"

    def _only_passes(self, node: Node) -> bool:
        """Whether a node surely gives what its one input is given."""
        spec = self.graph.catalog.get(node.type)
        is_passed = node.bypassed or (spec is not None and isinstance(spec.code, Alias))
        return is_passed and len(self.graph.incoming(node.id)) == 1


def missing_inputs(site: Site, inputs: Mapping[str, object]) -> tuple[Problem, ...]:
    """Inputs that need an edge and have none."""
    found = []
    for port in unfed(site.spec, inputs):
        if port.variadic:
            free = next(name for n in range(len(inputs) + 1) if (name := f"{port.name}{n}") not in inputs)
            found.append((free, f"{len(inputs)} of at least {port.min_count} inputs connected"))
        else:
            alone = len(site.spec.inputs) == 1
            found.append(
                (port.name, f"nothing {'is connected to its input' if alone else f'feeds {port.name}'}")
            )
    return tuple(_not_connected(site.node, port, what) for port, what in found)


def unknown_ports(site: Site, lacking: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    """Edges from or to ports that do not exist, as a change of type or of a parameter can leave them.

    Args:
        site: the node that the edges lead to.
        lacking: inputs fed from an output that is not there, each with the outputs that are.
    """
    for name, edge in site.graph.incoming(site.node.id).items():
        source = site.graph.nodes[edge.source.node]
        if site.spec.input_port(name) is None:
            known = [f"{port.name}0" if port.variadic else port.name for port in site.spec.inputs]
            yield _unknown_port(site.node, edge, f"{site.spec.type} has no input called {name}", known)
        elif name in lacking:
            what = f"{source.name} has no output called {edge.source.port}"
            yield _unknown_port(
                site.node, edge, what, lacking[name], _bring_back(site.graph, source, edge.source.port)
            )


def unfit_inputs(site: Site, inputs: Mapping[str, TensorSpec | None]) -> tuple[Problem, ...]:
    """Inputs whose dtype or number of dims the layer does not take."""
    found = []
    for name, tensor in inputs.items():
        port = site.spec.input_port(name)
        if tensor is None or port is None:
            continue
        match objection(site.spec, port, tensor):
            case "dtype":
                found.append(_wrong_dtype(site, port, name, tensor))
            case "map":
                found.append(from_shape_error(site, inputs, _feature_map(site.spec, name, tensor)))
            case "ndim":
                found.append(from_shape_error(site, inputs, _wrong_rank(port, name, tensor)))
    return tuple(found)


def from_shape_error(site: Site, inputs: Mapping[str, TensorSpec | None], error: ShapeError) -> Problem:
    """What a shape rule objects to, with names and fixes."""
    port = error.port or next(iter(inputs), None)
    what = error.message.replace("{source}", site.source(port))
    return Problem(
        code=error.code,
        severity="error",
        node=site.node.id,
        port=port if error.param is None or error.port else None,
        param=error.param,
        message=message(site.node.name, what, error.expected, error.hint),
        expected=error.expected,
        received=str(inputs.get(port or "") or ""),
        hint=error.hint,
        fixes=tuple(fix_for(site.node, port or "", repair) for repair in error.repairs),
    )


def in_block(site: Site, block: Block, problems: Sequence[Problem]) -> Problem:
    """What is wrong inside the block that a node stands for, told at the node; the first mistake in full."""
    first, others = problems[0], len(problems) - 1
    more = f" And {others} more {'problem' if others == 1 else 'problems'} inside." if others else ""
    return Problem(
        code=IN_BLOCK,
        severity="error",
        node=site.node.id,
        message=message(site.node.name, f"{block.name}, {first.message}{more}"),
        expected=first.expected,
        received=first.received,
        hint=first.hint,
        fixes=tuple(
            Fix(
                f"In {block.name}: {fix.label}",
                tuple(InBlock(block.name, edit) for edit in fix.edits),
                fix.review,
            )
            for fix in first.fixes
        ),
    )


def unknown_type(node: Node, catalog: Mapping[str, LayerSpec]) -> Problem:
    """A type that the catalogue does not have."""
    match = closest(node.type, tuple(catalog))
    hint = did_you_mean(node.type, catalog) or "Replace the node with one from the palette."
    fixes = (Fix(f"Replace with {match}", (ReplaceType(node.id, match, node.params),)),) if match else ()
    return Problem(
        code="unknown-type",
        severity="error",
        node=node.id,
        message=message(node.name, f"there is no layer type {shown(node.type)}", hint=hint),
        expected="a type that `netloom layers` lists",
        received=shown(node.type),
        hint=hint,
        fixes=fixes,
    )


def cycle(graph: Graph, node: Node, members: Sequence[str]) -> Problem:
    """A cycle, told once, at its first node."""
    on_cycle = set(members)
    closing = tuple(e for e in graph.incoming(node.id).values() if e.source.node in on_cycle)
    others = [graph.nodes[member].name for member in members if member != node.id]
    listed = ", ".join(others[:MAX_LISTED]) + (
        f" and {len(others) - MAX_LISTED} more" if others[MAX_LISTED:] else ""
    )
    via = f" by way of {listed}" if others else ""
    hint = "Delete one edge of the cycle."
    label = f"Delete the edge from {graph.nodes[closing[0].source.node].name} to {node.name}"
    return Problem(
        code="cycle",
        severity="error",
        node=node.id,
        port=closing[0].target.port,
        message=message(
            node.name, f"its output leads back to its own input{via}", "a graph without cycles", hint
        ),
        expected="a graph without cycles",
        received=f"a cycle of {len(members)} nodes" if others else "an edge to itself",
        hint=hint,
        fixes=(Fix(label if len(closing) == 1 else f"Delete {len(closing)} edges", (Disconnect(closing),)),),
    )


def missing_ends(graph: Graph, order: Callable[[], Sequence[str]]) -> Iterable[Problem]:
    """A graph needs an Input and an Output.

    Args:
        graph: which may have both.
        order: gives the ids of its nodes along the data flow; called only where there is no Output.
    """
    for type_name, purpose in (("Input", "is given"), ("Output", "gives back")):
        if type_name not in graph.types:
            hint = f"Add an {type_name} and connect it."
            what = f"The graph has no {type_name}, so it does not say what the network {purpose}"
            yield Problem(
                f"no-{type_name.lower()}",
                "error",
                None,
                message(None, what, hint=hint),
                expected=f"an {type_name}",
                hint=hint,
                fixes=_behind_the_last(graph, order()) if type_name == "Output" else (),
            )


def _behind_the_last(graph: Graph, order: Sequence[str]) -> tuple[Fix, ...]:
    """Puts an Output behind the last layer that is fed and feeds nothing, if there is one."""
    for node_id in reversed(order):  # of a graph without cycles the last feeds nothing: this ends soon
        node = graph.nodes[node_id]
        spec = graph.catalog.get(node.type)
        if spec is None or spec.first_output is None:
            continue
        if graph.incoming(node_id) and not any(graph.outgoing(node_id)):
            edit = AppendNode(PortRef(node_id, spec.first_output), "Output")
            return (Fix(f"Add an Output behind {node.name}", (edit,)),)
    return ()


def dead_branch(node: Node, doomed: Sequence[str]) -> Problem:
    """A node that leads to no Output; its code is left out.

    Args:
        node: the last on its way.
        doomed: the ids of it and of what is of no use without it.
    """
    what, hint = "it leads to no Output, so it is left out of the network", "Connect it, or delete it."
    text = message(node.name, what, hint=hint)
    label = f"Delete {node.name}" + (f" and {len(doomed) - 1} with it" if doomed[1:] else "")
    return Problem(
        code="dead-branch",
        severity="warning",
        node=node.id,
        message=text,
        expected="a path to an Output",
        hint=hint,
        fixes=(Fix(label, (RemoveNodes(tuple(doomed)),)),),
        why="Only what leads to an Output is computed and trained. A layer beside the way learns nothing.",
        source="https://docs.pytorch.org/docs/stable/notes/modules.html",
    )


def no_stand_in(site: Site, has_inputs: bool, missing: Sequence[str], read: Sequence[str]) -> Problem:
    """A bypassed node without an input that could take the place of an output.

    Args:
        site: the node.
        has_inputs: whether something is connected to it.
        missing: the outputs that have no stand-in.
        read: the outputs that are read.
    """
    spec, hint = site.spec, "Stop bypassing it."
    expected = "an input that can take the place of its output"
    if not spec.inputs or not spec.outputs:
        what = f"it is bypassed, but {spec.type} has no {'output' if spec.inputs else 'input'}"
        expected = "a layer with an input and an output"
    elif not has_inputs:
        what, hint = "it is bypassed, but nothing is connected to it", "Connect it, or stop bypassing it."
    else:
        others = " and ".join(missing)
        what = f"it is bypassed, but {', '.join(read)} are read and no input is like {others}"
        expected, hint = "for each of them an input of its shape and dtype", "Stop bypassing it, or read one."
    return Problem(
        code="bypass",
        severity="error",
        node=site.node.id,
        message=message(site.node.name, what, expected, hint),
        expected=expected,
        received="none",
        hint=hint,
        fixes=(Fix("Stop bypassing", (SetBypassed((site.node.id,), on=False),)),),
    )


def still_computing(node: Node) -> Problem:
    """A node whose shape is on its way; for what cannot go on without it."""
    what, hint = "what it gives is still being computed", "Wait a moment."
    return Problem("computing", "error", node.id, message(node.name, what, hint=hint), hint=hint)


def _not_connected(node: Node, port: str, what: str) -> Problem:
    hint = "Drag an edge from an output to it."
    text = message(node.name, what, hint=hint)
    return Problem(
        "not-connected", "error", node.id, text, port, expected="an edge", received="none", hint=hint
    )


def _bring_back(graph: Graph, source: Node, port_name: str) -> tuple[Fix, ...]:
    """The remedy for an output that is there once a parameter is set."""
    port = graph.catalog[source.type].output_port(port_name)
    if port is None or not port.when:
        return ()
    return (Fix(f"Set {port.when} = true of {source.name}", (SetParams(source.id, {port.when: True}),)),)


def _unknown_port(
    node: Node, edge: Edge, what: str, known: Iterable[str], fixes: tuple[Fix, ...] = ()
) -> Problem:
    names = ", ".join(known) or "none"
    hint = f"{fixes[0].label}." if fixes else "Delete the edge, or connect another port."
    return Problem(
        code="unknown-port",
        severity="error",
        node=node.id,
        port=edge.target.port,
        message=message(node.name, what, names, hint),
        expected=names,
        received=str(edge.source),
        hint=hint,
        fixes=(*fixes, Fix("Delete the edge", (Disconnect((edge,)),))),
    )


def _wrong_dtype(site: Site, port: PortSpec, name: str, tensor: TensorSpec) -> Problem:
    source = site.graph.incoming(site.node.id)[name].source
    origin = None if site.is_bound else dtype_origin(site.graph, source)
    wanted, hint = port.dtypes[0], "Connect another output."
    fixes: tuple[Fix, ...] = ()
    if origin is not None:
        hint = f"Set the dtype of {origin.name} to {wanted}."
        fixes = (Fix(hint.rstrip("."), (SetParams(origin.id, {"dtype": wanted}),)),)
    expected = " or ".join(port.dtypes)
    return Problem(
        code="wrong-dtype",
        severity="error",
        node=site.node.id,
        port=name,
        message=message(site.node.name, f"{site.source(name)} gives {tensor.dtype}", expected, hint),
        expected=expected,
        received=tensor.dtype,
        hint=hint,
        fixes=fixes,
    )


def _feature_map(spec: LayerSpec, name: str, tensor: TensorSpec) -> ShapeError:
    return ShapeError(
        "feature-map",
        f"{{source}} gives a feature map {tensor}, but {spec.type} reads only the last dim",
        expected="(N, features), one vector per sample",
        hint="Insert a Flatten before it.",
        port=name,
        repairs=(InsertLayer("Flatten", {}),),
    )


def _wrong_rank(port: PortSpec, name: str, tensor: TensorSpec) -> ShapeError:
    if not tensor.shape:
        return ShapeError(
            "wrong-rank",
            "{source} gives a single number for the whole batch",
            expected=port.layout or "a value for each sample",
            hint="Reduce fewer dims before it; the batch is 0.",
            port=name,
        )
    repairs = rank_repairs(port, tensor)
    dims = "1 dim" if tensor.ndim == 1 else f"{tensor.ndim} dims"
    return ShapeError(
        "wrong-rank",
        f"the input is {tensor} from {{source}}, which has {dims}",
        expected=port.layout or f"{max(port.ndims)} dims",
        hint=f"Insert a {repairs[0].type if repairs else 'Reshape'} before it.",
        port=name,
        repairs=repairs,
    )
