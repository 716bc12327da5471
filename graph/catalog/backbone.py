"""Whole classification models of torchvision, as one layer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from graph.catalog.call import Compute, LayerCall, Params, Saved
from graph.catalog.code import Assembled, WeightsFile
from graph.catalog.params import Choice, Int
from graph.catalog.rules import FLOAT32
from graph.catalog.spec import LayerSpec, PortSpec
from graph.catalog.text_params import FilePath
from graph.catalog.torchvision_ops import VISION_DOCS
from graph.dims import Dim, evaluate
from graph.shapes import InsertLayer, ShapeError, TensorSpec

TABLE = Path(__file__).resolve().parents[2] / "resources" / "backbones.json"
COLOURS = 3
USUAL_SIDE = 224  # pixels; of the images that memory is told for, unless a model wants others
NUM_CLASSES = 1000  # of ImageNet, which the models were made for
MAX_FILE_NAME = 40
KEEP, REPLACE, CUT = "keep", "replace", "cut"


@dataclass(frozen=True, slots=True)
class Pixels:
    """A feature map inside a model: floor((size + shift) / step) rows and columns for an image of a size."""

    shift: int
    step: int

    def count(self, sizes: Sequence[Dim]) -> Dim:
        """How many pixels it has for an image of this height and width."""
        height, width = sizes
        return ((height + self.shift) // self.step) * ((width + self.shift) // self.step)


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many numbers a model holds for an image of the usual size, on a CPU.

    Args:
        kept: those that autograd keeps besides the image.
        back: those that are there besides them where the way back needs most.
        passing: those that are there at once, besides the image, where no gradient is wanted.
        copied: those of the layer with most weights that are copies of them, whatever the images.
    """

    kept: int
    back: int
    passing: int
    copied: int


@dataclass(frozen=True, slots=True)
class Model:
    """What is known of a model. All figures but its memory are without its head, which tells the classes.

    Args:
        parameters: how many numbers it learns.
        least: the smallest side that an image may have.
        most: the largest; None for any.
        head: where its head is, as in the names of its weights: `classifier.6`.
        features: how many numbers the head reads for an image, or for each pixel.
        bias: whether the head learns offsets.
        head_map: the map that the head convolves; None for a Linear.
        macs: the multiply-adds for each pixel of its maps.
        constant: the multiply-adds that do not depend on the size of the image.
        memory: what it holds while it runs, which grows with the image.
        memory_in_lower: the same in automatic mixed precision, as numbers of the lower precision.
        memory_in_tiles: the same where convolutions are worked out in tiles of matrices.
        arguments: what it is built with besides torchvision's defaults.
        unused: parts that torchvision's files have weights for, but only for training it from scratch.
    """

    parameters: int
    least: int
    most: int | None
    head: str
    features: int
    bias: bool
    head_map: Pixels | None
    macs: tuple[tuple[Pixels, int], ...]
    constant: int
    memory: Numbers
    memory_in_lower: Numbers
    memory_in_tiles: Numbers
    arguments: Mapping[str, bool]
    unused: tuple[str, ...]

    @property
    def head_path(self) -> str:
        """Where its head is, in Python: `classifier[6]`."""
        return re.sub(r"\.(\d+)", r"[\1]", self.head)

    def head_parameters(self, num_classes: int) -> int:
        """How many numbers a head for so many classes learns."""
        return num_classes * (self.features + self.bias)

    def head_text(self, num_classes: int) -> str:
        """A head for so many classes, in Python."""
        bias = "" if self.bias else ", bias=False"
        if self.head_map is not None:
            return f"nn.Conv2d({self.features}, {num_classes}, kernel_size=1{bias})"
        return f"nn.Linear({self.features}, {num_classes}{bias})"


def _model(facts: Mapping[str, Any]) -> Model:
    """A model from its line in the table, which `python -m tests.backbones` writes."""
    given = dict(facts)
    least, most = given.pop("sizes")
    maps, head_map = given.pop("maps"), given.pop("head_map", None)
    memory, memory_in_lower, memory_in_tiles = (Numbers(*numbers) for numbers in given.pop("memory"))
    return Model(
        least=least,
        most=most,
        memory=memory,
        memory_in_lower=memory_in_lower,
        memory_in_tiles=memory_in_tiles,
        macs=tuple((Pixels(shift, step), macs) for shift, step, macs in maps),
        head_map=Pixels(*head_map) if head_map else None,
        arguments=given.pop("arguments", {}),
        unused=tuple(given.pop("unused", ())),
        **given,
    )


