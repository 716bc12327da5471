"""Watches what is edited while a run is on, which trains what it was started with until told otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, QTimer, Slot

from builder.actions import Actions
from builder.panels.data_titles import made_titled
from builder.panels.edits_banner import EditsBanner
from builder.run_commands import RunCommands
from builder.run_controller import RunController
from builder.session import Session
from builder.texts import tr, tr_made
from graph.project import Project
from runtime.events import Event, GraphChanged, PlanChanged
from runtime.options import PlanError
from runtime.plan import TrainingPlan
from runtime.plan_changes import project_differences, require_changeable

PATIENCE = 300  # milliseconds after the last edit: to compare two large networks takes some
MOST_TOLD = 3  # differences


class PendingEdits(QObject):
    """Tells in a banner how the project differs from what is being trained."""

    def __init__(
        self,
        session: Session,
        runs: RunCommands,
        controller: RunController,
        actions: Actions,
        banner: EditsBanner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._runs, self._banner = session, runs, banner
        self._trained: Project | None = None
        self._asked: Project | None = None
        self._later = QTimer(self, singleShot=True, interval=PATIENCE)
        self._later.timeout.connect(self._compare)
        banner.show_action(actions["run.apply"])
        session.changed.connect(self._wait)
        session.document_replaced.connect(self._compare)
        session.problems_changed.connect(self._count_errors)
        runs.edits_applied.connect(self._note_asked)
        controller.started.connect(self._begin)
        controller.events.connect(self._follow)
        controller.ended.connect(self._end)

    @property
    def is_waiting(self) -> bool:
        """Whether something was edited that was not compared yet."""
        return self._later.isActive()

    @Slot(object)
    def _begin(self, run_dir: object) -> None:
        self._trained, self._asked = self._session.project.copy(), None
        self._compare()

    @Slot()
    def _note_asked(self) -> None:
        self._asked = self._session.project.copy()

    @Slot(object)
    def _follow(self, events: Iterable[Event]) -> None:
        if self._asked is not None and any(isinstance(each, PlanChanged | GraphChanged) for each in events):
            self._trained = self._asked
            self._compare()

    @Slot(object)
    def _end(self, ended: object) -> None:
        self._trained = self._asked = None
        self._compare()

    @Slot(object, object)
    def _wait(self, change: object, touched: object) -> None:
        if self._trained is not None:
            self._later.start()

    @Slot()
    def _compare(self) -> None:
        """Shows what the run does not know of, if it is this project's."""
        trained, now = self._trained, self._session.project
        if trained is None or not self._runs.can_take_edits:
            self._banner.say("", is_possible=False)
            return
        try:
            found = project_differences(trained, now)
            require_changeable(*(TrainingPlan.from_mapping(each.training) for each in (trained, now)))
        except PlanError as error:
            self._banner.say(made_titled(str(error)), is_possible=False)
            return
        text = tr("Not in the run yet: {changes}.", changes=_listed(found)) if found else ""
        self._banner.say(text, is_possible=True)

    @Slot()
    def _count_errors(self) -> None:
        """Shows what keeps the run from taking up the graph."""
        errors, _ = self._session.num_open_problems
        self._banner.count_errors(errors)


def _listed(changes: Sequence[str]) -> str:
    told = "; ".join(map(tr_made, changes[:MOST_TOLD]))
    more = len(changes) - MOST_TOLD
    return tr("{changes} and {count} more", changes=told, count=more) if more > 0 else told
