"""The `.netloom` file: read with every fault named by its place, written atomically."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from graph.atomic import way_out, write_atomic
from graph.block_params import param_faults
from graph.blocks import reached
from graph.catalog import CATALOG
from graph.catalog.spec import default_stem
from graph.document import Block, BlockParam, Edge, Frame, Graph, Node, Note, PortRef, Project
from graph.file_text import FORMAT, MAX_DEPTH, TOO_DEEP, VERSION, Snapshot, StorageError, in_turn, to_bytes
from graph.problems import did_you_mean, shown

if TYPE_CHECKING:
    from graph.schema import (
        BlockModel,
        BlockParamModel,
        EdgeModel,
        FrameModel,
        GraphModel,
        NodeModel,
        NoteModel,
        ProjectModel,
    )

SUFFIX = ".netloom"
MAX_BYTES = 256 * 2**20
MAX_DIGITS = 1000
MAX_LISTED = 5
PIECE = 500  # nodes or edges


def load(path: Path) -> Project:
    """Reads a project.

    Raises:
        StorageError: the file is missing, unreadable, or not a project of this version.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise StorageError(f"{path}: there is no such file.") from None
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise StorageError(f"{path}: the file is too large. A project has at most {MAX_BYTES:,} bytes.")
    try:
        return from_bytes(data)
    except StorageError as error:
        raise StorageError(f"{path}: {error}") from None


def save(project: Project | Snapshot, path: Path) -> None:
    """Writes a project as it is, or as it was; the earlier file stays until the new one is whole.

    Raises:
        StorageError: the disk is full or the place is not writable; the earlier file is as before.
    """
    try:
        snapshot = project if isinstance(project, Snapshot) else Snapshot(project)
        write_atomic(path, snapshot.to_bytes())
    except OSError as error:
        raise StorageError(
            f"{path}: not saved: {error.strerror or error}. {way_out(error)}; nothing on disk was changed."
        ) from error


def from_bytes(data: bytes) -> Project:
    """A project from the content of a file.

    Raises:
        StorageError: it is not a project of this version; the text names every place at fault.
    """
    content = _parsed(data)
    _require_format(content)
    _require_shallow(content)
    from pydantic import ValidationError  # here, as it takes 0.06 s that only a file is worth

    from graph.schema import ProjectModel

    try:
        model = ProjectModel.model_validate(content)
    except ValidationError as error:
        _refuse(f"{_place(fault['loc'])}: {_fault_text(fault)}" for fault in error.errors())
    project = _project(model)
    for items in (model.graph.nodes, model.graph.edges, content["graph"]["nodes"], content["graph"]["edges"]):
        _let_go(items)
    return project


def fragment_to_json(fragment: Graph, blocks: Mapping[str, Block]) -> str:
    """A piece of a graph as the text of a project with the blocks that it needs, for the clipboard."""
    graph = fragment.copy()
    needed = {node.type for node in graph.nodes.values()} & blocks.keys()
    needed = needed.union(*(reached(name, blocks) for name in needed))
    taken = {name: block.with_(graph=block.graph.copy()) for name, block in blocks.items() if name in needed}
    return to_bytes(Project(graph=graph, blocks=taken)).decode()


def json_schema() -> dict[str, Any]:
    """The JSON Schema of project files."""
    from graph.schema import ProjectModel

    schema = ProjectModel.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _parsed(data: bytes) -> Any:
    if not data.strip():
        raise StorageError("the file is empty. Restore it from a copy, or begin a new project.")
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            object_hook=in_turn,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise StorageError(f"byte {error.start} is not UTF-8 text. Is this a Netloom project?") from None
    except json.JSONDecodeError as error:
        at_end = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")
        end = " The file seems to be cut off; restore it from a copy." if at_end else ""
        raise StorageError(f"line {error.lineno}, column {error.colno}: {error.msg}.{end}") from None
    except RecursionError:
        raise StorageError(TOO_DEEP) from None
    except ValueError as error:
        raise StorageError(f"{error}.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{shown(text)[1:-1]} is too large a number")
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"an integer of {len(text):,} digits is too large a number")
    return int(text)


