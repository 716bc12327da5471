"""Turns remedies into fixes: edits that insert a layer before an input, or set a parameter."""

from __future__ import annotations

from math import isqrt

from graph.catalog import CATALOG
from graph.catalog.spec import PortSpec
from graph.document import Edge, Edit, Graph, Node, PortRef
from graph.edits import AddNodes, Connect, Disconnect, MoveNodes, SetParams
from graph.problems import Fix, shown
from graph.shapes import InsertLayer, Repair, SetParam, TensorSpec

NODE_SPACING = 220.0  # canvas units between neighbouring nodes


def fix_for(graph: Graph, node: Node, port: str, repair: Repair) -> Fix:
    """The remedy as edits on this graph."""
    if isinstance(repair, SetParam):
        return Fix(
            f"Set {repair.param} = {shown(repair.value)}", (SetParams(node.id, {repair.param: repair.value}),)
        )
    edge = graph.edge_into(PortRef(node.id, port))
    assert edge is not None, "a layer is inserted only before an input that has an edge"
    return Fix(f"Insert {repair.type}", tuple(insert_in_edge(graph, edge, repair)))


def insert_in_edge(graph: Graph, edge: Edge, layer: InsertLayer) -> list[Edit]:
    """Edits that put a new layer into an edge, with room made for it to the right."""
    source, target = graph.nodes[edge.source.node], graph.nodes[edge.target.node]
    spec = CATALOG[layer.type]
    new = Node(
        id=next(graph.new_ids()),
        type=layer.type,
        name=graph.new_name(spec.stem),
        params=dict(layer.params),
        position=_between(source, target),
    )
    first = spec.inputs[0].name + ("0" if spec.inputs[0].variadic else "")
    return [
        *_make_room(graph, source, target),
        Disconnect((edge,)),
        AddNodes((new,)),
        Connect(edge.source, PortRef(new.id, first)),
        Connect(PortRef(new.id, spec.outputs[0].name), edge.target),
    ]


def rank_repairs(port: PortSpec, given: TensorSpec) -> tuple[InsertLayer, ...]:
    """Layers that turn a tensor into one with as many dims as the port takes."""
    sample = given.shape[1:]
    if given.ndim > max(port.ndims):
        ones = [axis for axis, dim in enumerate(given.shape) if dim == 1 and axis]
        flatten = (InsertLayer("Flatten", {}),) if 2 in port.ndims else ()
        squeeze = given.ndim - max(port.ndims)
        return ((InsertLayer("Squeeze", {"dim": ones[:squeeze]}),) if len(ones) >= squeeze else ()) + flatten
    missing = max(port.ndims) - given.ndim
    dims = [dim if isinstance(dim, int) else str(dim) for dim in sample]
    if given.ndim == 2 and missing == 2 and isinstance(sample[0], int):
        side = isqrt(sample[0])
        return (InsertLayer("Reshape", {"shape": [1, side, side]}),) if side * side == sample[0] else ()
    plain = all(isinstance(dim, int) or dim.isidentifier() for dim in dims)
    return (InsertLayer("Reshape", {"shape": [1] * missing + dims}),) if plain else ()


def channels_last_repair(port: PortSpec, wanted: object, given: TensorSpec) -> InsertLayer | None:
    """A Permute, where the channels that a channels-first layer was set to stand last."""
    ndim = given.ndim
    if not port.layout.startswith("(N, C") or ndim < 3 or given.shape[-1] != wanted:
        return None
    return InsertLayer("Permute", {"dims": [0, ndim - 1, *range(1, ndim - 1)]})


def _between(source: Node, target: Node) -> tuple[float, float]:
    return (source.position[0] + NODE_SPACING, (source.position[1] + target.position[1]) / 2)


def _make_room(graph: Graph, source: Node, target: Node) -> list[Edit]:
    shift = source.position[0] + 2 * NODE_SPACING - target.position[0]
    if shift <= 0:
        return []
    queue, seen = [target.id], {target.id}
    while queue:
        fresh = [n for n in graph.successors(queue.pop()) if n not in seen]
        seen.update(fresh)
        queue.extend(fresh)
    moved = {
        i: (graph.nodes[i].position[0] + shift, graph.nodes[i].position[1]) for i in graph.nodes if i in seen
    }
    return [MoveNodes(moved)]
