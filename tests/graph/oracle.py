"""What torch itself makes of a layer: the truth that shape and cost rules are held against."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from codegen.compat import import_torchvision
from graph.catalog.call import LayerCall
from graph.catalog.code import Alias, Expression, Function, Module
from graph.catalog.spec import LayerSpec
from tests.graph.fitting import SYMBOL
from tests.graph.strategies import Case

NAMES = {
    "torch": torch,
    "nn": nn,
    "F": functional,
    "models": import_torchvision("torchvision.models"),
    "ops": import_torchvision("torchvision.ops"),
}
Sizes = Mapping[str, int]
Tensors = Sequence[torch.Tensor]

# On the meta device torch runs these step by step in Python, 20 ms a call; small ones are faster on the CPU.
RECURRENT = ("RNN", "LSTM", "GRU")
UNPOOLS = {f"MaxUnpool{ndim}d": ndim for ndim in (1, 2, 3)}
REQUIRED = {  # how many inputs stand in a call without a keyword
    **dict.fromkeys((*UNPOOLS, "TransformerDecoderLayer", "TransformerDecoder", "Transformer"), 2),
    **dict.fromkeys(("TransformerEncoderLayer", "TransformerEncoder"), 1),
    "MultiheadAttention": 3,
}
CAUSAL = {  # what mask a flag stands for, and the number of the input that gives its length
    ("MultiheadAttention", "is_causal"): ("attn_mask", 0),
    ("TransformerEncoderLayer", "is_causal"): ("src_mask", 0),
    ("TransformerEncoder", "is_causal"): ("mask", 0),
    ("TransformerDecoderLayer", "tgt_is_causal"): ("tgt_mask", 0),
    ("TransformerDecoder", "tgt_is_causal"): ("tgt_mask", 0),
    ("Transformer", "src_is_causal"): ("src_mask", 0),
    ("Transformer", "tgt_is_causal"): ("tgt_mask", 1),
}
STACKS = {"TransformerEncoder": "encoder", "TransformerDecoder": "decoder"}


def _reshaped(xs: Tensors, p: Mapping[str, Any], sizes: Sizes) -> torch.Tensor:
    return xs[0].reshape(xs[0].shape[0], *(sizes.get(dim, dim) for dim in p["shape"]))


def _squeezed(xs: Tensors, p: Mapping[str, Any], sizes: Sizes) -> torch.Tensor:
    return xs[0].squeeze() if p["dim"] is None else xs[0].squeeze(p["dim"])


def _sliced(xs: Tensors, p: Mapping[str, Any], sizes: Sizes) -> torch.Tensor:
    axis = range(xs[0].ndim)[p["dim"]]
    return xs[0][(*[slice(None)] * axis, slice(p["start"], p["end"], p["step"]))]


def _selected(xs: Tensors, p: Mapping[str, Any], sizes: Sizes) -> torch.Tensor:
    if len(xs) == 1:
        return xs[0].select(p["dim"], p["index"])
    picked = zip(
        xs[0].unbind(0), xs[1].tolist() if xs[1].device.type != "meta" else [0] * len(xs[1]), strict=True
    )
    dim = range(xs[0].ndim)[p["dim"]]
    if dim == 0 or xs[1].dtype not in (torch.int64, torch.int32):
        raise ValueError("one entry of each sample, by its number")
    return torch.stack([sample.select(dim - 1, entry) for sample, entry in picked])


def _with_positions(xs: Tensors, p: Mapping[str, Any], sizes: Sizes) -> torch.Tensor:
    length, features = xs[0].shape[1:]
    encoding = torch.zeros(length, features + 1, device=xs[0].device)
    for pair in range((features + 1) // 2):
        frequency = p["max_period"] ** (-torch.tensor(2 * pair, device=xs[0].device) / features)
        angles = torch.arange(length, device=xs[0].device) * frequency
        encoding[:, 2 * pair], encoding[:, 2 * pair + 1] = angles.sin(), angles.cos()
    return xs[0] + encoding[:, :features].to(xs[0].dtype)


def _attended(xs: Tensors, p: Mapping[str, Any], sizes: Sizes) -> torch.Tensor:
    # On the CPU the kernel for four dims lets pass what the documentation and all other kernels refuse.
    if p["is_causal"] and len(xs) == 4:
        raise ValueError("both attn_mask and is_causal are set")
    return functional.scaled_dot_product_attention(*xs, **p)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


# What the types that are no torch class of their own stand for.
Meaning = Callable[[Tensors, Mapping[str, Any], Sizes], torch.Tensor | tuple[torch.Tensor, ...]]
MEANINGS: Mapping[str, Meaning] = {
    "Add": lambda xs, p, sizes: reduce(torch.add, xs),
    "Concat": lambda xs, p, sizes: torch.cat(list(xs), dim=p["dim"]),
    "Reshape": _reshaped,
    "Permute": lambda xs, p, sizes: xs[0].permute(p["dims"]),
    "Squeeze": _squeezed,
    "LastStep": lambda xs, p, sizes: xs[0].select(p["dim"], p["index"]),
    "Stack": lambda xs, p, sizes: torch.stack(list(xs), dim=p["dim"]),
    "Transpose": lambda xs, p, sizes: xs[0].transpose(p["dim0"], p["dim1"]),
    "Unsqueeze": lambda xs, p, sizes: xs[0].unsqueeze(p["dim"]),
    "Expand": lambda xs, p, sizes: xs[0].expand(-1, *p["shape"]),
    "Repeat": lambda xs, p, sizes: xs[0].repeat(1, *p["repeats"]),
    "Slice": _sliced,
    "Einsum": lambda xs, p, sizes: torch.einsum(p["equation"], *xs),
    "Select": _selected,
    "Index": lambda xs, p, sizes: torch.index_select(xs[0], p["dim"], xs[1]),
    "Gather": lambda xs, p, sizes: torch.gather(xs[0], p["dim"], xs[1]),
    "PositionalEncoding": _with_positions,
    "Split": lambda xs, p, sizes: torch.split(xs[0], _listed(p["split_size_or_sections"]), p["dim"]),
    "Chunk": lambda xs, p, sizes: torch.chunk(xs[0], p["chunks"], p["dim"]),
    "Pad": lambda xs, p, sizes: functional.pad(xs[0], p["pad"], value=p["value"]),
    "Interpolate": lambda xs, p, sizes: functional.interpolate(xs[0], **p),
    "Subtract": lambda xs, p, sizes: torch.sub(*xs),
    "Multiply": lambda xs, p, sizes: reduce(torch.mul, xs),
    "Divide": lambda xs, p, sizes: torch.div(*xs),
    "Maximum": lambda xs, p, sizes: torch.maximum(*xs),
    "Minimum": lambda xs, p, sizes: torch.minimum(*xs),
    "Where": lambda xs, p, sizes: torch.where(*xs),
    "MatMul": lambda xs, p, sizes: torch.matmul(*xs),
    "Bmm": lambda xs, p, sizes: torch.bmm(*xs),
    "DotProductAttention": _attended,
    "Power": lambda xs, p, sizes: torch.pow(xs[0], p["exponent"]),
    "Sqrt": lambda xs, p, sizes: torch.sqrt(xs[0]),
    "Exp": lambda xs, p, sizes: torch.exp(xs[0]),
    "Log": lambda xs, p, sizes: torch.log(xs[0]),
    "Abs": lambda xs, p, sizes: torch.abs(xs[0]),
    "Clamp": lambda xs, p, sizes: torch.clamp(xs[0], **p),
    "Cast": lambda xs, p, sizes: xs[0].to(getattr(torch, p["dtype"])),
    "Mean": lambda xs, p, sizes: torch.mean(xs[0], **p),
    "Sum": lambda xs, p, sizes: torch.sum(xs[0], **p),
    "Std": lambda xs, p, sizes: torch.std(xs[0], **p),
    "Max": lambda xs, p, sizes: torch.amax(xs[0], **p),
    "Min": lambda xs, p, sizes: torch.amin(xs[0], **p),
    "ArgMax": lambda xs, p, sizes: torch.argmax(xs[0], **p),
    "Reroute": lambda xs, p, sizes: xs[0],
    "Norm": lambda xs, p, sizes: torch.linalg.vector_norm(xs[0], **p),
}


class Refused(Exception):
    """Torch does not run this."""


class Oracle:
    """A layer as torch has it.

    Args:
        spec: its declaration.
        params: complete.
        device: `meta` computes shapes only.

    Raises:
        Refused: torch does not build it.
    """

    def __init__(self, spec: LayerSpec, params: Mapping[str, Any], device: str) -> None:
        self.device = device
        self._type = spec.type
        self._meaning = MEANINGS.get(spec.type)
        ports = [port.name for port in spec.inputs if port.optional]
        self._optional = ["output_size" if name == "like" else name for name in ports]
        self._flags = spec.code.in_call if isinstance(spec.code, Module) else ()
        self._group = getattr(spec.code, "group", None)
        # Torch knows its own parameters only, and nothing of settings beside them.
        self._params = {param.name: params[param.name] for param in spec.params}
        self.module: nn.Module | None = None
        if self._meaning is None:
            with _refusals():
                kept = {name: value for name, value in self._params.items() if name not in self._flags}
                self.module = _built(spec, kept, device)

    def run(self, inputs: Tensors, sizes: Sizes) -> list[torch.Tensor]:
        """The layer's outputs, in the order of its ports.

        Raises:
            Refused: torch does not run it.
        """
        with _refusals():
            if self._meaning is not None:
                return list(_flat(self._meaning(inputs, self._params, sizes)))
            assert self.module is not None
            if isinstance(self._group, int) and len(inputs) > self._group:
                inputs = [*inputs[: self._group], tuple(inputs[self._group :])]
            required = REQUIRED.get(self._type, len(inputs))
            named = zip(self._optional, inputs[required:], strict=False)
            arguments = {name: self._argument(name, given) for name, given in named}
            causal = {name: mask for flag in self._flags for name, mask in self._causal(flag, inputs)}
            return list(_flat(self.module(*inputs[:required], **arguments, **causal)))

    def _argument(self, name: str, given: torch.Tensor) -> Any:
        """What an optional input stands for in a call, by PyTorch's keyword."""
        return given.shape[-UNPOOLS[self._type] :] if name == "output_size" else given

    def _causal(self, flag: str, inputs: Tensors) -> Iterator[tuple[str, Any]]:
        """What a set flag adds to a call."""
        if self._params[flag]:
            name, number = CAUSAL[self._type, flag]
            length = inputs[number].shape[1 if self._params["batch_first"] else 0]
            yield flag, True
            yield name, torch.full((length, length), float("-inf"), device=inputs[0].device).triu(1)

    @property
    def parameters(self) -> int:
        return sum(p.numel() for p in self.module.parameters()) if self.module is not None else 0

    def flops(self, inputs: Tensors, sizes: Sizes) -> int:
        """What torch's own counter counts."""
        with FlopCounterMode(display=False) as counter:
            self.run(inputs, sizes)
        return int(counter.get_total_flops())


