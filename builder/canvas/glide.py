"""What is somewhere else now glides there, so that the eye can follow."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, QTimer, Slot

from builder.canvas.scene import CanvasScene
from graph.document import Position

DURATION = 0.2  # seconds
INTERVAL = 16  # milliseconds from picture to picture
MANY = 3000  # more than a glide can show


class Glide(QObject):
    """Shows nodes, frames and notes on their way; the document has them where they go from the start.

    Args:
        scene: shows them.
        is_still: whether nothing may glide.
        clock: seconds; a test can turn it.
    """

    def __init__(
        self,
        scene: CanvasScene,
        is_still: Callable[[], bool],
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._scene, self._is_still, self.clock = scene, is_still, clock
        self._before: dict[str, Position] = {}
        self._start = 0.0
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(self.step)

    @property
    def is_on(self) -> bool:
        """Whether something is on its way."""
        return bool(self._before)

    def start(self, before: Mapping[str, Position]) -> None:
        """Lets all of these glide from these positions to where the document has them now."""
        self.finish()
        moved = {item_id: place for item_id, place in before.items() if self._end_of(item_id) != place}
        if moved and len(moved) <= MANY and not self._is_still():
            self._before, self._start = moved, self.clock()
            self.step()
            self._timer.start()

    @Slot()
    def step(self) -> None:
        """Shows where everything is by now."""
        passed = (self.clock() - self._start) / DURATION
        if passed >= 1.0:
            self.finish()
            return
        left = (1.0 - max(passed, 0.0)) ** 3  # fast at first, and slower and slower
        self._scene.show_at({i: _between(self._end_of(i), at, left) for i, at in self._before.items()})

    def finish(self) -> None:
        """Shows everything where it is."""
        self._timer.stop()
        if self._before:
            self._before = {}
            self._scene.show_at({})

    def _end_of(self, item_id: str) -> Position:
        graph = self._scene.session.graph
        items = next(each for each in (graph.nodes, graph.frames, graph.notes) if item_id in each)
        return items[item_id].position


def _between(end: Position, start: Position, left: float) -> Position:
    return (end[0] + (start[0] - end[0]) * left, end[1] + (start[1] - end[1]) * left)
