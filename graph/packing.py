"""Packs nodes into a block of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graph.annotations import shifted
from graph.block_edits import AddBlock
from graph.blocks import block_ports, block_stem
from graph.document import (
    Block,
    BlockParam,
    Edge,
    Edit,
    EditError,
    Graph,
    Node,
    PortRef,
    Position,
    Project,
    apply_all,
)
from graph.expressions import mapped, names_in
from graph.frame_contents import companions
from graph.inserting import NODE_SPACING
from graph.rewriting import Rewrite
from graph.shapes import BATCH, BATCH_NAME, SYMBOL_NAME, TensorSpec

if TYPE_CHECKING:
    from graph.catalog.params import Value

ENDS = ("Input", "Output")


@dataclass(frozen=True)
class Pack:
    """Moves nodes into a new block and puts one instance of it in their place.

    What the cut edges carried comes in and goes out through ports; parameters of a block that the nodes read
    in expressions become parameters of the new one. Frames around them alone go along, with their notes.

    Args:
        node_ids: at least one; no Inputs and Outputs.
        name: of the new block.
        samples: what the cut edges carry, by their outputs, for the sample shapes inside.

    Raises:
        EditError: the name is taken or none, or the nodes cannot be one.
    """

    node_ids: Sequence[str]
    name: str
    samples: Mapping[PortRef, TensorSpec] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"Pack into {self.name}"

    def apply(self, project: Project) -> Edit:
        graph, name = project.graph, self.name.strip()
        chosen = [node for node in graph.nodes.values() if node.id in set(self.node_ids)]
        _require_packable(graph, chosen, self.node_ids)
        cut = _Cut(graph, chosen, self.samples)
        params = _params_read(project, chosen)
        instance = Node(
            next(graph.new_ids()),
            name,
            graph.new_name(block_stem(name)),
            {param.name: f"={param.name}" for param in params},
            _corner(chosen),
        )
        block = Block(name, cut.body(), params)
        inputs, outputs = block_ports(block.graph)
        rewrite = cut.rest(instance, inputs, outputs)
        return apply_all(project, [AddBlock(block), rewrite], self.label)


class _Cut:
    """A graph cut around some nodes: what goes in, what comes out.

    Args:
        graph: read, never written.
        chosen: the nodes.
        samples: what outputs outside carry.
    """

    def __init__(self, graph: Graph, chosen: Sequence[Node], samples: Mapping[PortRef, TensorSpec]) -> None:
        self._graph, self._chosen, self._samples = graph, chosen, samples
        self._inside = {node.id for node in chosen}
        self._companions = set(companions(graph, self._inside))
        entering = [edge for edge in graph.edges if self._enters(edge)]
        leaving = [edge.source for edge in graph.edges if self._leaves(edge)]
        open_inputs = [ref for node in chosen for ref in _unconnected(graph, node)]
        ids = graph.new_ids()
        sources: list[PortRef] = list(dict.fromkeys(edge.source for edge in entering))
        # By what feeds it: an output outside, or nothing yet, told by the input inside.
        self._entrance = {ref: next(ids) for ref in (*sources, *open_inputs)}
        results = dict.fromkeys(leaving or [ref for node in chosen for ref in _unread(graph, node)])
        self._exit = {ref: next(ids) for ref in results}
        self._sources, self._open = sources, open_inputs

    def body(self) -> Graph:
        """The graph of the block."""
        taken = {node.name for node in self._chosen}
        left, top = _corner(self._chosen)
        by = (NODE_SPACING - left, -top)
        nodes = [node.with_(position=_sum(node.position, by)) for node in self._chosen]
        frames = [each for each in self._graph.frames.values() if each.id in self._companions]
        notes = [each for each in self._graph.notes.values() if each.id in self._companions]
        right = max(node.position[0] for node in nodes) + NODE_SPACING
        inputs = self._ends("Input", self._entrance, "x", 0.0, taken)
        outputs = self._ends("Output", self._exit, "out", right, taken)
        edges = []
        for edge in self._graph.edges:
            if self._enters(edge):
                entrance = PortRef(self._entrance[edge.source], "out")
                edges.append(Edge(entrance, edge.target, edge.extra))
            elif self._is_inside(edge.source) and self._is_inside(edge.target):
                edges.append(edge)
        edges += [Edge(PortRef(self._entrance[ref], "out"), ref) for ref in self._open]
        edges += [Edge(ref, PortRef(node_id, "in")) for ref, node_id in self._exit.items()]
        drawn = (shifted(frames, by), shifted(notes, by))
        return Graph([*inputs, *nodes, *outputs], edges, self._graph.catalog, *drawn)

    def rest(self, instance: Node, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> Rewrite:
        """The graph around, with the instance where the first of the nodes stood.

        Args:
            instance: the node.
            inputs: its ports by the id of the Input inside.
            outputs: likewise.
        """
        first = self._chosen[0].id
        nodes = [instance if node.id == first else node for node in self._graph.nodes.values()]
        edges: dict[PortRef, Edge] = {}
        for edge in self._graph.edges:
            source, target = edge.source, edge.target
            if self._is_inside(source) and self._is_inside(target):
                continue
            if self._enters(edge):
                target = PortRef(instance.id, inputs[self._entrance[source]])
            elif self._leaves(edge):
                source = PortRef(instance.id, outputs[self._exit[source]])
            edges.setdefault(target, Edge(source, target, edge.extra))
        kept = tuple(node for node in nodes if node.id not in self._inside)
        frames, notes = self._graph.frames.values(), self._graph.notes.values()
        return Rewrite(
            kept,
            tuple(edges.values()),
            tuple(frame for frame in frames if frame.id not in self._companions),
            tuple(note for note in notes if note.id not in self._companions),
        )

    def _ends(
        self, kind: str, refs: Mapping[PortRef, str], name: str, x: float, taken: set[str]
    ) -> list[Node]:
        nodes = []
        for row, (ref, node_id) in enumerate(refs.items()):
            wanted = name if len(refs) == 1 else self._graph.nodes[ref.node].name
            if wanted in taken:
                wanted = f"{wanted}_{ref.port}"
            if wanted in taken:
                wanted = Graph().new_name(f"{wanted}_", taken)
            taken.add(wanted)
            params = _sample(self._samples.get(ref)) if kind == "Input" else {}
            nodes.append(Node(node_id, kind, wanted, params, (x, row * NODE_SPACING / 2)))
        return nodes

    def _is_inside(self, ref: PortRef) -> bool:
        return ref.node in self._inside

    def _enters(self, edge: Edge) -> bool:
        return self._is_inside(edge.target) and not self._is_inside(edge.source)

    def _leaves(self, edge: Edge) -> bool:
        return self._is_inside(edge.source) and not self._is_inside(edge.target)


def _require_packable(graph: Graph, chosen: Sequence[Node], asked: Iterable[str]) -> None:
    missing = next((node_id for node_id in asked if node_id not in graph.nodes), None)
    if missing is not None:
        raise EditError(f"There is no node {missing}.")
    if not chosen:
        raise EditError("A block is made of at least one node.")
    end = next((node for node in chosen if node.type in ENDS), None)
    if end is not None:
        raise EditError(f"{end.name} is an end of the graph. Leave it out: the block gets ends of its own.")
    inside = {node.id for node in chosen}
    after = {each for node_id in inside for each in graph.successors(node_id) if each not in inside}
    reached = set().union(*(graph.reachable(node_id) for node_id in after)) if after else set()
    returning = (edge.source.node for node_id in inside for edge in graph.incoming(node_id).values())
    back = next((node_id for node_id in returning if node_id in reached - inside), None)
    if back is not None:
        between = graph.nodes[back].name
        raise EditError(f"{between} lies between them: it reads from the block and feeds it. Take it along.")


def _unconnected(graph: Graph, node: Node) -> list[PortRef]:
    """The inputs that a node needs and nothing feeds."""
    spec, fed = graph.catalog.get(node.type), graph.incoming(node.id)
    ports = spec.inputs if spec else ()
    return [
        PortRef(node.id, port.name)
        for port in ports
        if not port.variadic and not port.optional and port.name not in fed
    ]


def _unread(graph: Graph, node: Node) -> list[PortRef]:
    """The first output of a node that nothing reads from."""
    spec = graph.catalog.get(node.type)
    name = spec.first_output if spec and not any(graph.outgoing(node.id)) else None
    return [] if name is None else [PortRef(node.id, name)]


def _params_read(project: Project, nodes: Iterable[Node]) -> tuple[BlockParam, ...]:
    """The parameters of the block that is edited which the nodes read."""
    if project.scope is None:
        return ()
    read: set[str] = set()
    for node in nodes:
        for value in node.params.values():
            mapped(value, lambda text: read.update(names_in(text)))
    return tuple(param for param in project.blocks[project.scope].params if param.name in read)


def _sample(tensor: TensorSpec | None) -> dict[str, Value]:
    """The parameters of an Input that gives such a tensor; none for one that no Input can give."""
    if tensor is None or not tensor.shape or tensor.shape[0] != BATCH:
        return {}
    dims = [dim if isinstance(dim, int) else str(dim) for dim in tensor.shape[1:]]
    if not all(isinstance(dim, int) or (SYMBOL_NAME.match(dim) and dim != BATCH_NAME) for dim in dims):
        return {}
    return {"shape": dims} | ({} if tensor.dtype == "float32" else {"dtype": tensor.dtype})


def _sum(position: Position, by: Position) -> Position:
    return (position[0] + by[0], position[1] + by[1])


def _corner(nodes: Iterable[Node]) -> Position:
    positions = [node.position for node in nodes]
    return min(x for x, _ in positions), min(y for _, y in positions)
