"""Word of what changed: what one edit did, and how that is collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.model import Edge


@dataclass(frozen=True, slots=True)
class Delta:
    """Ids of the frames, or of the notes, that an edit touched."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What one edit did: ids of nodes, edges, and names of project fields.

    Args:
        fields: `name` and `training`, and `silenced` for the warnings about the graph as a whole.
        blocks: what happened inside blocks that stayed, by name; `fields` there holds `params` where those
            of the block were set.
        blocks_added: blocks that came, whole. One that is also in `blocks_removed` is another than before.
        blocks_removed: blocks that went.
        frames: which frames came, went, or are now others.
        notes: likewise.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    connected: tuple[Edge, ...] = ()
    disconnected: tuple[Edge, ...] = ()
    fields: tuple[str, ...] = ()
    blocks: Mapping[str, Change] = field(default_factory=dict)
    blocks_added: tuple[str, ...] = ()
    blocks_removed: tuple[str, ...] = ()
    frames: Delta = Delta()
    notes: Delta = Delta()

    @property
    def touches_annotations(self) -> bool:
        """Whether a frame or a note came, went, or is now another."""
        return (self.frames, self.notes) != (Delta(), Delta())

    @property
    def touches_blocks(self) -> bool:
        """Whether a block came, went, or is now another inside."""
        return bool(self.blocks or self.blocks_added or self.blocks_removed)

    def inside(self, block: str) -> Change:
        """The same as the graph of a block sees it: its own nodes and edges, and all blocks."""
        own = self.blocks.get(block, Change())
        return replace(
            own,
            fields=(*self.fields, *own.fields),
            blocks=self.blocks,
            blocks_added=self.blocks_added,
            blocks_removed=self.blocks_removed,
        )

    @property
    def is_structural(self) -> bool:
        """Whether nodes or edges came or went."""
        return bool(self.added or self.removed or self.connected or self.disconnected)


class ItemLog:
    """Collects what happened to items of one kind, each told by its last state."""

    def __init__(self) -> None:
        self._items: dict[str, str] = {}  # id -> "added" | "removed" | "updated" | "moved"

    def note(self, item_id: str, what: str) -> None:
        before = self._items.get(item_id)
        if before == "added" and what in ("updated", "moved"):
            return
        if before == "added" and what == "removed":
            del self._items[item_id]
            return
        if before == "updated" and what == "moved":
            return
        self._items[item_id] = "updated" if (before, what) == ("removed", "added") else what

    def take(self) -> dict[str, tuple[str, ...]]:
        """The ids by what happened; the log is empty afterwards."""
        groups: dict[str, tuple[str, ...]] = {
            what: tuple(item_id for item_id, last in self._items.items() if last == what)
            for what in ("added", "removed", "updated", "moved")
        }
        self._items.clear()
        return groups

    def take_delta(self) -> Delta:
        """The same for what is not told apart from an update when it moves."""
        if not self._items:
            return Delta()
        groups = self.take()
        return Delta(groups["added"], groups["removed"], groups["updated"])


class ChangeLog:
    """Collects what the mutations of one edit add up to."""

    def __init__(self) -> None:
        self.nodes, self.frames, self.notes = ItemLog(), ItemLog(), ItemLog()
        self.edges: dict[Edge, bool] = {}  # edge -> connected?
        self.fields: dict[str, None] = {}
        self.blocks_added: dict[str, None] = {}
        self.blocks_removed: dict[str, None] = {}

    def edge(self, edge: Edge, connected: bool) -> None:
        if self.edges.pop(edge, connected) == connected:
            self.edges[edge] = connected

    def block_added(self, name: str) -> None:
        self.blocks_added[name] = None

    def block_removed(self, name: str) -> None:
        if name in self.blocks_added:
            del self.blocks_added[name]
        else:
            self.blocks_removed[name] = None

    def take(self) -> Change:
        """What was collected; the log is empty afterwards."""
        nodes = self.nodes.take()
        change = Change(
            nodes["added"],
            nodes["removed"],
            nodes["updated"],
            nodes["moved"],
            connected=tuple(edge for edge, connected in self.edges.items() if connected),
            disconnected=tuple(edge for edge, connected in self.edges.items() if not connected),
            fields=tuple(self.fields),
            blocks_added=tuple(self.blocks_added),
            blocks_removed=tuple(self.blocks_removed),
            frames=self.frames.take_delta(),
            notes=self.notes.take_delta(),
        )
        for collected in (self.edges, self.fields, self.blocks_added, self.blocks_removed):
            collected.clear()
        return change
