"""Transformer layers, stacks of them, and the whole encoder-decoder."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from graph.catalog.attention import CATEGORY, embed_dim, require_heads
from graph.catalog.call import Inputs, LayerCall, Params
from graph.catalog.code import Module
from graph.catalog.masks import Mask, causal_arguments, require_masks
from graph.catalog.params import Choice, Flag, Float, Int, ParamSpec
from graph.catalog.rules import FLOAT32, require_same, require_size
from graph.catalog.spec import DOCS, LayerSpec, PortSpec, SavedRule, ShapeRule
from graph.catalog.transformer_memory import saves_stacks
from graph.dims import Dim, substitute
from graph.shapes import TensorSpec

KEYWORDS = ("attention", "self-attention", "sequence", "language", "gpt", "bert", "vit")
CAUSAL = "Each position sees only itself and those before it, as a language model must."
NUM_LAYERS = Int(name="num_layers", default=6, always_written=True, help="Layers on top of each other.")


def _layer_params(*own: ParamSpec) -> tuple[ParamSpec, ...]:
    return (
        Int(name="d_model", inferred=embed_dim, positional=True, help="Size of the vectors."),
        Int(name="nhead", default=8, positional=True, help="Heads; they share d_model out."),
        *own,
        Int(name="dim_feedforward", default=2048, help="Size between the two Linear layers."),
        Float(name="dropout", default=0.1, min=0, max=1, help="Dropout of everything that is added."),
        Choice(
            name="activation",
            default="relu",
            choices=("relu", "gelu"),
            help="Activation between the Linear layers.",
        ),
        Float(name="layer_norm_eps", default=1e-5, help="Added to the variance, for numerical stability."),
        Flag(name="batch_first", default=True, always_written=True, help="Inputs are (N, T, d_model)."),
        Flag(name="norm_first", help="Normalise before each part instead of behind it; steadier when deep."),
        Flag(name="bias", default=True, help="Whether to add learned offsets."),
    )


def _shape(ports: tuple[str, ...], masks: Sequence[Mask], outcome: int) -> ShapeRule:
    def infer(inputs: Inputs, p: Params) -> tuple[TensorSpec, ...]:
        require_heads(p.d_model, p.nhead, "nhead")
        batch = 0 if p.batch_first else 1
        for spec, port in zip(inputs[1 : len(ports)], ports[1:], strict=True):
            require_same(spec.shape[batch], inputs[0].shape[batch], "batch", port, (inputs[0], spec))
            require_size(spec.shape[-1], p.d_model, "d_model", port, spec)
        require_masks(inputs, masks, p, p.nhead)
        return (TensorSpec(inputs[outcome].shape),)

    return infer


def _layer_parameters(p: Params, attentions: int) -> int:
    """Learned numbers of a layer: attentions, two Linear layers, and a norm behind each of the parts."""
    size, inner, bias = p.d_model, p.dim_feedforward, p.bias
    attention = 4 * size * (size + bias)
    feedforward = 2 * size * inner + bias * (size + inner)
    return int(attentions * attention + feedforward + (attentions + 1) * _norm_parameters(p))


def _norm_parameters(p: Params) -> int:
    return int(p.d_model * (1 + p.bias))


def _attention_flops(p: Params, queries: Dim, keys: Dim) -> Dim:
    """Four projections and two products for each query and key."""
    size = int(p.d_model)
    return 4 * size * (size * (queries + keys) + queries * keys)


def _feedforward_flops(p: Params, steps: Dim) -> Dim:
    return 4 * int(p.d_model * p.dim_feedforward) * steps


def _encoder_flops(p: Params, source: Dim) -> Dim:
    return _attention_flops(p, source, source) + _feedforward_flops(p, source)


def _decoder_flops(p: Params, target: Dim, memory: Dim) -> Dim:
    attentions = _attention_flops(p, target, target) + _attention_flops(p, target, memory)
    return attentions + _feedforward_flops(p, target)


def _flops(call: LayerCall, count: Callable[..., Dim], num_sequences: int) -> Dim:
    """The operations that `count` gives for the sequences' lengths, for each sample of a batch of one."""
    batch, time = (0, 1) if call.params.batch_first else (1, 0)
    per_sample = count(call.params, *(spec.shape[time] for spec in call.inputs[:num_sequences]))
    return substitute(per_sample * call.inputs[0].shape[batch], {"N": 1})


