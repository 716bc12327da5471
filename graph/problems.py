"""What is wrong with a graph, in words a person can act on, with remedies made of edits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from math import log10
from reprlib import Repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph.document import Edit


@dataclass(frozen=True)
class Fix:
    """A remedy that one click applies.

    Args:
        label: what the button says.
        edits: applied together as one undo step.
        review: instead of edits, a source that the user is asked to read and trust.
    """

    label: str
    edits: tuple[Edit, ...]
    review: str | None = None


@dataclass(frozen=True)
class Problem:
    """A root cause, never a consequence of another problem.

    Args:
        code: stable name of the kind of mistake.
        severity: `error` (the graph cannot run), `warning` (it runs, and most likely learns badly) or `info`
            (it could be better).
        node: id of the node; None for the graph as a whole.
        port: input port at fault, if one is.
        param: parameter at fault, if one is.
        message: what happened, what was expected, what to do.
        why: what is behind it, for somebody who meets it for the first time.
        source: the page to read on.
    """

    code: str
    severity: str
    node: str | None
    message: str
    port: str | None = None
    param: str | None = None
    expected: str = ""
    received: str = ""
    hint: str = ""
    fixes: tuple[Fix, ...] = ()
    why: str = ""
    source: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity == "error"

    @property
    def remedy(self) -> Fix | None:
        """The best fix that is made of edits; None if there is none."""
        return next((fix for fix in self.fixes if fix.edits), None)

    def to_json(self) -> dict[str, Any]:
        """The problem as `netloom check --json` prints it."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**values, "fixes": [fix.label for fix in self.fixes]}


def sentence(text: str) -> str:
    """The text with a capital first letter and a full stop."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def message(name: str | None, what: str, expected: str = "", hint: str = "") -> str:
    """What happened, what was expected, what to do: `conv2: stride is 0. Expected 1. Set stride = 1.`."""
    head = f"{name}: {what}" if name else sentence(what)
    head = head if head[-1] in ".!?" else head + "."
    parts = (head, f"Expected {expected}." if expected else "", sentence(hint))
    return " ".join(part for part in parts if part)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean Conv2d?`, or nothing if nothing is close."""
    match = closest(word, tuple(known))
    return f"Did you mean {match}?" if match else ""


def closest(word: str, known: Sequence[str]) -> str | None:
    """The known word that a mistyped one most likely stands for."""
    if len(word) > 80:
        return None
    by_folded = {name.lower(): name for name in known}
    matches = get_close_matches(word.lower(), by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def shown(value: object, limit: int = 60) -> str:
    """A value as it appears in a message, cut if long."""
    if isinstance(value, str):
        text = repr(value[: limit + 1])
    elif isinstance(value, list | tuple) and len(value) > limit:
        text = f"a list of {len(value)}"
    else:
        text = _BRIEF.repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


class _Brief(Repr):
    """Looks only as far into a value as a message can show, however deep, long or large it is."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxlist, self.maxdict, self.maxstring, self.maxother = 4, 60, 8, 60, 60

    def repr_int(self, x: int, level: int) -> str:
        digits = round(x.bit_length() * log10(2))
        return f"an integer of about {digits} digits" if digits > 60 else str(x)

    def repr_tuple(self, x: tuple[object, ...], level: int) -> str:
        return self.repr_list(list(x), level)


_BRIEF = _Brief()
