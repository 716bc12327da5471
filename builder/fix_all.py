"""Fixes everything at once: works out what that would do, shows it, and applies what is wanted of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from builder.fix_planning import FixPlanning
from builder.fix_preview import FixPlan
from builder.fixing import apply_fixes
from builder.session import Session
from builder.texts import tr, tr_count

PATIENCE = 300  # milliseconds until it is said that remedies are being looked for

Choose: TypeAlias = Callable[[FixPlanning], frozenset[str] | None]


class FixAll(QObject):
    """Applies the first remedy of every problem as one step; an edit while that is looked for calls it off.

    Args:
        session: whose project is mended.
        choose: shows what would happen and gives the keys of what to leave out, None to leave all as it is;
            without it, and for a single remedy, nothing is asked.
        parent: of the object.

    Signals:
        fixed(): remedies were applied, if there were any.
    """

    fixed = Signal()

    def __init__(self, session: Session, choose: Choose | None, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._choose = session, choose
        self._planning: FixPlanning | None = None
        self._begun = 0
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(self._say_so)
        session.document_replaced.connect(self.call_off)

    @property
    def is_busy(self) -> bool:
        """Whether what would happen is being worked out, or shown."""
        return self._planning is not None

    def begin(self) -> None:
        """Has it worked out what would happen, in a thread, and goes on from there; does nothing if busy."""
        if self._planning is None:
            self._planning = FixPlanning(self._session.project, self)
            self._begun = self._session.document.state
            self._planning.planned.connect(self._offer)
            self._planning.ask()
            self._patience.start()

    @Slot()
    def call_off(self) -> None:
        """Leaves everything as it is; waits for the thread."""
        self._patience.stop()
        planning, self._planning = self._planning, None
        if planning is not None:
            planning.end()
            planning.deleteLater()

    @Slot(object)
    def _offer(self, plan: FixPlan) -> None:
        planning, skipped = self._planning, frozenset[str]()
        assert planning is not None
        self._patience.stop()
        planning.planned.disconnect(self._offer)
        if self._choose is not None and len(plan.fixes) > 1 and self._is_as_begun:
            wanted = self._choose(planning)
            if wanted is None:
                self.call_off()
                return
            skipped = wanted
        self._apply(planning.plan(skipped))
        self.call_off()

    def _apply(self, plan: FixPlan | None) -> None:
        if plan is None or not self._is_as_begun:
            self._session.message.emit(tr("Nothing was fixed, as the project was changed meanwhile."))
            return
        fixed = apply_fixes(self._session, [fix.edit for fix in plan.fixes])
        self.fixed.emit()
        self._session.message.emit(tr_count("{count} remedy applied.", "{count} remedies applied.", fixed))

    @property
    def _is_as_begun(self) -> bool:
        """Whether the project is the one that was looked at."""
        return self.is_busy and self._session.document.state == self._begun

    @Slot()
    def _say_so(self) -> None:
        self._session.message.emit(tr("Looking for remedies..."))
