"""What a data source and a transform declare; needs no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graph.catalog.call import Params
from graph.catalog.params import ParamError, ParamSpec, Value
from graph.catalog.text_params import MAX_ARGUMENTS
from runtime.data.given_choices import GivenKind
from runtime.options import OptionSpec

VISION_DOCS = "https://docs.pytorch.org/vision/stable/generated/"

Steps = tuple[tuple[str, Mapping[str, Value]], ...]  # transforms by type, with their parameters


@dataclass(frozen=True, kw_only=True)
class SourceSpec(OptionSpec):
    """A place that data comes from.

    Args:
        title: its name in the form.
        num_classes: how many classes it has, where that is known without reading it.
        is_never_image: whether its samples are certainly no images (C, H, W), whatever its files hold.
        is_decoded: whether its samples are read one by one, which processes can share.
        takes: which files of the user's can be samples of it.
    """

    title: str
    num_classes: int | None = None
    is_never_image: bool = False
    is_decoded: bool = False
    takes: tuple[GivenKind, ...] = ("picture", "array")


@dataclass(frozen=True)
class SourceGroup:
    """Sources that belong together.

    Args:
        title: as a form shows it.
        sources: the usual one first.
    """

    title: str
    sources: tuple[SourceSpec, ...]


def no_steps(params: Params) -> Steps:
    """Validation samples need nothing in its place."""
    return ()


@dataclass(frozen=True, kw_only=True)
class TransformSpec(OptionSpec):
    """A change to every sample.

    Args:
        is_random: whether it draws anew for every sample and epoch.
        images_only: whether samples must be images (C, H, W).
        works_on_bytes: whether it moves pixels only, so that 8-bit images can stay 8-bit.
        in_eval: what validation samples get in its place, where their chain follows from that of training.
    """

    is_random: bool = False
    images_only: bool = False
    works_on_bytes: bool = False
    in_eval: Callable[[Params], Steps] = no_steps


@dataclass(frozen=True, kw_only=True)
class Names(ParamSpec):
    """A list of names, such as those of columns; a text with commas will do.

    Args:
        most: how many there may be.
    """

    default: tuple[str, ...] = ()
    most: int = 10_000

    kind = "text"

    def _checked(self, value: Value) -> tuple[str, ...]:
        items = [item.strip() for item in value.split(",")] if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or len(items) > self.most:
            raise ParamError("a list of names")
        if not all(isinstance(item, str) for item in items):
            raise ParamError("a list of names")
        names = tuple(item for item in items if item)
        if len(set(names)) < len(names):  # a column would be seen or predicted twice
            raise ParamError("a list of names, each once")
        return names


@dataclass(frozen=True, kw_only=True)
class Words(ParamSpec):
    """One of a few words for some names, such as the kind of single columns.

    Args:
        choices: the words.
    """

    choices: tuple[str, ...]

    kind = "arguments"

    def _checked(self, value: Value) -> dict[str, str]:
        listed = ", ".join(self.choices)
        expected = f"one of {listed} for a name, as in age={self.choices[0]}"
        if not isinstance(value, Mapping) or len(value) > 10 * MAX_ARGUMENTS:
            raise ParamError(expected)
        if not all(isinstance(name, str) and word in self.choices for name, word in value.items()):
            raise ParamError(expected)
        return dict(value)

    def bounds(self) -> dict[str, Value]:
        return {"choices": list(self.choices)}