def written(spec: LayerSpec, call: LayerCall, inputs: Tensors) -> list[torch.Tensor] | None:
    """What the Python text of a layer computes; None for a layer with a module."""
    names = tuple(f"x{index}" for index in range(len(inputs)))
    scope = NAMES | dict(zip(names, inputs, strict=True))
    if isinstance(spec.code, Alias):
        return list(inputs)
    if isinstance(spec.code, Function):
        return list(_flat(eval(spec.code.path, NAMES)(*inputs, **call.params)))
    if isinstance(spec.code, Expression):
        for helper in spec.code.helpers:
            exec(helper.text, scope)
        return list(_flat(eval(spec.code.write(names, call), scope)))
    return None


def torch_class(spec: LayerSpec) -> type[nn.Module]:
    """The class of torch that a type is called after."""
    return eval(spec.code.path, NAMES) if isinstance(spec.code, Module) else getattr(nn, spec.type)


def usual_device(case: Case) -> str:
    """Where a layer's shapes are best found out."""
    # The meta device overlooks mistakes that a real one finds, in dtypes and in values, but the windows of
    # some layers need long sequences, and those can take more memory than there is.
    is_small = not any(SYMBOL in shape for shape in case.inputs) and SYMBOL not in repr(case.params)
    if is_small or not case.has_usual_dtypes or case.type in RECURRENT:
        return "cpu"
    # Without a momentum a batch norm reads its counter, which has no value on the meta device.
    reads_counter = case.type.startswith("BatchNorm") and case.params.get("momentum", 0) is None
    return "cpu" if reads_counter else "meta"


