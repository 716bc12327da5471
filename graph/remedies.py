"""Turns remedies into fixes: edits that insert a layer before an input, or set a parameter."""

from __future__ import annotations

from math import isqrt

from graph.catalog.spec import PortSpec
from graph.document import Node, PortRef
from graph.edits import SetParams
from graph.inserting import InsertNode
from graph.problems import Fix, shown
from graph.shapes import InsertLayer, Repair, ReviewCode, SetParam, TensorSpec, num_elements


def fix_for(node: Node, port: str, repair: Repair) -> Fix:
    """The remedy as edits."""
    if isinstance(repair, ReviewCode):
        return Fix("Review and trust", (), review=repair.source)
    if isinstance(repair, SetParam):
        if repair.value is None:
            return Fix(f"Clear {repair.param}", (SetParams(node.id, reset=(repair.param,)),))
        edit = SetParams(node.id, {repair.param: repair.value})
        return Fix(f"Set {repair.param} = {shown(repair.value)}", (edit,))
    insert = InsertNode(PortRef(node.id, port), repair.type, repair.params)
    return Fix(insert.label, (insert,))


def rank_repairs(port: PortSpec, given: TensorSpec) -> tuple[InsertLayer, ...]:
    """Layers that turn a tensor into one with as many dims as the port takes."""
    sample = given.shape[1:]
    if given.ndim > max(port.ndims):
        ones = [axis for axis, dim in enumerate(given.shape) if dim == 1 and axis]
        flatten = (InsertLayer("Flatten", {}),) if 2 in port.ndims else ()
        squeeze = given.ndim - max(port.ndims)
        return ((InsertLayer("Squeeze", {"dim": ones[:squeeze]}),) if len(ones) >= squeeze else ()) + flatten
    missing = port.ndims[-1] - given.ndim
    dims = [dim if isinstance(dim, int) else str(dim) for dim in sample]
    if given.ndim == 2 and missing == 2 and isinstance(sample[0], int):
        side = isqrt(sample[0])
        return (InsertLayer("Reshape", {"shape": [1, side, side]}),) if side * side == sample[0] else ()
    plain = all(isinstance(dim, int) or dim.isidentifier() for dim in dims)
    return (InsertLayer("Reshape", {"shape": [1] * missing + dims}),) if plain else ()


def mismatch_repairs(port: PortSpec, wanted: object, given: TensorSpec) -> tuple[InsertLayer, ...]:
    """Layers that give a parameter the incoming size that it was set to."""
    ndim = given.ndim
    if ndim > 2 and (not port.ndims or 2 in port.ndims) and num_elements(given.shape[1:]) == wanted:
        return (InsertLayer("Flatten", {}),)
    if ndim > 2 and port.layout.startswith("(N, C") and given.shape[-1] == wanted:  # channels stand last
        return (InsertLayer("Permute", {"dims": [0, ndim - 1, *range(1, ndim - 1)]}),)
    return ()
