"""What training costs, worked out behind the window where that takes longer than a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from builder.handing_over import handing_over_soon
from builder.latest import Latest
from builder.resting import Resting
from graph.blocks import size_with_blocks
from graph.collecting import set_aside, without_collecting
from graph.cost import Cost
from graph.document import Project
from graph.scopes import Path, Scope
from runtime.plan import TrainingPlan
from runtime.training_cost import training_cost

if TYPE_CHECKING:
    from builder.session import Session

AT_ONCE = 150  # layers whose costs are worked out when they are asked for, repetitions among them
MOST = 20_000  # layers; beyond that it would take a core for many seconds after each edit
DELAY = 150  # milliseconds without an edit


@dataclass(frozen=True)
class Costs:
    """What the network, and the graph that is shown, cost."""

    network: Cost
    shown: Cost


class Forecast(QObject):
    """The costs of the session's project as it is now.

    Signals:
        ready(): costs that were asked for and not known are known now.
    """

    ready = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._known: Costs | None = None
        self._pace = Resting()  # of the work in hand
        self._latest = Latest(self._begin, "costs", DELAY, self)
        self._latest.done.connect(self._take)
        session.changed.connect(self._forget)
        session.document_replaced.connect(self._forget)
        session.scope_changed.connect(self._forget)

    @property
    def is_too_large(self) -> bool:
        """Whether nobody works out what a network of this size costs."""
        return self._count() > MOST

    @property
    def network(self) -> Cost | None:
        """What the whole network costs; None until `ready`, or if it is too large."""
        if self._is_quick:
            return self._session.cost
        return self._known.network if self._known else self._ask()

    @property
    def shown(self) -> Cost | None:
        """Likewise of the graph that is shown."""
        if self._is_quick:
            return self._session.shown_cost
        return self._known.shown if self._known else self._ask()

    def wait(self) -> None:
        """Lets the work in hand come to its end, with nobody told."""
        self._pace.hurry()
        self._latest.wait()

    def _count(self, unknown: int = 1) -> int:
        """The layers that are drawn; where these are few, as often as their blocks are repeated.

        Args:
            unknown: how often a block counts that is repeated as an expression says.
        """
        project = self._session.project
        drawn = sum(len(graph.nodes) for graph in project.graphs())
        return drawn if drawn > AT_ONCE else size_with_blocks(project.graph, project.blocks, unknown)

    @property
    def _is_quick(self) -> bool:
        return self._count(unknown=AT_ONCE) <= AT_ONCE

    def _ask(self) -> None:
        if not self.is_too_large:
            self._latest.ask()

    @Slot()
    def _forget(self) -> None:
        is_asked = self._latest.is_asked
        self._known = None
        self._latest.outdate()
        if is_asked:
            self._latest.ask()

    def _begin(self) -> Callable[[], Costs]:
        session, self._pace = self._session, Resting()
        return partial(_worked_out, session.project.copy(), session.scope, session.plan, self._pace)

    @Slot(object)
    def _take(self, costs: Costs) -> None:
        self._known = costs
        self.ready.emit()


def _worked_out(project: Project, path: Path, plan: TrainingPlan, pace: Resting) -> Costs:
    """Costs with everything that is read of them already worked out."""
    with (
        handing_over_soon(),
        without_collecting(),
    ):  # every thread would wait for a search among so much, again and again
        scope = Scope(project, path)
        network = training_cost(project.graph, scope.main, plan, pace=pace)
        shown = training_cost(scope.graph, scope.inference, plan, pace=pace) if path else network
        for cost in {id(network): network, id(shown): shown}.values():
            cost.work_out()
        set_aside()
    return Costs(network, shown)
