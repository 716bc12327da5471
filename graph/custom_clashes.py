"""Names that the sources of several custom layers define, each in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from graph import custom
from graph.catalog import CATALOG
from graph.catalog.code import BlockCode, Embedded, Expression
from graph.document import Graph, Node
from graph.model import Block
from graph.problems import Problem, message

EMBEDDED_TYPES = frozenset(name for name, spec in CATALOG.items() if isinstance(spec.code, Embedded))
HELPER_NAMES = frozenset(
    helper.name
    for spec in CATALOG.values()
    if isinstance(spec.code, Expression)
    for helper in spec.code.helpers
)


@dataclass(frozen=True, slots=True)
class _User:
    """A source that a graph needs.

    Args:
        node: the node of the graph that brings it.
        inside: the block that it stands in; nothing if the node itself has it.
    """

    node: Node
    inside: str
    source: str

    def __str__(self) -> str:
        return f"{self.node.name}, in {self.inside}" if self.inside else self.node.name


def embedded_nodes(nodes: Iterable[Node]) -> list[Node]:
    """The nodes whose code stands in the project."""
    return [node for node in nodes if node.type in EMBEDDED_TYPES]


def has_custom_code(block: Block) -> bool:
    """Whether there is a custom layer in a block, or in a block in it."""
    return any(True for _ in _inside(block, set()))


def source_of(node: Node) -> str:
    """The source of a custom node; empty if it has none."""
    source = node.params.get("source", "")
    return source if isinstance(source, str) else ""


def name_clashes(graph: Graph) -> Iterator[Problem]:
    """Nodes whose custom code cannot stand in one file with what comes before it."""
    meanings: dict[str, tuple[str, _User]] = {}
    for user in _users(graph):
        own = _meanings(user.source)
        helper = next((name for name in own if name in HELPER_NAMES), None)
        other = {
            name: meanings[name][1] for name in own if name in meanings and meanings[name][0] != own[name]
        }
        if helper is not None:
            yield _clash(user, helper, "a function of Netloom that files may have")
        elif other:
            name, before = next(iter(other.items()))
            yield _clash(user, name, f"the source of {before}")
        else:
            meanings |= {name: (meaning, user) for name, meaning in own.items() if name not in meanings}


def _users(graph: Graph) -> Iterator[_User]:
    """Every source that the graph needs, with those inside the blocks that it is made of."""
    types = graph.types.keys()
    codes = {name: graph.catalog[name].code for name in types if name in graph.catalog}
    within = {
        name: list(_inside(code.block, set())) for name, code in codes.items() if isinstance(code, BlockCode)
    }
    if not any(within.values()) and not types & EMBEDDED_TYPES:
        return
    for node in graph.nodes.values():
        if node.bypassed:
            continue
        if node.type in EMBEDDED_TYPES:
            yield _User(node, "", source_of(node))
        yield from (_User(node, inside, source) for inside, source in within.get(node.type, ()))


def _inside(block: Block, seen: set[str]) -> Iterator[tuple[str, str]]:
    """The sources inside a block and the blocks in it, each with the block it stands in."""
    if block.name in seen:
        return
    seen.add(block.name)
    nodes = [node for node in block.graph.nodes.values() if not node.bypassed]
    yield from ((block.name, source_of(node)) for node in embedded_nodes(nodes))
    for type_name in dict.fromkeys(node.type for node in nodes):
        spec = block.graph.catalog.get(type_name)
        if spec is not None and isinstance(spec.code, BlockCode):
            yield from _inside(spec.code.block, seen)


def _meanings(source: str) -> Mapping[str, str]:
    """What each name of the source's top level stands for; nothing while the source cannot be read."""
    try:
        found = custom.read(source)
    except custom.CodeFault:
        return {}
    imported = {each.name: each.target for each in found.imports}
    return imported | dict.fromkeys(found.definitions, source)


def _clash(user: _User, name: str, other: str) -> Problem:
    where = f"the source inside {user.inside}" if user.inside else "its source"
    what = f"{where} gives {name} another meaning than {other}"
    hint = "Rename it there, or use one source for both." if "source" in other else "Rename it."
    expected = "one meaning of a name in the exported file"
    return Problem(
        code="name-clash",
        severity="error",
        node=user.node.id,
        param=None if user.inside else "source",
        message=message(user.node.name, what, expected, hint),
        expected=expected,
        received=name,
        hint=hint,
    )
