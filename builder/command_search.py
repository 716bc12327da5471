"""What the command palette offers, and in which order. Plain Python, no Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from builder.fuzzy import INSIDE, LETTERS, fit, fit_part

CATEGORY, ABOUT = 50, 20  # what a word is worth that only stands there
LEAST_ABOUT = 4  # letters of a word that is looked for in sentences; "the" is in all of them
LEAST = LETTERS - 3  # below it letters stand too far apart to be meant


@dataclass(frozen=True, slots=True)
class Command:
    """Something the command palette can do.

    Attributes:
        id: stable name, by which it is remembered as used.
        title: what it is called.
        category: what it belongs to.
        run: does it.
        icon: a name `builder.icons.icon` knows; empty for none.
        keys: its shortcut for people to read.
        about: one sentence on it.
        fault: why it cannot be done now; empty if it can.
    """

    id: str
    title: str
    category: str
    run: Callable[[], object]
    icon: str = ""
    keys: str = ""
    about: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A command that fits, with the indices of the title's letters that were typed."""

    command: Command
    letters: tuple[int, ...] = ()


def rank(query: str, commands: Iterable[Command], used: Sequence[str] = ()) -> list[Found]:
    """Commands that fit every word of the query, the best first.

    Of equally good ones those stand first that can be done now, and of these the ones used last.

    Args:
        query: what was typed, in any case; empty for all.
        commands: those to look among, in their usual order.
        used: ids of commands, the one used last first.
    """
    words = query.casefold().split()
    last = {command_id: place for place, command_id in enumerate(used)}
    found = [(*scored, command) for command in commands if (scored := _score(words, command)) is not None]
    found.sort(key=lambda each: (-each[0], bool(each[2].fault), last.get(each[2].id, len(last))))
    return [Found(command, letters) for _, letters, command in found]


def _score(words: Sequence[str], command: Command) -> tuple[int, tuple[int, ...]] | None:
    total, letters = 0.0, set[int]()
    for word in words:
        score, positions = fit(word, command.title)
        if score < LEAST:
            score, positions = _elsewhere(word, command), ()
        if not score:
            return None
        total += score
        letters.update(positions)
    return round(total / max(len(words), 1)), tuple(sorted(letters))


def _elsewhere(word: str, command: Command) -> float:
    if fit_part(word, command.category)[0] > INSIDE:
        return CATEGORY
    is_telling = len(word) >= LEAST_ABOUT and fit_part(word, command.about)[0] > INSIDE
    return ABOUT if is_telling else 0.0
