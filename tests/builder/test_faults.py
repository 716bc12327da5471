"""Broken files, full disks and missing data in the window: explained once, and the open work stays."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication

from builder.recovery import Recovery
from builder.run_folders import user_folder
from builder.session import Session
from graph import storage
from graph.document import Node
from graph.edits import AddNodes, SetTraining
from graph.storage import StorageError, from_bytes, save, to_bytes
from graph.templates import template
from runtime import keeper
from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.events import EpochEnded
from runtime.runs import read_run
from tests.failing import fail_with
from tests.runtime.training import spiral_project
from tests.test_broken_files import REFUSED, damaged_projects

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60_000  # milliseconds; PyTorch may have to be loaded
EDIT = AddNodes((Node("x1", "ReLU", "extra"),))


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "mine.netloom"
    save(template("SmallCNN").project(), path)
    return path


@pytest.fixture
def edited(window, saved):
    """The window with unsaved work in a project that has a file."""
    window.files.open_project(saved)
    window.session.apply(EDIT)
    return window


def action(window, key) -> QAction:
    return window.actions_[key]


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_project_leaves_the_open_work_alone(edited, answers, tmp_path, name):
    content, text = REFUSED[name]
    path = tmp_path / "broken.netloom"
    path.write_bytes(content)
    document, before = edited.session.document, to_bytes(edited.session.project)
    assert not edited.files.open_project(path)
    (error,) = answers.errors
    assert error.startswith(f"Cannot open the project: {path}: ")
    assert text in error
    assert answers.asked == [], "there is nothing to leave the open work for"
    assert edited.session.document is document
    assert to_bytes(edited.session.project) == before
    assert document.is_dirty
    assert path not in edited.files.recent.paths
    assert path.read_bytes() == content
    document.undo()
    assert not document.is_dirty


def test_a_file_over_the_limit_leaves_the_open_work_alone(edited, answers, saved, tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "MAX_BYTES", 100)
    document = edited.session.document
    assert not edited.files.open_project(saved)
    assert "the file is too large. A project has at most 100 bytes" in answers.errors[0]
    assert edited.session.document is document


@settings(max_examples=25)
@given(damaged_projects())
def test_whatever_can_be_read_can_be_shown(window, answers, tmp_path, content):
    path = tmp_path / "damaged.netloom"
    path.write_bytes(content)
    answers.errors.clear()
    try:
        project = from_bytes(content)
    except StorageError:
        assert not window.files.open_project(path)
        assert len(answers.errors) == 1
        return
    assert window.files.open_project(path)
    for tab in ("Problems", "Training", "Code"):
        window.docks.reveal(tab)
    for node_id in (*project.graph.nodes, None):
        window.session.select(() if node_id is None else (node_id,))
        QApplication.processEvents()
    window.grab()
    assert answers.errors == []
    assert not window.session.document.is_dirty
    assert window.files.save_project()
    assert from_bytes(path.read_bytes()).graph.nodes.keys() == project.graph.nodes.keys()


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_keeps_the_file_the_work_and_the_mark(edited, answers, saved, monkeypatch, call):
    before = saved.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail_with(errno.ENOSPC))
        action(edited, "file.save").trigger()
    (error,) = answers.errors
    assert "No space left on device. Free some space or choose another place" in error
    assert edited.isWindowModified()
    assert edited.session.document.is_dirty
    assert saved.read_bytes() == before
    assert [entry.name for entry in saved.parent.glob("*.part")] == []
    action(edited, "file.save").trigger()
    assert not edited.session.document.is_dirty
    assert "x1" in from_bytes(saved.read_bytes()).graph.nodes


def test_a_disk_that_is_full_while_closing_keeps_the_window_open(edited, answers, monkeypatch):
    answers.keep_answer = "save"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail_with(errno.ENOSPC))
        assert not edited.close()
    assert edited.isVisible()
    assert "x1" in edited.session.graph.nodes
    assert "No space left on device" in answers.errors[0]


@pytest.fixture
def spirals(window, tmp_path):
    path = tmp_path / "spirals.netloom"
    save(spiral_project(epochs=3), path)
    window.files.open_project(path)
    return window


def run_to_its_end(qtbot, window):
    with qtbot.waitSignal(window.controller.ended, timeout=PATIENCE) as ended:
        action(window, "run.train").trigger()
    return ended.args[0]


def test_missing_data_ends_the_run_with_what_to_do(spirals, qtbot, tmp_path):
    plan = dict(spirals.session.project.training)
    data = {"source": "torchvision:FashionMNIST", "root": str(tmp_path / "gone")}
    spirals.session.apply(SetTraining({**plan, "data": data}))
    ended = run_to_its_end(qtbot, spirals)
    assert ended.state == "failed"
    assert f"looked in {tmp_path / 'gone'}" in ended.reason
    assert spirals.training.dashboard.figures.reason == ended.reason
    assert "FashionMNIST was not found" in spirals.status.currentMessage()
    assert read_run(tmp_path / "spirals.runs" / "0001").state == "failed"
    assert action(spirals, "run.train").isEnabled()


def test_a_full_disk_ends_the_run_and_keeps_the_checkpoint(spirals, qtbot, tmp_path, monkeypatch):
    write, calls = keeper.save_checkpoint, []

    def full_in_the_second_epoch(*arguments):
        calls.append(arguments)
        with monkeypatch.context() as patch:
            if len(calls) > 2:  # last and best of the first epoch
                patch.setattr(os, "fsync", fail_with(errno.ENOSPC))
            write(*arguments)

    monkeypatch.setattr(keeper, "save_checkpoint", full_in_the_second_epoch)
    ended = run_to_its_end(qtbot, spirals)
    run = tmp_path / "spirals.runs" / "0001"
    assert ended.state == read_run(run).state == "failed"
    assert "No space left on device" in ended.reason
    assert "No space left on device" in spirals.status.currentMessage()
    assert load_checkpoint(checkpoint_folder(run, "last")).trainer["progress"]["step"] == 5


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps folders whose files are open")
def test_a_run_goes_on_where_its_folder_was_deleted_and_the_log_tells(spirals, qtbot, tmp_path):
    run = tmp_path / "spirals.runs" / "0001"
    spirals.session.apply(SetTraining({**spirals.session.project.training, "epochs": 300}))

    def delete(events):
        if any(isinstance(event, EpochEnded) for event in events):
            spirals.controller.events.disconnect(delete)
            shutil.rmtree(run.rename(tmp_path / "gone"))  # first out of the way of the run, which writes on

    spirals.controller.events.connect(delete)
    ended = run_to_its_end(qtbot, spirals)
    assert ended.state == read_run(run).state == "finished", ended.reason
    assert len(read_run(run).epochs()) == 300
    assert load_checkpoint(checkpoint_folder(run, "last")).trainer["progress"]["epoch"] == 301
    qtbot.waitUntil(
        lambda: f"The run folder {run} or its metrics were deleted" in spirals.log.view.toPlainText()
    )


@pytest.mark.parametrize(
    "about", [[], "text", 5, None, {"project": 5}, {"project": ""}, {"project": "{}", "path": 5}]
)
def test_a_recovery_copy_that_makes_no_sense_is_passed_over(qapp, tmp_path, caplog, about):
    (tmp_path / "x.json").write_text(json.dumps(about))
    assert Recovery(Session(), tmp_path).find() == []
    assert "cannot be read" in caplog.text


def test_a_screenshot_leaves_the_null_device_alone(tmp_path):
    picture = tmp_path / "window.png"
    words = ["open", "--screenshot", str(picture), "--size", "400x300"]
    subprocess.run([sys.executable, "-m", "builder.cli", *words], cwd=ROOT, check=True, timeout=60)
    assert picture.stat().st_size > 1000
    assert not Path(os.devnull).is_file(), "root's QSettings put a file in its place"


WORK = """
import sys
from pathlib import Path
import builder.app as app
from builder.main_window import MainWindow
from graph.document import Node
from graph.edits import AddNodes
from runtime.events import EpochEnded