MODELS: Mapping[str, Model] = MappingProxyType(
    {name: _model(facts) for name, facts in json.loads(TABLE.read_text("utf-8")).items()}
)


def _num_classes(p: Params) -> int:
    """How many numbers the head gives; 0 without one."""
    return {KEEP: NUM_CLASSES, REPLACE: int(p.num_classes), CUT: 0}[p.head]


def _shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    model, (batch, channels, *sizes) = MODELS[p.model], inputs[0].shape
    if channels != COLOURS:
        raise _wrong_channels(inputs[0], p)
    if any(isinstance(size, int) and not model.least <= size <= (model.most or size) for size in sizes):
        raise _wrong_size(inputs[0], p, model)
    if model.most is not None and not all(isinstance(size, int) for size in sizes):
        raise _unknown_size(inputs[0], p, model)
    return (TensorSpec((batch, _num_classes(p) or model.features)),)


def _wrong_channels(given: TensorSpec, p: Params) -> ShapeError:
    is_grey = given.shape[1] == 1
    layer = "Expand" if is_grey else "Conv2d"
    params = {"shape": [COLOURS, -1, -1]} if is_grey else {"out_channels": COLOURS, "kernel_size": 1}
    return ShapeError(
        "not-colour",
        f"{p.model} reads images of {COLOURS} channels, but {{source}} gives {given}",
        expected=f"(N, {COLOURS}, H, W)",
        hint=f"Insert {'an' if is_grey else 'a'} {layer} before it that gives {COLOURS} channels.",
        repairs=(InsertLayer(layer, params),),
    )


def _wrong_size(given: TensorSpec, p: Params, model: Model) -> ShapeError:
    side = model.least if model.most is None else model.most
    limits = f"at least {model.least}" if model.most is None else f"{model.least} to {model.most}"
    limits = str(side) if model.least == model.most else limits
    return ShapeError(
        "image-size",
        f"{p.model} reads images with sides of {limits} pixels, but {{source}} gives {given}",
        expected=f"(N, {COLOURS}, {side}, {side})",
        hint="Insert an Upsample before it, resize the images in the data, or choose another model.",
        repairs=(InsertLayer("Upsample", {"size": [side, side], "mode": "bilinear"}),),
    )


def _unknown_size(given: TensorSpec, p: Params, model: Model) -> ShapeError:
    return ShapeError(
        "image-size",
        f"{p.model} reads images of a fixed size, but {{source}} gives {given}",
        expected=f"(N, {COLOURS}, {model.most}, {model.most})",
        hint="Give the image a size in the Input, or choose another model.",
    )


def _parameters(call: LayerCall) -> int:
    model = MODELS[call.params.model]
    return model.parameters + model.head_parameters(_num_classes(call.params))


def _flops(call: LayerCall) -> Dim:
    model, sizes = MODELS[call.params.model], call.inputs[0].shape[2:]
    macs = model.constant + _macs_of_maps(model, sizes)
    pixels_of_head = 1 if model.head_map is None else model.head_map.count(sizes)
    return (macs + pixels_of_head * (model.features * _num_classes(call.params))) * 2


def _macs_of_maps(model: Model, sizes: Sequence[Dim]) -> Dim:
    """The multiply-adds that grow with an image, for one of this height and width."""
    return sum((pixels.count(sizes) * number for pixels, number in model.macs), start=0)


def _trained_when_frozen(call: LayerCall) -> int:
    p = call.params
    return MODELS[p.model].head_parameters(p.num_classes) if p.head == REPLACE else 0


