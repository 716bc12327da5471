"""Building blocks of torchvision's models: convolution blocks, channel attention, dropped branches."""

from collections.abc import Callable
from functools import partial

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Module
from graph.catalog.convolution import conv_flops, conv_shape, incoming_channels, num_weights
from graph.catalog.normalization import require_several_values
from graph.catalog.params import Choice, Flag, Float, Int, IntOrTuple
from graph.catalog.rules import FLOAT32, as_tuple, same
from graph.catalog.spec import LayerSpec, PortSpec
from graph.catalog.windows import sliding
from graph.shapes import FLOATS, SetParam, ShapeError, TensorSpec

VISION_DOCS = "https://docs.pytorch.org/vision/stable/"
ACTIVATIONS = (
    "ReLU", "ReLU6", "LeakyReLU", "ELU", "SELU", "CELU", "SiLU", "Mish", "Hardswish", "Hardsigmoid",
    "Hardtanh", "GELU", "Sigmoid", "Tanh", "Softplus", "Identity",
)  # fmt: skip
FROM_OUTPUT = ("ReLU", "Sigmoid", "Tanh")  # whose gradients are computed from what they gave
NOT_IN_PLACE = ("GELU", "Sigmoid", "Tanh", "Softplus")  # whose constructors know no `inplace`


def nn_class(value: object) -> str:
    """The name of a class of torch.nn in Python: `nn.ReLU`."""
    return f"nn.{value}" if value is not None else "None"


def activation(name: str, default: str | None, help_text: str, *, optional: bool = False) -> Choice:
    """A parameter that names the class of an activation."""
    return Choice(
        name=name, default=default, choices=ACTIVATIONS, optional=optional, help=help_text, written=nn_class
    )


def _saves_factors(call: LayerCall) -> Saved:
    """A factor for each sample, or one for all."""
    batch = call.inputs[0].shape[:1] if call.params.mode == "row" else ()
    return Saved(own=(TensorSpec(batch, call.inputs[0].dtype),) if call.params.p else ())


STOCHASTIC_DEPTH = LayerSpec(
    type="StochasticDepth",
    category="Dropout",
    help="Zeroes a whole branch at random while training, for some samples or for the batch.",
    source=f"{VISION_DOCS}generated/torchvision.ops.StochasticDepth.html",
    code=Module("ops.StochasticDepth", wraps=True),
    inputs=(PortSpec("in", FLOATS),),
    infer=same,
    saves=_saves_factors,
    params=(
        Float(
            name="p", default=0.2, min=0, max=1, positional=True, help="Probability of zeroing the branch."
        ),
        Choice(
            name="mode",
            default="row",
            choices=("row", "batch"),
            positional=True,
            help="Whether each sample is drawn by itself, or the batch as a whole.",
        ),
    ),
    keywords=("drop path", "regularization", "residual", "dropout"),
    summary=("p", "mode"),
)


def _saves_weights(call: LayerCall) -> Saved:
    """The input, and the weights of the channels at every stage."""
    p, batch = call.params, call.inputs[0].shape[0]
    squeezed = p.squeeze_channels * (1 if p.activation in FROM_OUTPUT else 2)
    scaled = p.input_channels * (2 if p.scale_activation in FROM_OUTPUT else 3)
    numbers = squeezed + scaled
    return Saved(inputs=(0,), own=(TensorSpec((batch, numbers), call.compute.autocast or "float32"),))


SQUEEZE_EXCITATION = LayerSpec(
    type="SqueezeExcitation",
    category="Attention",
    help="Weighs every channel by what all channels hold on average.",
    source=f"{VISION_DOCS}generated/torchvision.ops.SqueezeExcitation.html",
    code=Module("ops.SqueezeExcitation"),
    inputs=(PortSpec("in", FLOAT32, ndims=(4,), layout="(N, C, H, W)"),),
    infer=same,
    params=(
        Int(
            name="input_channels", inferred=incoming_channels, positional=True, help="Channels of the input."
        ),
        Int(name="squeeze_channels", default=16, positional=True, help="Channels in between, usually fewer."),
        activation("activation", "ReLU", "What follows the first convolution."),
        activation("scale_activation", "Sigmoid", "What makes the weights."),
    ),
    parameters=lambda call: (
        (2 * call.params.input_channels + 1) * call.params.squeeze_channels + call.params.input_channels
    ),
    flops=lambda call: 4 * call.params.input_channels * call.params.squeeze_channels,
    saves=_saves_weights,
    stem="squeeze",
    keywords=("se", "senet", "channel attention"),
    summary=("squeeze_channels",),
)


