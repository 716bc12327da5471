"""The inspector's page for the whole project, while nothing is selected."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from builder.panels.facts import FactsSection
from builder.panels.name_field import NameField
from builder.quantities import bytes_text
from builder.session import Session
from builder.texts import tr, tr_count
from builder.theme import GRID, font
from graph.cost_memory import largest_batch
from graph.dims import evaluate
from graph.edits import RenameProject
from runtime.free_memory import free_memory

EMPTY = (
    "The canvas is empty. Double-click it, or press Space on it, and type what you look for;"
    " or drag a layer from the list on the left."
)
SELECT = "Select a layer to see and change its parameters; select several to change what they share."


class ProjectPage(QWidget):
    """The whole project: its name and totals, and what to do next."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._told = 0, 0
        title = QLabel(tr("Project"), self)
        title.setFont(font("title"))
        self.hint = QLabel(tr(SELECT), self)
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self.name = NameField(session, lambda name: RenameProject(name), self)
        self.totals = FactsSection(tr("Totals"), self)
        self.facts = self.totals.facts
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        for widget in (title, self.name, self.hint, self.totals):
            layout.addWidget(widget)
        layout.addStretch(1)

    @property
    def tells_problems(self) -> bool:
        """Whether what it says of problems is what there is to say now."""
        return self._told == self._problems()

    def refresh(self) -> None:
        """Reads the project anew."""
        self._told = self._problems()
        has_nodes = bool(self._session.graph.nodes)
        self.hint.setText(tr(SELECT if has_nodes else EMPTY))
        self.totals.setVisible(has_nodes)
        self.name.show_name(self._session.project.name)
        self.facts.show_facts(self._facts())

    def _problems(self) -> tuple[int, int]:
        """How many problems there are, and how many of them keep the network from being trained."""
        num_errors, _ = self._session.num_open_problems
        return len(self._session.open_problems), num_errors

    def _facts(self) -> Iterator[tuple[str, str]]:
        graph, totals = self._session.project.graph, self._session.totals
        yield tr("Layers"), f"{len(graph.nodes):,}"
        yield tr("Edges"), f"{graph.num_edges:,}"
        yield tr("Parameters"), totals.parameters
        yield tr("FLOPs a sample"), totals.flops
        yield tr("MACs a sample"), totals.macs
        yield from self._memory_facts()
        count, _ = self._told
        yield tr("Problems"), tr_count("{count} problem", "{count} problems", count) if count else tr("none")

    def _memory_facts(self) -> Iterator[tuple[str, str]]:
        """What a training step takes, once everything that it consists of is known."""
        cost, batch_size = self._session.forecast.network, self._session.plan.batch_size
        if cost is None:
            too_many = tr("not worked out for so many layers")
            yield (
                tr("Memory to train"),
                too_many if self._session.forecast.is_too_large else tr("being worked out..."),
            )
            return
        memory = cost.memory
        peak = memory.peak(batch_size)
        if peak is None or self._session.errors:
            return
        yield (
            tr("Memory to train"),
            tr(
                "{memory} at its peak, batch size {batch_size:,}",
                memory=bytes_text(peak),
                batch_size=batch_size,
            ),
        )
        device, free = free_memory(self._session.plan.device)
        largest = largest_batch(memory, free)
        yield (
            tr("Largest batch"),
            tr(
                "{count:,} in the {memory} free on {device}",
                count=largest or 0,
                memory=bytes_text(free),
                device=device,
            ),
        )
        yield tr("Weights"), bytes_text(memory.parameters)
        yield tr("Gradients"), bytes_text(evaluate(memory.gradients, {"N": batch_size}))
        yield tr("Optimizer state"), bytes_text(memory.optimizer)
        yield tr("Activations"), bytes_text(evaluate(memory.activations, {"N": batch_size}))
