"""Python syntax colours for a read-only text, line by line."""

from __future__ import annotations

import keyword
import re
from collections import deque
from collections.abc import Iterator

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextBlock, QTextCharFormat, QTextDocument

from builder.theme import Theme

LINES = 200  # coloured before the window has its turn

_KEYWORDS = "|".join(sorted({*keyword.kwlist, "match", "case"}, key=len, reverse=True))
_PREFIX = r"(?:[rRbBfFuU]|[rR][bBfF]|[bBfF][rR])?"
_TOKEN = re.compile(
    rf"""
    (?P<comment>\#.*)
    |(?P<open>{_PREFIX}(?:\"\"\"|'''))
    |(?P<string>{_PREFIX}(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
    |\b(?:def|class)\s+(?P<name>\w+)
    |(?P<self>\bself\b)
    |(?P<keyword>\b(?:{_KEYWORDS})\b)
    |(?P<number>\b(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d+)?)\b)""",
    re.VERBOSE,
)
_QUOTES = ("", '"""', "'''")  # by block state: what a string that goes on in the next line was opened with


class PythonHighlighter(QSyntaxHighlighter):
    """Colours keywords, names being defined, strings, numbers and comments in a theme's code colours.

    Of many lines it colours some at once, the others in the next turns of the event loop.
    """

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._room = LINES
        self._waiting: deque[QTextBlock] = deque()
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)
        self._formats: dict[str, QTextCharFormat] = {}
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Colours everything anew."""
        self._formats = {
            kind: _format(getattr(theme, f"code_{kind}")) for kind in ("keyword", "string", "number")
        }
        self._formats["comment"] = _format(theme.code_comment, italic=True)
        self._formats["name"] = _format(theme.code_name)
        self._formats["self"] = _format(theme.code_self)
        self._waiting.clear()
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """Qt calls it for each line that changed."""
        if not self._timer.isActive():
            self._timer.start()
        if self._room:
            self._room -= 1
            self._color(text)
        else:
            self._waiting.append(self.currentBlock())
            if self.currentBlockState() < 0:
                self.setCurrentBlockState(0)

    @Slot()
    def _go_on(self) -> None:
        self._room = LINES
        while self._waiting and self._room:
            block = self._waiting.popleft()
            if block.isValid():
                self.rehighlightBlock(block)
        if not self._waiting:
            self._room = LINES
            self._timer.stop()

    def _color(self, text: str) -> None:
        quote, start = _QUOTES[max(self.previousBlockState(), 0)], 0
        if quote:
            start, quote = _string_end(text, 0, quote)
            self.setFormat(0, start, self._formats["string"])
        while not quote and (token := _TOKEN.search(text, start)):
            for kind, first, last in _spans(token):
                self.setFormat(first, last - first, self._formats[kind])
            start = token.end()
            if token["open"]:
                start, quote = _string_end(text, token.end(), token["open"][-3:])
                self.setFormat(token.start(), start - token.start(), self._formats["string"])
        self.setCurrentBlockState(_QUOTES.index(quote))


def _string_end(text: str, start: int, quote: str) -> tuple[int, str]:
    """Where a triple-quoted string ends in this line, and the quote it still waits for, if any."""
    end = text.find(quote, start)
    return (len(text), quote) if end < 0 else (end + len(quote), "")


def _spans(token: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    """What to colour of a token: (kind, first, last + 1)."""
    if token["name"]:
        yield "keyword", token.start(), token.start("name")
    if token.lastgroup is not None and token.lastgroup != "open":
        yield token.lastgroup, *token.span(token.lastgroup)


def _format(color: str, italic: bool = False) -> QTextCharFormat:
    result = QTextCharFormat()
    result.setForeground(QColor(color))
    result.setFontItalic(italic)
    return result
