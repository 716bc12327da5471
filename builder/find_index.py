"""Finds nodes by name, type, parameter or value, frames and notes by their text, also inside blocks.

Ten thousand nodes are to be searched between two keystrokes: only what is shown gets an object of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from builder.find_page import Item, Page, Scores, name_of, type_of
from builder.fuzzy import fit
from graph.document import Graph, Node, Project
from graph.scopes import Path

MAX_HITS = 100  # listed; more are counted
MAX_PATHS = 50  # ways to a block that are listed
MAX_WORDS = 50  # whose fits are remembered
PLACE = 30  # what a word is worth that only the name of an instance on the way has


@dataclass(frozen=True, slots=True)
class Hit:
    """A node, frame or note that fits.

    Attributes:
        path: ids of the instances to enter.
        places: what these are called.
        item: as it is in the graph there.
        name: the name of the node, the title of the frame, the text of the note in one line.
        type: what kind of layer it is, `Frame` or `Note`.
        letters: indices of the name's letters that were typed.
        param: the parameter that fits, `stride=2`; empty if none has to.
    """

    path: Path
    places: tuple[str, ...]
    item: Item
    name: str
    type: str
    letters: tuple[int, ...] = ()
    param: str = ""


class Hits(Sequence[Hit]):
    """The best hits, best first. Each is worked out when it is looked at: few of them ever are.

    Attributes:
        count: how many there are in all.
    """

    def __init__(
        self,
        found: Sequence[_Found],
        count: int,
        words: Sequence[str],
        pages: Mapping[str | None, Page],
    ) -> None:
        self.count = count
        self._found, self._words, self._pages = found, words, pages

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, row: int) -> Hit:  # type: ignore[override]  # nobody takes a slice
        _, scope, index, way = self._found[row]
        return _hit(self._words, self._pages[scope], index, way)

    def row_of(self, path: Path, item_id: str) -> int:
        """Where an item stands among them; -1 if it does not."""
        rows = (
            row
            for row, (_, scope, index, way) in enumerate(self._found)
            if way.path == path and self._pages[scope].items[index].id == item_id
        )
        return next(rows, -1)


class FindIndex:
    """What can be found in a project; follows its changes by itself.

    Args:
        project: read, never written.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._pages: dict[str | None, Page] = {}
        self._scores: dict[str, dict[str | None, Scores]] = {}

    def find(self, query: str, shown: str | None = None) -> Hits:
        """The best hits, best first; none for an empty query.

        Args:
            query: each of its words has to fit the node or its place, one at least the node.
            shown: the block in sight, whose nodes come before equally good ones; None for the main graph.
        """
        words = query.casefold().split()
        if not words:
            return Hits((), 0, words, self._pages)
        ways = _ways(self._project)
        self._read(ways, shown)
        pages = self._pages
        scores = {word: self._score(word) for word in words}
        found = list[_Found]()
        count = 0
        for scope in pages:
            for way in ways[scope]:
                fitting = _together({word: scores[word][scope] for word in words}, way)
                count += len(fitting)
                best = sorted(sorted(fitting), key=fitting.__getitem__, reverse=True)[:MAX_HITS]
                found += [(fitting[index], scope, index, way) for index in best]
        found.sort(key=itemgetter(0), reverse=True)
        return Hits(found[:MAX_HITS], count, words, pages)

    def forget(self) -> None:
        """Forgets what was found: what is searched may be another now."""
        self._scores.clear()

    def prepare(self) -> None:
        """Reads the project, so that the first key that is typed need not wait for it."""
        self._read(_ways(self._project), None)

    def _read(self, scopes: Iterable[str | None], shown: str | None) -> None:
        """Brings the pages up to date, the one in sight first."""
        pages = {scope: self._page(scope) for scope in sorted(scopes, key=lambda scope: scope != shown)}
        if pages != self._pages:
            self._scores = {}
        self._pages = pages

    def _page(self, scope: str | None) -> Page:
        graph, page = self._project.graph_of(scope), self._pages.get(scope)
        items = [*graph.nodes.values(), *graph.frames.values(), *graph.notes.values()]
        return page if page is not None and page.holds(items) else Page(items, graph.catalog)

    def _score(self, word: str) -> dict[str | None, Scores]:
        """By graph, what a word is worth there; remembered, as most of a query stays from key to key."""
        if word not in self._scores:
            if len(self._scores) > MAX_WORDS:
                self._scores.clear()
            self._scores[word] = _scores(word, self._pages)
        return self._scores[word]


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to a graph: the instances to enter, and what they are called."""

    path: Path = ()
    places: tuple[str, ...] = ()

    def passes(self, word: str) -> bool:
        return any(word in place.casefold() for place in self.places)


_Found = tuple[float, str | None, int, _Way]  # score, graph, index in its page


def _ways(project: Project) -> dict[str | None, list[_Way]]:
    """The ways to the main graph and to every block that has an instance, the shortest first."""
    ways: dict[str | None, list[_Way]] = {None: [_Way()]}
    instances: dict[str | None, list[Node]] = {}
    queue: list[tuple[str | None, _Way]] = [(None, _Way())]
    for scope, way in queue:  # grows while it runs
        if scope not in instances:
            instances[scope] = _instances(project, project.graph_of(scope))
        for node in instances[scope]:
            there = ways.setdefault(node.type, [])
            if len(there) < MAX_PATHS:
                there.append(_Way((*way.path, node.id), (*way.places, node.name)))
                queue.append((node.type, there[-1]))
    return ways


def _instances(project: Project, graph: Graph) -> list[Node]:
    blocks = project.blocks
    return [node for node in graph.nodes.values() if node.type in blocks] if blocks else []


def _scores(word: str, pages: Mapping[str | None, Page]) -> dict[str | None, Scores]:
    """By graph, what a word is worth there; the order of letters counts only if the word is nowhere."""
    scores = {scope: page.scores(word) for scope, page in pages.items()}
    if not any(scores.values()):
        scores = {scope: page.letter_scores(word) for scope, page in pages.items()}
    return scores


def _together(scores: Mapping[str, Scores], way: _Way) -> Scores:
    """The nodes that every word fits, or the way to them does; but not the way alone."""
    passed = [scores[word] for word in scores if way.passes(word)]
    needed = sorted((scores[word] for word in scores if not way.passes(word)), key=len)
    fitting = needed[0] if needed else dict.fromkeys(set[int]().union(*passed), 0.0)
    for other in needed[1:]:
        fitting = {index: score + other[index] for index, score in fitting.items() if index in other}
    for other in passed:
        fitting = {index: score + other.get(index, PLACE) for index, score in fitting.items()}
    return fitting


def _hit(words: Iterable[str], page: Page, index: int, way: _Way) -> Hit:
    item, letters, param = page.items[index], set[int](), ""
    name, kind = name_of(item), type_of(item)
    for word in words:
        is_in_name = word in page.names[index]
        fitting = "" if is_in_name else page.fitting_param(word, item)
        param = param or fitting
        if is_in_name or not (fitting or word in kind.casefold() or way.passes(word)):
            letters.update(fit(word, name)[1])
    return Hit(way.path, way.places, item, name, kind, tuple(sorted(letters)), param)
