"""The start of the application, and errors that nobody caught."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import qInstallMessageHandler, qWarning

from builder.app import ErrorReporter, quiet_offscreen
from builder.recovery import Recovery
from builder.run_folders import user_folder
from builder.session import Session
from graph.storage import save
from graph.templates import template

ROOT = Path(__file__).resolve().parents[2]

SHOT = """
import sys
from pathlib import Path
from builder.app import render_screenshot
path = Path(sys.argv[2]) if len(sys.argv) > 2 else None
render_screenshot(path, Path(sys.argv[1]), (1000, 700), "dark", tab="Code" if path else "")
assert "torch" not in sys.modules, "a picture needs no PyTorch"
"""
QUIT = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import builder.app as app
made = app.make_application
def soon():
    QTimer.singleShot(300, QApplication.instance().closeAllWindows)
    return QApplication.instance()
app.make_application = lambda: (made(), soon())[1]
raise SystemExit(app.open_window((), theme="light"))
"""


def run_python(code, *arguments):
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_a_screenshot_of_a_project_and_of_the_welcome_page(tmp_path):
    project = tmp_path / "net.netloom"
    save(template("SmallCNN").project(), project)
    for arguments in ((tmp_path / "project.png", project), (tmp_path / "welcome.png",)):
        answer = run_python(SHOT, *arguments)
        assert answer.returncode == 0, answer.stderr
        assert answer.stderr == ""
        assert arguments[0].stat().st_size > 10_000


def test_a_screenshot_that_cannot_be_written_says_so(tmp_path):
    answer = run_python(SHOT, tmp_path / "nowhere" / "x.png")
    assert "OSError" in answer.stderr


def test_offscreen_only_its_own_line_is_dropped(qapp):
    seen = []
    before = qInstallMessageHandler(lambda kind, context, text: seen.append(text))
    try:
        with quiet_offscreen(qapp):
            qWarning("This plugin does not support propagateSizeHints()")
            qWarning("QPainter::begin: something else")
    finally:
        qInstallMessageHandler(before)
    assert seen == ["QPainter::begin: something else"]


def test_the_window_opens_loads_pytorch_behind_it_and_closes_cleanly(tmp_path):
    answer = run_python(QUIT)
    assert answer.returncode == 0, answer.stderr
    assert "QThread" not in answer.stderr
    assert "Traceback" not in answer.stderr


LEAVE = """
import os, signal
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import builder.app as app
from builder.main_window import MainWindow
from graph.document import Node
from graph.edits import AddNodes

def edit_and_be_killed(window):
    MainWindow.show(window)
    window.files.new_project()
    window.session.apply(AddNodes((Node("n1", "ReLU", "kept"),)))
    QTimer.singleShot(200, lambda: os.kill(os.getpid(), signal.SIGTERM))

app.MainWindow = type("Window", (MainWindow,), {"show": edit_and_be_killed})
raise SystemExit(app.open_window((), theme="light"))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no polite kill")
def test_a_polite_kill_keeps_unsaved_work_for_the_next_start(qapp):
    qapp.setApplicationName("Netloom")
    qapp.setOrganizationName("Netloom")
    answer = run_python(LEAVE)
    assert answer.returncode == 128 + 15, answer.stderr
    assert "QThread" not in answer.stderr
    (found,) = Recovery(Session(), user_folder() / "recovery").find()
    assert found.project.graph.nodes["n1"].name == "kept"


@pytest.fixture
def reporter(window, monkeypatch):
    reporter = ErrorReporter(window.windows)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    reporter.install()
    yield reporter
    reporter.uninstall()


def test_an_error_nobody_caught_is_shown(reporter, answers, caplog):
    try:
        raise ValueError("a bug")
    except ValueError:
        sys.excepthook(*sys.exc_info())
    assert answers.errors == [
        "Something went wrong: ValueError: a bug\n\n"
        "Your project is still open; save it under another name to be safe."
    ]
    assert "test_an_error_nobody_caught_is_shown" in caplog.text
    caplog.clear()


def test_an_error_in_a_thread_is_shown_too(reporter, answers, qtbot, caplog):
    def fail():
        raise ValueError("in a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(answers.errors) == 1)
    assert "in a thread" in answers.errors[0]
    caplog.clear()


def test_an_error_while_one_is_shown_does_not_stack_up(reporter, window, answers, caplog):
    seen = []

    def again(title, text, details=""):
        seen.append(text)
        if len(seen) < 5:
            sys.excepthook(ValueError, ValueError("again"), None)

    window.dialogs.error = again
    sys.excepthook(ValueError, ValueError("first"), None)
    assert len(seen) == 1
    caplog.clear()
