"""A project as the text of its file: same project, same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from graph.document import Block, BlockParam, Edge, Frame, Graph, Node, Note, Project
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


def to_bytes(project: Project) -> bytes:
    """The content of the project's file: same project, same bytes; one line a node and an edge.

    Raises:
        StorageError: a value is one that JSON does not know, such as NaN.
    """
    graph = project.graph_of(None)
    sections = {
        "format": _json(FORMAT),
        "version": _json(VERSION),
        "name": _json(project.name),
        "graph": _graph_text(graph, "  "),
        "blocks": _blocks_text(project.blocks),
        "training": _indented(project.training),
        **{key: _indented(value) for key, value in project.extra.items()},
    }
    body = ",\n".join(f"  {_json(key)}: {text}" for key, text in sections.items())
    # A lone surrogate has no UTF-8 form; its JSON escape reads back as itself.
    return f"{{\n{body}\n}}\n".encode(errors="backslashreplace")


def _blocks_text(blocks: Mapping[str, Block]) -> str:
    texts = (f"    {_json(name)}: {_block_text(block)}" for name, block in blocks.items())
    return "{\n" + ",\n".join(texts) + "\n  }" if blocks else "{}"


def _block_text(block: Block) -> str:
    return _graph_text(block.graph, "    ", {"params": map(_param_json, block.params)})


def _graph_text(graph: Graph, indent: str, more: Mapping[str, Iterable[Any]] | None = None) -> str:
    lists: dict[str, Iterable[Any]] = {
        "nodes": map(_node_json, graph.nodes.values()),
        "edges": map(_edge_json, graph.edges),
        "frames": map(_frame_json, graph.frames.values()),
        "notes": map(_note_json, graph.notes.values()),
        **(more or {}),
    }
    sections = [f"{indent}  {_json(key)}: {_lines(items, indent)}" for key, items in lists.items()]
    kept = {"silenced": graph.silenced} if graph.silenced else {}
    sections += [f"{indent}  {_json(key)}: {_json(value)}" for key, value in {**kept, **graph.extra}.items()]
    return "{\n" + ",\n".join(sections) + f"\n{indent}}}"


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


def _lines(items: Iterable[Any], indent: str) -> str:
    lines = [f"{indent}    {_json(item)}" for item in items]
    return "[\n" + ",\n".join(lines) + f"\n{indent}  ]" if lines else "[]"


def _indented(value: Any) -> str:
    return _json(value, indent=2).replace("\n", "\n  ")


def _json(value: Any, indent: int | None = None) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent, default=_plain)
    except ValueError as error:
        raise StorageError(f"not saved: {error}. Change that value and save again.") from None
    except RecursionError:
        raise StorageError(f"not saved: {TOO_DEEP}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise ValueError(f"{shown(value)} is not a JSON value")
