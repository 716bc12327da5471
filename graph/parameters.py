"""A node's parameters checked against its layer's declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from graph.catalog.call import Params
from graph.catalog.params import ParamError, ParamSpec, Value
from graph.catalog.spec import LayerSpec
from graph.document import Node
from graph.edits import SetParams
from graph.expressions import ExpressionError, computed, has_expressions
from graph.mistakes import Site, from_shape_error
from graph.problems import Fix, Problem, closest, did_you_mean, message, shown
from graph.remedies import fix_for, mismatch_repairs
from graph.shapes import Repair, SetParam, ShapeError, TensorSpec

NO_NAMES: Mapping[str, Value] = MappingProxyType({})
NEEDS_SIZE = "Give that dim a size in the Input, or change the order of the dims."


def resolve(
    node: Node, spec: LayerSpec, env: Mapping[str, Value] = NO_NAMES
) -> tuple[Params, tuple[Problem, ...]]:
    """The parameters complete with defaults, and what is wrong with those that were set.

    Inferred parameters that were left out are None. Settings of training are plain values, no expressions.

    Args:
        node: whose parameters.
        spec: its type.
        env: what the names in expressions stand for.
    """
    values, unknown, bad = Params(spec.defaults), [], dict[str, Problem]()
    unset = [name for name in spec.valueless if name not in node.params] if spec.valueless else ()
    for name in (*node.params, *unset):
        param = spec.param(name)
        if param is None:
            unknown.append(_unknown_param(node, spec, name))
            continue
        given = value = node.params.get(name, param.default)
        try:
            if has_expressions(given) and param.is_computed and param not in spec.settings:
                value = computed(given, env)
            values[name] = param.check(value)
        except (ExpressionError, ParamError) as error:
            values.pop(name, None)
            bad[name] = _not_a_value(node, param, given, value, error)
    if not bad:
        return values, tuple(unknown)
    return values, (*unknown, *(bad[name] for name in spec.param_names if name in bad))


def _not_a_value(
    node: Node, param: ParamSpec, given: Value, value: Value, error: ExpressionError | ParamError
) -> Problem:
    if isinstance(error, ExpressionError):
        return _bad_expression(node, param, given, error)
    what = shown(given) if value is given else f"{shown(given)}, which is {shown(value)}"
    return _bad_value(node, param, what, str(error))


def unsound_params(
    node: Node, spec: LayerSpec, params: Params, site: Callable[[Node, LayerSpec], Site]
) -> tuple[Problem, ...]:
    """What is wrong with parameters together that suit one by one; `site` tells where the node stands."""
    try:
        spec.check(params)
    except ShapeError as error:
        return (from_shape_error(site(node, spec), {}, error),)
    return ()


def infer_params(site: Site, params: Params, inputs: tuple[TensorSpec, ...]) -> Problem | None:
    """Fills in the parameters that the incoming shapes determine; tells the first that disagrees."""
    for param, infer in site.spec.inferred:
        incoming = infer(inputs)
        if params[param.name] is None:
            if incoming is None:
                return _cannot_infer(site, param, inputs[param.port])
            params[param.name] = incoming
        elif param.checked and params[param.name] != incoming:
            return _mismatch(site, param, params[param.name], incoming, inputs[param.port])
    return None


def _unknown_param(node: Node, spec: LayerSpec, name: str) -> Problem:
    match = closest(name, spec.param_names)
    remove = SetParams(node.id, reset=(name,))
    fixes = [Fix(f"Remove {shown(name)}", (remove,))]
    if match and match not in node.params:
        rename = SetParams(node.id, {match: node.params[name]}, reset=(name,))
        fixes.insert(0, Fix(f"Rename to {match}", (rename,)))
    known = ", ".join(spec.param_names) or "none"
    what = f"{spec.type} has no parameter called {shown(name)}"
    hint = did_you_mean(name, spec.param_names) or "Remove it."
    return Problem(
        code="unknown-param",
        severity="error",
        node=node.id,
        param=name[:80],
        message=message(node.name, what, f"one of: {known}" if spec.all_params else "none", hint),
        expected=known,
        received=shown(name),
        hint=hint,
        fixes=tuple(fixes),
    )


def _bad_expression(node: Node, param: ParamSpec, given: Value, error: ExpressionError) -> Problem:
    hint = error.hint or "Write it with numbers, the block's parameters, + - * / // % **, min and max."
    return Problem(
        code="bad-expression",
        severity="error",
        node=node.id,
        param=param.name,
        message=message(
            node.name, f"{param.name} is {shown(given)}, which {error}", "an expression with a value", hint
        ),
        expected="an expression with a value",
        received=shown(given),
        hint=hint,
        fixes=(Fix(f"Reset {param.name}", (SetParams(node.id, reset=(param.name,)),)),),
    )


def _bad_value(node: Node, param: ParamSpec, given: str, expected: str) -> Problem:
    may_be_empty = param.inferred or param.optional
    hint = f"Leave {param.name} out" if may_be_empty else f"Set {param.name} = {shown(param.default)}"
    return Problem(
        code="bad-value",
        severity="error",
        node=node.id,
        param=param.name,
        message=message(node.name, f"{param.name} is {given}", expected, hint),
        expected=expected,
        received=given,
        hint=hint,
        fixes=(Fix(hint, (SetParams(node.id, reset=(param.name,)),)),),
    )


def _cannot_infer(site: Site, param: ParamSpec, received: TensorSpec) -> Problem:
    what = f"{param.name} would follow from the input, but that dim of {received} has no fixed size"
    return Problem(
        code="cannot-infer",
        severity="error",
        node=site.node.id,
        param=param.name,
        message=message(site.node.name, what, "a number", NEEDS_SIZE),
        expected="a number",
        received=str(received),
        hint=NEEDS_SIZE,
    )


def _mismatch(site: Site, param: ParamSpec, given: Value, incoming: Value, received: TensorSpec) -> Problem:
    port = site.spec.inputs[param.port]
    wanted = "a fixed size" if incoming is None else shown(incoming)
    inserts = mismatch_repairs(port, given, received)
    repairs: list[Repair] = [*inserts, *([] if incoming is None else [SetParam(param.name, incoming)])]
    hint = NEEDS_SIZE if incoming is None else f"Set {param.name} = {shown(incoming)}."
    if inserts:
        hint = f"Insert a {inserts[0].type} before it, or {hint[0].lower()}{hint[1:]}"
    what = f"{param.name} is {shown(given)}, but {site.source(port.name)} gives {received}"
    return Problem(
        code="param-mismatch",
        severity="error",
        node=site.node.id,
        port=port.name,
        param=param.name,
        message=message(site.node.name, what, wanted, hint),
        expected=wanted,
        received=shown(given),
        hint=hint,
        fixes=tuple(fix_for(site.node, port.name, repair) for repair in repairs),
    )
