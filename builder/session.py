"""What every panel talks to: the open document, what is known about it, and what is selected."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from builder.findings import findings, mistakes
from graph.document import Change, Document, Edit, EditError, Graph, Project
from graph.edits import MoveNodes
from graph.inference import Inference, NodeResult
from graph.layout import is_piled_up, layered
from graph.problems import Problem

LINT_DELAY = 50  # milliseconds; shapes are on the screen first, and a burst of typing is looked at once


class Session(QObject):
    """A document with its inference kept up to date. Panels read it, submit edits, and follow its signals.

    Mistakes are known as soon as an edit is made, what design rules find a moment later.

    Signals:
        changed(Change, frozenset[str]): the document changed and inference has followed; the set holds the
            ids of the nodes whose result is now another.
        problems_changed(): `problems` is now another list.
        selection_changed(tuple[str, ...]): ids of the selected nodes, in the order they were selected.
        document_replaced(): another document is open; read everything anew.
        message(str): a sentence for the status bar, such as why an edit was refused.
        review_asked(str): the user wants this source of a custom layer to run.
    """

    changed = Signal(object, object)
    problems_changed = Signal()
    selection_changed = Signal(object)
    document_replaced = Signal()
    message = Signal(str)
    review_asked = Signal(str)

    def __init__(self, document: Document | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._selection: tuple[str, ...] = ()
        self._lint_timer = QTimer(self, singleShot=True, interval=LINT_DELAY)
        self._lint_timer.timeout.connect(self.settle)
        self._open(document or Document())

    @property
    def document(self) -> Document:
        return self._document

    @property
    def project(self) -> Project:
        return self._document.project

    @property
    def graph(self) -> Graph:
        return self._document.graph

    @property
    def inference(self) -> Inference:
        return self._inference

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong, root causes only, along the data flow; then what design rules find."""
        return self._problems

    @property
    def selection(self) -> tuple[str, ...]:
        """Ids of the selected nodes."""
        return self._selection

    def result(self, node_id: str) -> NodeResult:
        """What is known about a node."""
        return self._inference.result(node_id)

    def problems_of(self, node_id: str) -> tuple[Problem, ...]:
        """What is wrong with one node, also as part of the whole graph."""
        return self._by_node.get(node_id, ())

    def marks_of(self, node_id: str) -> tuple[Problem, ...]:
        """What the canvas marks at a node: what is wrong with it, without mere hints."""
        return self._marks.get(node_id, ())

    def load(self, document: Document) -> None:
        """Opens another document in place of the present one."""
        self._unsubscribe()
        self.select(())
        self._open(document)
        self.document_replaced.emit()
        self.problems_changed.emit()

    def apply(self, edit: Edit, merge_key: Hashable = None) -> bool:
        """Makes an edit; False if it was refused, after `message` has said why."""
        try:
            self._document.apply(edit, merge_key)
        except EditError as error:
            self.message.emit(str(error))
            return False
        return True

    @Slot()
    def settle(self) -> None:
        """Lets design rules look at what was changed, if they have not done so yet."""
        if self._is_lint_due:
            before = self._problems
            self._lint()
            self._gather()
            if self._problems != before:
                self.problems_changed.emit()

    def retry(self, node_ids: Iterable[str]) -> None:
        """Asks anew what nodes give where not the graph decides that, such as the code of a custom layer."""
        asked = frozenset(node_ids)
        self._tell(Change(), asked | self._inference.retry(asked))

    def undo(self) -> None:
        """Takes the last step back."""
        if self._document.undo_label is None:
            self.message.emit("Nothing to undo.")
        else:
            self._document.undo()

    def redo(self) -> None:
        """Does the step again that was undone last."""
        if self._document.redo_label is None:
            self.message.emit("Nothing to redo.")
        else:
            self._document.redo()

    def select(self, node_ids: Iterable[str]) -> None:
        """Makes these nodes the selection; ids that are not there are left out."""
        selection = tuple(dict.fromkeys(node_id for node_id in node_ids if node_id in self.graph.nodes))
        if selection != self._selection:
            self._selection = selection
            self.selection_changed.emit(selection)

    def _open(self, document: Document) -> None:
        if is_piled_up(document.graph):
            MoveNodes(layered(document.graph)).apply(document.project)  # as if read so: no step to undo
            document.graph.log.take()
        self._document = document
        self._inference = Inference(document.graph)
        self._unsubscribe = document.subscribe(self._follow)
        self._collect_mistakes()
        self._lint()
        self._gather()

    def _follow(self, change: Change) -> None:
        """Brings everything up to date after an edit, then tells the panels."""
        self._tell(change, frozenset(self._inference.update(change)))
        if change.removed:
            self.select(self._selection)

    def _tell(self, change: Change, touched: frozenset[str]) -> None:
        before = self._problems
        if touched or change.is_structural or change.updated or change.fields:
            self._collect_mistakes()
            self._gather()
            self._is_lint_due = True
            self._lint_timer.start()
        self.changed.emit(change, touched)
        if self._problems != before:
            self.problems_changed.emit()

    def _collect_mistakes(self) -> None:
        self._mistakes = tuple(mistakes(self.project, self._inference))

    def _lint(self) -> None:
        self._lint_timer.stop()
        self._is_lint_due = False
        self._findings = tuple(findings(self.project, self._inference))

    def _gather(self) -> None:
        """Puts all problems together, also by node; a finding goes with its node."""
        nodes = self.graph.nodes
        found = (problem for problem in self._findings if problem.node is None or problem.node in nodes)
        self._problems = (*self._mistakes, *found)
        self._by_node = _by_node(self._problems)
        self._marks = _by_node(problem for problem in self._problems if problem.severity != "info")


def _by_node(problems: Iterable[Problem]) -> dict[str, tuple[Problem, ...]]:
    by_node: dict[str, list[Problem]] = {}
    for problem in problems:
        if problem.node is not None:
            by_node.setdefault(problem.node, []).append(problem)
    return {node_id: tuple(found) for node_id, found in by_node.items()}
