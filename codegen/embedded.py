"""The classes of custom layers in the generated file: the user's text, its imports at the top."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from codegen.blocks import block_key
from codegen.layout import marked
from codegen.network import Network
from graph import custom
from graph.catalog.code import BlockCode, Embedded
from graph.custom_clashes import source_of
from graph.custom_shapes import require_trusted
from graph.document import Node
from graph.flow import live_nodes
from graph.model import Block
from graph.problems import Problem, message
from graph.shapes import ShapeError


class EmbeddedClasses:
    """The sources of all custom layers, each once however many layers share it.

    Args:
        network: the project's own; what is inside its blocks is looked up.

    Attributes:
        untrusted: the layers whose source is not trusted now; what is known about their graph may be older.
        names: what the sources define; the file can call nothing else so.
        standard: which of the names that every file may use they use.
        imports: what they import beyond those, a statement each.
    """

    def __init__(self, network: Network) -> None:
        users = list(_users(network))
        self.untrusted = [problem for each in users if (problem := _distrust(each))]
        self._keys: dict[str, list[str]] = {}
        for user in users:
            self._keys.setdefault(source_of(user.node), []).append(user.key)
        self._found = {source: custom.read(source) for source in self._keys}
        imports = [each for one in self._found.values() for each in one.imports]
        self.names = {name for one in self._found.values() for name in one.definitions}
        self.names |= {each.name for each in imports}
        used = frozenset[str]().union(*(one.used for one in self._found.values()))
        self.standard = used & custom.STANDARD_NAMES.keys()
        self.imports = {each.statement for each in imports if not each.is_standard}

    def lines(self, numbers: Mapping[str, int]) -> list[str]:
        """Their text, marked, each behind two empty lines.

        Args:
            numbers: of the nodes, and of those of blocks by their `block_key`.
        """
        written: list[str] = []
        for source, keys in self._keys.items():
            written += ["", "", *_marked(self._found[source].body, [numbers[key] for key in keys])]
        return written


@dataclass(frozen=True)
class _User:
    """A custom layer.

    Args:
        key: what it goes by in the places of generated code.
        node: itself.
        stands_in: the node of the project's graph that brings it.
    """

    key: str
    node: Node
    stands_in: Node


def _users(network: Network) -> Iterator[_User]:
    """Every custom layer that leads to a result, those inside blocks included."""
    seen: set[str] = set()
    for operation in network.operations.values():
        code = operation.spec.code
        if isinstance(code, Embedded):
            yield _User(operation.node.id, operation.node, operation.node)
        elif isinstance(code, BlockCode):
            yield from (_User(key, node, operation.node) for key, node in _inside(code.block, seen))


def _inside(block: Block, seen: set[str]) -> Iterator[tuple[str, Node]]:
    if block.name in seen:
        return
    seen.add(block.name)
    for node_id in sorted(live_nodes(block.graph), key=list(block.graph.nodes).index):
        node = block.graph.nodes[node_id]
        if node.bypassed:
            continue
        code = block.graph.catalog[node.type].code
        if isinstance(code, Embedded):
            yield block_key(block.name, node_id), node
        elif isinstance(code, BlockCode):
            yield from _inside(code.block, seen)


def _distrust(user: _User) -> Problem | None:
    try:
        require_trusted(source_of(user.node))
    except ShapeError as error:
        text = message(user.node.name, error.message, error.expected, error.hint)
        return Problem(error.code, "error", user.stands_in.id, text, hint=error.hint)
    return None


def ordered_imports(statements: Iterable[str]) -> list[str]:
    """Import statements as formatters leave them: Python's own first, one line for each module."""
    merged: dict[str, list[str]] = {}
    lines = []
    for statement in sorted(statements):
        module, _, name = statement.partition(" import ")  # `from math`, `pi`
        if name and " as " not in name:
            merged.setdefault(module, []).append(name)
        else:
            lines.append(statement)
    lines += [f"{module} import {', '.join(names)}" for module, names in merged.items()]
    lines.sort(key=lambda line: (line.startswith("from "), line))
    own = [line for line in lines if custom.is_from_library(line)]
    others = [line for line in lines if line not in own]
    return [*own, *([""] if own and others else []), *others]


def _marked(lines: Iterable[str], numbers: Iterable[int]) -> list[str]:
    written = list(lines)
    for number in numbers:
        written = [marked(number, line) if line else line for line in written]
    return written
