"""A project: its main graph, the blocks that graphs are made of, the training plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import get_ident
from typing import Any

from graph.blocks import Catalog
from graph.changes import Change, ChangeLog
from graph.model import Block, Graph
from graph.shelf import merged


class Project:
    """Everything a `.netloom` file holds. Only edits change it.

    Args:
        name: the generated class is called after it.
        graph: the main graph; it and those of the blocks belong to this project alone.
        blocks: by name.
        training: the training plan.
        extra: keys of a file that this version does not know.

    Attributes:
        graph: what edits work on: the main graph, except inside a block.
        scope: the block whose graph that is; None for the main graph.
        log: where changes of the project as a whole are noted.
    """

    def __init__(
        self,
        name: str = "Untitled",
        graph: Graph | None = None,
        blocks: Mapping[str, Block] | None = None,
        training: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.graph = self._main = graph or Graph()
        self.training: Mapping[str, Any] = training or {}
        self.extra: Mapping[str, Any] = extra or {}
        self.scope: str | None = None
        self.log = ChangeLog()
        self._editor: int | None = None  # the thread that edits it; None for a copy that nobody edited yet
        self._blocks = dict(blocks or {})
        self._catalog = Catalog(self._blocks)
        for each in self.graphs():
            each.catalog = self._catalog.types

    @property
    def blocks(self) -> Mapping[str, Block]:
        """Blocks by name, in the order of the file."""
        return self._blocks

    def graphs(self) -> Iterator[Graph]:
        """The main graph, and that of every block."""
        yield from map(self.graph_of, self.scopes())

    def scopes(self) -> tuple[str | None, ...]:
        """None for the main graph, then the names of the blocks."""
        return (None, *self._blocks)

    def graph_of(self, scope: str | None) -> Graph:
        """The graph of a block, or the main graph."""
        return self._main if scope is None else self._blocks[scope].graph

    def begin_edit(self) -> None:
        """Notes that the calling thread edits this project, and is from now on the one that may copy it."""
        self._editor = get_ident()

    def copy(self) -> Project:
        """A project with the same content that no later edit of this one reaches.

        A thread is handed a copy, and may copy that again; the project itself it must leave alone.

        Raises:
            RuntimeError: another thread edits this project, so that half an edit could be copied.
        """
        if self._editor not in (None, get_ident()):
            raise RuntimeError(
                f"A thread copies “{self.name}”, which another thread edits. "
                "Copy it there, and hand over the copy."
            )
        blocks = {name: block.with_(graph=block.graph.copy()) for name, block in self._blocks.items()}
        return Project(self.name, self._main.copy(), blocks, self.training, self.extra)

    @contextmanager
    def inside(self, scope: str | None) -> Iterator[Graph]:
        """For as long as it lasts, edits work on the graph of a block, or on the main graph."""
        before, graph = (self.graph, self.scope), self.graph_of(scope)
        version = graph.version
        self.graph, self.scope = graph, scope
        try:
            yield graph
        finally:
            self.graph, self.scope = before
            if scope is not None and graph.version != version:
                self._catalog.refresh([scope])

    def insert_blocks(self, blocks: Iterable[Block], indices: Sequence[int] | None = None) -> None:
        """Adds blocks at the end, or so that they stand at the given indices."""
        added = {block.name: block for block in blocks}
        self._set_blocks(merged(self._blocks, added, indices))
        for name, block in added.items():
            block.graph.catalog = self._catalog.types
            block.graph.log.take()  # it is told as a whole
            self.log.block_added(name)
        self._catalog.refresh(added)

    def delete_block(self, name: str) -> int:
        """Removes a block; returns the index it stood at."""
        index = list(self._blocks).index(name)
        del self._blocks[name]
        self.log.block_removed(name)
        self._catalog.refresh([name])
        return index

    def replace_block(self, block: Block) -> Block:
        """Puts a block with the same graph in place of the one with its name; returns the earlier one."""
        before = self._blocks[block.name]
        self._blocks[block.name] = block
        block.graph.log.fields["params"] = None
        self._catalog.refresh([block.name])
        return before

    def take_change(self) -> Change:
        """What happened since it was last asked."""
        own, main = self.log.take(), self._main.log.take()
        inner = {name: block.graph.log.take() for name, block in self._blocks.items()}
        stayed = [name for name in inner if name not in own.blocks_added]
        return replace(
            main,
            fields=(*own.fields, *main.fields),
            blocks={name: inner[name] for name in stayed if inner[name] != Change()},
            blocks_added=own.blocks_added,
            blocks_removed=own.blocks_removed,
        )

    def _set_blocks(self, blocks: Mapping[str, Block]) -> None:
        """In place, as the catalogue reads the same mapping."""
        ordered = dict(blocks)
        self._blocks.clear()
        self._blocks.update(ordered)
