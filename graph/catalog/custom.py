"""A layer whose code stands in the project: text, until the user trusts it."""

import json
from collections.abc import Mapping

from graph import custom, custom_shapes
from graph.catalog.call import LayerCall, Params
from graph.catalog.code import Embedded
from graph.catalog.saving import saves_unknown
from graph.catalog.spec import LayerSpec, PortSpec
from graph.catalog.text_params import Arguments, Source, Text
from graph.custom_dims import MAX_SYMBOLS, symbols_of
from graph.custom_shapes import Question
from graph.problems import did_you_mean
from graph.shapes import DTYPES, ShapeError, TensorSpec

EXAMPLE = '''\
import torch
from torch import nn


class LearnedScale(nn.Module):
    """Multiplies its input by one learned number."""

    def __init__(self, start: float = 1.0):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(start))

    def forward(self, x):
        return x * self.scale
'''


def _require_sound(params: Params) -> None:
    """Nothing, if the code can be read, takes the arguments, and is trusted."""
    try:
        layer = custom.read(params.source or "").layer(params.class_name or "")
    except custom.CodeFault as fault:
        place = "the source" if fault.line is None else f"line {fault.line} of the source"
        raise ShapeError(
            "bad-source",
            f"{place} cannot be used: {fault.what}",
            expected="a class that derives from nn.Module and has a method forward",
            hint=f"Change {place}.",
            param="source",
        ) from None
    if layer.arguments is not None:
        _require_arguments(layer.name, layer.arguments, params.arguments or {})
    custom_shapes.require_trusted(params.source)


def _require_arguments(class_name: str, known: Mapping[str, bool], given: Mapping[str, object]) -> None:
    unknown = next((name for name in given if name not in known), None)
    missing = next((name for name, is_required in known.items() if is_required and name not in given), None)
    if unknown is None and missing is None:
        return
    if unknown is not None:
        what, hint = f"{class_name} takes no argument called {unknown}", did_you_mean(unknown, known)
        hint = hint or f"Remove {unknown} from arguments."
    else:
        what, hint = f"{class_name} needs the argument {missing}", f"Add {missing} to arguments."
    expected = ", ".join(known) or "no arguments"
    raise ShapeError("bad-arguments", what, expected=expected, hint=hint, param="arguments")


def _question(inputs: tuple[TensorSpec, ...], params: Params) -> Question:
    # Which inputs are feature maps makes no difference to the code.
    specs = tuple(TensorSpec(tensor.shape, tensor.dtype) for tensor in inputs)
    return Question(params.source, params.class_name or "", json.dumps(params.arguments or {}), specs)


def _custom_shape(inputs: tuple[TensorSpec, ...], params: Params) -> tuple[TensorSpec, ...]:
    names = symbols_of(inputs)
    if len(names) > MAX_SYMBOLS:
        raise ShapeError(
            "too-many-symbols",
            f"its inputs have the symbols {', '.join(names)}",
            expected=f"at most {MAX_SYMBOLS} besides the batch",
            hint="Give some dims a size in the Input.",
        )
    return (custom_shapes.ask(_question(inputs, params)).output,)


def _custom_parameters(call: LayerCall) -> int:
    return custom_shapes.ask(_question(call.inputs, call.params)).parameters


def _unknown_flops(call: LayerCall) -> None:
    return None


CUSTOM = LayerSpec(
    type="Custom",
    category="Own code",
    help="A layer of your own: a class in Python, run only after you have read and trusted it.",
    source="https://docs.pytorch.org/docs/stable/notes/modules.html",
    code=Embedded(),
    inputs=(PortSpec("in", DTYPES, variadic=True, help="Given to forward in this order."),),
    outputs=(PortSpec("out", DTYPES, help="The one tensor that forward returns."),),
    infer=_custom_shape,
    check=_require_sound,
    parameters=_custom_parameters,
    flops=_unknown_flops,
    saves=saves_unknown,
    params=(
        Source(
            name="source",
            optional=True,
            initial=EXAMPLE,
            help="Python: a class that derives from nn.Module, with what it imports.",
        ),
        Text(
            name="class_name",
            optional=True,
            max_length=80,
            help="The class, where several in the source have a method forward.",
        ),
        Arguments(name="arguments", optional=True, help="What the class is made with, by name."),
    ),
    keywords=("python", "code", "own", "user", "function", "module", "script"),
)

SPECS = (CUSTOM,)
