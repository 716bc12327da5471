"""A project as the text of its file: same project, same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from graph.document import BlockParam, Edge, Frame, Graph, Node, Note, Project
from graph.problems import shown

FORMAT = "netloom"
VERSION = 1
MAX_DEPTH = 100  # lists and objects within each other; far below where Python gives up
TOO_DEEP = f"lists or objects are nested too deeply. Expected at most {MAX_DEPTH} within each other."


class StorageError(Exception):
    """A project file cannot be read or written; the text names the file, the place and the way out."""


def in_turn(value: Any) -> Any:
    """What it is given: a step in Python, at which a thread that reads a file lets others on.

    Without it, 100,000 nodes would hold the window up for 0.3 s while another thread reads them.
    """
    return value


class Snapshot:
    """What a project's file holds at one moment: no later edit reaches it, and any thread may write it.

    It is cheap, as nodes and edges never change.
    """

    def __init__(self, project: Project) -> None:
        self._name, self._training, self._extra = project.name, project.training, dict(project.extra)
        self._graph = _Content.of(project.graph_of(None))
        self._blocks = {name: (_Content.of(each.graph), each.params) for name, each in project.blocks.items()}

    @property
    def num_nodes(self) -> int:
        """How many nodes there are, also inside blocks."""
        return sum(
            len(content.nodes) for content in (self._graph, *(each for each, _ in self._blocks.values()))
        )

    def to_bytes(self) -> bytes:
        """The content of the file.

        Raises:
            StorageError: a value is one that JSON does not know, such as NaN.
        """
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """The content of the file bit by bit; raises as `to_bytes`."""
        # A lone surrogate has no UTF-8 form; its JSON escape reads back as itself.
        return (piece.encode(errors="backslashreplace") for piece in self._texts())

    def _texts(self) -> Iterator[str]:
        head = {"format": FORMAT, "version": VERSION, "name": self._name}
        yield "{\n" + "".join(f"  {_json(key)}: {_json(value)},\n" for key, value in head.items())
        yield '  "graph": '
        yield from self._graph.texts("  ")
        yield ',\n  "blocks": '
        yield from self._block_texts()
        for key, value in {"training": self._training, **self._extra}.items():
            yield f",\n  {_json(key)}: {_indented(value)}"
        yield "\n}\n"

    def _block_texts(self) -> Iterator[str]:
        if not self._blocks:
            yield "{}"
            return
        opening = "{\n"
        for name, (content, params) in self._blocks.items():
            yield f"{opening}    {_json(name)}: "
            yield from content.texts("    ", {"params": map(_param_json, params)})
            opening = ",\n"
        yield "\n  }"


@dataclass(frozen=True, slots=True)
class _Content:
    """What the file says of a graph."""

    nodes: tuple[Node, ...]
    edges: Sequence[Edge]
    frames: tuple[Frame, ...]
    notes: tuple[Note, ...]
    rest: Mapping[str, Any]

    @classmethod
    def of(cls, graph: Graph) -> _Content:
        silenced = {"silenced": graph.silenced} if graph.silenced else {}
        annotations = (tuple(graph.frames.values()), tuple(graph.notes.values()))
        return cls(tuple(graph.nodes.values()), graph.edges, *annotations, {**silenced, **graph.extra})

    def texts(self, indent: str, more: Mapping[str, Iterable[Any]] | None = None) -> Iterator[str]:
        lists: dict[str, Iterable[Any]] = {
            "nodes": map(_node_json, self.nodes),
            "edges": map(_edge_json, self.edges),
            "frames": map(_frame_json, self.frames),
            "notes": map(_note_json, self.notes),
            **(more or {}),
        }
        opening = "{\n"
        for key, items in lists.items():
            yield f"{opening}{indent}  {_json(key)}: "
            yield from _lines(items, indent)
            opening = ",\n"
        for key, value in self.rest.items():
            yield f",\n{indent}  {_json(key)}: {_json(value)}"
        yield f"\n{indent}}}"


def to_bytes(project: Project) -> bytes:
    """The content of the project's file: same project, same bytes; one line a node and an edge.

    Raises:
        StorageError: a value is one that JSON does not know, such as NaN.
    """
    return Snapshot(project).to_bytes()


def _param_json(param: BlockParam) -> dict[str, Any]:
    fields = {"name": param.name, "kind": param.kind, "default": param.default}
    return {**fields, **({"help": param.help} if param.help else {}), **param.extra}


def _node_json(node: Node) -> dict[str, Any]:
    fields = {
        "id": node.id,
        "type": node.type,
        "name": node.name,
        "params": node.params,
        "position": _rounded(node.position),
    }
    silenced = {"silenced": node.silenced} if node.silenced else {}
    flags = {flag: True for flag in ("pinned", "bypassed") if getattr(node, flag)}
    return {**fields, **silenced, **flags, **node.extra}


def _frame_json(frame: Frame) -> dict[str, Any]:
    fields = {"id": frame.id, "title": frame.title, "position": _rounded(frame.position)}
    return {**fields, "size": _rounded(frame.size), "color": frame.color, **frame.extra}


def _note_json(note: Note) -> dict[str, Any]:
    fields = {"id": note.id, "text": note.text, "position": _rounded(note.position)}
    return {**fields, "size": _rounded(note.size), **note.extra}


def _rounded(pair: tuple[float, float]) -> list[float]:
    return [int(value) if float(value).is_integer() else round(value, 2) for value in pair]


def _edge_json(edge: Edge) -> dict[str, Any]:
    return {"from": str(edge.source), "to": str(edge.target), **edge.extra}


def _lines(items: Iterable[Any], indent: str) -> Iterator[str]:
    opening = "[\n"
    for item in items:
        yield f"{opening}{indent}    {_json(item)}"
        opening = ",\n"
    yield "[]" if opening == "[\n" else f"\n{indent}  ]"


def _indented(value: Any) -> str:
    return _json(value, indent=2).replace("\n", "\n  ")


def _json(value: Any, indent: int | None = None) -> str:
    try:
        return _encoder(indent).encode(value)
    except ValueError as error:
        raise StorageError(f"not saved: {error}. Change that value and save again.") from None
    except RecursionError:
        raise StorageError(f"not saved: {TOO_DEEP}") from None


@cache
def _encoder(indent: int | None) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=indent, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise ValueError(f"{shown(value)} is not a JSON value")
