"""What the selected node does while the network trains, below its shapes and cost."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from builder.node_watch import NodeWatch
from builder.overlays import percent, short, spread
from builder.panels.facts import FactsSection
from builder.texts import tr
from runtime.events import NodeFigures

ASKER = "inspector"


class LiveSection(QWidget):
    """A node's newest figures, there only while there are any; asks for them while it can be seen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.section = FactsSection(tr("While training"), self)
        self._watch: NodeWatch | None = None
        self._node_id = ""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.section)
        self.section.hide()

    def follow(self, watch: NodeWatch) -> None:
        """Shows what this watch knows from now on."""
        self._watch = watch
        watch.changed.connect(self.refresh)

    def show_node(self, node_id: str) -> None:
        """Shows another node of the graph that is shown."""
        self._node_id = node_id
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Reads the figures anew."""
        figures = self._watch.figures(self._node_id) if self._watch is not None else None
        self.section.setVisible(figures is not None)
        if figures is not None and self._watch is not None:
            self.section.facts.show_facts([*_facts(figures), (tr("Step"), f"{self._watch.step:,}")])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._ask(False)

    def _ask(self, wanted: bool) -> None:
        if self._watch is not None:
            self._watch.ask(ASKER, wanted)


def _facts(figures: NodeFigures) -> Iterator[tuple[str, str]]:
    yield (
        tr("Time"),
        tr(
            "{share}, {duration} a step",
            share=percent(figures.time_share),
            duration=_duration(figures.seconds),
        ),
    )
    if figures.grad_norm is not None:
        yield tr("Gradient norm"), short(figures.grad_norm)
    if figures.mean is not None:
        yield tr("Output"), spread(figures)
    if figures.dead is not None:
        yield tr("Dead units"), percent(figures.dead)


def _duration(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"
