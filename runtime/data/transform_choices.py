"""How samples can be prepared and varied, as declarations; names and keywords are torchvision's."""

from __future__ import annotations

from graph.catalog.call import Params
from graph.catalog.params import Choice, Flag, Float, IntOrTuple
from runtime.data.specs import VISION_DOCS, Steps, TransformSpec
from runtime.options import Floats, Rule, table

AUTO = "auto"  # a Normalize that is measured from the training samples
HUE_LIMIT = 0.5
MOST_PIXELS = 8192
PADDING_MODES = ("constant", "edge", "reflect", "symmetric")
INTERPOLATIONS = ("nearest", "bilinear")

P = Float(name="p", default=0.5, min=0, max=1, help="How likely it is, from 0 to 1.")
SIZE = IntOrTuple(name="size", default=28, min=1, max=MOST_PIXELS, help="Pixels, or [height, width].")
PADDING_MODE = Choice(
    name="padding_mode", default="constant", choices=PADDING_MODES, help="What the added border shows."
)
INTERPOLATION = Choice(
    name="interpolation", default="nearest", choices=INTERPOLATIONS, help="How pixels are read in between."
)


def _docs(name: str) -> str:
    return f"{VISION_DOCS}torchvision.transforms.v2.{name}.html"


def _measured_or_positive(params: Params) -> tuple[str, str] | None:
    if AUTO in (params.mean, params.std):
        return None if params.mean == params.std else ("std", "auto as mean, or numbers for both")
    if any(value <= 0 for value in params.std):
        return "std", "numbers above 0"
    if len(params.mean) != len(params.std):
        return "std", f"as many numbers as mean, {len(params.mean)}"
    return None


def _rising(*names: str) -> Rule:
    """A rule that each of these is a range above 0, the smaller number first."""

    def rule(params: Params) -> tuple[str, str] | None:
        pairs = {name: params[name] for name in names if params[name] is not None}
        wrong = next((name for name, (low, high) in pairs.items() if not 0 < low <= high), None)
        return None if wrong is None else (wrong, "two numbers above 0, the smaller one first")

    return rule


def _share(params: Params) -> tuple[str, str] | None:
    """That there is an area to draw: one larger than the image would never be found."""
    return (
        ("scale", "shares of the area, from 0 to 1")
        if params.scale[0] > 1
        else _rising("scale", "ratio")(params)
    )


def _odd(params: Params) -> tuple[str, str] | None:
    sizes = params.kernel_size if isinstance(params.kernel_size, tuple) else (params.kernel_size,)
    if any(size % 2 == 0 for size in sizes):
        return "kernel_size", "odd numbers"
    return _rising("sigma")(params)


def _fits_range(params: Params) -> tuple[str, str] | None:
    if params.hue > HUE_LIMIT:
        return "hue", f"a number from 0 to {HUE_LIMIT:g}"
    return None


def _center(params: Params) -> Steps:
    return (("CenterCrop", {"size": params.size}),)


def _resized_center(params: Params) -> Steps:
    size = params.size if isinstance(params.size, int) else list(params.size)
    return ("Resize", {"size": size}), ("CenterCrop", {"size": size})