def _spec(
    type_name: str,
    help_text: str,
    ports: tuple[str, ...],
    params: tuple[ParamSpec, ...],
    parameters: Callable[[Params], int],
    flops: Callable[..., Dim],
    masks: tuple[Mask, ...],
    saves: SavedRule,
    code: Module | None = None,
    outcome: int = 0,
) -> LayerSpec:
    flags = tuple(mask.flag for mask in masks if mask.flag)
    return LayerSpec(
        type=type_name,
        category=CATEGORY,
        help=help_text,
        source=f"{DOCS}torch.nn.{type_name}.html",
        code=replace(
            code or Module(f"nn.{type_name}"), in_call=flags, call_arguments=causal_arguments(masks)
        ),
        inputs=(
            *(PortSpec(name, FLOAT32, ndims=(3,), layout="(N, T, d_model)") for name in ports),
            *(mask.port() for mask in masks),
        ),
        outputs=(PortSpec("out", FLOAT32),),
        infer=_shape(ports, masks, outcome),
        params=(*params, *(Flag(name=flag, help=CAUSAL) for flag in flags)),
        parameters=lambda call: parameters(call.params),
        flops=lambda call: _flops(call, flops, len(ports)),
        saves=saves,
        autocast="inside",
        keywords=KEYWORDS,
        summary=("num_layers", "nhead") if NUM_LAYERS in params else ("nhead",),
    )


def _whole_parameters(p: Params) -> int:
    encoder = p.num_encoder_layers * _layer_parameters(p, 1)
    return int(encoder + p.num_decoder_layers * _layer_parameters(p, 2) + 2 * _norm_parameters(p))


def _whole_flops(p: Params, source: Dim, target: Dim) -> Dim:
    decoder = int(p.num_decoder_layers) * _decoder_flops(p, target, source)
    return int(p.num_encoder_layers) * _encoder_flops(p, source) + decoder


def _stack(type_name: str, fixed: tuple[str, ...] = ()) -> Module:
    return Module(f"nn.{type_name}", layer=f"nn.{type_name}Layer", own=("num_layers",), fixed=fixed)


def _encoder_masks(name: str) -> tuple[Mask, ...]:
    return (Mask("src_key_padding_mask", "", "in"), Mask(name, "in", "in", flag="is_causal"))


DECODER_MASKS = (
    Mask("tgt_key_padding_mask", "", "tgt"),
    Mask("memory_key_padding_mask", "", "memory"),
    Mask("tgt_mask", "tgt", "tgt", flag="tgt_is_causal"),
    Mask("memory_mask", "tgt", "memory"),
)
# Without src_key_padding_mask: to evaluate with it, the encoder within makes nested tensors, which are not
# exported and have no shapes without data. TransformerEncoder and TransformerDecoder take every mask.
WHOLE_MASKS = (
    Mask("tgt_key_padding_mask", "", "tgt"),
    Mask("memory_key_padding_mask", "", "src"),
    Mask("src_mask", "src", "src", flag="src_is_causal"),
    Mask("tgt_mask", "tgt", "tgt", flag="tgt_is_causal"),
    Mask("memory_mask", "tgt", "src"),
)

SPECS = (
    _spec(
        "TransformerEncoderLayer",
        "Self-attention and two Linear layers, each with a skip connection and a norm.",
        ("in",),
        _layer_params(),
        lambda p: _layer_parameters(p, 1),
        _encoder_flops,
        _encoder_masks("src_mask"),
        saves_stacks(("num_layers", 0, None)),
    ),
    _spec(
        "TransformerDecoderLayer",
        "Like an encoder layer, with attention to a memory in between.",
        ("tgt", "memory"),
        _layer_params(),
        lambda p: _layer_parameters(p, 2),
        _decoder_flops,
        DECODER_MASKS,
        saves_stacks(("num_layers", 0, 1)),
    ),
    _spec(
        "TransformerEncoder",
        "Encoder layers on top of each other.",
        ("in",),
        (*_layer_params(), NUM_LAYERS),
        lambda p: p.num_layers * _layer_parameters(p, 1),
        lambda p, source: int(p.num_layers) * _encoder_flops(p, source),
        _encoder_masks("mask"),
        saves_stacks(("num_layers", 0, None)),
        # Nested tensors only serve padding masks; asking for them warns where they cannot be had.
        code=_stack("TransformerEncoder", ("enable_nested_tensor=False",)),
    ),
    _spec(
        "TransformerDecoder",
        "Decoder layers on top of each other, all with attention to one memory.",
        ("tgt", "memory"),
        (*_layer_params(), NUM_LAYERS),
        lambda p: p.num_layers * _layer_parameters(p, 2),
        lambda p, target, memory: int(p.num_layers) * _decoder_flops(p, target, memory),
        DECODER_MASKS,
        saves_stacks(("num_layers", 0, 1)),
        code=_stack("TransformerDecoder"),
    ),
    _spec(
        "Transformer",
        "An encoder that reads src, and a decoder that reads tgt and what the encoder made of src.",
        ("src", "tgt"),
        _layer_params(
            Int(name="num_encoder_layers", default=6, help="Layers of the encoder."),
            Int(name="num_decoder_layers", default=6, help="Layers of the decoder."),
        ),
        _whole_parameters,
        _whole_flops,
        WHOLE_MASKS,
        saves_stacks(("num_encoder_layers", 0, None), ("num_decoder_layers", 1, 0), normed=True),
        outcome=1,
    ),
)
