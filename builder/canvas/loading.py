"""Placing the nodes of a graph that was opened: a large one in slices, between which the window answers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from graph.document import Graph

if TYPE_CHECKING:
    from builder.canvas.scene import CanvasScene

AT_ONCE = 2500  # nodes that are placed before anything else happens
SLICE = 0.008  # seconds of work before the window has its turn
CHUNK = 50  # nodes between two looks at the clock
REPAINT_EVERY = 0.15  # seconds between two repaints while more and more is there to be seen


class Loading(QObject):
    """Knows which nodes are still to be placed, and in which order all of them are drawn."""

    def __init__(self, scene: CanvasScene) -> None:
        super().__init__(scene)
        self._scene = scene
        self.rank: dict[str, int] = {}
        self._ranks = count()
        self._pending: dict[str, None] = {}
        self._shown_at = 0.0
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)

    @property
    def is_busy(self) -> bool:
        """Whether there is more to come."""
        return self._timer.isActive()

    def start(self, graph: Graph) -> None:
        """Places a graph, at once if it is small."""
        self._ranks = count()
        self.rank = dict(zip(graph.nodes, self._ranks, strict=False))
        self._pending = dict.fromkeys(graph.nodes)
        self._timer.stop()
        if len(self._pending) <= AT_ONCE:
            self._scene.place(self._taken(len(self._pending)))
        else:
            self._shown_at = perf_counter()
            self._timer.start()

    def take(self, node_id: str) -> None:
        """Takes note that somebody else places a node, or that it is gone."""
        self._pending.pop(node_id, None)
        if node_id not in self.rank:
            self.rank[node_id] = next(self._ranks)

    @Slot()
    def _go_on(self) -> None:
        until = perf_counter() + SLICE
        while self._pending and perf_counter() < until:
            self._scene.place(self._taken(CHUNK))
        is_done = not self._pending and self._scene.far.make(until)
        if is_done:
            self._timer.stop()
        if is_done or perf_counter() - self._shown_at > REPAINT_EVERY:
            self._scene.redraw()
            self._shown_at = perf_counter()

    def _taken(self, most: int) -> Iterator[str]:
        chunk = list(islice(self._pending, most))
        for node_id in chunk:
            del self._pending[node_id]
        return iter(chunk)
