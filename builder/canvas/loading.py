"""Placing the nodes of a graph that was opened: a large one in slices, between which the window answers."""

from __future__ import annotations

from collections.abc import Iterator, Set
from itertools import chain, count, islice
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from builder.canvas.far import Place, tile_at
from graph.collecting import set_aside
from graph.document import Graph

if TYPE_CHECKING:
    from builder.canvas.scene import CanvasScene

AT_ONCE = 2500  # nodes that are placed before anything else happens
SLICE = 0.008  # seconds of work before the window has its turn
CHUNK = 50  # nodes between two looks at the clock


class Loading(QObject):
    """Knows which nodes are still to be placed, and in which order all of them are drawn.

    A large graph is placed tile by tile, so that each is drawn once, when all of it is there.
    """

    def __init__(self, scene: CanvasScene) -> None:
        super().__init__(scene)
        self._scene = scene
        self._rank: dict[str, int] | None = {}
        self._ranks = count()
        self._unsorted: Iterator[str] = iter(())
        self._again: set[str] = set()  # nodes that are there already and are to be placed anew
        self._tiles: dict[Place, dict[str, None]] = {}
        self._tile_of: dict[str, Place] = {}
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)

    @property
    def is_busy(self) -> bool:
        """Whether there is more to come."""
        return self._timer.isActive()

    @property
    def rank(self) -> dict[str, int]:
        """Where each node comes in the order in which all are drawn; worked out when first asked for."""
        if self._rank is None:
            self._rank = dict(zip(self._scene.session.graph.nodes, self._ranks, strict=False))
        return self._rank

    def stop(self) -> tuple[object, ...]:
        """Places nothing any more; gives what it knew of the graph."""
        self._timer.stop()
        known = self._rank, self._unsorted, self._tiles, self._tile_of, self._again
        self._unsorted, self._tiles, self._tile_of, self._again = iter(()), {}, {}, set()
        self._rank = {}
        return known

    def start(self, graph: Graph) -> None:
        """Places a graph, at once if it is small."""
        self._ranks = count()
        self._rank = None
        if len(graph.nodes) <= AT_ONCE:
            self._scene.place(graph.nodes)
        else:
            self._unsorted = iter(list(graph.nodes))
            self._timer.start()

    def place_again(self, *node_ids: Set[str]) -> None:
        """Places nodes anew, which may be larger or smaller than they were, unless somebody does before."""
        self._again.update(*node_ids)
        self._unsorted = chain(self._unsorted, list(self._scene.session.graph.nodes))
        self._timer.start()

    def take(self, node_id: str) -> None:
        """Takes note that somebody else places a node, or that it is gone."""
        tile = self._tile_of.pop(node_id, None)
        if tile is not None:
            self._tiles[tile].pop(node_id, None)
        self._again.discard(node_id)
        if node_id not in self.rank:
            self.rank[node_id] = next(self._ranks)

    @Slot()
    def _go_on(self) -> None:
        set_aside()  # what was placed stays: to search it all for garbage would hold the window up for 0.1 s
        until = perf_counter() + SLICE
        while perf_counter() < until:
            chunk = list(islice(self._unsorted, CHUNK))
            if chunk:
                self._sort(chunk)
            elif self._tiles:
                self._place_some()
            else:
                self._timer.stop()
                self._scene.redraw()  # edges between tiles came after the first of them was shown
                return

    def _sort(self, chunk: list[str]) -> None:
        scene = self._scene
        for node_id in chunk:
            is_due = node_id in self._again or not scene.geometry.is_placed(node_id)
            if is_due and node_id in scene.session.graph.nodes:
                self._again.discard(node_id)
                tile = self._tile_of[node_id] = tile_at(scene.geometry.corner(node_id))
                self._tiles.setdefault(tile, {})[node_id] = None

    def _place_some(self) -> None:
        """Places some nodes of the tile that is in hand, and shows it once it is whole."""
        tile, waiting = next(iter(self._tiles.items()))
        chunk = list(islice(waiting, CHUNK))
        for node_id in chunk:
            del waiting[node_id], self._tile_of[node_id]
        self._scene.place(chunk)
        if not waiting:
            del self._tiles[tile]
            self._scene.show_tile(tile)
