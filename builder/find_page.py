"""What is searched of one graph: plain texts in lists, each look-up one pass over such a list."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from operator import is_, itemgetter

from builder.fuzzy import EXACT, INSIDE, PREFIX, WORD, fit_letters, fit_part
from builder.texts import tr
from graph.annotations import Frame, Note
from graph.catalog.spec import LayerSpec
from graph.document import Node

MAX_LETTERS = 500  # nodes that are looked at closely when only the letters' order fits
MAX_TEXT = 2_000  # letters of a value that are searched
TYPE_SHARE = 0.9  # a type counts a little less than a name
SET, VALUE, DEFAULT = 75, 50, 25  # `stride=2` as a whole, a part of it, a parameter that was not set
LEAST_LETTERS = 33  # what letters in order must be worth

Item = Node | Frame | Note
Scores = dict[int, float]  # by index in a page


class Page:
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
        names, begun = self.names, f"_{word}"
        inside = [index for index, name in enumerate(names) if word in name]
        tiers: list[tuple[float, list[int]]] = [
            (INSIDE, inside),
            (WORD, [index for index in inside if begun in names[index]]),
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
        near = (index for index, name in enumerate(self.names) if in_order(name))
        fits = {
            index: fit_letters(word, name_of(self.items[index]))[0] for index in islice(near, MAX_LETTERS)
        }
        return {index: score for index, score in fits.items() if score >= LEAST_LETTERS}

    def fitting_param(self, word: str, node: Item) -> str:
        """The first parameter of a node that a word fits, set or left at its default; empty if none does."""
        if not isinstance(node, Node):
            return ""
        defaults = (
            tr("{text} by default", text=text)
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