class Window(MainWindow):
    def show(self):
        super().show()
        self.files.open_project(Path(sys.argv[1]))
        self.controller.events.connect(self.note)
        self.actions_["run.train"].trigger()

    def note(self, events):
        if not self.session.document.is_dirty and any(isinstance(event, EpochEnded) for event in events):
            self.session.apply(AddNodes((Node("x1", "ReLU", "kept"),)))
            print("edited", flush=True)

app.MainWindow = Window
raise SystemExit(app.open_window((), theme="light"))
"""


@pytest.fixture
def screen():
    """A screen of its own: the server's process and its name."""
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL) as server:
        os.close(writer)
        with os.fdopen(reader) as name:
            yield server, f":{name.readline().strip()}"
        server.kill()


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs a screen that can be switched off")
def test_a_screen_that_goes_away_takes_neither_the_work_nor_the_run_along(qapp, tmp_path, screen):
    qapp.setApplicationName("Netloom")
    qapp.setOrganizationName("Netloom")
    server, name = screen
    path = tmp_path / "spirals.netloom"
    save(spiral_project(epochs=10**6), path)
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    environment |= {"DISPLAY": name, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", WORK, str(path)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        server.kill()
        _, errors = process.communicate(timeout=60)
    assert first == "edited\n", errors
    assert process.returncode == 1, errors
    assert "X11 connection broke" in errors
    assert "Traceback" not in errors
    assert "QThread" not in errors
    (found,) = Recovery(Session(), user_folder() / "recovery").find()
    assert (found.path, "x1" in found.project.graph.nodes) == (path, True)
    run = tmp_path / "spirals.runs" / "0001"
    assert (read_run(run).state, read_run(run).reason) == ("stopped", "Stopped on request.")
    assert load_checkpoint(checkpoint_folder(run, "last")).weights


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
def test_a_screen_that_is_not_there_is_told_before_qt_ends_the_process():
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    environment = {**environment, "DISPLAY": ":4711", "WAYLAND_DISPLAY": ""}
    command = [sys.executable, "-m", "builder.cli", "open"]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 1
    assert answer.stderr.startswith(
        "netloom: The screen :4711 does not answer. Start it in a desktop session"
    )
