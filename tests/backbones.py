"""Writes resources/backbones.json: what the catalogue knows of torchvision's classification models.

    python -m tests.backbones [MODEL ...]

Every model is built on the meta device and run on images of many sizes. What each matrix product costs then
tells its closed form: a constant, or a number for each pixel of a map with floor((size + shift) / step) rows
and columns. What a model holds in memory is counted in a step of training without numbers. Models that are
not named keep what the file says of them.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary, finalize

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from codegen.compat import import_models
from graph.catalog.backbone import USUAL_SIDE

FILE: Final = Path(__file__).parents[1] / "resources" / "backbones.json"
LARGEST_MINIMUM = 256
BATCHES = (64, 128)  # so large that memory goes into images, not into weights
BEYOND = 1024  # pixels; an image that no model is too large for, unless it wants a certain size
STEPS = tuple(sorted({2**power for power in range(9)} | {7 * 2**power for power in range(6)}))
STRIDE = 32  # pixels; of the last maps of all models without windows
LOWER = torch.bfloat16  # of automatic mixed precision
PATCH = 4  # pixels; the side of Swin's patches, which is all that it sees of a size
SEVERAL_RESULTS = {"googlenet": ("aux1", "aux2"), "inception_v3": ("AuxLogits",)}  # while training


class Costs(FlopCounterMode):
    """Keeps what every matrix product costs, in the order in which they are computed."""

    def __init__(self) -> None:
        super().__init__(display=False)
        self.each: list[int] = []

    def _count_flops(self, func_packet: Any, out: Any, args: Any, kwargs: Any) -> Any:
        if func_packet in self.flop_registry:
            self.each.append(self.flop_registry[func_packet](*args, **kwargs, out_val=out))
        return out


def names() -> list[str]:
    """The classification models of torchvision."""
    models = import_models()
    return list(models.list_models(module=models))


def arguments(name: str) -> dict[str, bool]:
    """What a model is built with: a single result, and its own choice of initial weights."""
    return {"aux_logits": False, "init_weights": True} if name in SEVERAL_RESULTS else {}


def on_meta(name: str) -> nn.Module:
    """A model without memory, in evaluation mode."""
    with torch.device("meta"):
        model: nn.Module = import_models().get_model(name, **arguments(name))
    return model.eval()


def costs(model: nn.Module, height: int, width: int) -> list[int]:
    """The FLOPs of every matrix product for one image.

    Raises:
        RuntimeError, ValueError, AssertionError, IndexError: the model does not take this size.
    """
    with torch.no_grad(), Costs() as counter:
        model(torch.empty(1, 3, height, width, device="meta"))
    return counter.each


def runs(model: nn.Module, height: int, width: int) -> bool:
    """Whether the model takes images of this size."""
    try:
        costs(model, height, width)
    except (RuntimeError, ValueError, AssertionError, IndexError):
        return False
    return True


def sizes_of(model: nn.Module) -> tuple[int, int | None]:
    """The smallest and the largest image, as the side of a square; None for any."""
    low = next(size for size in range(1, LARGEST_MINIMUM) if runs(model, size, size))
    if runs(model, BEYOND, BEYOND):
        return low, None
    return low, next(size for size in range(low, BEYOND) if not runs(model, size + 1, size + 1))


def probes(name: str, low: int, high: int | None) -> list[int]:
    """Heights that show every step of every map."""
    if high is not None:
        return list(range(low, high + 1))
    unit = unit_of(name)
    last = STEPS[-1] if unit > 1 else low + STRIDE
    return [*range(low, last + 2 * unit, unit), BEYOND + unit]


def unit_of(name: str) -> int:
    """The number of pixels that a model sees a size in."""
    return PATCH if name.startswith("swin") else 1


def closed_form(sizes: Sequence[int], values: Sequence[int], unit: int) -> tuple[int, int] | None:
    """Shift and step of the map whose height the values are proportional to; None for a constant.

    Raises:
        LookupError: there is no such map.
    """
    if len(set(values)) == 1:
        return None
    for step in (step for step in STEPS if not step % unit):
        for shift in range(-4 * step, 2 * step, unit):
            rows = [(size + shift) // step for size in sizes]
            if rows[0] > 0 and all(
                value * rows[0] == values[0] * row for value, row in zip(values, rows, strict=True)
            ):
                return shift, step
    raise LookupError(f"no map has heights proportional to {values}")


def maps_of(name: str, model: nn.Module, low: int, high: int | None) -> tuple[list[list[int]], int]:
    """The multiply-adds of all maps as (shift, step, number for each pixel), and those of no map.

    The last product is the head's and left out.
    """
    heights = probes(name, low, high)
    width = heights[-1] if high is None else high
    table = [costs(model, height, width)[:-1] for height in heights]
    per_pixel: Counter[tuple[int, int]] = Counter()
    constant = 0
    known: dict[tuple[int, ...], tuple[int, int] | None] = {}
    for values in zip(*table, strict=True):
        if values not in known:
            known[values] = closed_form(heights, values, unit_of(name))
        form = known[values]
        if form is None:
            constant += values[0] // 2
            continue
        shift, step = form
        pixels = ((heights[0] + shift) // step) * ((width + shift) // step)
        number, rest = divmod(values[0] // 2, pixels)
        assert not rest, f"{name}: {values[0]} FLOPs for {pixels} pixels"
        per_pixel[form] += number
    return [
        [*form, number] for form, number in sorted(per_pixel.items(), key=lambda item: item[0][::-1])
    ], constant


class Held(TorchDispatchMode):
    """Counts the bytes of all tensors that are there, with those that convolutions lay out anew.

    Args:
        in_tiles: whether convolutions compute in tiles of matrices where they can.
    """

    def __init__(self, *, in_tiles: bool = False) -> None:
        super().__init__()
        self._in_tiles = in_tiles
        self.now = self.most = 0
        self._seen: MutableMapping[torch.UntypedStorage, bool] = WeakKeyDictionary()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        storages = [leaf.untyped_storage() for leaf in tree_leaves(made) if isinstance(leaf, torch.Tensor)]
        for storage in (each for each in storages if each not in self._seen):
            self._seen[storage] = True
            self._count(storage.nbytes())
            finalize(storage, self._count, -storage.nbytes())
        laid_out = 0
        if func is torch.ops.aten.convolution.default:
            laid_out = max(args[0].nbytes, self._made(made, args[8]))  # one after the other
        elif func is torch.ops.aten.convolution_backward.default:
            laid_out = args[1].nbytes + self._made(args[0], args[9], times=1)
        self.most = max(self.most, self.now + laid_out)
        return made

    def _count(self, size: int) -> None:
        self.now += size

    def _made(self, tensor: torch.Tensor, groups: int, times: int = 2) -> int:
        """Bytes of a convolution's output as the kernel writes it, and once more in tiles."""
        is_depthwise = groups == tensor.shape[1] > 1
        if self._in_tiles and tensor.dtype == LOWER and not is_depthwise:
            return times * tensor.nbytes
        return _in_blocks(tensor)


