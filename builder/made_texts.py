"""Texts with values already in them, in another language: which pattern made a text, and what it is there.

The graph and the engine say what is wrong in English: `conv2: nothing is connected to its input.` A catalogue
has the pattern, `{0} is connected to {1}`; each value takes its place in what the pattern is in its language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

_SENTENCE = re.compile(r"(?<=[.!?]) (?=[A-Z])")
_PLACE = re.compile(r"\{(\d+)\}")
_HEAD = re.compile(r"(\S+): (.+)", re.DOTALL)  # whom it is about


class MadeTexts:
    """The patterns of one language.

    Args:
        texts: what an English text is there; those of patterns have `{0}`, `{1}`, ... for the values.
    """

    def __init__(self, texts: Mapping[str, str | list[str]]) -> None:
        self._texts = {text: found for text, found in texts.items() if isinstance(found, str) and found}

    def translated(self, text: str) -> str | None:
        """A text in this language, as much of it as is known; None if nothing is."""
        found = self._whole(text)
        if found is None:
            parts = _SENTENCE.split(text)
            found = " ".join(self._sentence(part) for part in parts)
        return found if found != text else None

    def _sentence(self, text: str) -> str:
        """One sentence, or what stands before and behind a colon in it."""
        body = text.removesuffix(".")
        end = text[len(body) :]
        found = self._whole(text) or self._ended(body, end)
        head = _HEAD.fullmatch(body)
        if found is None and head is not None:
            rest = self._ended(head[2], end)
            found = f"{head[1]}: {rest}" if rest is not None else None
        return text if found is None else found

    def _ended(self, body: str, end: str) -> str | None:
        """A sentence without its full stop and, perhaps, with a capital that its pattern has not."""
        found = self._whole(body)
        if found is None and body:
            found = self._whole(body[0].lower() + body[1:])
            found = found[0].upper() + found[1:] if found else None
        return None if found is None else found + end

    def _whole(self, text: str) -> str | None:
        found = self._texts.get(text)
        if found is not None:
            return found
        for pattern, key in self._patterns:
            match = pattern.fullmatch(text)
            if match is not None:
                return self._filled(self._texts[key], match.groupdict())
        return None

    def _filled(self, form: str, values: Mapping[str, str]) -> str:
        """A translation with the values in their places; they may be texts of the same kind."""
        made = {name: self.translated(value) or value for name, value in values.items()}
        return _PLACE.sub(lambda place: made.get(f"p{place[1]}", place[0]), form)

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        """Those that say most first: they fit least by accident."""
        keys = [key for key in self._texts if _PLACE.search(key)]
        keys.sort(key=lambda key: -len(_PLACE.sub("", key)))
        return [(re.compile(_regex(key), re.DOTALL), key) for key in keys]


def _regex(key: str) -> str:
    """A pattern as a regular expression; a place that stands in it twice has the same value twice."""
    parts, seen = [], set[str]()
    for index, part in enumerate(_PLACE.split(key)):
        if index % 2 == 0:
            parts.append(re.escape(part))
        else:
            parts.append(f"(?P=p{part})" if part in seen else f"(?P<p{part}>.+?)")
            seen.add(part)
    return "".join(parts)
