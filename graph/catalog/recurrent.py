"""Recurrent layers."""

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Module
from graph.catalog.params import Choice, Flag, Float, Int
from graph.catalog.recurrent_fused import saves_fused
from graph.catalog.recurrent_steps import Kept, kept_by_gru, kept_by_lstm, kept_by_rnn, saves_steps
from graph.catalog.rules import FLOAT32, channels_of
from graph.catalog.spec import DOCS, LayerSpec, PortSpec, refuses_nothing
from graph.dims import Dim, substitute
from graph.shapes import SetParam, Shape, ShapeError, TensorSpec


def _input_size(inputs: tuple[TensorSpec, ...]) -> int | None:
    return channels_of(inputs[0], -1)


def _output_size(p: Params) -> int:
    return int(p.get("proj_size") or p.hidden_size)


def _directions(p: Params) -> int:
    return 2 if p.bidirectional else 1


def _state_shape(spec: TensorSpec, p: Params, size: int) -> Shape:
    return (p.num_layers * _directions(p), spec.shape[0 if p.batch_first else 1], size)


def _recurrent_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    spec, size = inputs[0], _output_size(p)
    out = TensorSpec((*spec.shape[:-1], _directions(p) * size))
    return (out, TensorSpec(_state_shape(spec, p, size)))


def _lstm_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    if p.proj_size >= p.hidden_size:
        raise ShapeError(
            "proj-size",
            f"proj_size is {p.proj_size}, not smaller than hidden_size = {p.hidden_size}",
            expected=f"0 (none) to {p.hidden_size - 1}",
            hint="Set proj_size = 0.",
            param="proj_size",
            repairs=(SetParam("proj_size", 0),),
        )
    cell = TensorSpec(_state_shape(inputs[0], p, p.hidden_size))
    return (*_recurrent_shape(inputs, p), cell)


def _weights_of_layer(p: Params, gates: int, input_size: int) -> int:
    """Numbers that one direction of one layer multiplies with at every step."""
    projection = p.hidden_size * p.get("proj_size", 0)
    return int(gates * p.hidden_size * (input_size + _output_size(p)) + projection)


def _weights(p: Params, gates: int) -> int:
    deeper = _weights_of_layer(p, gates, _directions(p) * _output_size(p))
    first = _weights_of_layer(p, gates, p.input_size)
    return int(_directions(p) * (first + (p.num_layers - 1) * deeper))


def _recurrent(
    type_name: str,
    gates: int,
    within: Kept,
    help_text: str,
    extra: tuple[Choice | Int, ...] = (),
) -> LayerSpec:
    is_lstm = type_name == "LSTM"

    def parameters(call: LayerCall) -> int:
        p = call.params
        biases = 2 * gates * p.hidden_size * p.num_layers * _directions(p)
        return _weights(p, gates) + int(biases * p.bias)

    def saves(call: LayerCall) -> Saved:
        is_fused = is_lstm and not call.params.proj_size
        return saves_fused(call, gates) if is_fused else saves_steps(call, gates, within)

    def flops(call: LayerCall) -> Dim:
        batch, time = call.inputs[0].shape[:2]
        steps = substitute(batch * time, {"N": 1})
        return 2 * _weights(call.params, gates) * steps

    steps = PortSpec("out", FLOAT32, optional=True, help="Hidden state at every step.")
    hidden = PortSpec("h", FLOAT32, optional=True, help="Last hidden state of each layer.")
    cell = PortSpec("c", FLOAT32, optional=True, help="Last cell state of each layer.")
    return LayerSpec(
        type=type_name,
        category="Recurrent",
        help=help_text,
        source=f"{DOCS}torch.nn.{type_name}.html",
        code=Module(f"nn.{type_name}", unpack="{out}, ({h}, {c})" if is_lstm else "{out}, {h}"),
        inputs=(PortSpec("in", FLOAT32, ndims=(3,), layout="(N, T, features)"),),
        outputs=(steps, hidden, cell) if is_lstm else (steps, hidden),
        infer=_lstm_shape if is_lstm else _recurrent_shape,
        params=(
            Int(name="input_size", inferred=_input_size, positional=True, help="Features of each step."),
            Int(name="hidden_size", default=64, positional=True, help="Size of the hidden state."),
            Int(name="num_layers", default=1, help="Layers on top of each other."),
            *(param for param in extra if param.name == "nonlinearity"),
            Flag(name="bias", default=True, help="Whether to add learned offsets."),
            Flag(name="batch_first", default=True, always_written=True, help="Input is (N, T, features)."),
            Float(
                name="dropout", default=0.0, min=0, max=1, help="Dropout between layers, not after the last."
            ),
            Flag(name="bidirectional", help="Also read the sequence backwards; doubles the output."),
            *(param for param in extra if param.name == "proj_size"),
        ),
        parameters=parameters,
        flops=flops,
        saves=saves,
        autocast="inside" if type_name == "GRU" else "lower",  # a GRU adds to its state in float32
        refuses=_refuses_lstm if type_name == "LSTM" else refuses_nothing,
        stem=type_name.lower(),
        keywords=("sequence", "recurrent", "time series", "text"),
        summary=("hidden_size", "num_layers"),
    )


def _refuses_lstm(call: LayerCall) -> str:
    """What reads float32 takes a CPU's kernel for all steps, if there is one in this precision or not."""
    is_fused = call.inputs[0].dtype == "float32" and not call.params.proj_size
    is_lacking = is_fused and call.compute.has_no_kernels
    return f"LSTM in {call.compute.autocast} that reads float32" if is_lacking else ""


NONLINEARITY = Choice(
    name="nonlinearity", default="tanh", choices=("tanh", "relu"), help="Activation of each step."
)
PROJ_SIZE = Int(name="proj_size", default=0, min=0, help="Size to project the hidden state to; 0 for none.")

SPECS = (
    _recurrent(
        "RNN",
        1,
        kept_by_rnn,
        "Reads a sequence step by step, carrying a hidden state.",
        (NONLINEARITY,),
    ),
    _recurrent(
        "LSTM",
        4,
        kept_by_lstm,
        "A recurrent layer with a gated memory cell, for long sequences.",
        (PROJ_SIZE,),
    ),
    _recurrent("GRU", 3, kept_by_gru, "A recurrent layer with two gates; lighter than LSTM."),
)