def _built(spec: LayerSpec, params: Mapping[str, Any], device: str) -> nn.Module:
    if spec.type not in STACKS:
        with torch.device(device):  # torchvision's layers take no device
            return torch_class(spec)(**_as_written(spec, params), **_placed(spec, device))
    of_layer = {name: value for name, value in params.items() if name != "num_layers"}
    layer = getattr(nn, f"{spec.type}Layer")(**of_layer, device=device)
    return torch_class(spec)(layer, params["num_layers"])


def _as_written(spec: LayerSpec, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as they reach torch: some name a class, or become a list."""
    special = {param.name: param.written for param in spec.params if param.written is not None}
    texts = {name: write(params[name]) for name, write in special.items()}
    return {**params, **{name: eval(text, NAMES) for name, text in texts.items()}}


def _placed(spec: LayerSpec, device: str) -> dict[str, str]:
    has_weights = "device" in inspect.signature(torch_class(spec)).parameters or spec.type in RECURRENT
    return {"device": device} if has_weights else {}


def _flat(result: Any) -> Iterator[torch.Tensor]:
    if isinstance(result, torch.Tensor):
        yield result
    else:
        for part in result:
            yield from _flat(part)


class _refusals:
    """Turns whatever torch raises into `Refused`; its warnings are no business of these tests."""

    def __enter__(self) -> None:
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        warnings.simplefilter("ignore")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        self._warnings.__exit__(None, None, None)
        if isinstance(error, Exception):
            raise Refused(str(error)) from error
