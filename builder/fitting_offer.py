"""Offers to make the network fit the data where a run failed as it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from builder.panels.data_panel import DataPanel
from builder.panels.failure_banner import FailureBanner
from builder.run_commands import RunCommands
from builder.run_controller import RunController

if TYPE_CHECKING:
    from runtime.events import RunEnded


class FittingOffer(QObject):
    """Looks at the data of a run that failed before its first step, and offers what the Data tab would do.

    Args:
        data: knows what suits the data.
        parent: lives at least as long.
    """

    def __init__(
        self,
        runs: RunCommands,
        controller: RunController,
        data: DataPanel,
        banner: FailureBanner,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._runs, self._data, self._banner = runs, data, banner
        self._is_wanted = False
        controller.ended.connect(self._look)
        data.looked.connect(self._offer)
        banner.fit_asked.connect(self._fit)

    @Slot(object)
    def _look(self, ended: RunEnded) -> None:
        self._is_wanted = ended.state == "failed" and not ended.step and ended.fitting_batch is None
        if self._is_wanted:
            self._data.read()

    @Slot()
    def _offer(self) -> None:
        if self._is_wanted:
            self._banner.offer_fit(self._data.look is not None and self._data.fit_button.isEnabled())

    @Slot()
    def _fit(self) -> None:
        self._data.fit()
        self._runs.train()
