"""What custom layers give: asked of whoever may run their code, as nothing in this room does.

The command line and the window say at their start who that is. Until then nobody is, and no code is trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from graph.shapes import ReviewCode, ShapeError, TensorSpec

UNTRUSTED = "untrusted-code"


@dataclass(frozen=True)
class Question:
    """What a custom layer gives for some inputs.

    Args:
        source: the text of its code.
        class_name: the class in it.
        arguments: for the constructor, as JSON.
        inputs: in order.
    """

    source: str
    class_name: str
    arguments: str
    inputs: tuple[TensorSpec, ...]


@dataclass(frozen=True)
class Found:
    """What a custom layer gives.

    Args:
        output: what `forward` returns.
        parameters: how many numbers it learns.
    """

    output: TensorSpec
    parameters: int


@dataclass(frozen=True)
class Refusal:
    """Why a custom layer gives nothing: what happened, what was expected, how to mend it."""

    what: str
    expected: str
    hint: str


Answer = Found | Refusal


class Provider(Protocol):
    """Knows which sources the user trusts, and runs those and no others."""

    def is_trusted(self, source: str) -> bool:
        """Whether the user trusts exactly this text."""

    def answer(self, question: Question) -> Answer | None:
        """What the layer gives; None while that is being found out. Only asked about trusted sources."""


class ShapePending(Exception):
    """The shape is being computed; whoever is asked tells when it is there."""


class _Nobody:
    """Trusts nothing, so is never asked more."""

    def is_trusted(self, source: str) -> bool:
        return False

    def answer(self, question: Question) -> Answer | None:
        return Refusal("nothing here runs code", "a program that runs it", "Open the project in Netloom.")


NOBODY: Provider = _Nobody()
_provider: Provider = NOBODY


def ask_from_now_on(provider: Provider) -> Provider:
    """Makes this the one that is asked; returns the one before."""
    global _provider
    before, _provider = _provider, provider
    return before


def is_trusted(source: str) -> bool:
    """Whether the user trusts exactly this text."""
    return _provider.is_trusted(source)


def require_trusted(source: str) -> None:
    """Nothing, if the user trusts exactly this text.

    Raises:
        ShapeError: the user does not.
    """
    if not is_trusted(source):
        raise ShapeError(
            UNTRUSTED,
            "the code is not trusted, so it is never run",
            expected="code that you have read and trust",
            hint="Review and trust it, here or with `netloom trust`.",
            param="source",
            repairs=(ReviewCode(source),),
        )


def ask(question: Question) -> Found:
    """What a custom layer gives.

    Raises:
        ShapePending: that is still being computed.
        ShapeError: its source is not trusted, or its code does not run.
    """
    require_trusted(question.source)
    answer = _provider.answer(question)
    if answer is None:
        raise ShapePending
    if isinstance(answer, Refusal):
        raise ShapeError(
            "custom-code", answer.what, expected=answer.expected, hint=answer.hint, param="source"
        )
    return answer
