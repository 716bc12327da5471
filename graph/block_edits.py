"""Edits of blocks: what they hold, which there are, what they are called, what their instances may set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from graph.block_params import param_faults
from graph.blocks import block_ports, reached
from graph.catalog import CATALOG
from graph.document import Block, BlockParam, Edge, Edit, EditError, Graph, PortRef, Project, apply_all
from graph.edits import MAX_NAME_LENGTH, Batch, ChangeTraining, RenameProject, SetParams, SetTraining
from graph.expressions import MARK, mapped, names_in
from graph.unpacking import rewritten

if TYPE_CHECKING:
    from graph.catalog.params import Value

MAX_LISTED = 3


@dataclass(frozen=True)
class InBlock:
    """Makes an edit inside a block, and so in all its instances.

    Edges of the instances follow when a port is called something else.

    Raises:
        EditError: there is no such block, the edit does not suit its graph, or the block would be gone.
    """

    block: str
    edit: Edit

    @property
    def label(self) -> str:
        return f"{self.edit.label} in {self.block}"

    def apply(self, project: Project) -> Edit:
        _require_block(project, self.block)
        with project.inside(self.block) as graph:
            before = _ports(graph)
            inverse = _Inside(self.block, self.edit.apply(project))
            now = project.blocks.get(self.block)
            if now is None or now.graph is not graph:
                inverse.edit.apply(project)
                raise EditError(f"{self.block} cannot be renamed or deleted by an edit inside it.")
            after = _ports(graph)
        renamed = {port: after[end] for end, port in before.items() if after.get(end, port) != port}
        follow = _follow_ports(project, self.block, renamed).apply(project) if renamed else None
        return Batch(self.label, (follow, inverse)) if follow else inverse


def made_inside(edit: Edit, block: str | None) -> Edit:
    """The edit as somebody makes it who looks into a block, or at the main graph if None."""
    return edit if block is None or isinstance(edit, _OF_PROJECT) else InBlock(block, edit)


@dataclass(frozen=True)
class _Inside:
    """Makes an edit inside a block or the main graph, and nothing else."""

    scope: str | None
    edit: Edit

    @property
    def label(self) -> str:
        return self.edit.label

    def apply(self, project: Project) -> Edit:
        with project.inside(self.scope):
            return _Inside(self.scope, self.edit.apply(project))


@dataclass(frozen=True)
class _ReplaceEdges:
    """Puts edges in place of others, where those stood."""

    edges: Mapping[Edge, Edge]

    label = "Follow ports"

    def apply(self, project: Project) -> Edit:
        before = [edge for edge in project.graph.edges if edge in self.edges]
        indices = project.graph.delete_edges(before)
        project.graph.insert_edges([self.edges[edge] for edge in before], indices)
        return _ReplaceEdges({self.edges[edge]: edge for edge in before})


@dataclass(frozen=True)
class AddBlock:
    """Adds a block, which any node may then be of.

    Raises:
        EditError: the name is taken or none, a parameter is not well declared, or it would contain itself.
    """

    block: Block

    @property
    def label(self) -> str:
        return f"Add block {self.block.name}"

    def apply(self, project: Project) -> Edit:
        name = self.block.name
        _require_free_name(project, name)
        _require_params(self.block.params)
        project.insert_blocks([self.block.with_(graph=self.block.graph.copy())])
        if name in reached(name, project.blocks):
            project.delete_block(name)
            raise EditError(f"{name} cannot contain itself.")
        return _TakeBlock(name)


@dataclass(frozen=True)
class RemoveBlock:
    """Removes a block that nothing is an instance of.

    Raises:
        EditError: it is not there, or in use.
    """

    block: str

    @property
    def label(self) -> str:
        return f"Delete block {self.block}"

    def apply(self, project: Project) -> Edit:
        _require_block(project, self.block)
        users = list(_users(project, self.block))
        if users:
            more = f" and {len(users) - MAX_LISTED} more" if len(users) > MAX_LISTED else ""
            raise EditError(
                f"{self.block} is used by {', '.join(users[:MAX_LISTED])}{more}. Delete or unpack them first."
            )
        return _TakeBlock(self.block).apply(project)


@dataclass(frozen=True)
class _TakeBlock:
    name: str

    label = "Delete block"

    def apply(self, project: Project) -> Edit:
        block = project.blocks[self.name]
        return _PutBlock(block, project.delete_block(self.name))


@dataclass(frozen=True)
class _PutBlock:
    block: Block
    index: int

    label = "Restore block"

    def apply(self, project: Project) -> Edit:
        project.insert_blocks([self.block], [self.index])
        return _TakeBlock(self.block.name)


@dataclass(frozen=True)
class RenameBlock:
    """Gives a block another name; all its instances follow.

    Raises:
        EditError: it is not there, or the name is taken or none.
    """

    block: str
    name: str

    @property
    def label(self) -> str:
        return f"Rename block to {self.name}"

    def apply(self, project: Project) -> Edit:
        _require_block(project, self.block)
        name = self.name.strip()
        if name == self.block:
            return Batch(self.label, ())
        _require_free_name(project, name)
        stray = next(_nodes_of(project, name), None)
        if stray is not None:
            raise EditError(f"{stray} is of an unknown type called {name} already. Replace it first.")
        return _MoveBlock(self.block, name).apply(project)


@dataclass(frozen=True)
class _MoveBlock:
    name: str
    new_name: str

    label = "Rename block"

    def apply(self, project: Project) -> Edit:
        block = project.blocks[self.name].with_(name=self.new_name)
        project.insert_blocks([block], [project.delete_block(self.name)])
        for scope in project.scopes():
            with project.inside(scope) as graph:
                for node in [node for node in graph.nodes.values() if node.type == self.name]:
                    graph.replace_node(node.with_(type=self.new_name))
        return _MoveBlock(self.new_name, self.name)


@dataclass(frozen=True)
class SetBlockParams:
    """Declares what instances of a block may set.

    Raises:
        EditError: the block is not there, or a parameter is not well declared.
    """

    block: str
    params: Sequence[BlockParam]

    @property
    def label(self) -> str:
        return f"Set parameters of {self.block}"

    def apply(self, project: Project) -> Edit:
        _require_block(project, self.block)
        _require_params(self.params)
        before = project.replace_block(project.blocks[self.block].with_(params=tuple(self.params)))
        return SetBlockParams(self.block, before.params)


@dataclass(frozen=True)
class RenameBlockParam:
    """Gives a parameter of a block another name; expressions inside and values of instances follow.

    Raises:
        EditError: the block or the parameter is not there, or the name is none or taken.
    """

    block: str
    name: str
    new_name: str

    @property
    def label(self) -> str:
        return f"Rename {self.name} to {self.new_name}"

    def apply(self, project: Project) -> Edit:
        params = _require_param(project, self.block, self.name)
        if self.new_name == self.name:
            return Batch(self.label, ())
        renamed = [replace(each, name=self.new_name) if each.name == self.name else each for each in params]
        follow = _replace_name(project, self.block, self.name, f"{MARK}{self.new_name}")
        moved = _move_values(project, self.block, self.name, self.new_name)
        return apply_all(project, [SetBlockParams(self.block, renamed), *follow, *moved], self.label)


@dataclass(frozen=True)
class RemoveBlockParam:
    """Takes a parameter off a block: what reads it has its default from now on.

    Raises:
        EditError: the block or the parameter is not there.
    """

    block: str
    name: str

    @property
    def label(self) -> str:
        return f"Remove {self.name} from {self.block}"

    def apply(self, project: Project) -> Edit:
        params = _require_param(project, self.block, self.name)
        gone = next(each for each in params if each.name == self.name)
        rest = [each for each in params if each is not gone]
        follow = _replace_name(project, self.block, self.name, gone.default)
        moved = _move_values(project, self.block, self.name, None)
        return apply_all(project, [SetBlockParams(self.block, rest), *follow, *moved], self.label)


_OF_PROJECT = (
    AddBlock,
    InBlock,
    RemoveBlock,
    RemoveBlockParam,
    RenameBlock,
    RenameBlockParam,
    SetBlockParams,
    RenameProject,
    SetTraining,
    ChangeTraining,
)


def _require_block(project: Project, name: str) -> None:
    if name not in project.blocks:
        raise EditError(f"There is no block {name}.")


def _require_free_name(project: Project, name: str) -> None:
    if not name.strip() or name != name.strip() or len(name) > MAX_NAME_LENGTH:
        raise EditError(f"A block's name has 1 to {MAX_NAME_LENGTH} characters and no space at its ends.")
    if name in CATALOG:
        raise EditError(f"{name} is a layer type already. Call the block something else.")
    if name in project.blocks:
        raise EditError(f"There already is a block called {name}.")


def _require_params(params: Sequence[BlockParam]) -> None:
    for index, _, fault in param_faults(params):
        raise EditError(f"Parameter {index + 1}: {fault}.")


def _require_param(project: Project, block: str, name: str) -> tuple[BlockParam, ...]:
    """The parameters of a block that has one of this name."""
    _require_block(project, block)
    params = project.blocks[block].params
    if all(param.name != name for param in params):
        raise EditError(f"{block} has no parameter {name}.")
    return params


def _replace_name(project: Project, block: str, name: str, value: Value) -> Iterator[Edit]:
    """Edits that put a value in place of a name in all expressions inside a block."""
    for node in project.blocks[block].graph.nodes.values():
        now = {
            key: mapped(old, lambda text: rewritten(text, {name: value}) if name in names_in(text) else text)
            for key, old in node.params.items()
        }
        changed = {key: new for key, new in now.items() if new != node.params[key]}
        if changed:
            yield _Inside(block, SetParams(node.id, changed))


def _move_values(project: Project, block: str, name: str, new_name: str | None) -> Iterator[Edit]:
    """Edits of all instances that set a parameter: they set another instead, or none."""
    for scope in project.scopes():
        for node in project.graph_of(scope).nodes.values():
            if node.type == block and name in node.params:
                values = {} if new_name is None else {new_name: node.params[name]}
                yield _Inside(scope, SetParams(node.id, values, (name,)))


def count_uses(project: Project, block: str) -> int:
    """How many nodes of a project are instances of a block."""
    return sum(1 for _ in _nodes_of(project, block))


def _users(project: Project, block: str) -> Iterator[str]:
    """The nodes that are instances of a block, but for those inside itself."""
    return _nodes_of(project, block, skipped=block)


def _nodes_of(project: Project, type_name: str, skipped: str | None = None) -> Iterator[str]:
    """The nodes of a type, by name, and in which block they stand."""
    for scope in project.scopes():
        if scope is None or scope != skipped:
            place = "" if scope is None else f" in {scope}"
            nodes = project.graph_of(scope).nodes.values()
            yield from (f"{node.name}{place}" for node in nodes if node.type == type_name)


def _ports(graph: Graph) -> dict[tuple[str, bool], tuple[str, bool]]:
    """The port of every end of a block, by the node inside; whether it is an input tells two kinds apart."""
    inputs, outputs = block_ports(graph)
    found = {(node_id, True): (port, True) for node_id, port in inputs.items()}
    return found | {(node_id, False): (port, False) for node_id, port in outputs.items()}


def _follow_ports(
    project: Project, block: str, renamed: Mapping[tuple[str, bool], tuple[str, bool]]
) -> Batch:
    """Edits of the graphs that hold instances: their edges go where the ports went."""
    edits = []
    for scope in project.scopes():
        graph = project.graph_of(scope)
        moved = {edge: new for edge in graph.edges if (new := _moved(graph, edge, block, renamed)) != edge}
        while blocked := _blocked(graph, moved):
            moved = {edge: new for edge, new in moved.items() if edge not in blocked}
        if moved:
            edits.append(_Inside(scope, _ReplaceEdges(moved)))
    return Batch("Follow ports", edits)


def _blocked(graph: Graph, moved: Mapping[Edge, Edge]) -> set[Edge]:
    """The edges that would go where another stays."""
    kept = {edge.target for edge in graph.edges if edge not in moved}
    return {edge for edge, new in moved.items() if new.target in kept}


def _moved(
    graph: Graph, edge: Edge, block: str, renamed: Mapping[tuple[str, bool], tuple[str, bool]]
) -> Edge:
    def follow(ref: PortRef, is_input: bool) -> PortRef:
        if graph.nodes[ref.node].type != block:
            return ref
        return PortRef(ref.node, renamed.get((ref.port, is_input), (ref.port, is_input))[0])

    return Edge(follow(edge.source, False), follow(edge.target, True), edge.extra)