def _require_format(content: Any) -> None:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise StorageError(f'this is not a Netloom project: it does not begin with "format": "{FORMAT}".')
    version = content.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise StorageError(f"version is {shown(version)}. Expected {VERSION}.")
    if version > VERSION:
        raise StorageError(
            f"the file is of version {shown(version)}, made by a newer Netloom; this one reads up to "
            f"version {VERSION}. Update Netloom to open it."
        )


def _require_shallow(content: Any) -> None:
    """Refuses what Python could read but, further down its stack, not write again."""
    level, depth = [content], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise StorageError(TOO_DEEP)
        held = chain.from_iterable(each.values() if isinstance(each, dict) else each for each in level)
        level = [item for item in held if isinstance(item, dict | list) and item]


def _project(model: ProjectModel) -> Project:
    faults = list(_graph_faults(model.graph, "graph"))
    for name, block in model.blocks.items():
        faults += _block_faults(name, block)
    if faults:
        _refuse(faults)
    blocks = {name: _block(name, block) for name, block in model.blocks.items()}
    extra = dict(model.model_extra or {})
    project = Project(model.name, _graph(model.graph), blocks, model.training, extra)
    _lay_out_unplaced(project.graph, model.graph)
    for name, block in model.blocks.items():
        _lay_out_unplaced(project.blocks[name].graph, block)
    return project


def _let_go(items: list[Any]) -> None:
    """Frees them bit by bit: at once 100,000 would hold up every other thread for 0.1 s."""
    while items:
        del items[-PIECE:]


def _graph(model: GraphModel) -> Graph:
    graph = Graph(_nodes(model.nodes), map(_edge, model.edges))
    graph.frames.insert(_frames(model.frames, graph))
    graph.notes.insert(_notes(model.notes, graph))
    graph.log.take()
    graph.silenced, graph.extra = tuple(model.silenced), dict(model.model_extra or {})
    return graph


def _block(name: str, model: BlockModel) -> Block:
    return Block(name, _graph(model), tuple(map(_block_param, model.params)))


def _block_param(model: BlockParamModel) -> BlockParam:
    return BlockParam(model.name, model.kind, model.default, model.help, model.model_extra or {})


def _nodes(models: Iterable[NodeModel]) -> list[Node]:
    nodes: list[Node] = []
    names = {model.name for model in models if model.name}
    for model in models:
        name = model.name or _fresh_name(model.type, names)
        names.add(name)
        position, extra = model.position or (0, 0), model.model_extra or {}
        kept = (tuple(model.silenced), model.pinned, model.bypassed)
        nodes.append(Node(model.id, model.type, name, model.params, position, extra, *kept))
    return nodes


def _frames(models: Iterable[FrameModel], graph: Graph) -> Iterator[Frame]:
    fresh = _fresh_ids(models, graph, "f")
    for model in models:
        fields = (model.title, model.position, model.size, model.color, model.model_extra or {})
        yield Frame(model.id or next(fresh), *fields)


def _notes(models: Iterable[NoteModel], graph: Graph) -> Iterator[Note]:
    fresh = _fresh_ids(models, graph, "t")
    for model in models:
        yield Note(model.id or next(fresh), model.text, model.position, model.size, model.model_extra or {})


def _fresh_ids(models: Iterable[FrameModel | NoteModel], graph: Graph, letter: str) -> Iterator[str]:
    given = {model.id for model in models}
    return (item_id for item_id in graph.new_ids(letter) if item_id not in given)


def _fresh_name(type_name: str, names: set[str]) -> str:
    stem = CATALOG[type_name].stem if type_name in CATALOG else default_stem(type_name)
    return Graph().new_name(stem, names)


def _edge(model: EdgeModel) -> Edge:
    return Edge(PortRef.parse(model.source), PortRef.parse(model.target), model.model_extra or {})


