"""Parameters worked out once for all layers that have the same, with what such layers give.

Networks are made of the same layers over and over, and a shape rule gives the same for the same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.catalog.call import Params
from graph.catalog.code import BlockCode, Embedded
from graph.catalog.spec import LayerSpec
from graph.parameters import resolve, unsound_params
from graph.problems import Problem

if TYPE_CHECKING:
    from graph.catalog.params import Value
    from graph.mistakes import Site
    from graph.model import Node
    from graph.node_result import NodeResult

MAX_SHEETS = 10_000
MAX_RESULTS = 10_000  # sizes that are being typed leave some behind
MAX_ENTRIES = 16  # of a list
PLAIN = frozenset({int, bool, str, type(None)})


@dataclass(slots=True, eq=False)  # one is made for each unlike layer, and frozen ones take thrice as long
class Sheet:
    """What is known about a layer of a type with certain parameters, wherever it stands.

    Args:
        spec: the type.
        params: complete with defaults; inferred ones that were left out are None.
        problems: what is wrong with them at the node that they were worked out for.
        is_shared: whether other nodes have it too, and what they give follows from what they are given.
    """

    spec: LayerSpec
    params: Params
    problems: tuple[Problem, ...]
    is_shared: bool


class Sheets:
    """The sheets of a graph, and what their layers give.

    Args:
        env: what the names in expressions stand for.
    """

    def __init__(self, env: Mapping[str, Value]) -> None:
        self._env = env
        self._shared: dict[tuple[int, Hashable], Sheet] = {}
        self._results: dict[Hashable, NodeResult] = {}

    def known(self, question: Hashable) -> NodeResult | None:
        """The result for a sheet and what comes in, if such a layer was looked at before."""
        return self._results.get(question)

    def keep(self, question: Hashable, result: NodeResult) -> None:
        """Remembers a result without problems, of a sheet that is shared."""
        if len(self._results) >= MAX_RESULTS:
            self._results.clear()
        self._results[question] = result

    def of(self, node: Node, spec: LayerSpec, site: Callable[[Node, LayerSpec], Site]) -> Sheet:
        """The sheet of a node; one for all nodes of a type with the same parameters, if nothing is wrong.

        Args:
            node: whose sheet.
            spec: its type.
            site: tells where in the graph it stands.
        """
        frozen = _frozen(node.params)
        key = (id(spec), frozen)
        sheet = self._shared.get(key)
        if sheet is not None:
            return sheet
        params, problems = resolve(node, spec, self._env)
        problems = problems or unsound_params(node, spec, params, site)
        # What own code gives hangs on whether it is trusted, and what is in a block may hold such code.
        is_pure = not isinstance(spec.code, BlockCode | Embedded)
        sheet = Sheet(spec, params, problems, frozen is not None and is_pure and not problems)
        if sheet.is_shared:
            if len(self._shared) >= MAX_SHEETS:
                self._shared.clear()
            self._shared[key] = sheet
        return sheet


def _frozen(params: Mapping[str, Value]) -> Hashable:
    """The parameters that were set, equal to the very same alone; None where they are not plain and short."""
    entries = []
    for name, value in params.items():
        kind = type(value)
        if kind is list or kind is tuple:
            if len(value) > MAX_ENTRIES or not all(type(entry) in PLAIN for entry in value):
                return None
            value = tuple((type(entry), entry) for entry in value)
        elif kind is float:
            value = repr(value)  # as -0.0 == 0.0
        elif kind not in PLAIN:
            return None
        entries.append((name, kind, value))
    return tuple(entries)
