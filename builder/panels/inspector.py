"""The inspector: the selected node's parameters and figures, else those of the block shown or the project."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from builder.panels.block_page import BlockPage
from builder.panels.facts import Facts
from builder.panels.name_field import NameField
from builder.panels.node_page import NodePage
from builder.panels.section import section_title
from builder.quantities import bytes_text, counted, flops_text, macs_text
from builder.session import Session
from builder.theme import GRID, Theme, font
from graph.cost import macs
from graph.cost_memory import largest_batch
from graph.dims import evaluate
from graph.document import Change
from graph.edits import RenameProject
from runtime.free_memory import free_memory


class Inspector(QStackedWidget):
    """Follows the session's selection."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.node_page = NodePage(session, theme)
        self.project_page, self.block_page = ProjectPage(session), BlockPage(session)
        self.several_page = SeveralPage(session)
        self._scrolls = {
            page: _scrolling(page)
            for page in (self.node_page, self.project_page, self.block_page, self.several_page)
        }
        for scroll in self._scrolls.values():
            self.addWidget(scroll)
        session.selection_changed.connect(self._select)
        session.changed.connect(self._follow)
        session.problems_changed.connect(self._refresh)
        session.document_replaced.connect(self._reload)
        session.scope_changed.connect(self._reload)
        self._reload()

    @property
    def page(self) -> QWidget:
        """The page that is shown."""
        return next(page for page, scroll in self._scrolls.items() if scroll is self.currentWidget())

    def name_block(self) -> None:
        """Puts the cursor into the name of the selected instance's block, if that is seen."""
        line = self.node_page.block.name.line
        if line.isVisible():
            line.setFocus(Qt.FocusReason.OtherFocusReason)
            line.selectAll()

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.node_page.set_theme(theme)

    @Slot(object)
    def _select(self, node_ids: tuple[str, ...]) -> None:
        if len(node_ids) == 1:
            self.node_page.show_node(node_ids[0])
            self.setCurrentWidget(self._scrolls[self.node_page])
        else:
            overview = self.project_page if self._session.block is None else self.block_page
            page = self.several_page if node_ids else overview
            page.refresh()
            self.setCurrentWidget(self._scrolls[page])

    @Slot(object, object)
    def _follow(self, change: Change, touched: frozenset[str]) -> None:
        page = self.page
        if page is self.node_page:
            node_id = self._session.selection[0]
            is_touched = node_id in touched or node_id in change.updated or "training" in change.fields
            if node_id in self._session.graph.nodes and (is_touched or self._session.is_instance(node_id)):
                self.node_page.refresh()  # of a block it is also shown how often it is used
        else:
            page.refresh()

    @Slot()
    def _refresh(self) -> None:
        if self.page is not self.node_page or self._session.selection[0] in self._session.graph.nodes:
            self.page.refresh()

    @Slot()
    def _reload(self) -> None:
        self._select(self._session.selection)


class ProjectPage(QWidget):
    """The whole project: its name and totals."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        title = QLabel("Project", self)
        title.setFont(font("title"))
        hint = QLabel("Select a layer to see and change its parameters.", self)
        hint.setProperty("role", "muted")
        hint.setWordWrap(True)
        self.name = NameField(session, lambda name: RenameProject(name), self)
        self.facts = Facts(self)
        layout = _column(self)
        for widget in (title, self.name, hint, section_title("Totals", self), self.facts):
            layout.addWidget(widget)
        layout.addStretch(1)

    def refresh(self) -> None:
        """Reads the project anew."""
        self.name.show_name(self._session.project.name)
        self.facts.show_facts(self._facts())

    def _facts(self) -> Iterator[tuple[str, str]]:
        graph, inference = self._session.project.graph, self._session.main_inference
        yield "Layers", f"{len(graph.nodes):,}"
        yield "Edges", f"{len(graph.edges):,}"
        yield "Parameters", f"{inference.total_parameters:,}"
        yield "FLOPs", f"{flops_text(inference.total_flops)} a sample"
        yield "MACs", f"{macs_text(macs(inference.total_flops))} a sample"
        yield from self._memory_facts()
        count = len(self._session.all_problems)
        yield "Problems", counted(count, "problem") if count else "none"

    def _memory_facts(self) -> Iterator[tuple[str, str]]:
        """What a training step takes, once everything that it consists of is known."""
        memory, batch_size = self._session.cost.memory, self._session.plan.batch_size
        peak = memory.peak(batch_size)
        if peak is None or self._session.errors:
            return
        yield "Memory to train", f"{bytes_text(peak)} at its peak, batch size {batch_size:,}"
        device, free = free_memory(self._session.plan.device)
        largest = largest_batch(memory, free)
        yield "Largest batch", f"{largest or 0:,} in the {bytes_text(free)} free on {device}"
        yield "Weights", bytes_text(memory.parameters)
        yield "Gradients", bytes_text(memory.gradients)
        yield "Optimizer state", bytes_text(memory.optimizer)
        yield "Activations", bytes_text(evaluate(memory.activations, {"N": batch_size}))


class SeveralPage(QWidget):
    """Several selected nodes: how many, and what they cost together."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.title = QLabel(self)
        self.title.setFont(font("title"))
        self.facts = Facts(self)
        layout = _column(self)
        layout.addWidget(self.title)
        layout.addWidget(self.facts)
        layout.addStretch(1)

    def refresh(self) -> None:
        """Reads the selected nodes anew."""
        nodes = [
            self._session.graph.nodes[i] for i in self._session.selection if i in self._session.graph.nodes
        ]
        results = [self._session.result(node.id) for node in nodes]
        self.title.setText(f"{len(nodes):,} layers selected")
        types: dict[str, int] = {}
        for node in nodes:
            types[node.type] = types.get(node.type, 0) + 1
        self.facts.show_facts([
            ("Types", ", ".join(f"{count} × {name}" for name, count in types.items())),
            ("Parameters", f"{sum(result.parameters or 0 for result in results):,}"),
            ("FLOPs", f"{flops_text(sum((result.flops or 0 for result in results), start=0))} a sample"),
        ])  # fmt: skip


def _column(widget: QWidget) -> QVBoxLayout:
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(GRID, GRID, GRID, GRID)
    layout.setSpacing(GRID)
    return layout


def _scrolling(page: QWidget) -> QScrollArea:
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(page)
    return scroll
