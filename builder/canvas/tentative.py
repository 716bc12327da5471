"""An edge that is not there yet, shown while somebody decides where it ends."""

from __future__ import annotations

from PySide6.QtWidgets import QGraphicsPathItem
from shiboken6 import isValid

from builder.canvas.ports import Port
from builder.canvas.routes import loose
from builder.canvas.scene import CanvasScene
from graph.document import PortRef


class TentativeEdge:
    """Draws the edge that would be, and marks the card where it would end."""

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene
        self._curve: QGraphicsPathItem | None = None

    def show(self, anchor: Port, other: PortRef) -> None:
        """Shows an edge from a port to another."""
        self.hide()
        nodes = self._scene.nodes
        ends = nodes[anchor.ref.node].port_pos(anchor.ref), nodes[other.node].port_pos(other)
        self._curve = QGraphicsPathItem(loose(*(ends if anchor.is_output else ends[::-1])))
        self._curve.setPen(self._scene.style_.preview_pen(False))
        self._curve.setZValue(5)
        self._scene.addItem(self._curve)
        self._scene.aim(other.node)

    def hide(self) -> None:
        """Shows it no more."""
        curve, self._curve = self._curve, None
        if curve is not None and isValid(curve):  # a scene that shows another graph has dropped it
            self._scene.removeItem(curve)
        self._scene.aim(None)
