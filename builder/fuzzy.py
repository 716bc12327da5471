"""How well a typed word fits a name: the one fuzzy matcher of the search boxes. Plain Python, no Qt."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache

EXACT, PREFIX, WORD, INSIDE, LETTERS, TYPO = 100, 80, 70, 60, 35, 38
LONGEST_LETTERS = 50  # what letters that stand apart can score at most
MIN_TYPO = 4  # letters; a shorter word with a wrong one could be anything
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+[a-z]?")

Fit = tuple[float, tuple[int, ...]]
NO_FIT: Fit = (0.0, ())


def fit(word: str, name: str) -> Fit:
    """How well a word fits, higher is better and 0 not at all; with the indices of its letters in the name.

    Args:
        word: casefolded, without blanks.
        name: as it is shown.
    """
    return fit_part(word, name) if word in name.casefold() else fit_letters(word, name)


def fit_part(word: str, name: str) -> Fit:
    """How well a word fits that stands in the name as it is."""
    folded = name.casefold()
    at = folded.find(word)
    if at < 0:
        return NO_FIT
    starts = word_starts(name)
    at = next((start for start in sorted(starts) if folded.startswith(word, start)), at)
    if folded == word:
        kind = EXACT
    elif at == 0:
        kind = PREFIX
    elif at in starts:
        kind = WORD
    else:
        kind = INSIDE if len(word) > 2 else LETTERS  # `mp` stands for MaxPool sooner than for Upsample
    return kind, tuple(range(at, at + len(word)))


def fit_letters(word: str, name: str) -> Fit:
    """How well a word fits whose letters stand in the name in order, best at the starts of its words."""
    letters = _in_order(word, name)
    if not letters:
        return NO_FIT
    starts = word_starts(name)
    at_starts = sum(index in starts for index in letters)
    spread = (letters[-1] - letters[0] + 1) / len(letters)
    return max(LETTERS + 15 * at_starts / len(letters) - spread, 1.0), letters


def is_typo(word: str, name: str) -> bool:
    """Whether the word is the beginning of the name with a letter wrong."""
    folded = name.casefold()[: len(word) + 1]
    return len(word) >= MIN_TYPO and SequenceMatcher(None, word, folded).ratio() >= 0.75


@lru_cache(maxsize=4096)
def word_starts(name: str) -> frozenset[int]:
    """Where the words of a name begin: `MaxPool2d` has them at 0, 3 and 7."""
    return frozenset(match.start() for match in _WORDS.finditer(name))


def _in_order(word: str, name: str) -> tuple[int, ...]:
    """Indices of the letters of `word` in `name`, at words' starts if possible; empty if one is missing."""
    folded = name.casefold()
    if not _is_subsequence(word, folded):
        return ()
    starts, at, letters = sorted(word_starts(name)), 0, list[int]()
    for count, letter in enumerate(word, 1):
        near = next((start for start in starts if start >= at and folded[start] == letter), -1)
        is_near = near >= 0 and _is_subsequence(word[count:], folded[near + 1 :])
        at = near if is_near else folded.find(letter, at)
        letters.append(at)
        at += 1
    return tuple(letters)


def _is_subsequence(word: str, text: str) -> bool:
    remaining = iter(text)
    return all(letter in remaining for letter in word)
