"""What every panel talks to: the open document, what is known about it, and what is selected."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from builder.checking import Checking
from builder.discarding import Discarding
from builder.first_look import FirstLook, first_look
from builder.forecast import Forecast
from builder.inferring import Inferring
from builder.known import Known
from builder.texts import tr, tr_made
from graph.block_edits import made_inside
from graph.collecting import without_collecting
from graph.document import Change, Document, Edit, EditError
from graph.scopes import Path, changed_graphs, leads_to, path_to

MANY = 1000  # problems, which take the panels a turn of the event loop of their own to show
PAUSE = 100  # milliseconds before that, in which the window is seen


class Session(Known):
    """A document with its inference kept up to date. Panels read it, submit edits, and follow its signals.

    It shows one graph at a time: the main graph, or that of a block, seen from one of its instances.
    Mistakes are known as soon as an edit is made, what design rules find a moment later. In a very large
    graph shapes and mistakes may come a moment later too: until then results are pending, and an empty
    change tells when they are there. Whoever asks `inference`, or for errors or costs, has all of it at once.

    Args:
        document: what is open at first; unless given, nothing.
        parent: of the object.
        discarding: lets go of what is not shown any more; unless given, one that ends with the session.

    Signals:
        changed(Change, frozenset[str]): the document changed and inference has followed; both speak of the
            graph shown. The set holds the ids of the nodes whose result or ports may now be others.
        problems_changed(): `problems` or `all_problems` is now another list.
        selection_changed(tuple[str, ...]): ids of the selected nodes, in the order they were selected; also
            when other frames or notes are selected.
        scope_leaving(path): the graph that is shown is about to be left on the way to this one.
        scope_changed(): another graph of the document is shown; read it anew.
        document_replaced(): another document is open; read everything anew.
        message(str): a sentence for the status bar, such as why an edit was refused.
        review_asked(str): the user wants this source of a custom layer to run.
    """

    changed = Signal(object, object)
    problems_changed = Signal()
    selection_changed = Signal(object)
    scope_leaving = Signal(object)
    scope_changed = Signal()
    document_replaced = Signal()
    message = Signal(str)
    review_asked = Signal(str)

    def __init__(
        self,
        document: Document | None = None,
        parent: QObject | None = None,
        discarding: Discarding | None = None,
    ) -> None:
        super().__init__(parent)
        self.discarding = discarding or Discarding(self)
        document = document or Document()
        look = first_look(document.project)
        self.inferring = Inferring(look.scope, self._tell_late, self)
        self.checking = Checking(look.findings, self)
        self.checking.done.connect(self._take_findings)
        self._open(document, look)
        self.forecast = Forecast(self)

    def load(self, document: Document, look: FirstLook | None = None) -> None:
        """Opens another document in place of the present one.

        Args:
            document: what to open.
            look: what is known of its project, if somebody has looked at it already.
        """
        self._unsubscribe()
        self.select(())
        before = (*self._held(), self.checking.findings)
        self._open(document, look or first_look(document.project))
        self.document_replaced.emit()
        self.discarding.take(before)
        if len(self._known.all_problems) > MANY:
            QTimer.singleShot(PAUSE, self, self.problems_changed.emit)
        else:
            self.problems_changed.emit()

    def enter(self, node_id: str) -> bool:
        """Shows the graph inside an instance of the graph that is shown; False if the node is none."""
        return self.show_scope((*self.scope, node_id))

    def leave(self) -> None:
        """Shows the graph that the instance is in, which is then selected; does nothing in the main graph."""
        if self.scope:
            *outer, instance = self.scope
            self.show_scope(tuple(outer))
            self.select((instance,))

    def show_scope(self, path: Path) -> bool:
        """Shows the graph that a path of instances leads to; False if it leads nowhere."""
        if path == self.scope:
            return True
        self.inferring.finish()
        self.scope_leaving.emit(path)
        if not self._scope.go(path):
            self.message.emit(tr("There is nothing to enter: that is no instance of a block."))
            return False
        self.select(())
        self._look_anew()
        self._paths[self.block] = path
        self.scope_changed.emit()
        self._told = self._known.gathered
        self.problems_changed.emit()
        return True

    def show_block(self, block: str | None) -> bool:
        """Shows a block where it was seen last, else where it stands nearest; False if it has no instance.

        Args:
            block: None for the main graph.
        """
        if block == self.block:
            return True
        seen = self._paths.get(block)
        is_there = seen is not None and leads_to(self.project, seen) == block
        path = seen if is_there else path_to(self.project, block)
        return path is not None and self.show_scope(path)

    def apply(self, edit: Edit, merge_key: Hashable = None) -> bool:
        """Makes an edit of the graph that is shown; False if it was refused, after `message` has said why."""
        return self.apply_to_project(made_inside(edit, self.block), merge_key)

    def apply_to_project(self, edit: Edit, merge_key: Hashable = None) -> bool:
        """Likewise for an edit of the main graph or of the project, whatever is shown."""
        try:
            self._document.apply(edit, merge_key)
        except EditError as error:
            self.message.emit(tr_made(str(error)))
            return False
        return True

    def take_back(self, merge_key: Hashable) -> None:
        """Makes the step that edits with this key are being joined to as if it had never been begun."""
        self._document.take_back(merge_key)

    def submit(self, edit: Edit, merge_key: Hashable = None) -> None:
        """Makes an edit of the graph that is shown.

        Raises:
            EditError: it does not suit.
        """
        self._document.apply(made_inside(edit, self.block), merge_key)

    @Slot()
    def settle(self) -> None:
        """Has everything known at once about what was changed, also what design rules find."""
        self.inferring.finish()
        if self.checking.is_due:
            self.checking.finish()
            self._take_findings()

    def retry(self, node_ids: Iterable[str]) -> None:
        """Asks anew what nodes give where not the graph decides that, such as the code of a custom layer."""
        asked = frozenset(node_ids) & self.graph.nodes.keys()
        touched = asked | self._scope.retry(asked)
        changes, others = self.inferring.take()
        self._have_checked(changes or [Change()], touched | others)
        self._tell(Change(), touched | others, changes)

    def undo(self) -> None:
        """Takes the last step back, and shows the graph that it was made in."""
        label = self._document.undo_label
        if label is None:
            self.message.emit(tr("Nothing to undo."))
        else:
            self._show_changed(self._document.undo())
            self.message.emit(tr("Undone: {step}", step=tr_made(label)))

    def redo(self) -> None:
        """Does the step again that was undone last, and shows the graph that it is made in."""
        label = self._document.redo_label
        if label is None:
            self.message.emit(tr("Nothing to redo."))
        else:
            self._show_changed(self._document.redo())
            self.message.emit(tr("Done again: {step}", step=tr_made(label)))

    def select(self, ids: Iterable[str]) -> None:
        """Makes these nodes, frames and notes the selection; ids that are not there are left out."""
        graph, chosen = self.graph, dict.fromkeys(ids)
        there, drawn = graph.nodes, {*graph.frames, *graph.notes}
        nodes = tuple(item_id for item_id in chosen if item_id in there)
        annotations = tuple(item_id for item_id in chosen if item_id in drawn)
        if (nodes, annotations) != (self._selection, self._selected_annotations):
            self._selection, self._selected_annotations = nodes, annotations
            self.selection_changed.emit(nodes)

    def _open(self, document: Document, look: FirstLook) -> None:
        self._hold(document, look)
        self._paths: dict[str | None, Path] = {}  # by block, where it was seen last
        self._unsubscribe = document.subscribe(self._follow)
        self.inferring.adopt(look.scope)
        self.checking.adopt(look.findings)

    def _follow(self, change: Change) -> None:
        """Brings everything up to date after an edit, then tells the panels."""
        self._corners = None
        with without_collecting():
            self._follow_anywhere(change)

    def _follow_anywhere(self, change: Change) -> None:
        if self.scope:
            self._follow_inside(change)
        elif self.inferring.follow(change):
            changes, touched = self.inferring.take()
            self._have_checked(changes, touched)
            self._tell(change, frozenset(touched | self._instances(change)), changes)
            self.select(self.all_selected)
        else:
            self.checking.wait()
            self._tell_early(change)
            self.select(self.all_selected)

    def _follow_inside(self, change: Change) -> None:
        """Likewise while a block is shown."""
        path, graph, touched = self.scope, self.graph, self._scope.follow(change)
        self.checking.follow(change, touched)
        if self.scope == path and self.graph is graph:
            shown = change if self.block is None else change.inside(self.block)
            self._tell(shown, frozenset(touched | self._instances(change)), [change])
            self.select(self.all_selected)
        else:  # the instance is gone, or of another block now, and with it what was shown
            self._forget_costs()
            self.select(())
            self._look_anew()
            self.scope_changed.emit()
            self._tell(Change(fields=change.fields), frozenset(), [change])
            self.problems_changed.emit()

    def _tell_early(self, change: Change) -> None:
        """Tells of a change of the main graph of which not everything is known yet."""
        self._forget_costs()
        self._known.drop(change.removed)
        self.changed.emit(change, self._scope.main.touched_by_now | self._instances(change))
        QTimer.singleShot(0, self, self._tell_problems)

    def _tell_late(self) -> Iterator[None]:
        """Tells what became of edits of a large graph, in steps that each have a turn of their own."""
        changes, touched = self.inferring.look()
        yield
        self._have_checked(changes, touched)
        yield
        is_other = self._known.collect(self.project, self._scope)
        yield
        if is_other or any(change.removed or change.touches_blocks for change in changes):
            self._gather()
            yield
        self._forget_costs()
        self.inferring.end()
        self.changed.emit(Change(), touched)
        yield
        self._tell_problems()

    def _have_checked(self, changes: Iterable[Change], touched: Iterable[str]) -> None:
        """Has design rules follow changes, which have made something else known of these nodes together."""
        for change in changes:
            self.checking.follow(change, touched)
            touched = ()

    def _tell(self, change: Change, touched: frozenset[str], causes: Sequence[Change]) -> None:
        """Tells of a change of the graph that is shown.

        Args:
            change: as that graph sees it.
            touched: ids of its nodes about which something else is known.
            causes: what happened in the project.
        """
        self._forget_costs()
        if touched or any(replace(cause, moved=()) != Change() for cause in causes):
            is_other = self._known.collect(self.project, self._scope)
            if is_other or any(cause.removed or cause.touches_blocks for cause in causes):
                self._gather()
        self.changed.emit(change, touched)
        self._tell_problems()

    @Slot()
    def _tell_problems(self) -> None:
        """Tells of problems if they are others than when they were told last."""
        told, self._told = self._told, self._known.gathered
        if not told.is_like(self._told):
            self.problems_changed.emit()

    def _show_changed(self, change: Change) -> None:
        """Goes where a change was made, unless that is shown already."""
        changed = changed_graphs(change)
        if changed and self.block not in changed:
            self.show_block(changed[0])

    def _instances(self, change: Change) -> set[str]:
        """Instances of blocks that are now others: their ports may be others too."""
        if not change.touches_blocks:
            return set()
        names = {*change.blocks, *change.blocks_added, *change.blocks_removed}
        return {node.id for node in self.graph.nodes.values() if node.type in names}

    def _look_anew(self) -> None:
        """Looks at another graph that is shown."""
        self._known.collect(self.project, self._scope)
        self.checking.findings.enter()
        self.checking.finish()
        self._gather()

    @Slot()
    def _take_findings(self) -> None:
        if self._known.has(self.checking.findings):
            return
        self._gather()
        if len(self._known.all_problems) > MANY:
            QTimer.singleShot(0, self, self._tell_problems)
        else:
            self._tell_problems()

    def _gather(self) -> None:
        self._known.gather(self.project, self.graph, self.checking.findings)