def _convolution_of(p: Params, ndim: int) -> Params:
    """The block's convolution as a Conv layer would state it."""
    padding = p.padding
    if padding is None:
        window = zip(as_tuple(p.kernel_size, ndim), as_tuple(p.dilation, ndim), strict=True)
        padding = tuple((kernel - 1) // 2 * dilation for kernel, dilation in window)
    return Params(p, padding=padding, padding_mode="zeros")


def _block_shape(inputs: tuple[TensorSpec, ...], p: Params, ndim: int) -> tuple[TensorSpec, ...]:
    if p.inplace is not None and p.activation_layer in NOT_IN_PLACE:
        raise ShapeError(
            "not-in-place",
            f"inplace is {p.inplace}, but {p.activation_layer} always gives a new tensor",
            expected="inplace left empty",
            hint="Clear inplace, or choose another activation.",
            param="inplace",
            repairs=(SetParam("inplace", None),),
        )
    outputs = conv_shape(inputs, _convolution_of(p, ndim), ndim)
    batch, _, *sizes = outputs[0].shape
    if p.norm_layer is not None:
        is_by_sample = p.norm_layer == f"InstanceNorm{ndim}d"
        require_several_values(outputs[0], sizes if is_by_sample else (batch, *sizes), "the convolution")
    return outputs


def _block_parameters(call: LayerCall, ndim: int) -> int:
    p = call.params
    has_bias = p.norm_layer is None if p.bias is None else p.bias
    per_channel = int(has_bias) + 2 * (p.norm_layer == f"BatchNorm{ndim}d")
    return int(num_weights(p, ndim) + per_channel * p.out_channels)


def _saves_block(call: LayerCall) -> Saved:
    """The input, what the convolution gives to the norm, and the output or what the activation was given."""
    p, out = call.params, call.outputs[0]
    groups = out.shape[:2] if p.norm_layer == f"InstanceNorm{out.ndim - 2}d" else out.shape[1:2]
    normed = (out, TensorSpec((2, *groups))) if p.norm_layer is not None else ()
    from_output = p.activation_layer in FROM_OUTPUT
    kept = () if from_output or p.activation_layer in (None, "Identity") else (out,)
    return Saved((0,), (0,) if from_output else (), (*normed, *kept), backward=(*call.inputs, out))


def _block(ndim: int, dims: str) -> LayerSpec:
    ints: Callable[..., IntOrTuple] = partial(IntOrTuple, ndim=ndim)
    return LayerSpec(
        type=f"Conv{ndim}dNormActivation",
        category="Convolution",
        help="A convolution, a normalisation and an activation in one, the padding keeping the size.",
        source=f"{VISION_DOCS}generated/torchvision.ops.Conv{ndim}dNormActivation.html",
        code=Module(f"ops.Conv{ndim}dNormActivation"),
        inputs=(PortSpec("in", FLOAT32, ndims=(ndim + 2,), layout=f"(N, C, {dims})"),),
        infer=partial(_block_shape, ndim=ndim),
        params=(
            Int(
                name="in_channels", inferred=incoming_channels, positional=True, help="Channels of the input."
            ),
            Int(name="out_channels", default=32, positional=True, help="Number of filters."),
            ints(name="kernel_size", default=3, min=1, help="Window size in pixels."),
            ints(name="stride", default=1, min=1, help="Step of the window in pixels."),
            ints(
                name="padding",
                default=None,
                optional=True,
                choices=("same", "valid"),
                help="Border in pixels; half the window when empty.",
            ),
            Int(name="groups", default=1, help="Independent groups of channels; in_channels for depthwise."),
            Choice(
                name="norm_layer",
                default=f"BatchNorm{ndim}d",
                choices=(f"BatchNorm{ndim}d", f"InstanceNorm{ndim}d"),
                optional=True,
                written=nn_class,
                help="The normalisation; none when empty.",
            ),
            activation("activation_layer", "ReLU", "The activation; none when empty.", optional=True),
            ints(name="dilation", default=1, min=1, help="Distance between the taps."),
            Flag(
                name="inplace",
                default=True,
                optional=True,
                help="Whether the activation overwrites its input; empty for one that cannot.",
            ),
            Flag(
                name="bias",
                default=None,
                optional=True,
                help="Learned offset per filter; only without a normalisation when empty.",
            ),
        ),
        parameters=partial(_block_parameters, ndim=ndim),
        flops=partial(conv_flops, ndim=ndim),
        saves=_saves_block,
        windows=sliding(ndim),
        autocast="lower",
        stem="conv_block",
        keywords=("conv bn relu", "convolution", "batch normalization", "mobilenet"),
        summary=("kernel_size", "stride", "out_channels"),
    )


SPECS = (
    _block(2, "H, W"),
    _block(3, "D, H, W"),
    SQUEEZE_EXCITATION,
    STOCHASTIC_DEPTH,
)
