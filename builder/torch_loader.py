"""Loads PyTorch behind the window, so that the window need not wait for it."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, Signal, Slot

from builder.background import Job
from builder.texts import tr

_log = logging.getLogger(__name__)


class TorchLoader(QObject):
    """Imports everything a run needs, once, in a thread.

    Signals:
        loaded(): runs start without waiting from now on.
    """

    loaded = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._job: Job | None = None
        self.is_loaded = False
        self.fault = ""

    @Slot()
    def start(self) -> None:
        """Begins loading; does nothing the second time."""
        if self._job is not None:
            return
        self._job = Job(_import_all, "torch loader", self)
        self._job.done.connect(self._finish)
        self._job.failed.connect(self._fail)
        self._job.start()

    def wait(self) -> None:
        """Returns when loading is over; a thread must not outlive the window."""
        if self._job is not None:
            self._job.wait()

    @Slot(object)
    def _finish(self, _result: object) -> None:
        self.is_loaded = True
        self.loaded.emit()

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        self.fault = tr("PyTorch cannot be loaded: {error}", error=error)
        _log.warning("%s", self.fault)


def _import_all() -> None:
    import builder.panels.plots  # noqa: F401  the charts, while no run has to wait for them
    import runtime.launch  # noqa: F401
