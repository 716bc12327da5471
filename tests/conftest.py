"""Rules that hold for every test: no display, own user folders, fixed seeds, nothing left behind.

pyproject.toml adds to them: pytest turns Python warnings, and pytest-qt turns Qt warnings, into failures.
"""

import atexit
import gc
import logging
import os
import random
import shutil
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from PySide6.QtCore import QSettings, QThread, QThreadPool
from PySide6.QtWidgets import QApplication

from tests.patience import PATIENCE, PatientBot

# Here and not in a fixture: Qt reads the platform and the user folders once for the whole process.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
USER_FOLDER = Path(tempfile.mkdtemp(prefix="netloom-tests-"))
atexit.register(shutil.rmtree, USER_FOLDER, ignore_errors=True)
USER_VARIABLES = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "APPDATA")
for _name in USER_VARIABLES:
    os.environ[_name] = str(USER_FOLDER / _name.lower())
QSettings.setDefaultFormat(QSettings.Format.IniFormat)
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(USER_FOLDER / "settings"))

# The fixtures below apply to every example as they do to a test, and touch nothing that an example reads.
_SUPPRESSED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
settings.register_profile(
    "steady", derandomize=True, deadline=None, max_examples=60, suppress_health_check=_SUPPRESSED
)
settings.register_profile("thorough", deadline=None, max_examples=2000, suppress_health_check=_SUPPRESSED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

# Whichever thread allocates next runs the collector, and a training thread that found a dropped window or
# session would delete its timers under the main thread's feet. So the main thread collects, between tests.
gc.disable()
MUCH_GARBAGE = 100_000  # objects more than after the last collection


@pytest.fixture(autouse=True)
def _fresh_user_folder() -> None:
    """Gives every test a machine on which Netloom never ran."""
    shutil.rmtree(USER_FOLDER, ignore_errors=True)


@pytest.fixture(autouse=True)
def _fixed_seeds() -> None:
    """Seeds every generator that is loaded; loading one just to seed it would slow the tests without it."""
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    if "torch" in sys.modules:
        # Of the CPU alone: `torch.manual_seed` notes the whole stack for each other device.
        sys.modules["torch"].default_generator.manual_seed(0)


@pytest.fixture(autouse=True)
def _no_log_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails a test during which an error was logged that it did not take out with `caplog.clear()`."""
    yield
    records = [record for phase in ("setup", "call") for record in caplog.get_records(phase)]
    errors = [record.getMessage() for record in records if record.levelno >= logging.ERROR]
    assert not errors, f"logged errors that the test did not expect: {errors}"


def pytest_collection_finish() -> None:
    """Does once what else each test would take time for."""
    # Collections pass over what stays until the end: PyTorch, and each of the many thousand tests.
    gc.collect()
    gc.freeze()
    # pytest puts its handlers on every logger that tells no other, as dozens of PyTorch's do.
    for name, logger in logging.root.manager.loggerDict.items():
        if name.startswith("torch") and isinstance(logger, logging.Logger):
            logger.propagate = True


@pytest.fixture(autouse=True)
def _garbage_is_collected_on_the_main_thread() -> Iterator[None]:
    """Collects between tests what they left in cycles."""
    yield
    if gc.get_count()[0] > MUCH_GARBAGE:
        gc.collect()


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> PatientBot:
    """pytest-qt's, with more patience."""
    return PatientBot(request)


@pytest.fixture(scope="session")
def _qthreads() -> Iterator[weakref.WeakSet[QThread]]:
    """Gives the QThreads started so far: Qt itself has no list of them."""
    started: weakref.WeakSet[QThread] = weakref.WeakSet()
    start = QThread.start

    def start_and_remember(thread: QThread, *arguments: object) -> None:
        started.add(thread)
        start(thread, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QThread, "start", start_and_remember)
        yield started


def _is_running(thread: QThread) -> bool:
    try:
        return not thread.wait(int(PATIENCE * 1000))
    except RuntimeError:  # its C++ side is gone, and a running QThread cannot be deleted
        return False


@pytest.fixture(autouse=True)
def _no_threads_left(_qthreads: weakref.WeakSet[QThread]) -> Iterator[None]:
    """Fails a test after which a thread goes on that was not there before."""
    before = set(threading.enumerate())
    yield
    left = [f"QThread {thread.objectName()}" for thread in list(_qthreads) if _is_running(thread)]
    _qthreads.clear()
    if not QThreadPool.globalInstance().waitForDone(int(PATIENCE * 1000)):
        left.append("a worker of the global QThreadPool")
    for thread in set(threading.enumerate()) - before:
        # A foreign thread that ran Python, such as a QThread, stays listed as a dummy after its end.
        if not isinstance(thread, threading._DummyThread):
            thread.join(PATIENCE)
            left += [thread.name] if thread.is_alive() else []
    assert not left, f"threads still running after the test: {left}"
