"""Recurrent cells: one step of a recurrent layer."""

from collections.abc import Sequence

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Module
from graph.catalog.params import Choice, Flag, Int
from graph.catalog.rules import FLOAT32, channels_of, require_same, require_size
from graph.catalog.spec import DOCS, LayerSpec, PortSpec, SavedRule, ShapeRule
from graph.dims import Dim, substitute
from graph.shapes import ShapeError, TensorSpec


def _input_size(inputs: tuple[TensorSpec, ...]) -> int | None:
    return channels_of(inputs[0], -1)


def _cell_shape(states: Sequence[str]) -> ShapeRule:
    def infer(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
        given = inputs[1:]
        if given and len(given) < len(states):
            raise ShapeError(
                "state-incomplete",
                "it is given one of the states h and c",
                expected="both, or neither for zeros",
                hint="Connect the other state too.",
                port=states[0],
            )
        for spec, port in zip(given, states, strict=False):
            require_same(spec.shape[0], inputs[0].shape[0], "batch", port, (inputs[0], spec))
            require_size(spec.shape[1], p.hidden_size, "hidden_size", port, spec)
        state = TensorSpec((inputs[0].shape[0], p.hidden_size))
        return (state,) * len(states)

    return infer


def _saves(own: int) -> SavedRule:
    """The inputs, zeros for a missing state, and `own` hidden sizes made on the way, or the output."""

    def saves(call: LayerCall) -> Saved:
        out = call.outputs[0]
        count = own + (len(call.inputs) == 1)
        inputs = tuple(range(len(call.inputs)))
        return Saved(inputs, () if own else (0,), (TensorSpec((count, *out.shape), out.dtype),))

    return saves


def _cell(type_name: str, gates: int, own: int, help_text: str, extra: tuple[Choice, ...] = ()) -> LayerSpec:
    is_lstm = type_name == "LSTMCell"
    states = ("h", "c") if is_lstm else ("h",)

    def parameters(call: LayerCall) -> int:
        p = call.params
        return int(gates * p.hidden_size * (p.input_size + p.hidden_size + 2 * p.bias))

    def flops(call: LayerCall) -> Dim:
        p = call.params
        weights = int(gates * p.hidden_size * (p.input_size + p.hidden_size))
        return 2 * weights * substitute(call.inputs[0].shape[0], {"N": 1})

    helps = {"h": "Hidden state; zeros when left out.", "c": "Cell state; zeros when left out."}
    return LayerSpec(
        type=type_name,
        category="Recurrent",
        help=help_text,
        source=f"{DOCS}torch.nn.{type_name}.html",
        code=Module(f"nn.{type_name}", unpack="{h}, {c}" if is_lstm else None, group=1 if is_lstm else None),
        inputs=(
            PortSpec("in", FLOAT32, ndims=(2,), layout="(N, features)", maps=False),
            *(
                PortSpec(
                    name, FLOAT32, ndims=(2,), layout="(N, hidden_size)", optional=True, help=helps[name]
                )
                for name in states
            ),
        ),
        outputs=(
            PortSpec("h", FLOAT32, optional=True, help="New hidden state."),
            PortSpec("c", FLOAT32, optional=True, help="New cell state."),
        )
        if is_lstm
        else (PortSpec("out", FLOAT32, help="New hidden state."),),
        infer=_cell_shape(states),
        params=(
            Int(name="input_size", inferred=_input_size, positional=True, help="Features of the step."),
            Int(name="hidden_size", default=64, positional=True, help="Size of the hidden state."),
            Flag(name="bias", default=True, help="Whether to add learned offsets."),
            *extra,
        ),
        parameters=parameters,
        flops=flops,
        saves=_saves(own),
        autocast="lower",
        keywords=("sequence", "recurrent", "step", "time series"),
        summary=("hidden_size",),
    )


NONLINEARITY = Choice(
    name="nonlinearity", default="tanh", choices=("tanh", "relu"), help="Activation of the step."
)

SPECS = (
    _cell("RNNCell", 1, 0, "One step of an RNN.", (NONLINEARITY,)),
    _cell("LSTMCell", 4, 5, "One step of an LSTM."),
    _cell("GRUCell", 3, 6, "One step of a GRU."),
)