def _saves(call: LayerCall) -> Saved:
    """What was counted for an image of the usual size, for one of this size.

    A frozen model under a head of its own is taken to read images, which need no gradient.
    """
    p, model = call.params, MODELS[call.params.model]
    batch, _, *sizes = call.inputs[0].shape
    side = model.most or USUAL_SIDE
    usual_work = evaluate(_macs_of_maps(model, (side, side)), {}) or 1
    work = _macs_of_maps(model, sizes) or usual_work
    area = sizes[0] * sizes[1] * usual_work // side**2

    memory, dtype = _numbers(model, call.compute), call.compute.autocast or "float32"

    def held(number: int, share: Dim) -> TensorSpec:
        return TensorSpec((batch, share * number // usual_work), dtype)

    between, share = _shares(work, area)
    passing = ((held(memory.passing, between),), (TensorSpec((memory.copied,), dtype),))
    if p.frozen and p.head == REPLACE:
        return Saved(own=(TensorSpec((batch, model.features), dtype),), passing=passing)
    kept, back = held(memory.kept, share), held(memory.back, share)
    return Saved((0,), own=(kept,), backward=(back,), passing=passing, weights=True)


def _numbers(model: Model, compute: Compute) -> Numbers:
    """What a model holds on what it is run with."""
    if compute.multiplies_tiles:
        return model.memory_in_tiles
    return model.memory_in_lower if compute.autocast else model.memory


def _shares(work: Dim, area: Dim) -> tuple[Dim, Dim]:
    """What maps grow with that pass through, and what all that are kept grow with.

    Borders that fill up the windows of some models cost work, but only some maps have them.
    """
    if not (isinstance(work, int) and isinstance(area, int)):
        return work, work
    between = (work + area) // 2
    return between, min(work, between)


def _statements(call: LayerCall, name: str) -> tuple[str, ...]:
    p, model = call.params, MODELS[call.params.model]
    arguments = dict(model.arguments)
    if model.unused and p.weights:
        # As torchvision does with its own weights for these models: they expect other means and deviations.
        arguments["transform_input"] = True
    written = ", ".join(f"{key}={value}" for key, value in arguments.items())
    lines = [f"{name} = models.{p.model}({written})"]
    if p.weights:
        lines.append(f"# Training starts from the weights in {_file_name(p.weights)}.")
    if p.frozen:
        lines.append(f"{name}.requires_grad_(False)")
    if p.head != KEEP:
        head = model.head_text(p.num_classes) if p.head == REPLACE else "nn.Identity()"
        lines.append(f"{name}.{model.head_path} = {head}")
    return tuple(lines)


def _file_name(path: str) -> str:
    """The last part of a path, cut if long."""
    name = re.split(r"[/\\]", path)[-1]
    return name if len(name) <= MAX_FILE_NAME else f"{name[: MAX_FILE_NAME - 1]}…"


def _weights(p: Params) -> WeightsFile | None:
    """The file with the weights, and what it may hold beyond them."""
    if not p.weights:
        return None
    model = MODELS[p.model]
    return WeightsFile(p.weights, model.unused if p.head == KEEP else (*model.unused, model.head))


BACKBONE = LayerSpec(
    type="Backbone",
    category="Backbone",
    help="A classification model of torchvision: whole, with a head of your own, or cut before its head.",
    source=f"{VISION_DOCS}models.html",
    code=Assembled(_statements, stays_in_eval=lambda p: bool(p.frozen), weights=_weights),
    inputs=(PortSpec("in", FLOAT32, ndims=(4,), layout="(N, 3, H, W)"),),
    infer=_shape,
    params=(
        Choice(name="model", default="resnet18", choices=tuple(MODELS), help="Which model."),
        Choice(
            name="head",
            default=KEEP,
            initial=REPLACE,
            choices=(KEEP, REPLACE, CUT),
            help="Keep its 1000 classes, replace the last layer, or cut it off and give the features.",
        ),
        Int(name="num_classes", default=10, max=2**31, help="What a replaced head gives."),
        FilePath(
            name="weights",
            default=None,
            optional=True,
            suffixes=(".safetensors", ".pt", ".pth"),
            help="File with weights to start from, found from the project's folder; random when empty.",
        ),
    ),
    parameters=_parameters,
    learns="model",
    flops=_flops,
    trained_when_frozen=_trained_when_frozen,
    saves=_saves,
    autocast="lower",
    keywords=(
        "pretrained", "transfer learning", "fine-tuning", "torchvision", "imagenet",
        *dict.fromkeys(re.split(r"[\d_]", name)[0] for name in MODELS),
    ),
    summary=("model", "head"),
)  # fmt: skip

SPECS = (BACKBONE,)
