"""Loads PyTorch behind the window, so that the window need not wait for it."""

from __future__ import annotations

import ctypes
import logging
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from builder.background import Job
from builder.garbage import GarbageCollector
from builder.texts import tr

_log = logging.getLogger(__name__)


class TorchLoader(QObject):
    """Imports everything a run needs, once, in a thread.

    Args:
        garbage: collects meanwhile; to look through 300,000 new objects again and again would take longer
            than to make them.

    Signals:
        loaded(): runs start without waiting from now on.
    """

    loaded = Signal()

    def __init__(self, garbage: GarbageCollector, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._garbage = garbage
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
        self._garbage.start(is_kept=True)
        self._job.start()

    def wait(self) -> None:
        """Returns when loading is over; a thread must not outlive the window."""
        if self._job is not None:
            self._job.wait()

    @Slot(object)
    def _finish(self, _result: object) -> None:
        self._garbage.stop(is_kept=True)
        self.is_loaded = True
        self.loaded.emit()

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        self._garbage.stop(is_kept=True)
        self.fault = tr("PyTorch cannot be loaded: {error}", error=error)
        _log.warning("%s", self.fault)


def _import_all() -> None:
    _load_libraries()
    import builder.panels.plots  # noqa: F401  the charts, while no run has to wait for them
    import graph.schema  # noqa: F401  what the first paste would have to wait 0.1 s for
    import runtime.launch  # noqa: F401


def _load_libraries() -> None:
    """Loads PyTorch's libraries while Python goes on elsewhere.

    The import would hold all of Python up for the 0.2 s that this takes; it does the same, in this order,
    and whatever fails here fails there with a reason.
    """
    spec = find_spec("torch")
    if sys.platform == "win32" or spec is None or spec.origin is None:
        return
    folder, suffix = Path(spec.origin).parent / "lib", ".dylib" if sys.platform == "darwin" else ".so"
    dlopen = ctypes.CDLL(None).dlopen  # called so, and unlike `ctypes.CDLL`, it lets other threads run
    dlopen.argtypes, dlopen.restype = [ctypes.c_char_p, ctypes.c_int], ctypes.c_void_p
    for name, mode in (("libtorch_global_deps", os.RTLD_GLOBAL), ("libtorch", os.RTLD_LOCAL)):
        dlopen(os.fsencode(folder / f"{name}{suffix}"), os.RTLD_NOW | mode)
