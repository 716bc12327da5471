"""What can be done with blocks: pack, unpack, enter, leave; and why one of them cannot be done now."""

from __future__ import annotations

from itertools import count

from PySide6.QtCore import QObject, Signal, Slot

from builder.actions import Actions
from builder.session import Session
from builder.texts import tr
from graph.document import Node, PortRef
from graph.packing import ENDS, Pack
from graph.shapes import TensorSpec
from graph.unpacking import Unpack

STEM = "Block"


class BlockCommands(QObject):
    """Handlers of the actions on blocks. They hold for the graph that is shown.

    Signals:
        packed(): there is a new block, whose instance is selected and which wants a name.
    """

    packed = Signal()

    def __init__(self, session: Session, actions: Actions, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._actions = session, actions
        self._has_project = False
        for signal in (session.selection_changed, session.changed, session.scope_changed):
            signal.connect(self.refresh)
        session.document_replaced.connect(self.refresh)

    @Slot()
    def pack_selection(self) -> None:
        """Makes the selected nodes a block, with one instance in their place."""
        session = self._session
        name, before = self._free_name(), set(session.graph.nodes)
        if session.apply(Pack(session.selection, name, self._samples())):
            session.select(session.graph.nodes.keys() - before)
            self.packed.emit()

    @Slot()
    def unpack_selected(self) -> None:
        """Puts what is inside the selected instance in its place."""
        session = self._session
        (node_id,) = session.selection
        before = set(session.graph.nodes)
        if session.apply(Unpack(node_id)):
            session.select(each for each in session.graph.nodes if each not in before)

    @Slot()
    def enter_block(self) -> None:
        """Shows the graph inside the selected instance."""
        (node_id,) = self._session.selection
        self._session.enter(node_id)

    @Slot()
    def leave_block(self) -> None:
        """Shows the graph that the instance is in."""
        self._session.leave()

    def set_has_project(self, has_project: bool) -> None:
        """Says whether there is anything to work on."""
        self._has_project = has_project
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Offers what can be done now."""
        closed = "" if self._has_project else tr("No project is open.")
        instance = closed or self._why_no_instance()
        for action_id, reason in (
            ("graph.pack", closed or self._why_not_packed()),
            ("graph.unpack", instance),
            ("graph.enter", instance),
            ("graph.leave", closed or ("" if self._session.scope else tr("This is the main graph."))),
        ):
            self._actions.set_enabled(action_id, not reason, reason)

    def _why_not_packed(self) -> str:
        chosen = self._chosen()
        if not chosen:
            return tr("Select the layers to pack first.")
        end = next((node for node in chosen if node.type in ENDS), None)
        return (
            tr("{name} is an end of the graph. Leave it out: a block gets ends of its own.", name=end.name)
            if end
            else ""
        )

    def _why_no_instance(self) -> str:
        chosen = self._chosen()
        if len(chosen) != 1:
            return tr("Select one block first.")
        (node,) = chosen
        return (
            ""
            if self._session.is_instance(node.id)
            else tr("{name} is a layer, not a block.", name=node.name)
        )

    def _chosen(self) -> list[Node]:
        """The selected nodes; an edit that is being told of may have taken some away."""
        nodes = self._session.graph.nodes
        return [nodes[each] for each in self._session.selection if each in nodes]

    def _free_name(self) -> str:
        project = self._session.project
        taken = {node.type for graph in project.graphs() for node in graph.nodes.values()}
        taken.update(self._session.graph.catalog)
        return next(name for number in count(1) if (name := f"{STEM}{number}") not in taken)

    def _samples(self) -> dict[PortRef, TensorSpec]:
        """What flows into the selected nodes."""
        graph, inference = self._session.graph, self._session.inference
        sources = {edge.source for each in self._session.selection for edge in graph.incoming(each).values()}
        return {ref: tensor for ref in sources if (tensor := inference.output(ref)) is not None}