TRANSFORMS = table([
    TransformSpec(
        type="Resize",
        help="Scales images, bilinear with antialiasing; one number is the shorter edge.",
        source=_docs("Resize"),
        params=(SIZE,),
        images_only=True,
        works_on_bytes=True,
    ),
    TransformSpec(
        type="CenterCrop",
        help="Keeps the middle of images; what is missing is black.",
        source=_docs("CenterCrop"),
        params=(SIZE,),
        images_only=True,
        works_on_bytes=True,
    ),
    TransformSpec(
        type="Pad",
        help="Adds a border to images.",
        source=_docs("Pad"),
        params=(
            IntOrTuple(
                name="padding", default=4, ndim=4, min=0, max=MOST_PIXELS,
                sides=("left", "top", "right", "bottom"), help="Pixels on each side.",
            ),
            PADDING_MODE,
        ),
        images_only=True,
        works_on_bytes=True,
    ),
    TransformSpec(
        type="Grayscale",
        help="Takes the colour out of images.",
        source=_docs("Grayscale"),
        params=(Choice(name="num_output_channels", default="1", choices=("1", "3"), help="Channels after."),),
        images_only=True,
    ),
    TransformSpec(
        type="Normalize",
        help="Subtracts mean and divides by std, per channel or column.",
        source=_docs("Normalize"),
        params=(
            Floats(
                name="mean", default=(0.5,), choices=(AUTO,),
                help="One number a channel, or one for all; auto measures the training samples.",
            ),
            Floats(name="std", default=(0.5,), choices=(AUTO,), help="As many numbers as mean, or auto."),
        ),
        rule=_measured_or_positive,
    ),
    TransformSpec(
        type="RandomCrop",
        help="Cuts out a random part of images, with a border added first.",
        source=_docs("RandomCrop"),
        params=(
            SIZE,
            IntOrTuple(
                name="padding", default=0, ndim=4, min=0, max=MOST_PIXELS,
                sides=("left", "top", "right", "bottom"), help="Pixels added on each side first.",
            ),
            PADDING_MODE,
        ),
        images_only=True,
        works_on_bytes=True,
        is_random=True,
        in_eval=_center,
    ),
    TransformSpec(
        type="RandomResizedCrop",
        help="Cuts out a random part of images and scales it to one size.",
        source=_docs("RandomResizedCrop"),
        params=(
            SIZE,
            Floats(name="scale", default=(0.08, 1.0), length=2, help="Share of the area: least, most."),
            Floats(name="ratio", default=(0.75, 4 / 3), length=2, help="Width to height: least, most."),
        ),
        rule=_share,
        images_only=True,
        works_on_bytes=True,
        is_random=True,
        in_eval=_resized_center,
    ),
    TransformSpec(
        type="RandomHorizontalFlip",
        help="Mirrors images left to right.",
        source=_docs("RandomHorizontalFlip"),
        params=(P,),
        images_only=True,
        works_on_bytes=True,
        is_random=True,
    ),
    TransformSpec(
        type="RandomVerticalFlip",
        help="Mirrors images top to bottom.",
        source=_docs("RandomVerticalFlip"),
        params=(P,),
        images_only=True,
        works_on_bytes=True,
        is_random=True,
    ),
    TransformSpec(
        type="RandomRotation",
        help="Turns images about their middle.",
        source=_docs("RandomRotation"),
        params=(
            Float(name="degrees", default=10.0, min=0, max=180, help="At most, to either side."),
            INTERPOLATION,
        ),
        images_only=True,
        works_on_bytes=True,
        is_random=True,
    ),
    TransformSpec(
        type="RandomAffine",
        help="Turns, moves, scales and shears images.",
        source=_docs("RandomAffine"),
        params=(
            Float(name="degrees", default=10.0, min=0, max=180, help="Rotation at most, to either side."),
            Floats(
                name="translate", default=None, optional=True, length=2, min=0, below=1.0001,
                help="Shift at most, as a share of width and of height.",
            ),
            Floats(name="scale", default=None, optional=True, length=2, help="Factor: least, most."),
            Float(name="shear", default=None, optional=True, min=0, max=89, help="Degrees at most."),
            INTERPOLATION,
        ),
        rule=_rising("scale"),
        images_only=True,
        works_on_bytes=True,
        is_random=True,
    ),
    TransformSpec(
        type="ColorJitter",
        help="Varies brightness, contrast, saturation and hue of images, in random order.",
        source=_docs("ColorJitter"),
        params=(
            Float(name="brightness", default=0.2, min=0, help="Factors from 1 - b to 1 + b."),
            Float(name="contrast", default=0.2, min=0, help="Factors from 1 - c to 1 + c."),
            Float(name="saturation", default=0.2, min=0, help="Factors from 1 - s to 1 + s."),
            Float(name="hue", default=0.0, min=0, help="Shift from -h to h of the colour circle, up to 0.5."),
        ),
        rule=_fits_range,
        images_only=True,
        is_random=True,
    ),
    TransformSpec(
        type="GaussianBlur",
        help="Blurs images by a random amount.",
        source=_docs("GaussianBlur"),
        params=(
            IntOrTuple(name="kernel_size", default=3, min=1, max=99, help="Pixels, odd; [height, width]."),
            Floats(name="sigma", default=(0.1, 2.0), length=2, help="Standard deviation: least, most."),
        ),
        rule=_odd,
        images_only=True,
        is_random=True,
    ),
    TransformSpec(
        type="RandomErasing",
        help="Overwrites a random rectangle of images.",
        source=_docs("RandomErasing"),
        params=(
            P,
            Floats(name="scale", default=(0.02, 0.33), length=2, help="Share of the area: least, most."),
            Floats(name="ratio", default=(0.3, 3.3), length=2, help="Height to width: least, most."),
            Float(name="value", default=0.0, help="What it is filled with."),
        ),
        rule=_share,
        images_only=True,
        is_random=True,
    ),
    TransformSpec(
        type="GaussianNoise",
        help="Adds noise to every number; for rows and sequences, too.",
        source=_docs("GaussianNoise"),
        params=(
            Float(name="mean", default=0.0, help="Mean of the noise."),
            Float(name="sigma", default=0.1, min=0, help="Standard deviation of the noise."),
            Flag(name="clip", default=True, help="Keep images between 0 and 1."),
        ),
        is_random=True,
    ),
    TransformSpec(
        type="RandomMasking",
        help="Sets random numbers to 0, as missing columns or moments would be; for rows and sequences.",
        source="https://arxiv.org/abs/2106.15147",
        params=(Float(name="p", default=0.1, min=0, max=1, help="Share that is set to 0."),),
        is_random=True,
    ),
])  # fmt: skip
