"""Works out behind the window what fixing everything would do: that takes a while where much is wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event

from PySide6.QtCore import QObject, Signal, Slot

from builder.fix_preview import FixPlan, plan_fixes
from builder.latest import Latest
from graph.collecting import without_collecting
from graph.document import Project

Planned = tuple[frozenset[str], FixPlan | None]


class FixPlanning(QObject):
    """What fixing everything would do to a project as it is now, for any choice of remedies.

    Args:
        project: copied at once, and not read after that.
        parent: of the object.

    Signals:
        planned(FixPlan): what was asked for last is known.
    """

    planned = Signal(object)

    def __init__(self, project: Project, parent: QObject) -> None:
        super().__init__(parent)
        self._project = project.copy()
        self._plans: dict[frozenset[str], FixPlan] = {}
        self._asked = frozenset[str]()
        self._stop = Event()
        self._latest = Latest(self._begin, "fixes", 0, self)
        self._latest.done.connect(self._take)

    def plan(self, skipped: frozenset[str] = frozenset()) -> FixPlan | None:
        """What would happen with some remedies left out; None as long as nobody has asked for it and waited.

        Args:
            skipped: their keys.
        """
        return self._plans.get(skipped)

    def ask(self, skipped: frozenset[str] = frozenset()) -> None:
        """Has that worked out, in place of what was asked for before."""
        self._asked = skipped
        self._stop.set()
        self._latest.outdate()
        plan = self.plan(skipped)
        if plan is None:
            self._latest.ask()
        else:
            self.planned.emit(plan)

    def end(self) -> None:
        """Stops what is under way and waits for its thread; nothing is told any more."""
        self._stop.set()
        self._latest.wait()

    def _begin(self) -> Callable[[], Planned]:
        self._stop = Event()
        return partial(_worked_out, self._project, self._asked, self._stop)

    @Slot(object)
    def _take(self, result: Planned) -> None:
        skipped, plan = result
        if plan is not None:
            self._plans[skipped] = plan
            self.planned.emit(plan)


def _worked_out(project: Project, skipped: frozenset[str], stop: Event) -> Planned:
    with without_collecting():  # what the window has dropped must not be deleted in this thread
        return skipped, plan_fixes(project, skipped, stop.is_set)
