"""What the nodes of the running network do: asked for while something shows it, kept until the next run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QObject, Signal, Slot

from builder.overlays import OVERLAYS, OverlaySpec
from builder.run_controller import RunController
from builder.session import Session
from graph.document import Document
from graph.scopes import Path
from runtime.events import Event, NodeFigures, NodesInspected


class NodeWatch(QObject):
    """The newest figures of every node, and the overlay that the canvas shows of them.

    Signals:
        changed(): there are other figures, or another overlay is chosen.

    Attributes:
        overlay: what the canvas shows; None for nothing.
        step: the training step that the figures are of.
    """

    changed = Signal()

    def __init__(self, session: Session, controller: RunController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._controller = session, controller
        self._nodes: Mapping[Path, NodeFigures] = {}
        self._askers: set[str] = set()
        self._trained: Document | None = None
        self.overlay: OverlaySpec | None = None
        self.step = 0
        controller.started.connect(self._start)
        controller.events.connect(self._take)
        session.document_replaced.connect(self._forget)

    def figures(self, node_id: str) -> NodeFigures | None:
        """What a node of the graph that is shown did; None while that is not known."""
        return self._nodes.get((*self._session.scope, node_id))

    @property
    def is_training(self) -> bool:
        """Whether the network of this document is being trained."""
        return self._controller.is_active and self._session.document is self._trained

    def ask(self, asker: str, wanted: bool) -> None:
        """Has the run look at its nodes as long as somebody wants to know.

        Args:
            asker: who it is.
            wanted: whether it wants to know, or no longer does.
        """
        (self._askers.add if wanted else self._askers.discard)(asker)
        self._controller.watch_nodes(bool(self._askers))

    # -- what the actions call

    def show_no_overlay(self) -> None:
        """Shows the cards as they are."""
        self._show(None)

    def show_time_overlay(self) -> None:
        """Shows where the time goes."""
        self._show("time")

    def show_gradient_overlay(self) -> None:
        """Shows how strong the gradient of each layer is."""
        self._show("gradient")

    def show_dead_overlay(self) -> None:
        """Shows which units have stopped to answer."""
        self._show("dead")

    def show_activation_overlay(self) -> None:
        """Shows what leaves each layer."""
        self._show("activation")

    def _show(self, overlay_id: str | None) -> None:
        self.overlay = next((each for each in OVERLAYS if each.id == overlay_id), None)
        self.ask("overlay", self.overlay is not None)
        self.changed.emit()

    # -- what happens

    @Slot()
    def _start(self) -> None:
        self._trained = self._session.document
        self._forget()

    @Slot()
    def _forget(self) -> None:
        self._nodes, self.step = {}, 0
        self.changed.emit()

    @Slot(object)
    def _take(self, events: Iterable[Event]) -> None:
        looks = [event for event in events if isinstance(event, NodesInspected)]
        if looks and self.is_training:
            self._nodes, self.step = looks[-1].nodes, looks[-1].step
            self.changed.emit()
