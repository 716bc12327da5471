"""Finds layers by what people type: fuzzy, and the likeliest first. Plain Python, no Qt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from builder.fuzzy import NO_FIT, TYPO, Fit, fit_letters, fit_part, is_typo
from graph.blocks import CATEGORY as BLOCKS
from graph.catalog import CATALOG
from graph.catalog.spec import LayerSpec

# Of equally good matches the first of these wins; the rest follow in the catalogue's order.
COMMON = (
    "Conv2d", "Linear", "ReLU", "BatchNorm2d", "MaxPool2d", "Flatten", "Dropout", "AdaptiveAvgPool2d", "Add",
    "Input", "Output", "LSTM", "GRU", "Embedding", "LayerNorm", "GELU", "Concat",
    "Conv1d", "Conv3d", "ConvTranspose2d", "Upsample", "GroupNorm", "AvgPool2d", "ZeroPad2d",
    "ReflectionPad2d",
)  # fmt: skip

# Families that people most often put behind a family, likeliest first.
FOLLOWERS = {
    BLOCKS: ("Activation", "Pooling", "Convolution", "Normalization", "Linear", "Tensor", "Dropout"),
    "Input/Output": ("Convolution", "Linear", "Embedding", "Recurrent", "Tensor", "Normalization"),
    "Linear": ("Activation", "Input/Output", "Dropout", "Normalization", "Linear"),
    "Embedding": ("Recurrent", "Dropout", "Normalization", "Linear"),
    "Convolution": ("Normalization", "Activation", "Pooling", "Tensor", "Dropout", "Convolution"),
    "Pooling": ("Convolution", "Tensor", "Dropout", "Linear"),
    "Upsampling": ("Convolution", "Tensor", "Activation"),
    "Padding": ("Convolution", "Pooling"),
    "Normalization": ("Activation", "Pooling", "Convolution", "Linear", "Tensor"),
    "Activation": ("Linear", "Convolution", "Pooling", "Dropout", "Tensor"),
    "Dropout": ("Linear", "Convolution", "Input/Output"),
    "Recurrent": ("Tensor", "Linear", "Dropout", "Recurrent"),
    "Tensor": ("Linear", "Activation", "Convolution", "Input/Output"),
}

KEYWORD, HELP = 55, 25  # beside what a fit of the name is worth


@dataclass(frozen=True, slots=True)
class Match:
    """A layer that fits what was typed.

    Args:
        spec: the layer.
        score: how well, higher is better.
        letters: indices of the matched letters of the type name, for showing them bold.
        note: said in place of what the layer does.
    """

    spec: LayerSpec
    score: float
    letters: tuple[int, ...] = ()
    note: str = ""


def search(query: str, specs: Iterable[LayerSpec] | None = None) -> list[Match]:
    """Layers that match every word of the query, best first; all of them for an empty query.

    Args:
        query: what was typed, in any case.
        specs: the layers to look among, likeliest first; the whole catalogue in its usual order if None.
    """
    among = usual_order() if specs is None else list(specs)
    words = query.casefold().split()
    if not words:
        return [Match(spec, 0.0) for spec in among]
    found = [match for spec in among if (match := _match(words, spec)) is not None]
    return sorted(found, key=lambda match: -match.score)  # stable: equal scores keep the order of `among`


def usual_order(catalog: Mapping[str, LayerSpec] = CATALOG) -> list[LayerSpec]:
    """A catalogue with the project's own blocks first, then the common layers."""
    rank = {name: index for index, name in enumerate(COMMON)}
    return sorted(
        catalog.values(), key=lambda spec: (spec.category != BLOCKS, rank.get(spec.type, len(rank)))
    )


def order_after(category: str, specs: Sequence[LayerSpec]) -> list[LayerSpec]:
    """The layers with blocks first, then those that people most often put behind this family.

    Of each family that follows often the commonest layer comes before the others of any: else a screenful
    of normalisations would hide the activation and the pooling.
    """
    followers = FOLLOWERS.get(category, ())
    rank = {name: index for index, name in enumerate((BLOCKS, *followers))}
    common = {name: index for index, name in enumerate(COMMON)}
    ordered = sorted(
        specs, key=lambda spec: (rank.get(spec.category, len(rank)), common.get(spec.type, len(common)))
    )
    first = {spec.category: spec.type for spec in reversed(ordered) if spec.type in common}
    heads = {first[family] for family in followers if family in first}
    return sorted(ordered, key=lambda spec: (spec.category != BLOCKS, spec.type not in heads))


def _match(words: Sequence[str], spec: LayerSpec) -> Match | None:
    total, letters = 0.0, set[int]()
    for word in words:
        score, positions = _best(word, spec)
        if not score:
            return None
        total += score
        letters.update(positions)
    return Match(spec, total / len(words), tuple(sorted(letters)))


def _best(word: str, spec: LayerSpec) -> Fit:
    fitting = fit_part(word, spec.type)
    if fitting[0]:
        return fitting
    if any(
        key.startswith(word)
        for entry in spec.keywords
        for key in (entry.casefold(), *entry.casefold().split())
    ):
        exact = any(entry.casefold() == word for entry in spec.keywords)
        return KEYWORD + (20 if exact else 0), ()
    if spec.category.casefold().startswith(word):
        return KEYWORD, ()
    fitting = fit_letters(word, spec.type)
    if fitting[0]:
        return fitting
    if any(part.startswith(word) for part in re.findall(r"[a-z]+", spec.help.casefold())):
        return HELP, ()
    return (TYPO, ()) if is_typo(word, spec.type) else NO_FIT
