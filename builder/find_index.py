"""Finds nodes by name, type, parameter or value, frames and notes by their text, also inside blocks.

Ten thousand nodes are to be searched between two keystrokes. So what is searched is kept as lists of plain
texts, each look-up is one pass over such a list, and only what is shown gets an object of its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import is_, itemgetter

from builder.fuzzy import EXACT, INSIDE, PREFIX, WORD, fit, fit_letters, fit_part
from graph.annotations import Frame, Note
from graph.catalog.spec import LayerSpec
from graph.document import Graph, Node, Project
from graph.scopes import Path

MAX_HITS = 200  # listed; more are counted
MAX_PATHS = 50  # ways to a block that are listed
MAX_LETTERS = 500  # nodes that are looked at closely when only the letters' order fits
MAX_WORDS = 50  # whose fits are remembered
MAX_TEXT = 2_000  # letters of a value that are searched
TYPE_SHARE = 0.9  # a type counts a little less than a name
SET, VALUE = 75, 50  # `stride=2` as a whole, a part of it
DEFAULT, PLACE = 25, 30  # a parameter that was not set, the name of an instance on the way
LEAST_LETTERS = 33  # what letters in order must be worth

Item = Node | Frame | Note
Scores = dict[int, float]  # by index in a page


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
        pages: Mapping[str | None, _Page],
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
        self._pages: dict[str | None, _Page] = {}
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

    def _page(self, scope: str | None) -> _Page:
        graph, page = self._project.graph_of(scope), self._pages.get(scope)
        items = [*graph.nodes.values(), *graph.frames.values(), *graph.notes.values()]
        return page if page is not None and page.holds(items) else _Page(items, graph.catalog)

    def _score(self, word: str) -> dict[str | None, Scores]:
        """By graph, what a word is worth there; remembered, as most of a query stays from key to key."""
        if word not in self._scores:
            if len(self._scores) > MAX_WORDS:
                self._scores.clear()
            self._scores[word] = _scores(word, self._pages)
        return self._scores[word]


class _Page:
    """What is searched of one graph: names as a list, and the nodes by their type and by their parameters.

    Few types and few sets of parameters occur in a graph, so each is looked at once, however many have it.

    Attributes:
        types: indices of the items of each type.
        params: indices of the nodes with the same parameters, by these in one text.
        unset: indices of the nodes of the same type with the same parameters set, whatever to.
    """

    def __init__(self, items: Sequence[Item], catalog: Mapping[str, LayerSpec]) -> None:
        self.items, self._catalog = items, catalog
        self.names = [name_of(item).casefold() for item in items]
        self.types = defaultdict[str, list[int]](list)
        self.params = defaultdict[str, list[int]](list)
        self.unset = defaultdict[tuple[str, frozenset[str]], list[int]](list)
        for index, item in enumerate(items):
            self.types[type_of(item)].append(index)
            if isinstance(item, Node):
                self.unset[item.type, frozenset(item.params)].append(index)
                if item.params:
                    self.params[_params_text(item)].append(index)

    def holds(self, items: Sequence[Item]) -> bool:
        """Whether it was made from these very items; one that changes is another object."""
        return len(items) == len(self.items) and all(map(is_, items, self.items))

    def scores(self, word: str) -> Scores:
        """What a word is worth for each node that has it as it stands."""
        names = self.names
        inside = [index for index, name in enumerate(names) if word in name]
        tiers: list[tuple[float, list[int]]] = [
            (INSIDE, inside),
            (WORD, [index for index in inside if f"_{word}" in names[index]]),
            (PREFIX, [index for index in inside if names[index].startswith(word)]),
            (EXACT, [index for index in inside if names[index] == word] if word in names else []),
            *self._param_tiers(word),
            *self._type_tiers(word),
            *self._default_tiers(word),
        ]
        scores: Scores = {}
        for score, indices in sorted(tiers, key=itemgetter(0)):
            scores.update(dict.fromkeys(indices, score))
        return scores

    def letter_scores(self, word: str) -> Scores:
        """What a word is worth for each node whose name has its letters in order."""
        in_order = re.compile(".*?".join(map(re.escape, word))).search
        near = [index for index, name in enumerate(self.names) if in_order(name)][:MAX_LETTERS]
        fits = {index: fit_letters(word, name_of(self.items[index]))[0] for index in near}
        return {index: score for index, score in fits.items() if score >= LEAST_LETTERS}

    def fitting_param(self, word: str, node: Item) -> str:
        """The first parameter of a node that a word fits, set or left at its default; empty if none does."""
        if not isinstance(node, Node):
            return ""
        defaults = (
            f"{text} by default"
            for param, text in _defaults(self._catalog.get(node.type))
            if param not in node.params and word in text.casefold()
        )
        return next((text for text in _param_texts(node) if word in text.casefold()), next(defaults, ""))

    def _type_tiers(self, word: str) -> Iterator[tuple[float, list[int]]]:
        for type_name, indices in self.types.items():
            score = fit_part(word, type_name)[0]
            if score:
                yield score * TYPE_SHARE, indices

    def _default_tiers(self, word: str) -> Iterator[tuple[float, list[int]]]:
        for (type_name, params), indices in self.unset.items():
            defaults = _defaults(self._catalog.get(type_name))
            if any(name not in params and word in text.casefold() for name, text in defaults):
                yield DEFAULT, indices

    def _param_tiers(self, word: str) -> Iterator[tuple[float, list[int]]]:
        for text, indices in self.params.items():
            if word in text:
                yield (SET if f"\n{word}\n" in text else VALUE), indices


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


def _scores(word: str, pages: Mapping[str | None, _Page]) -> dict[str | None, Scores]:
    """By graph, what a word is worth there; the order of letters counts only if the word is nowhere."""
    scores = {scope: page.scores(word) for scope, page in pages.items()}
    if not any(scores.values()):
        scores = {scope: page.letter_scores(word) for scope, page in pages.items()}
    return scores


def _together(scores: Mapping[str, Scores], way: _Way) -> Scores:
    """The nodes that every word fits, or the way to them does; but not the way alone."""
    passed = {word for word in scores if way.passes(word)}
    needed = [scores[word] for word in scores if word not in passed]
    if len(scores) == 1 and needed:
        return needed[0]
    fitting = set(needed[0]).intersection(*needed[1:]) if needed else set[int]().union(*scores.values())
    floor = {word: PLACE if word in passed else 0 for word in scores}
    return {index: sum(scores[word].get(index, floor[word]) for word in scores) for index in fitting}


def _hit(words: Iterable[str], page: _Page, index: int, way: _Way) -> Hit:
    item, letters, param = page.items[index], set[int](), ""
    name, kind = name_of(item), type_of(item)
    for word in words:
        is_in_name = word in page.names[index]
        fitting = "" if is_in_name else page.fitting_param(word, item)
        param = param or fitting
        if is_in_name or not (fitting or word in kind.casefold() or way.passes(word)):
            letters.update(fit(word, name)[1])
    return Hit(way.path, way.places, item, name, kind, tuple(sorted(letters)), param)


def name_of(item: Item) -> str:
    """What an item is found by: the name of a node, the title of a frame, the text of a note in one line."""
    if isinstance(item, Node):
        return item.name
    return item.title if isinstance(item, Frame) else " ".join(item.text.split())


def type_of(item: Item) -> str:
    """The type of a node; what else it is."""
    return item.type if isinstance(item, Node) else type(item).__name__


def _defaults(spec: LayerSpec | None) -> Iterator[tuple[str, str]]:
    """Name and text of each parameter that has a default."""
    for param in spec.params if spec is not None else ():
        if param.default is not None:
            yield param.name, f"{param.name}={param.default}"


def _params_text(node: Node) -> str:
    """The parameters that were set, a line each, with a line break at both ends."""
    return "\n".join(("", *_param_texts(node), "")).casefold()


def _param_texts(node: Node) -> Iterator[str]:
    for name, value in node.params.items():
        yield f"{name}={value}"[:MAX_TEXT]
