"""What a node's parameters show in a form: set, left out, inferred, computed, wrong."""

from __future__ import annotations

from dataclasses import replace

from builder.panels.field_text import UNSET, format_value
from builder.panels.form_row import FieldState, default_state
from builder.panels.number_field import HINT_GAP
from builder.session import Session
from builder.texts import tr, tr_made
from graph.catalog.params import ParamSpec, Value
from graph.document import Node, PortRef
from graph.expressions import ExpressionError, computed, has_expressions
from graph.node_result import NodeResult


def param_state(session: Session, node: Node, param: ParamSpec) -> FieldState:
    """The state of one parameter of a node of the graph that is shown."""
    result = session.result(node.id)
    value, problem = node.params.get(param.name, UNSET), problem_text(session, node.id, param.name)
    if param.inferred is None:
        state = default_state(param, value, problem)
    else:
        state = _inferred_state(session, node, param, result, replace(FieldState(value), problem=problem))
    return replace(state, computed=computed_text(session, value), num_dims=spatial_dims(result))


def problem_text(session: Session, node_id: str, name: str) -> str:
    """What is wrong with a parameter, in a sentence that stands beside it; nothing if all is well."""
    problems = session.problems_of(node_id)
    wrong = next((each for each in problems if each.param == name and each.is_error), None)
    if wrong is None:
        return ""
    return (
        tr("Expected {expected}.", expected=tr_made(wrong.expected))
        if wrong.expected
        else tr_made(wrong.message)
    )


def computed_text(session: Session, value: Value) -> str:
    """What the expressions in a value come to; nothing for a plain value, or where one has no value."""
    if not has_expressions(value):
        return ""
    try:
        return format_value(computed(value, session.inference.env))
    except ExpressionError:
        return ""


def _inferred_state(
    session: Session, node: Node, param: ParamSpec, result: NodeResult, state: FieldState
) -> FieldState:
    known = result.params[param.name] if result.params is not None else None
    source = _source(session, node, param)
    if known is None:
        return replace(
            state, hint=tr("inferred"), origin=tr("Inferred from the input once its shape is known.")
        )
    hint = format_value(known)
    if source is None:
        return replace(state, hint=hint, fallback=known)
    name, port = source
    tensor = result.inputs.get(port)
    what = (
        tr("{name} gives {tensor}, so it is {hint}.", name=name, tensor=tensor, hint=hint)
        if tensor
        else tr("It follows from {name}.", name=name)
    )
    return replace(
        state, hint=HINT_GAP.join((hint, tr("from {name}", name=name))), fallback=known, origin=what
    )


def _source(session: Session, node: Node, param: ParamSpec) -> tuple[str, str] | None:
    """The name of the node that a parameter is inferred from, and the port it comes in at."""
    spec = session.graph.catalog[node.type]
    port = spec.inputs[param.port].name
    edge = session.graph.edge_into(PortRef(node.id, port))
    return (session.graph.nodes[edge.source.node].name, port) if edge is not None else None


def spatial_dims(result: NodeResult) -> int:
    """How many spatial dims the maps have that come in; 0 while that is unknown."""
    tensor = next(iter(result.inputs.values()), None)
    return max(0, len(tensor.shape) - 2) if tensor is not None else 0