def _lay_out_unplaced(graph: Graph, model: GraphModel) -> None:
    unplaced = [node.id for node in model.nodes if node.position is None]
    if not unplaced:
        return
    from graph.layout import drawing_of, fit_in, layered

    is_new = len(unplaced) == len(graph.nodes)
    positions = layered(graph) if is_new else fit_in(drawing_of(graph), unplaced).positions
    for node in tuple(graph.nodes.values()):
        graph.replace_node(node.with_(position=positions[node.id]))
    graph.log.take()


def _block_faults(name: str, model: BlockModel) -> Iterable[str]:
    place = f"blocks.{_key(name)}"
    if name in CATALOG:
        yield f"{place}: a block cannot be called like the layer type {name}"
    elif name != name.strip():
        yield f"{place}: the name of a block has no space at its ends"
    params = [_block_param(param) for param in model.params]
    yield from (f"{place}.params[{index}].{key}: {fault}" for index, key, fault in param_faults(params))
    yield from _graph_faults(model, place)


def _key(name: str) -> str:
    return name if name.isidentifier() else shown(name)


def _graph_faults(model: GraphModel, place: str) -> Iterable[str]:
    yield from _id_faults(model, place)
    yield from _edge_faults(model, place)


def _id_faults(model: GraphModel, place: str) -> Iterable[str]:
    """Ids that stand twice: those of nodes, frames and notes are all different."""
    first_at: dict[str, str] = {}
    ids: dict[str, list[str | None]] = {
        "nodes": [node.id for node in model.nodes],
        "frames": [frame.id for frame in model.frames],
        "notes": [note.id for note in model.notes],
    }
    for key, given in ids.items():
        for index, item_id in enumerate(given):
            if item_id in first_at:
                yield f"{place}.{key}[{index}].id: {shown(item_id)} is also the id of {first_at[item_id]}"
            if item_id is not None:
                first_at.setdefault(item_id, f"{key}[{index}]")


def _edge_faults(model: GraphModel, within: str) -> Iterable[str]:
    ids = {node.id: None for node in model.nodes}
    fed: dict[PortRef, int] = {}
    for index, edge in enumerate(model.edges):
        place = f"{within}.edges[{index}]"
        ends = [_end_fault(edge.source, ids), _end_fault(edge.target, ids)]
        yield from (
            f"{place}.{key}: {fault}" for key, fault in zip(("from", "to"), ends, strict=True) if fault
        )
        if not any(ends):
            target = PortRef.parse(edge.target)
            if target in fed:
                yield f"{place}.to: {target} already gets edges[{fed[target]}]; an input takes one edge"
            fed.setdefault(target, index)


def _end_fault(text: str, ids: Mapping[str, object]) -> str | None:
    """Why an end of an edge cannot be; a port that its node lacks is a Problem, as edits leave it too."""
    try:
        ref = PortRef.parse(text)
    except ValueError:
        return f"{shown(text)} is not of the form node.port"
    return None if ref.node in ids else f"{shown(text)} names no node. {did_you_mean(ref.node, ids)}".rstrip()


def _refuse(faults: Iterable[str]) -> NoReturn:
    listed = list(faults)
    more = f"\n  and {len(listed) - MAX_LISTED} more" if len(listed) > MAX_LISTED else ""
    raise StorageError(
        "; ".join(listed) if len(listed) == 1 else "\n  ".join(["", *listed[:MAX_LISTED]]) + more
    )


def _place(location: tuple[int | str, ...]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).lstrip(".") or "the project"


def _fault_text(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "missing":
        return "is missing"
    return f"{fault['msg'][0].lower()}{fault['msg'][1:]}, not {shown(fault['input'])}"


__all__ = [
    "FORMAT", "MAX_BYTES", "SUFFIX", "VERSION", "Snapshot", "StorageError", "fragment_to_json", "from_bytes",
    "json_schema", "load", "save", "to_bytes",
]  # fmt: skip
