"""Where training data can come from and how it can be prepared, as declarations; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

from graph.catalog.params import FilePath, Flag, Float, Int, IntOrTuple, ParamSpec, Value
from graph.catalog.spec import Params
from runtime.options import (
    Floats,
    Option,
    OptionSpec,
    PlanError,
    checked,
    join,
    parse_option,
    require_known,
    require_mapping,
    shown,
    table,
)

VISION_DOCS = "https://docs.pytorch.org/vision/stable/generated/"
DEFAULT_VAL_FRACTION = 0.2


@dataclass(frozen=True, kw_only=True)
class SourceSpec(OptionSpec):
    """A place that data comes from.

    Args:
        title: its name in the form.
        num_classes: how many classes it has, where that is known without reading it.
    """

    title: str
    num_classes: int | None = None


@dataclass(frozen=True, kw_only=True)
class TransformSpec(OptionSpec):
    """A change to every sample, made once while decoding."""


def _same_length_and_positive(params: Params) -> tuple[str, str] | None:
    if any(value <= 0 for value in params.std):
        return "std", "numbers above 0"
    if len(params.mean) != len(params.std):
        return "std", f"as many numbers as mean, {len(params.mean)}"
    return None


VISION_PARAMS: tuple[ParamSpec, ...] = (
    FilePath(
        name="root", optional=True, is_folder=True, help="Where its files are; empty: the usual folder."
    ),
    Flag(name="download", help="Fetch missing files from the internet."),
)


def _vision(name: str, text: str, num_classes: int) -> SourceSpec:
    return SourceSpec(
        type=f"torchvision:{name}",
        title=name,
        help=text,
        source=f"{VISION_DOCS}torchvision.datasets.{name}.html",
        params=VISION_PARAMS,
        num_classes=num_classes,
    )


SOURCES = table([
    SourceSpec(
        type="digits",
        title="Handwritten digits",
        help="1,797 handwritten digits, 1×8×8, 10 classes; comes with Netloom.",
        source="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
        num_classes=10,
    ),
    _vision("MNIST", "70,000 handwritten digits, 1×28×28, 10 classes.", 10),
    _vision("FashionMNIST", "70,000 pictures of clothes, 1×28×28, 10 classes.", 10),
    _vision("CIFAR10", "60,000 colour photographs, 3×32×32, 10 classes.", 10),
    _vision("CIFAR100", "60,000 colour photographs, 3×32×32, 100 classes.", 100),
    SourceSpec(
        type="synthetic:spirals",
        title="Spirals",
        help="Points on interleaved spirals in the plane, one arm a class.",
        source="https://cs231n.github.io/neural-networks-case-study/",
        params=(
            Int(name="num_classes", default=3, min=2, max=1000, help="Arms."),
            Int(name="samples", default=900, min=2, max=10_000_000, help="Points in all."),
            Float(name="noise", default=0.1, min=0, help="Standard deviation of the angle, in radians."),
            Int(name="seed", default=0, min=0, help="Fixes the points."),
        ),
    ),
    SourceSpec(
        type="arrays",
        title="NumPy arrays",
        help="Own data: an .npz with x and y (and x_val, y_val), or one .npy each.",
        source="https://numpy.org/doc/stable/reference/generated/numpy.savez.html",
        params=(
            FilePath(name="path", optional=True, suffixes=(".npz", ".npy"), help="The .npz, or x.npy."),
            FilePath(name="target_path", optional=True, suffixes=(".npy",), help="y.npy, beside an x.npy."),
            Int(name="num_classes", optional=True, min=2, help="Classes; counted from y when empty."),
        ),
    ),
])  # fmt: skip

TRANSFORMS = table([
    TransformSpec(
        type="Resize",
        help="Scales images, bilinear with antialiasing; one number is the shorter edge.",
        source=f"{VISION_DOCS}torchvision.transforms.v2.Resize.html",
        params=(IntOrTuple(name="size", default=28, min=1, max=8192, help="Pixels, or [height, width]."),),
    ),
    TransformSpec(
        type="Normalize",
        help="Subtracts mean and divides by std, per channel.",
        source=f"{VISION_DOCS}torchvision.transforms.v2.Normalize.html",
        params=(
            Floats(name="mean", default=(0.5,), help="One number a channel, or one for all."),
            Floats(name="std", default=(0.5,), help="As many numbers as mean."),
        ),
        rule=_same_length_and_positive,
    ),
])  # fmt: skip

VAL_FRACTION = Float(
    name="val_fraction", optional=True, min=0, max=0.99,
    help="Share of the training samples to validate on; empty takes the source's own split, else 0.2.",
)  # fmt: skip
SHARED_KEYS = ("source", "val_fraction", "transforms")
TRANSFORM_KEYS = ("train", "eval")

Transforms = tuple[Option[TransformSpec], ...]


@dataclass(frozen=True)
class DataPlan:
    """Which data to train on and how it is split and prepared.

    Args:
        source: where it comes from.
        val_fraction: share of the training samples held back; None takes the source's own split, else 0.2.
        train_transforms: applied to the training samples, in this order.
        own_eval_transforms: applied to the validation samples; None when they are those of training.
    """

    source: Option[SourceSpec]
    val_fraction: float | None = None
    train_transforms: Transforms = ()
    own_eval_transforms: Transforms | None = None

    @property
    def eval_transforms(self) -> Transforms:
        """What is applied to the validation samples."""
        return self.train_transforms if self.own_eval_transforms is None else self.own_eval_transforms

    @property
    def num_classes(self) -> int | None:
        """How many classes the data has, where that is known without reading it."""
        chosen: int | None = self.source.params.get("num_classes")
        return self.source.spec.num_classes or chosen

    @classmethod
    def from_mapping(cls, value: Value, path: str = "data") -> DataPlan:
        """The plan that the `data` of a project file stands for; a bare name is a source.

        Raises:
            PlanError: the first mistake in it.
        """
        default = {"source": next(iter(SOURCES))}
        mapping = {"source": value} if isinstance(value, str) else require_mapping(value, path, default)
        own = {name: item for name, item in mapping.items() if name not in ("val_fraction", "transforms")}
        named = {name: item for name, item in own.items() if name == "source"}
        source = parse_option(named, path, SOURCES, key="source").spec
        known = [*SHARED_KEYS, *(spec.name for spec in source.params)]
        require_known(mapping, known, path, f"a setting of {source.type}")
        chains = require_mapping(mapping.get("transforms", {}), join(path, "transforms"), {"train": []})
        require_known(chains, TRANSFORM_KEYS, join(path, "transforms"), "a chain of transforms")
        return cls(
            source=parse_option(own, path, SOURCES, key="source"),
            val_fraction=checked(VAL_FRACTION, mapping.get("val_fraction"), join(path, "val_fraction")),
            train_transforms=_parse_chain(chains.get("train", []), join(path, "transforms.train")),
            own_eval_transforms=None
            if chains.get("eval") is None
            else _parse_chain(chains["eval"], join(path, "transforms.eval")),
        )

    def to_mapping(self, *, defaults: bool = False) -> dict[str, Value]:
        """The plan as the project file writes it, defaults left out unless asked for."""
        mapping = self.source.to_mapping(key="source", defaults=defaults)
        if self.val_fraction is not None or defaults:
            mapping["val_fraction"] = self.val_fraction
        chains = {"train": self.train_transforms, "eval": self.own_eval_transforms}
        written = {
            name: [option.to_mapping(defaults=True) for option in chain]
            for name, chain in chains.items()
            if chain or (name == "eval" and chain is not None)
        }
        if written or defaults:
            mapping["transforms"] = written
        return mapping


def _parse_chain(value: Value, path: str) -> Transforms:
    if not isinstance(value, list | tuple):
        example = shown([{"type": "Resize", "size": 28}])
        raise PlanError(path, f"{path} is {shown(value)}.", "a list of transforms", f"Write it as {example}.")
    return tuple(parse_option(item, f"{path}[{index}]", TRANSFORMS) for index, item in enumerate(value))
