"""The data sets of torchvision that can be trained on, one declaration each; needs no torch."""

from __future__ import annotations

from graph.catalog.params import Choice, Flag, ParamSpec
from graph.catalog.text_params import FilePath
from runtime.data.specs import VISION_DOCS, SourceSpec

VISION_PARAMS: tuple[ParamSpec, ...] = (
    FilePath(
        name="root", optional=True, is_folder=True, help="Where its files are; empty: the usual folder."
    ),
    Flag(name="download", help="Fetch missing files from the internet."),
)
EMNIST_SPLITS = ("balanced", "byclass", "bymerge", "letters", "digits", "mnist")


def _vision(
    name: str,
    text: str,
    num_classes: int | None,
    *params: ParamSpec,
    is_fetched: bool = True,
    is_decoded: bool = False,
) -> SourceSpec:
    return SourceSpec(
        type=f"torchvision:{name}",
        title=name,
        help=text,
        source=f"{VISION_DOCS}torchvision.datasets.{name}.html",
        params=(*VISION_PARAMS[: 1 + is_fetched], *params),
        num_classes=num_classes,
        is_decoded=is_decoded,
    )


VISION_SOURCES = (
    _vision("MNIST", "70,000 handwritten digits, 1×28×28, 10 classes.", 10),
    _vision("FashionMNIST", "70,000 pictures of clothes, 1×28×28, 10 classes.", 10),
    _vision("KMNIST", "70,000 handwritten Japanese characters, 1×28×28, 10 classes.", 10),
    _vision(
        "EMNIST", "Handwritten letters and digits, 1×28×28, lying on their side as in the files.", None,
        Choice(name="split", default="balanced", choices=EMNIST_SPLITS, help="Which letters and digits."),
    ),
    _vision("QMNIST", "120,000 handwritten digits, 1×28×28, 10 classes: MNIST with its whole test part.", 10),
    _vision("CIFAR10", "60,000 colour photographs, 3×32×32, 10 classes.", 10),
    _vision("CIFAR100", "60,000 colour photographs, 3×32×32, 100 classes.", 100),
    _vision("SVHN", "99,289 house numbers in the street, 3×32×32, 10 classes.", 10),
    _vision("STL10", "13,000 colour photographs, 3×96×96, 10 classes.", 10),
    _vision("USPS", "9,298 handwritten digits, 1×16×16, 10 classes.", 10),
    _vision("Food101", "101,000 photographs of dishes, 101 classes; needs a Resize.", 101, is_decoded=True),
    _vision("DTD", "3,760 photographs of textures, 47 classes; needs a Resize.", 47, is_decoded=True),
    _vision("OxfordIIITPet", "7,349 photographs of pets, 37 breeds; needs a Resize.", 37, is_decoded=True),
    _vision(
        "EuroSAT", "27,000 satellite pictures, 3×64×64, 10 kinds of land.", 10,
        is_fetched=False, is_decoded=True,
    ),
    _vision(
        "GTSRB", "51,839 traffic signs, 43 classes; needs a Resize.", 43, is_fetched=False, is_decoded=True
    ),
)  # fmt: skip