def _in_blocks(tensor: torch.Tensor) -> int:
    """Bytes of a map with its channels in blocks of 16, as kernels read them."""
    channels = tensor.shape[1]
    return tensor.nbytes // channels * (-(-channels // 16) * 16)


def held_by(name: str, side: int, batch: int, dtype: torch.dtype, *, in_tiles: bool) -> tuple[int, int, int]:
    """Bytes that are kept by autograd, at most there in a step of training, and at most in evaluation."""
    model = on_meta(name).train()
    autocast = torch.autocast("cpu", dtype=LOWER, enabled=dtype == LOWER)
    with FakeTensorMode(allow_non_fake_inputs=True):
        model.to_empty(device="cpu")
        images = torch.empty(batch, 3, side, side)
        with Held(in_tiles=in_tiles) as held:
            with autocast:
                result = model(images)
            kept = held.now - result.nbytes
            result.sum().backward()
        with torch.no_grad(), autocast, Held(in_tiles=in_tiles) as passing:
            model.eval()(images)
    return kept, held.most, passing.most


def memory_of(
    name: str, side: int, dtype: torch.dtype, *, in_tiles: bool = False
) -> tuple[int, int, int, int]:
    """How many numbers an image adds to what is kept, to that on the way back, and to what passes through.

    The last is how many numbers weights are copied into where they pass through. A copy of the image in
    lower precision is not in any of them.
    """
    few, many = (held_by(name, side, batch, dtype, in_tiles=in_tiles) for batch in BATCHES)
    each = dtype.itemsize * (BATCHES[1] - BATCHES[0])
    kept, most, passing = ((high - low) // each for low, high in zip(few, many, strict=True))
    copy = 3 * side**2 * (dtype == LOWER)
    copied = copied_weights(on_meta(name), is_lower=dtype == LOWER)
    return kept - copy, most - kept, max(0, passing - copy), copied


def copied_weights(model: nn.Module, *, is_lower: bool) -> int:
    """Into how many numbers a layer's weights are copied at most: convolutions lay them out anew.

    Args:
        model: whose layers they are.
        is_lower: whether all weights are copied into lower precision before.
    """
    return max(
        each.numel() * (is_lower + isinstance(module, nn.Conv2d))
        for module in model.modules()
        for each in module.parameters(recurse=False)
    )


def head_of(name: str, model: nn.Module) -> dict[str, Any]:
    """Where the layer that tells the classes is, and what it reads."""
    path, layer = [each for each in model.named_modules() if isinstance(each[1], nn.Linear | nn.Conv2d)][-1]
    if isinstance(layer, nn.Linear):
        return {"head": path, "features": layer.in_features, "bias": layer.bias is not None}
    assert isinstance(layer, nn.Conv2d)
    low, high = sizes_of(model)
    heights = probes(name, low, high)
    form = closed_form(heights, [costs(model, height, heights[-1])[-1] for height in heights], 1)
    return {"head": path, "features": layer.in_channels, "bias": layer.bias is not None, "head_map": form}


def facts(name: str) -> dict[str, Any]:
    """Everything that the file says of a model."""
    model = on_meta(name)
    head = head_of(name, model)
    layer = model.get_submodule(head["head"])
    low, high = sizes_of(model)
    maps, constant = maps_of(name, model, low, high)
    body = sum(each.numel() for each in model.parameters()) - sum(each.numel() for each in layer.parameters())
    found = {"parameters": body, "sizes": [low, high], **head, "maps": maps, "constant": constant}
    side = high or USUAL_SIDE
    found["memory"] = [memory_of(name, side, dtype) for dtype in (torch.float32, LOWER)]
    found["memory"].append(memory_of(name, side, LOWER, in_tiles=True))
    if name in SEVERAL_RESULTS:
        found |= {"arguments": arguments(name), "unused": SEVERAL_RESULTS[name]}
    return found


def lines(table: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The file, a line a model."""
    entries = [f"{json.dumps(name)}: {json.dumps(table[name])}" for name in sorted(table)]
    return iter(["{", ",\n".join(entries), "}", ""])


def main(wanted: Sequence[str]) -> None:
    """Looks into the models that are named, or into all, and writes the file after each."""
    table = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    for name in wanted or names():
        table[name] = facts(name)
        FILE.write_text("\n".join(lines(table)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
