"""What is known about one node, from its parameters and what comes into its ports."""

from __future__ import annotations

from collections.abc import Mapping, Set

from graph.blocks import BodyError
from graph.catalog.call import Inputs, LayerCall, Params
from graph.catalog.code import Alias
from graph.catalog.spec import LayerSpec
from graph.custom_shapes import ShapePending
from graph.limits import require_possible
from graph.mistakes import Site, from_shape_error, in_block, missing_inputs, unfit_inputs, unknown_ports
from graph.node_result import NodeResult
from graph.parameters import infer_params
from graph.passing import pass_on
from graph.problems import Problem
from graph.receiving import Tensors, accepted, in_order
from graph.shapes import ShapeError, TensorSpec
from graph.sheets import Sheet

Lacking = Mapping[str, tuple[str, ...]]  # ports fed from an output that is not there, each with those there


def bound(sheet: Sheet, tensor: TensorSpec) -> NodeResult:
    """What is known about an Input that is given a tensor; its own shape is a sample and says nothing."""
    outputs = dict.fromkeys(sheet.spec.output_names, tensor)
    return NodeResult(outputs=outputs, params=sheet.params, parameters=0, flops=0)


def computed(site: Site, sheet: Sheet, given: Tensors, lacking: Lacking) -> NodeResult:
    """What is known about a node that does its work.

    Args:
        site: the node.
        sheet: its parameters.
        given: what comes in by port.
        lacking: ports fed from an output that is not there, each with the outputs that are.
    """
    inputs = in_order(site.spec, given)
    received = accepted(site.spec, inputs) if len(inputs) == len(given) else None
    if received is None or sheet.problems:
        return _unknown(site, sheet.params, inputs, _mistakes(site, sheet, given, inputs, lacking))
    try:
        return _known(site, sheet.params, inputs, received)
    except BodyError as error:
        problem = in_block(site, error.block, error.problems)
    except ShapeError as error:
        problem = from_shape_error(site, inputs, error)
    except ShapePending:
        return _unknown(site, sheet.params, inputs, (), pending=True)
    return _unknown(site, sheet.params, inputs, (problem,))


def bypassed(site: Site, sheet: Sheet, given: Tensors, lacking: Lacking, read: Set[str]) -> NodeResult:
    """What is known about a bypassed node; arguments as of `computed`, and the outputs that edges use."""
    inputs = in_order(site.spec, given)
    passed = pass_on(
        site,
        sheet.params,
        inputs,
        tuple(unknown_ports(site, lacking)),
        read,
        usual=lambda: computed(site, sheet, given, lacking).outputs,
    )
    params = None if passed.passes is None or sheet.problems else sheet.params
    return NodeResult(inputs, passed.outputs, params, 0, 0, passed.problems, passes=passed.passes)


def _known(site: Site, params: Params, inputs: Tensors, received: Inputs) -> NodeResult:
    spec = site.spec
    if spec.inferred:
        params = Params(params)
        problem = infer_params(site, params, received)
        if problem is not None:
            return _unknown(site, params, inputs, (problem,))
    outputs = spec.infer(received, params)
    call = LayerCall(received, outputs, params)
    parameters = spec.parameters(call)
    require_possible(parameters, outputs, params)
    names = spec.names_of_outputs(params, len(outputs))
    named = {names[0]: outputs[0]} if len(names) == len(outputs) == 1 else _by_name(names, outputs)
    return NodeResult(inputs, named, params, parameters, spec.flops(call), (), False, _passes(spec, inputs))


def _by_name(names: tuple[str, ...], outputs: tuple[TensorSpec, ...]) -> dict[str, TensorSpec]:
    return dict(zip(names, outputs, strict=True))


def _unknown(
    site: Site, params: Params, inputs: Tensors, problems: tuple[Problem, ...], pending: bool = False
) -> NodeResult:
    outputs, passes = dict.fromkeys(site.spec.names_of_outputs(params)), _passes(site.spec, inputs)
    return NodeResult(inputs, outputs, problems=problems, pending=pending, passes=passes)


def _passes(spec: LayerSpec, inputs: Tensors) -> Mapping[str, str] | None:
    """The input that stands in for an output, by output, of a layer that is another name for its input."""
    return dict(zip(spec.output_names, inputs, strict=False)) if isinstance(spec.code, Alias) else None


def _mistakes(
    site: Site, sheet: Sheet, given: Tensors, inputs: Tensors, lacking: Lacking
) -> tuple[Problem, ...]:
    """What is wrong with a node's parameters and edges; nothing where it only does not know what comes in."""
    problems = sheet.problems + missing_inputs(site, inputs)
    if len(inputs) < len(given) or None in inputs.values():
        problems += tuple(unknown_ports(site, lacking))
    return problems + unfit_inputs(site, inputs)
