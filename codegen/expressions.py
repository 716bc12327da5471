"""How one layer is written: its values, its constructor, its call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from codegen.network import Operation
from codegen.spelling import is_spelled
from graph import custom
from graph.catalog.call import Params
from graph.catalog.code import Assembled, BlockCode, Boundary, Embedded, Expression, Function, Module, Stored
from graph.catalog.params import ParamSpec, Value
from graph.catalog.spec import LayerSpec

AS_IT_IS = "{}"


def definition(operation: Operation, attribute: str) -> tuple[str, ...]:
    """The statements that make what the network keeps: `self.conv1 = nn.Conv2d(1, 32, kernel_size=3)`.

    Args:
        operation: any; there is nothing to make for what holds no state and is not a submodule.
        attribute: what it is called.
    """
    code, name = operation.spec.code, f"self.{attribute}"
    if isinstance(code, Assembled):
        return code.write(operation.call, name)
    if isinstance(code, Stored):
        value = code.write(operation.call)
        if code.learned:
            return (f"{name} = nn.Parameter({value})",)
        return (f'self.register_buffer("{attribute}", {value})',)
    return (f"{name} = {_constructor(operation, code)}",) if isinstance(code, Module) else ()


def _constructor(operation: Operation, code: Module) -> str:
    if isinstance(code, Embedded):
        return _embedded(operation.call.params)
    specs = operation.spec.params
    if code.in_call:
        specs = tuple(param for param in specs if param.name not in code.in_call)
    if not code.layer:
        return f"{code.path}({', '.join([*arguments(operation, specs), *code.fixed])})"
    inner = arguments(operation, tuple(param for param in specs if param.name not in code.own))
    outer = arguments(operation, tuple(param for param in specs if param.name in code.own))
    layer = f"{code.layer}({', '.join(inner)})"
    return f"{code.path}({', '.join([layer, *outer, *code.fixed])})"


def _embedded(params: Params) -> str:
    """`Gate(channels=64)`."""
    layer = custom.read(params.source).layer(params.class_name or "")
    given = ", ".join(f"{name}={_as_json(value)}" for name, value in (params.arguments or {}).items())
    return f"{layer.name}({given})"


def _as_json(value: Value) -> str:
    """A JSON value in Python; its lists stay lists, as the class may want to change them."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{literal(name)}: {_as_json(item)}' for name, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_as_json, value))}]"
    return literal(value)


def call(operation: Operation, attribute: str, inputs: Sequence[str]) -> str:
    """`self.conv1(x)`, `F.relu(x)` or `x + y`.

    Args:
        operation: not an end of the graph.
        attribute: what a submodule is called.
        inputs: the texts of what it reads; plain variables for anything but a call.
    """
    code = operation.spec.code
    assert not isinstance(code, Boundary)
    if isinstance(code, Stored):
        return f"self.{attribute}"
    if isinstance(code, BlockCode):
        return f"self.{attribute}({', '.join(inputs)})"
    if isinstance(code, Expression):
        return code.write(tuple(inputs), operation.call)
    given = [
        _written(operation.spec, port, text)
        for port, text in zip(operation.call.inputs.ports, inputs, strict=True)
    ]
    if isinstance(code, Function):
        return f"{code.path}({', '.join([*given, *arguments(operation)])})"
    if isinstance(code, Module):
        given = [*_grouped(given, code.group), *code.call_arguments(tuple(inputs), operation.call)]
    return f"self.{attribute}({', '.join(given)})"


def _written(spec: LayerSpec, port_name: str, text: str) -> str:
    port = spec.input_port(port_name)
    return port.written.format(text) if port and port.written != AS_IT_IS else text


def _grouped(inputs: Sequence[str], group: int | None) -> Sequence[str]:
    """The inputs, those behind the first few as a tuple."""
    if group is None or len(inputs) <= group:
        return inputs
    return [*inputs[:group], f"({', '.join(inputs[group:])})"]


def arguments(operation: Operation, params: Sequence[ParamSpec] | None = None) -> list[str]:
    """The parameters as they stand in a call: what PyTorch assumes anyway is left out.

    Args:
        operation: whose values are written.
        params: which of them; all when left out.
    """
    written = []
    for param in operation.spec.params if params is None else params:
        value = operation.call.params[param.name]
        if param.positional or param.always_written or value != param.default or is_spelled(value):
            text = literal(value) if param.written is None or is_spelled(value) else param.written(value)
            written.append(text if param.positional else f"{param.name}={text}")
    return written


def literal(value: Value) -> str:
    """A checked parameter value in Python, as formatters leave it: `3`, `(3, 5)`, `"same"`, `1e-05`."""
    if isinstance(value, list | tuple):
        return literal(value[0]) if len(value) == 1 else f"({', '.join(map(literal, value))})"
    text = repr(value)
    plain = isinstance(value, str) and not set(text[1:-1]) & {'"', "'", "\\"}
    return f'"{text[1:-1]}"' if plain else text
