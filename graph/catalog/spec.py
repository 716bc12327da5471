"""What a layer declares: ports, parameters, its shape rule, its costs and how it is written in Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from graph.catalog.params import ParamError
from graph.catalog.settings import SETTINGS, Learns
from graph.dims import Dim
from graph.shapes import DTYPES, TensorSpec

if TYPE_CHECKING:
    from graph.blocks import Body
    from graph.catalog.params import InferParam, ParamSpec, Value
    from graph.model import Block

DOCS = "https://docs.pytorch.org/docs/stable/generated/"
SAME_DTYPE = "same"  # the dtype of the first input


class Params(dict[str, "Value"]):
    """A layer's parameters, complete and checked, read as attributes: `p.kernel_size`."""

    def __getattr__(self, name: str) -> Value:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Inputs(tuple[TensorSpec, ...]):
    """What comes into a layer, in the order of its ports; ports that nothing feeds are left out.

    Args:
        tensors: one for each port.
        ports: what the ports are called.
    """

    ports: tuple[str, ...]

    def __new__(cls, tensors: Iterable[TensorSpec], ports: Iterable[str]) -> Inputs:
        inputs = tuple.__new__(cls, tensors)
        inputs.ports = tuple(ports)
        return inputs

    def at(self, port: str) -> TensorSpec | None:
        """What comes into a port; None if nothing does."""
        return self[self.ports.index(port)] if port in self.ports else None


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


def no_arguments(names: tuple[str, ...], call: LayerCall) -> list[str]:
    """None: a call is given its inputs."""
    return []


@dataclass(frozen=True)
class Module:
    """Written as a submodule: `self.conv1 = nn.Conv2d(1, 32, kernel_size=3)` and `self.conv1(x)`.

    Args:
        path: the class as the generated file spells it.
        unpack: for several outputs, the assignment's left side with a placeholder per port: `{out}, {h}`.
        wraps: whether it is written around the call that feeds it: `self.norm1(self.conv1(x))`.
        group: how many inputs stand for themselves, where those after them are given as one tuple.
        layer: the class of the layers that it stacks; parameters belong to them unless named in `own`.
        own: the parameters of the stack itself.
        fixed: further arguments, as written.
        in_call: the parameters that the call is given and not the constructor.
        call_arguments: what those stand for in a call.
    """

    path: str
    unpack: str | None = None
    wraps: bool = False
    group: int | None = None
    layer: str = ""
    own: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    in_call: tuple[str, ...] = ()
    call_arguments: Callable[[tuple[str, ...], LayerCall], list[str]] = no_arguments


@dataclass(frozen=True)
class Embedded(Module):
    """Written as a submodule whose class stands in the project: `self.gate1 = Gate(64)`.

    The class is `class_name` of the parameter `source`, made with the parameter `arguments`.
    """

    path: str = ""


@dataclass(frozen=True)
class WeightsFile:
    """A file that a submodule's weights are read from before training.

    Args:
        path: as the user gave it; relative ones start at the project's folder.
        unused: parts of the submodule, by the begin of their names, that are not read.
    """

    path: str
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assembled:
    """Written as a submodule that takes several statements: made, frozen, its head replaced.

    Args:
        write: gives the statements, for a submodule called such as `self.backbone`.
        stays_in_eval: whether it computes as in evaluation while the network around it trains.
        weights: the file that its weights are read from; None where PyTorch draws them.
    """

    write: Callable[[LayerCall, str], tuple[str, ...]]
    stays_in_eval: Callable[[Params], bool]
    weights: Callable[[Params], WeightsFile | None]


@dataclass(frozen=True)
class Function:
    """Written as a call: `F.relu(x)`, parameters as keywords.

    Args:
        path: the function as the generated file spells it.
        wraps: whether it is written around the call that feeds it: `F.relu(self.conv1(x))`.
    """

    path: str
    wraps: bool = False


@dataclass(frozen=True)
class Helper:
    """A function that a generated file defines once for all layers that call it.

    Args:
        name: what it is called.
        text: its definition; needs nothing but torch.
    """

    name: str
    text: str


