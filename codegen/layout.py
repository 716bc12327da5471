"""Source lines as a person breaks them, with marks that remember which node wrote which characters.

A mark is a few private-use characters around a piece of text. No name and no literal can hold one, so marks
travel through formatting and tell at the end on which line and in which columns every node stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

WIDTH = 88
INDENT = "    "
_OPEN, _NAMED, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARK = re.compile(f"{_OPEN}([0-9]+){_NAMED}|{_CLOSE}")
_BEFORE_VALUE = re.compile(r".*? = |.*?return ")
_TOKEN = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|.", re.DOTALL)


class Span(NamedTuple):
    """The characters that a node wrote: lines from 1, columns from 0, the end excluded."""

    node: str
    line: int
    column: int
    end_line: int
    end_column: int

    def covers(self, line: int, column: int, end_line: int, end_column: int) -> bool:
        """Whether a range of characters lies within."""
        begins = (self.line, self.column) <= (line, column)
        return begins and (end_line, end_column) <= (self.end_line, self.end_column)


def marked(number: int, text: str) -> str:
    """`text` as written by the node with this number."""
    return f"{_OPEN}{number}{_NAMED}{text}{_CLOSE}"


def is_code(text: str) -> bool:
    """Whether a line is more than a comment."""
    return not text.lstrip().startswith("#")


def width(text: str) -> int:
    """How many characters of `text` will be seen."""
    return len(_MARK.sub("", text))


def unmarked(lines: Iterable[str], node_ids: list[str]) -> tuple[str, tuple[Span, ...]]:
    """The final text and the spans of its nodes, outer ones before the ones within.

    Args:
        lines: marked source lines.
        node_ids: by the numbers that were marked with.
    """
    plain: list[str] = []
    begun: list[tuple[int, str, int, int]] = []  # order, node, line, column
    ended: list[tuple[int, Span]] = []
    for number, line in enumerate(lines, start=1):
        pieces = _MARK.split(line)  # text, what the mark behind it opens, text, ...
        column = 0
        for text, opened in zip(pieces[::2], pieces[1::2], strict=False):
            column += len(text)
            if opened is not None:
                begun.append((len(ended) + len(begun), node_ids[int(opened)], number, column))
            else:
                order, node_id, first_line, first_column = begun.pop()
                ended.append((order, Span(node_id, first_line, first_column, number, column)))
        plain.append("".join(pieces[::2]))
    ended.sort(key=lambda pair: pair[0])
    return "\n".join(plain) + "\n", tuple(span for _, span in ended)


def folded(text: str, depth: int) -> list[str]:
    """A statement indented, on several lines where one would be too long.

    Args:
        text: the statement on one line.
        depth: how many levels it is indented.
    """
    line = INDENT * depth + text
    if width(line) <= WIDTH:
        return [line]
    head, body, tail = _bracketed(text)
    value = _BEFORE_VALUE.match(text)
    if value and (_is_sum_or_tuple(text[value.end() :]) or width(INDENT * depth + head) > WIDTH):
        head, body, tail = f"{value[0]}(", text[value.end() :], ")"
    if not body:
        return [line]
    return [INDENT * depth + head, *_folded_body(body, depth + 1), INDENT * depth + tail]


def _folded_body(body: str, depth: int) -> list[str]:
    if width(INDENT * depth + body) <= WIDTH:
        return [INDENT * depth + body]
    loop = _loop_at(body)
    if loop is not None:
        return [INDENT * depth + body[:loop], *folded(body[loop:].strip(), depth)]
    items = list(_split(body, ","))
    if len(items) > 1:
        return [line for item in items for line in folded(f"{item.strip()},", depth)]
    terms = list(_split(body, "+"))
    if len(terms) > 1:
        first, *others = (term.strip() for term in terms)
        return [INDENT * depth + first, *(f"{INDENT * depth}+ {term}" for term in others)]
    return folded(body, depth)


def _is_sum_or_tuple(text: str) -> bool:
    return any(len(list(_split(text, sign))) > 1 for sign in ",+")


def _bracketed(text: str) -> tuple[str, str, str]:
    """The text up to the bracket that closes last, its inside, and the rest; all empty if there is none."""
    depth, start, found = 0, 0, ("", "", "")
    for position, token in _tokens(text):
        if token in "([{":
            start, depth = (position + 1, 1) if depth == 0 else (start, depth + 1)
        elif token in ")]}":
            depth -= 1
            if depth == 0:
                found = (text[:start], text[start:position], text[position:])
    return found


def _loop_at(text: str) -> int | None:
    """Where the loop of a comprehension begins; None if the text is none."""
    depth = 0
    for position, token in _tokens(text):
        depth += (token in "([{") - (token in ")]}")
        if depth == 0 and text.startswith(" for ", position):
            return position
    return None


def _split(text: str, separator: str) -> Iterator[str]:
    """The pieces of `text` between separators that stand outside of brackets."""
    depth = start = 0
    for position, token in _tokens(text):
        depth += (token in "([{") - (token in ")]}")
        if token == separator and depth == 0:
            yield text[start:position]
            start = position + 1
    if text[start:].strip():
        yield text[start:]


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    """Characters with their positions; a string literal counts as one."""
    return ((match.start(), match[0]) for match in _TOKEN.finditer(text))
