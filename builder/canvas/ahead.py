"""Lays out what stands around the part of a graph that is seen, while nothing else happens."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Slot

from builder.canvas.blocks import TILE
from builder.canvas.face import block_size
from builder.canvas.grid_index import Box, Span
from builder.canvas.scene import CanvasScene
from builder.canvas.style import DETAIL_SCALE, NAME_SCALE

SLICE = 0.0005  # seconds of work before the window has its turn

Look = tuple[Span, int]  # tiles in sight with those around them, and the size of font: 0 for whole cards


class Ahead(QObject):
    """Keeps a pan from having to lay out texts and edges in the frame in which they come into sight.

    Args:
        scene: what is seen; also its parent.
    """

    def __init__(self, scene: CanvasScene) -> None:
        super().__init__(scene)
        self._scene = scene
        self._look: Look | None = None
        self._steps: Iterator[None] = iter(())
        self._turns = QTimer(self, interval=0)
        self._turns.timeout.connect(self._go_on)

    @property
    def is_busy(self) -> bool:
        """Whether something is still to be laid out."""
        return self._turns.isActive()

    def look_at(self, area: Box, scale: float) -> None:
        """Takes note of what is seen now, in scene coordinates, and at which scale."""
        if scale < NAME_SCALE:
            self.stop()
            return
        left, top, right, bottom = (floor(side / TILE) for side in area)
        size = block_size(scale) if scale < DETAIL_SCALE else 0
        look = (left - 1, top - 1, right + 1, bottom + 1), size
        if look != self._look:
            self._look, self._steps = look, self._work(*look)
            self._turns.start()

    @Slot()
    def stop(self) -> None:
        """Leaves it, as something changed; what is seen next starts it again."""
        self._look = None
        self._turns.stop()

    @Slot()
    def _go_on(self) -> None:
        until = perf_counter() + SLICE
        for _ in self._steps:
            if perf_counter() > until:
                return
        self._turns.stop()

    def _work(self, span: Span, size: int) -> Iterator[None]:
        left, top, right, bottom = span
        scene = self._scene
        for place in [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]:
            if size and scene.blocks.is_made(place, size):
                continue
            area = place[0] * TILE, place[1] * TILE, (place[0] + 1) * TILE, (place[1] + 1) * TILE
            for node_id in list(scene.geometry.nodes_in(area)):
                scene.nodes[node_id].lay_out(size)
                yield
            for edge in list(scene.geometry.edges_in(area)):
                scene.edges[edge].lay_out(with_label=not size)
                yield
            if size:
                scene.blocks.make(place, size)
                yield