@dataclass(frozen=True)
class Expression:
    """Written as an expression of its inputs' variable names.

    Args:
        write: gives the Python text; a bare variable name where there is nothing to do.
        helpers: the functions of the generated file that the text calls.
    """

    write: Callable[[tuple[str, ...], LayerCall], str]
    helpers: tuple[Helper, ...] = ()


@dataclass(frozen=True)
class Stored:
    """A tensor that the network keeps, read as `self.token`.

    Args:
        write: gives the Python text of its first value.
        learned: whether it is an `nn.Parameter`; a buffer otherwise.
    """

    write: Callable[[LayerCall], str]
    learned: bool


@dataclass(frozen=True)
class Alias:
    """Nothing is written: the output is the input under another name, and nothing is computed."""


@dataclass(frozen=True)
class Boundary:
    """An end of the graph: an argument or a result of `forward`."""


@dataclass(frozen=True)
class BlockCode:
    """Written as a class of its own, made from the graph of a block, and a submodule for each instance.

    Args:
        block: whose graph it is.
        bodies: what is known inside for one call, a body for each repetition in their order.
    """

    block: Block
    bodies: Callable[[LayerCall], tuple[Body, ...]]


Code = Module | Assembled | Function | Expression | Stored | Alias | Boundary | BlockCode

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


@dataclass(frozen=True)
class Compute:
    """What a layer is run with, as far as it changes what is kept in memory.

    Args:
        device: the kind of device, as torch calls it.
        autocast: the dtype of matrix products in automatic mixed precision; None without it.
        threads: how many threads a CPU computes with.
        has_float16: whether it is a CPU with instructions for float16.
    """

    device: str = "cpu"
    autocast: str | None = None
    threads: int = 1
    has_float16: bool = False


class LayerCall(NamedTuple):
    """A layer with everything known about it: what its cost rules and its code are computed from.

    Args:
        inputs: what comes in.
        outputs: what it gives.
        params: complete and checked.
        compute: what it is run with.
        in_order: whether the entries of the first input lie in memory in their order.
    """

    inputs: Inputs
    outputs: tuple[TensorSpec, ...]
    params: Params
    compute: Compute = Compute()
    in_order: bool = True


@dataclass(frozen=True)
class Saved:
    """What autograd keeps of a call until the backward pass; parameters do not count.

    Args:
        inputs: which of the inputs, by index.
        outputs: which of the outputs, by index.
        own: tensors made inside the layer, such as masks and statistics.
        forward: further tensors that are there while the forward pass is inside the layer, moment by moment.
        backward: further tensors that are there while the backward pass is inside the layer.
        returning: what stands for `own`, `backward`, copies of weights, and gradients of weights and inputs,
            moment by moment, while the backward pass is inside; empty where all of these are there at once.
        passing: what stands for `forward` where no gradient is wanted, copies of weights in lower precision
            included. Those of inputs are there besides at the first moment, and in `before` if there is that.
            Empty where it is `forward` and a copy of all weights.
        until: what is there besides the inputs, moment by moment, before the rest is kept and given.
        before: the same where no gradient is wanted, and nothing is kept.
        weights: whether such copies are kept even where the backward pass goes no further.
    """

    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()
    own: tuple[TensorSpec, ...] = ()
    forward: tuple[tuple[TensorSpec, ...], ...] = ()
    backward: tuple[TensorSpec, ...] = ()
    returning: tuple[tuple[TensorSpec, ...], ...] = ()
    passing: tuple[tuple[TensorSpec, ...], ...] = ()
    until: tuple[tuple[TensorSpec, ...], ...] = ()
    before: tuple[tuple[TensorSpec, ...], ...] = ()
    weights: bool = False


@dataclass(frozen=True)
class Window:
    """What a layer looks at along one spatial dim.

    Args:
        extent: how many pixels it spans.
        step: pixels from one window to the next; below 1 where the layer enlarges.
    """

    extent: int
    step: Fraction


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
