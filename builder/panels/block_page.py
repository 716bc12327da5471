"""The inspector's page for the block that is shown while nothing in it is selected."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from builder.panels.block_params_form import BlockParamsForm
from builder.panels.facts import FactsSection
from builder.panels.instance_section import uses_text
from builder.panels.name_field import NameField
from builder.panels.section import section_title
from builder.session import Session
from builder.texts import tr, tr_count
from builder.theme import GRID, font
from builder.totals import totals
from graph.block_edits import RenameBlock
from graph.block_params import REPEAT
from graph.blocks import block_ports
from graph.scopes import leads_to


class BlockPage(QWidget):
    """A block: its name, what its instances may set, its ports, and what this instance costs."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        title = QLabel(tr("Block"), self)
        title.setFont(font("title"))
        self.name = NameField(session, lambda name: RenameBlock(session.block or "", name), self)
        self.uses = QLabel(self)
        self.uses.setProperty("role", "muted")
        self.uses.setWordWrap(True)
        self.params = BlockParamsForm(session, self)
        ports, facts = FactsSection(tr("Ports"), self), FactsSection(tr("This instance"), self)
        self.ports, self.facts = ports.facts, facts.facts
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        parts = (
            title, self.name, self.uses,
            section_title(tr("Parameters"), self), self.params,
            ports, facts,
        )  # fmt: skip
        for widget in parts:
            layout.addWidget(widget)
        layout.addStretch(1)

    def refresh(self) -> None:
        """Reads the block that is shown anew."""
        session = self._session
        if session.block is not None:
            self.name.show_name(session.block)
            self.uses.setText(uses_text(session.project, session.block))
            self.params.show_params(session.project.blocks[session.block].params)
            self.ports.show_facts(self._ports())
            self.facts.show_facts(self._facts())

    def _repetitions(self) -> int:
        """How often the instance that was entered stands in a row."""
        project, (*outer, instance) = self._session.project, self._session.scope
        graph = project.graph_of(leads_to(project, tuple(outer)))
        given = graph.nodes[instance].params.get(REPEAT)
        return given if type(given) is int else 1

    def _ports(self) -> Iterator[tuple[str, str]]:
        inputs, outputs = block_ports(self._session.graph)
        for node_id, port in inputs.items():
            tensor = next(iter(self._session.result(node_id).outputs.values()), None)
            yield tr("Input {port}", port=port), str(tensor) if tensor else tr("unknown")
        for node_id, port in outputs.items():
            tensor = next(iter(self._session.result(node_id).inputs.values()), None)
            yield tr("Output {port}", port=port), str(tensor) if tensor else tr("unknown")

    def _facts(self) -> Iterator[tuple[str, str]]:
        inference, repeat = self._session.inference, self._repetitions()
        if repeat > 1:
            yield tr("Repeated"), tr("{repeat:,} times; the first is shown", repeat=repeat)
        yield tr("Layers"), f"{len(self._session.graph.nodes):,}"
        found = totals(inference)
        yield tr("Parameters"), found.parameters
        yield tr("FLOPs a sample"), found.flops
        count = len(self._session.problems)
        yield tr("Problems"), tr_count("{count} problem", "{count} problems", count) if count else tr("none")
