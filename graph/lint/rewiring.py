"""Fixes that change the order of layers: take one out, move one further back, put one in, all as edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph.document import Edge, Edit, Node, PortRef
from graph.edits import ChangeTraining, Connect, Disconnect, MoveNodes, RemoveNodes, SetParams
from graph.inserting import InsertNode
from graph.lint.context import LintContext
from graph.problems import Fix, shown


def remove(context: LintContext, node: Node) -> Fix:
    """Takes a layer with one input out; what fed it feeds its readers."""
    (entering,) = context.graph.incoming(node.id).values()
    joined = [Connect(entering.source, edge.target) for edge in context.readers(node)]
    return Fix(f"Remove {node.name}", (RemoveNodes((node.id,)), *joined))


def move_behind(context: LintContext, node: Node, other: Node) -> Fix:
    """Moves a layer behind another one that follows it in a row of layers read by nobody else."""
    row = _row(context, node, other)
    (entering,) = context.graph.incoming(node.id).values()
    (first,) = context.readers(node)
    leaving = context.readers(other)
    source, entrance = leaving[0].source if leaving else _only_output(context, other), entering.target
    edits: list[Edit] = [
        Disconnect((entering, first, *leaving)),
        Connect(entering.source, first.target),
        Connect(source, entrance),
        *(Connect(first.source, edge.target) for edge in leaving),
        MoveNodes(_shifted(row)),
    ]
    return Fix(f"Move {node.name} behind {other.name}", tuple(edits))


def insert(edge: Edge, type_name: str, params: Mapping[str, Any] | None = None) -> Fix:
    """Puts a layer into an edge."""
    edit = InsertNode(edge.target, type_name, params or {})
    return Fix(edit.label, (edit,))


def set_param(node: Node, param: str, value: object) -> Fix:
    """Gives a parameter a value."""
    return Fix(f"Set {param} = {shown(value)}", (SetParams(node.id, {param: value}),))


def change_plan(label: str, values: Mapping[str, Any]) -> Fix:
    """Sets keys of the training plan."""
    return Fix(label, (ChangeTraining(values, label),))


def _row(context: LintContext, first: Node, last: Node) -> Sequence[Node]:
    row = [first]
    while row[-1].id != last.id:
        (edge,) = context.readers(row[-1])
        row.append(context.graph.nodes[edge.target.node])
    return row


def _shifted(row: Sequence[Node]) -> dict[str, tuple[float, float]]:
    """Positions after the first of a row has become the last."""
    places = [node.position for node in row]
    return {node.id: place for node, place in zip([*row[1:], row[0]], places, strict=True)}


def _only_output(context: LintContext, node: Node) -> PortRef:
    spec = context.spec(node)
    assert spec is not None
    return PortRef(node.id, spec.output_names[0])
