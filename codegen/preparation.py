"""What is done to a layer once it is made: initial weights, freezing, its share of the learning rate."""

from __future__ import annotations

from codegen.expressions import literal
from codegen.layout import INDENT
from codegen.network import Operation
from graph.catalog.settings import DEFAULT, FROZEN, INITIALIZERS, LR_FACTOR


def preparation(operation: Operation, attribute: str) -> list[str]:
    """The statements behind `self.conv1 = nn.Conv2d(...)`; none where nothing is set.

    Args:
        operation: what the network keeps.
        attribute: what it is called.
    """
    spec, params, layer = operation.spec, operation.call.params, f"self.{attribute}"
    lines: list[str] = []
    if not spec.settings:
        return lines
    if params.get("weight_init", DEFAULT) != DEFAULT:
        lines += _initialised(operation, layer)
    if FROZEN in spec.settings and params[FROZEN.name]:
        lines.append(f"{layer}.requires_grad_(False)")
    factor = params[LR_FACTOR.name]
    if factor != 1:
        lines.append(f"{layer}.lr_factor = {literal(factor)}  # times the optimizer's lr")
    return lines if lines and spec.parameters(operation.call) else []


def _initialised(operation: Operation, layer: str) -> list[str]:
    params, learns = operation.call.params, operation.spec.learns
    if learns != "parts":
        lines = [_filled(operation, f"{layer}.weight")]
        if learns == "matrix" and params.get("bias"):
            lines.append(f"nn.init.zeros_({layer}.bias)")
        if params.get("padding_idx") is not None:
            lines.append(f"nn.init.zeros_({layer}.weight[{params.padding_idx}])")
        return lines
    if params.weight_init == "zeros":
        return [f"for parameter in {layer}.parameters():", f"{INDENT}nn.init.zeros_(parameter)"]
    return [
        f"for name, parameter in {layer}.named_parameters():",
        f'{INDENT}if "bias" in name:',
        f"{INDENT * 2}nn.init.zeros_(parameter)",
        f'{INDENT}elif "weight" in name and parameter.ndim >= 2:',
        f"{INDENT * 2}{_filled(operation, 'parameter')}",
    ]


def _filled(operation: Operation, tensor: str) -> str:
    params = operation.call.params
    std = f", std={literal(params.init_std)}" if params.weight_init == "normal" else ""
    return f"nn.init.{INITIALIZERS[params.weight_init]}({tensor}{std})"
