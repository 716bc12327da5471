"""What a layer declares: ports, parameters, its shape rule, its costs and how it is written in Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from graph.catalog.call import Inputs, LayerCall, Params, Saved, Window
from graph.catalog.code import Assembled, Code, Module, Stored
from graph.catalog.params import ParamError
from graph.catalog.settings import SETTINGS, Learns
from graph.dims import Dim
from graph.shapes import DTYPES, TensorSpec

if TYPE_CHECKING:
    from graph.catalog.params import InferParam, ParamSpec, Value

DOCS = "https://docs.pytorch.org/docs/stable/generated/"
SAME_DTYPE = "same"  # the dtype of the first input


def one_output(params: Mapping[str, Value]) -> int:
    """One: all that parameters tell about a number of outputs that the input decides."""
    return 1


@dataclass(frozen=True)
class PortSpec:
    """One input or output of a layer.

    Args:
        name: as PyTorch names it; `in`, `out` where there is one; a variadic `in` stands for `in0`, ...,
            a variadic `out` for `out0`, ...
        dtypes: for an input, the dtypes it takes; for an output, a tuple with the one it gives, or `same`.
        ndims: how many dims an input may have, the usual number last; any number if empty.
        layout: the dims by name, such as `(N, C, H, W)`, for messages.
        variadic: whether any number of edges may come in, or of tensors out, on numbered ports.
        min_count: how many edges a variadic input needs.
        optional: whether the layer works without it; for an output, whether it is often left unread.
        written: for an optional input, how its value stands in a call: `attn_mask={}`.
        when: for an output, the parameter that has to be set for it to be there.
        count: for a variadic output, how many there are as far as checked parameters tell.
        maps: whether feature maps, channels first, belong there.
        dtype_param: for an output, the parameter that says its dtype.
        below: for indices, what every value must be smaller than.
        help: one line for the tooltip.
    """

    name: str
    dtypes: tuple[str, ...] = DTYPES
    ndims: tuple[int, ...] = ()
    layout: str = ""
    variadic: bool = False
    min_count: int = 1
    optional: bool = False
    maps: bool = True
    dtype_param: str = ""
    below: Callable[[LayerCall], Dim] | None = None
    help: str = ""
    written: str = "{}"
    when: str = ""
    count: Callable[[Mapping[str, Value]], int] = one_output


TRAITS: Mapping[str, str] = {
    "affine": "a learned linear map with an optional bias; two in a row are no more than one",
    "convolution": "slides learned windows over a map",
    "pooling": "slides a fixed window over a map",
    "fixed-size": "gives a map of the same size whatever comes in",
    "batch-norm": "normalises each channel over the batch",
    "norm": "normalises its input",
    "activation": "bends every number by itself",
    "rectifier": "an activation that is flat below zero",
    "unit-interval": "gives numbers from 0 to 1",
    "softmax": "gives probabilities that add up to 1",
    "log-softmax": "gives logarithms of probabilities that add up to 1",
    "dropout": "zeroes some of its input while training",
    "channel-dropout": "zeroes whole channels while training",
    "rearranges": "keeps every number and changes the shape alone",
    "flattens": "merges the dims of a sample",
    "reshapes": "gives a sample the dims that it is told",
}


SavedRule = Callable[[LayerCall], Saved | None]
# Whether the output is the input's memory: never, always, always but in another order, or unless the input
# itself is in another order.
View = Literal["copy", "view", "reordered", "view-in-order"]
# What automatic mixed precision makes of a layer: the dtype of its inputs stays, becomes the lower one, or
# becomes float32 on devices other than the CPU; or stays while products inside are of the lower one; or the
# output has the dtype that was asked for.
Autocast = Literal["follows", "lower", "float32", "inside", "fixed"]
ShapeRule = Callable[[Inputs, Params], tuple[TensorSpec, ...]]


def no_parameters(call: LayerCall) -> int:
    """Zero: the layer has nothing to learn."""
    return 0


def no_faults(params: Params) -> None:
    """Nothing: parameters that suit one by one suit together."""


def saves_inputs(call: LayerCall) -> Saved:
    """All inputs, which most layers need for their gradients."""
    return Saved(inputs=tuple(range(len(call.inputs))))


def refuses_nothing(call: LayerCall) -> str:
    """Empty: PyTorch trains the layer in every precision."""
    return ""


def has_dense_gradients(call: LayerCall) -> None:
    """None: gradients have a number for every weight."""


def no_flops(call: LayerCall) -> Dim:
    """Zero, as PyTorch's FlopCounterMode counts only matrix products and convolutions."""
    return 0


