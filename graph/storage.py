"""The `.netloom` file: read with every fault named by its place, written atomically."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from graph.atomic import way_out, write_atomic
from graph.block_params import param_faults
from graph.blocks import reached
from graph.catalog import CATALOG
from graph.catalog.spec import default_stem
from graph.document import Block, BlockParam, Edge, Graph, Node, PortRef, Project
from graph.problems import did_you_mean, shown

if TYPE_CHECKING:
    from graph.schema import BlockModel, BlockParamModel, EdgeModel, GraphModel, NodeModel, ProjectModel

FORMAT = "netloom"
VERSION = 1
SUFFIX = ".netloom"
MAX_BYTES = 256 * 2**20
MAX_DEPTH = 100  # lists and objects within each other; far below where Python gives up
MAX_DIGITS = 1000
MAX_LISTED = 5
TOO_DEEP = f"lists or objects are nested too deeply. Expected at most {MAX_DEPTH} within each other."


class StorageError(Exception):
    """A project file cannot be read or written; the text names the file, the place and the way out."""


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


def save(project: Project, path: Path) -> None:
    """Writes a project; the earlier file stays until the new one is whole.

    Raises:
        StorageError: the disk is full or the place is not writable; the earlier file is as before.
    """
    try:
        write_atomic(path, to_bytes(project))
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
    return _project(model)


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


def fragment_to_json(nodes: Iterable[Node], edges: Iterable[Edge], blocks: Mapping[str, Block]) -> str:
    """Nodes and edges as the text of a project with the blocks that they need, for the clipboard."""
    graph = Graph(nodes, edges)
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
            data.decode("utf-8-sig"), parse_constant=_refuse_constant, parse_float=_finite, parse_int=_integer
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


def _graph(model: GraphModel) -> Graph:
    graph = Graph(_nodes(model.nodes), map(_edge, model.edges))
    graph.frames, graph.notes = tuple(model.frames), tuple(model.notes)
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
        nodes.append(Node(model.id, model.type, name, model.params, position, extra, tuple(model.silenced)))
    return nodes


def _fresh_name(type_name: str, names: set[str]) -> str:
    stem = CATALOG[type_name].stem if type_name in CATALOG else default_stem(type_name)
    return Graph().new_name(stem, names)


def _edge(model: EdgeModel) -> Edge:
    return Edge(PortRef.parse(model.source), PortRef.parse(model.target), model.model_extra or {})


def _lay_out_unplaced(graph: Graph, model: GraphModel) -> None:
    unplaced = [node.id for node in model.nodes if node.position is None]
    if not unplaced:
        return
    from graph.layout import layered

    positions = layered(graph)
    for node_id in unplaced:
        graph.replace_node(graph.nodes[node_id].with_(position=positions[node_id]))
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
    yield from _node_faults(model.nodes, place)
    yield from _edge_faults(model, place)


def _node_faults(models: list[NodeModel], place: str) -> Iterable[str]:
    first_at: dict[str, int] = {}
    for index, model in enumerate(models):
        if model.id in first_at:
            first = first_at[model.id]
            yield f"{place}.nodes[{index}].id: {shown(model.id)} is also the id of nodes[{first}]"
        first_at.setdefault(model.id, index)


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


def _blocks_text(blocks: Mapping[str, Block]) -> str:
    texts = (f"    {_json(name)}: {_block_text(block)}" for name, block in blocks.items())
    return "{\n" + ",\n".join(texts) + "\n  }" if blocks else "{}"


def _block_text(block: Block) -> str:
    return _graph_text(block.graph, "    ", {"params": map(_param_json, block.params)})


def _graph_text(graph: Graph, indent: str, more: Mapping[str, Iterable[Any]] | None = None) -> str:
    lists: dict[str, Iterable[Any]] = {
        "nodes": map(_node_json, graph.nodes.values()),
        "edges": map(_edge_json, graph.edges),
        "frames": graph.frames,
        "notes": graph.notes,
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
    position = [int(value) if float(value).is_integer() else round(value, 2) for value in node.position]
    fields = {
        "id": node.id,
        "type": node.type,
        "name": node.name,
        "params": node.params,
        "position": position,
    }
    silenced = {"silenced": node.silenced} if node.silenced else {}
    return {**fields, **silenced, **node.extra}


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
