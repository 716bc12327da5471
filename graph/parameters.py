"""A node's parameters checked against its layer's declaration."""

from __future__ import annotations

from collections.abc import Mapping

from graph.catalog.params import ParamError, ParamSpec, Value
from graph.catalog.spec import LayerSpec, Params
from graph.document import Node
from graph.edits import SetParams
from graph.problems import Fix, Problem, closest, did_you_mean, message, shown
from graph.shapes import TensorSpec, format_shape


def resolve(node: Node, spec: LayerSpec) -> tuple[Params, tuple[Problem, ...]]:
    """The parameters complete with defaults, and what is wrong with those that were set.

    Inferred parameters that were left out are None.
    """
    values, problems = Params(), []
    for name in node.params:
        if spec.param(name) is None:
            problems.append(_unknown_param(node, spec, name))
    for param in spec.params:
        given = node.params.get(param.name, param.default)
        try:
            values[param.name] = param.check(given)
        except ParamError as error:
            problems.append(_bad_value(node, param, given, str(error)))
    return values, tuple(problems)


def infer_params(
    node: Node, spec: LayerSpec, params: Params, inputs: tuple[TensorSpec, ...], sources: Mapping[str, str]
) -> Problem | None:
    """Fills in the parameters that the incoming shapes determine; tells the first that disagrees with them."""
    for param in spec.params:
        if param.inferred is None:
            continue
        incoming = param.inferred(inputs)
        if params[param.name] is None:
            if incoming is None:
                return _cannot_infer(node, param, inputs[0])
            params[param.name] = incoming
        elif param.checked and params[param.name] != incoming:
            return _mismatch(node, spec, param, params[param.name], incoming, inputs[0], sources)
    return None


def _unknown_param(node: Node, spec: LayerSpec, name: str) -> Problem:
    match = closest(name, spec.param_names)
    remove = SetParams(node.id, reset=(name,))
    fixes = [Fix(f"Remove {shown(name)}", (remove,))]
    if match and match not in node.params:
        rename = SetParams(node.id, {match: node.params[name]}, reset=(name,))
        fixes.insert(0, Fix(f"Rename to {match}", (rename,)))
    known = ", ".join(spec.param_names) or "none"
    return Problem(
        code="unknown-param",
        severity="error",
        node=node.id,
        param=name[:80],
        message=message(
            node.name,
            f"{spec.type} has no parameter called {shown(name)}",
            f"one of: {known}",
            did_you_mean(name, spec.param_names) or "Remove it.",
        ),  # fmt: skip
        expected=known,
        received=shown(name),
        hint=did_you_mean(name, spec.param_names),
        fixes=tuple(fixes),
    )


def _bad_value(node: Node, param: ParamSpec, given: Value, expected: str) -> Problem:
    fallback = (
        "leave it out" if param.inferred or param.optional else f"{param.name} = {shown(param.default)}"
    )
    hint = f"Set {param.name} = {shown(param.default)}" if "=" in fallback else "Leave it out"
    return Problem(
        code="bad-value",
        severity="error",
        node=node.id,
        param=param.name,
        message=message(node.name, f"{param.name} is {shown(given)}", expected, hint),
        expected=expected,
        received=shown(given),
        hint=hint,
        fixes=(Fix(f"{fallback[0].upper()}{fallback[1:]}" if "=" not in fallback else f"Set {fallback}",
                   (SetParams(node.id, reset=(param.name,)),)),),
    )  # fmt: skip


def _cannot_infer(node: Node, param: ParamSpec, spec: TensorSpec) -> Problem:
    return Problem(
        code="cannot-infer",
        severity="error",
        node=node.id,
        param=param.name,
        message=message(
            node.name,
            f"{param.name} would follow from the input, but that dim of {spec} has no fixed size",
            "a number",
            "Give that dim a size in the Input, or change the order of the dims.",
        ),  # fmt: skip
        expected="a number",
        received=str(spec),
        hint="Give that dim a size in the Input, or change the order of the dims.",
    )


def _mismatch(
    node: Node,
    spec: LayerSpec,
    param: ParamSpec,
    given: Value,
    incoming: Value,
    received: TensorSpec,
    sources: Mapping[str, str],
) -> Problem:
    port = spec.inputs[0].name
    wanted = "a fixed size" if incoming is None else shown(incoming)
    hint = f"Leave {param.name} out" if incoming is None else f"Set {param.name} = {shown(incoming)}"
    fixes = [] if incoming is None else [Fix(hint, (SetParams(node.id, {param.name: incoming}),))]
    return Problem(
        code="param-mismatch",
        severity="error",
        node=node.id,
        port=port,
        param=param.name,
        message=message(
            node.name,
            f"{param.name} is {shown(given)}, but {sources.get(port, 'the input')} gives {format_shape(received.shape)}",
            wanted,
            hint,
        ),
        expected=wanted,
        received=shown(given),
        hint=hint,
        fixes=tuple(fixes),
    )