@dataclass(frozen=True, kw_only=True)
class LayerSpec:
    """A layer type, whole, in one place.

    Args:
        type: PyTorch's class name where there is one.
        category: family in the palette.
        help: one line.
        source: the page that documents it.
        code: how it is written in Python.
        infer: inputs and parameters to outputs; raises ShapeError, and ShapePending while it is computed.
        check: raises ShapeError where parameters cannot be, whatever comes in.
        params: in the order of PyTorch's signature.
        parameters: how many numbers it learns.
        trained_when_frozen: how many of them it goes on learning when it is frozen.
        learns: what those numbers are.
        sparse_gradient: bytes of a gradient with numbers for some rows only; None for one with all.
        flops: floating-point operations for a batch of one, 2 per multiply-add; None where nobody knows.
        saves: what autograd keeps of a call in training mode; None where nobody knows.
        view: whether the output is the input's memory, seen differently.
        autocast: what automatic mixed precision makes of the layer.
        refuses: what of it PyTorch does not have for training with a precision and device, in words, such as
            "LSTM in float16"; inputs have the dtypes that they come with. Empty where it has all.
        windows: what it looks at along each spatial dim; None for layers that look at every pixel by itself.
        stem: what new nodes of this type are called, followed by a number.
        keywords: further words the search finds it by.
        summary: the parameters that matter most, for the node's card.
        traits: what design rules ask about it; words of TRAITS.
        inferred: the parameters that incoming shapes determine, each with how.
        sole_input: the input of a layer that has no more than one, and takes one edge there.
        input_names: of a node that takes no variable number of them.
        settings: what can be set beside PyTorch's parameters, as the layer learns.
        all_params: both.
        defaults: the checked default of each that has one.
        valueless: the names of those whose default is no value for them, as a block's may be.
        output_names: of a node whose parameters are left out.
    """

    type: str
    category: str
    help: str
    source: str
    code: Code
    infer: ShapeRule
    params: tuple[ParamSpec, ...] = ()
    inputs: tuple[PortSpec, ...] = (PortSpec("in"),)
    outputs: tuple[PortSpec, ...] = (PortSpec("out", (SAME_DTYPE,)),)
    check: Callable[[Params], None] = no_faults
    parameters: Callable[[LayerCall], int] = no_parameters
    trained_when_frozen: Callable[[LayerCall], int] = no_parameters
    learns: Learns = "parts"
    sparse_gradient: Callable[[LayerCall], Dim | None] = has_dense_gradients
    flops: Callable[[LayerCall], Dim | None] = no_flops
    saves: SavedRule = saves_inputs
    view: View = "copy"
    autocast: Autocast = "follows"
    refuses: Callable[[LayerCall], str] = refuses_nothing
    windows: Callable[[LayerCall], tuple[Window, ...] | None] | None = None
    stem: str = ""
    keywords: tuple[str, ...] = ()
    summary: tuple[str, ...] = ()
    traits: frozenset[str] = frozenset()
    inferred: tuple[tuple[ParamSpec, InferParam], ...] = field(init=False, repr=False, compare=False)
    sole_input: PortSpec | None = field(init=False, repr=False, compare=False)
    input_names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    output_names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    settings: tuple[ParamSpec, ...] = field(init=False, repr=False, compare=False)
    all_params: tuple[ParamSpec, ...] = field(init=False, repr=False, compare=False)
    defaults: Params = field(init=False, repr=False, compare=False)
    valueless: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _by_name: Mapping[str, ParamSpec] = field(init=False, repr=False, compare=False)
    _outputs_vary: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        inferred = tuple((param, param.inferred) for param in self.params if param.inferred)
        object.__setattr__(self, "inferred", inferred)
        is_sole = len(self.inputs) == 1 and not self.is_variadic
        object.__setattr__(self, "sole_input", self.inputs[0] if is_sole else None)
        object.__setattr__(self, "input_names", tuple(port.name for port in self.inputs))
        has_settings = (
            isinstance(self.code, Module | Stored | Assembled) and self.parameters is not no_parameters
        )
        object.__setattr__(self, "settings", SETTINGS[self.learns] if has_settings else ())
        object.__setattr__(self, "all_params", (*self.params, *self.settings))
        object.__setattr__(self, "defaults", Params(_checked_defaults(self.all_params)))
        valueless = (param.name for param in self.all_params if param.name not in self.defaults)
        object.__setattr__(self, "valueless", tuple(valueless))
        object.__setattr__(self, "_by_name", {param.name: param for param in self.all_params})
        varies = any(port.when or port.variadic for port in self.outputs)
        object.__setattr__(self, "_outputs_vary", varies)
        defaults = {param.name: param.default for param in self.params}
        object.__setattr__(self, "output_names", self._names_of_outputs(defaults, None))
        if not self.stem:
            object.__setattr__(self, "stem", default_stem(self.type))

    def param(self, name: str) -> ParamSpec | None:
        """The declaration of a parameter, or None if there is no such one."""
        return self._by_name.get(name)

    @property
    def param_names(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    @property
    def initial_params(self) -> dict[str, Value]:
        """Parameters of a newly placed node, beyond the defaults."""
        return {param.name: param.initial for param in self.params if param.initial is not None}

    @property
    def is_variadic(self) -> bool:
        return any(port.variadic for port in self.inputs)

    def input_port(self, name: str) -> PortSpec | None:
        """The input that a port name denotes; `in3` denotes a variadic `in`."""
        for port in self.inputs:
            if port.name == name if not port.variadic else variadic_index(port, name) is not None:
                return port
        return None

    def output_port(self, name: str) -> PortSpec | None:
        """The output that a port name denotes, whether or not parameters have it there."""
        for port in self.outputs:
            if port.name == name if not port.variadic else variadic_index(port, name) is not None:
                return port
        return None

    def input_port_names(self, count: int) -> list[str]:
        """What the inputs are called that a node needs; of a variadic one so many as asked for."""
        return [
            name
            for port in self.inputs
            if not port.optional
            for name in ([f"{port.name}{n}" for n in range(count)] if port.variadic else [port.name])
        ]

    @property
    def first_input(self) -> str | None:
        """The name of the input that a new node is joined at."""
        return _first_name(self.inputs)

    @property
    def first_output(self) -> str | None:
        """The name of the output that a new node is joined at."""
        return _first_name(self.outputs)

    def names_of_outputs(self, params: Mapping[str, Value], count: int | None = None) -> tuple[str, ...]:
        """What the outputs of a node are called.

        Args:
            params: checked; one whose value is bad may be missing.
            count: how many a variadic output gives; as many as the parameters tell if None.
        """
        return self._names_of_outputs(params, count) if self._outputs_vary else self.output_names

    def _names_of_outputs(self, params: Mapping[str, Value], count: int | None) -> tuple[str, ...]:
        names: list[str] = []
        for port in self.outputs:
            if port.variadic:
                names += (f"{port.name}{n}" for n in range(port.count(params) if count is None else count))
            elif not port.when or params.get(port.when):
                names.append(port.name)
        return tuple(names)


def _first_name(ports: tuple[PortSpec, ...]) -> str | None:
    return f"{ports[0].name}0" if ports and ports[0].variadic else ports[0].name if ports else None


def _checked_defaults(params: Iterable[ParamSpec]) -> Iterator[tuple[str, Value]]:
    for param in params:
        with suppress(ParamError):
            yield param.name, param.check(param.default)


def variadic_index(port: PortSpec, name: str) -> int | None:
    """3 for the name `in3` of the variadic port `in`; None for any other name."""
    return _numbered(port.name, name)


@lru_cache(maxsize=4096)
def _numbered(stem: str, name: str) -> int | None:
    match = re.fullmatch(re.escape(stem) + r"(0|[1-9][0-9]{0,3})", name)
    return int(match[1]) if match else None


def default_stem(type_name: str) -> str:
    """`max_pool` for `MaxPool2d`."""
    words = re.sub(r"\d+[dD]$", "", type_name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words).lower()
