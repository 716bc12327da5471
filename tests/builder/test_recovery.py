"""The copy of unsaved work is written while the window goes on, and is of one moment; so is a large file."""

import json
from threading import Event

import pytest
from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QProgressDialog

from builder import project_files
from builder.dialogs import Dialogs
from builder.recovery import Recovery
from builder.run_folders import user_folder
from builder.session import Session
from graph import atomic, file_text
from graph.document import Document, Node
from graph.edits import AddNodes, RemoveNodes, SetParams
from graph.storage import from_bytes, load, save, to_bytes
from graph.templates import template

EDIT = AddNodes((Node("x1", "ReLU", "extra"),))


class Gate:
    """Holds whoever writes a project up when the first edge is due, as all nodes are written."""

    def __init__(self):
        self.reached, self.open = Event(), Event()
        self._write = file_text._edge_json

    def __call__(self, edge):
        self.reached.set()
        assert self.open.wait(20)
        return self._write(edge)


@pytest.fixture
def gate(monkeypatch):
    gate = Gate()
    monkeypatch.setattr(file_text, "_edge_json", gate)
    yield gate
    gate.open.set()


@pytest.fixture
def session(qapp):
    return Session(Document(template("MLP").project()))


@pytest.fixture
def recovery(session, tmp_path, gate):
    recovery = Recovery(session, tmp_path, quiet=0, limit=0)
    yield recovery
    gate.open.set()
    recovery.clear()


def begin_copy(gate):
    """Lets a copy be begun, which is then held up."""
    while not gate.reached.is_set():
        QCoreApplication.processEvents()


def copied(folder):
    """The project in the only copy; None without one."""
    files = list(folder.glob("*.json"))
    return project_in(files[0].read_bytes()) if files else None


def project_in(data):
    return from_bytes(json.loads(data)["project"].encode())


def end_of_chain(session):
    return list(session.graph.nodes)[-1]


def test_a_copy_is_of_one_moment_and_what_changes_meanwhile_is_copied_next(
    session, recovery, gate, monkeypatch, qtbot
):
    written = []
    monkeypatch.setattr(atomic, "write_atomic", lambda path, data: written.append(project_in(data)))
    session.apply(EDIT)
    then = session.project.copy()
    begin_copy(gate)
    session.apply(RemoveNodes((end_of_chain(session),)))
    session.apply(SetParams(next(iter(session.graph.nodes)), {"shape": [7]}))
    for _ in range(5):
        QCoreApplication.processEvents()
    assert written == [], "the window goes on while it is written"
    gate.open.set()
    qtbot.waitUntil(lambda: len(written) == 2)
    assert list(map(to_bytes, written)) == [to_bytes(then), to_bytes(session.project)]


def test_work_is_put_aside_whole_while_a_copy_is_written(session, recovery, gate, tmp_path):
    session.apply(EDIT)
    begin_copy(gate)
    session.apply(SetParams(next(iter(session.graph.nodes)), {"shape": [7]}))
    gate.open.set()
    recovery.keep()
    assert to_bytes(copied(tmp_path)) == to_bytes(session.project)


def test_a_copy_that_nobody_wants_any_more_is_not_written(session, recovery, gate, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(atomic, "write_atomic", lambda path, data: written.append(path))
    session.apply(EDIT)
    begin_copy(gate)
    session.undo()
    open_when_stopped(recovery, gate)
    recovery.keep()
    assert written == []
    assert list(tmp_path.glob("*.json")) == []


def test_a_value_that_no_file_can_hold_is_told_of(session, recovery, gate, caplog):
    gate.open.set()
    session.document.project.training = {"lr": float("nan")}
    session.apply(EDIT)
    recovery.keep()
    assert "No recovery copy was written: not saved: Out of range float values" in caplog.text


def open_when_stopped(recovery, gate):
    """Lets the writer go on only once somebody waits for its end."""
    writing = recovery._writing
    end = writing.wait

    def wait(*patience):
        gate.open.set()
        return end(*patience)

    writing.wait = wait


# -- a run


def test_the_project_of_a_run_can_be_recovered_though_it_was_never_changed_or_saved(window):
    window.files.new_project(template("MLP").project())
    window.recovery.note_run()
    window.recovery.keep()
    (file,) = window.recovery._folder.glob("*.json")
    assert json.loads(file.read_bytes())["identity"] == window.session.document.identity
    assert own_copy(window).name == "MLP"
    window.recovery.clear()
    assert own_copy(window) is None


def test_a_run_of_a_saved_project_needs_no_copy(window, tmp_path):
    save(template("MLP").project(), tmp_path / "mlp.netloom")
    window.files.open_project(tmp_path / "mlp.netloom")
    window.recovery.note_run()
    window.recovery.keep()
    assert own_copy(window) is None


# -- closing the window meanwhile


@pytest.fixture
def edited(window, gate):
    """The window with unsaved work, of which a copy is being written."""
    window.recovery.set_interval(0)
    window.files.new_project(template("MLP").project())
    window.session.apply(EDIT)
    begin_copy(gate)
    return window


def own_copy(window):
    return copied(window.recovery._folder)


def test_a_window_that_stays_after_all_gets_its_copy(edited, answers, gate, qtbot):
    answers.keep_answer = "cancel"
    assert not edited.close()
    gate.open.set()
    qtbot.waitUntil(lambda: own_copy(edited) is not None)
    assert "x1" in own_copy(edited).graph.nodes


def test_a_window_that_is_closed_at_once_leaves_the_whole_copy(edited, gate):
    edited.session.apply(AddNodes((Node("x2", "ReLU", "later"),)))
    gate.open.set()
    edited.secure()
    assert {"x1", "x2"} <= own_copy(edited).graph.nodes.keys()


def test_what_is_saved_while_a_copy_is_written_leaves_no_copy(edited, answers, gate, tmp_path):
    answers.keep_answer, answers.save_answer = "save", tmp_path / "kept.netloom"
    gate.open.set()
    assert edited.close()
    assert "x1" in load(tmp_path / "kept.netloom").graph.nodes
    assert own_copy(edited) is None


# -- saving a large project


@pytest.fixture
def large(window, answers, gate, monkeypatch, tmp_path):
    """A window whose project counts as large, saved once already."""
    gate.open.set()
    answers.wait_for = Dialogs(window).wait_for
    window.files.new_project(template("MLP").project())
    answers.save_answer = tmp_path / "large.netloom"
    assert window.files.save_project()
    monkeypatch.setattr(project_files, "MANY", 2)
    window.session.apply(EDIT)
    gate.open.clear()
    gate.reached.clear()
    return window


def meanwhile(gate, look):
    """Has something done in the window's turn while a project is being written, which then goes on."""

    def do():
        if not gate.reached.is_set():
            QTimer.singleShot(0, do)
            return
        try:
            look()
        finally:
            gate.open.set()

    QTimer.singleShot(0, do)


def test_the_window_lives_while_a_large_project_is_saved(large, gate, tmp_path):
    shown = []

    def look():
        (progress,) = [each for each in large.findChildren(QProgressDialog) if each.isVisible()]
        progress.reject()
        progress.close()
        shown.append((progress.labelText(), progress.isVisible(), large.session.document.is_dirty))

    meanwhile(gate, look)
    assert large.files.save_project()
    assert shown == [("Saving large.netloom...", True, True)]
    assert not large.session.document.is_dirty
    assert not any(each.isVisible() for each in large.findChildren(QProgressDialog))
    assert "x1" in load(tmp_path / "large.netloom").graph.nodes


def test_what_changes_while_a_large_project_is_saved_is_not_saved(large, gate, tmp_path):
    meanwhile(gate, lambda: large.session.apply(RemoveNodes((end_of_chain(large.session),))))
    assert large.files.save_project()
    assert large.session.document.is_dirty
    large.session.undo()
    assert not large.session.document.is_dirty
    assert to_bytes(load(tmp_path / "large.netloom")) == to_bytes(large.session.project)


def test_a_window_is_not_closed_while_its_project_is_saved(large, answers, gate):
    closed, said = [], []
    large.session.message.connect(said.append)
    meanwhile(gate, lambda: closed.append(large.close()))
    assert large.files.save_project()
    assert closed == [False]
    assert said == ["The project is still being saved."]
    assert answers.asked == ["save MLP.netloom"]


def test_a_large_project_that_cannot_be_saved_is_explained(large, answers, gate, tmp_path):
    gate.open.set()
    answers.save_answer = tmp_path / "gone" / "net.netloom"
    assert not large.files.save_project_as()
    assert "Cannot save the project" in answers.errors[0]
    assert "Make the folder or choose another place" in answers.errors[0]
    assert large.session.document.is_dirty


# -- bringing a large project back


def test_the_window_lives_while_a_large_copy_is_read_and_looked_at(window, answers, monkeypatch):
    window.files.new_project(template("MLP").project())
    window.session.apply(EDIT)
    window.recovery.keep()
    (copy,) = (user_folder() / "recovery").glob("*.json")
    content = copy.read_bytes()
    window.session.load(Document())
    window.recovery.clear()
    copy.write_bytes(content)
    monkeypatch.setattr(project_files, "MANY", 2)
    monkeypatch.setattr(project_files, "LARGE", 2)
    waited = []

    def wait_for(work, text, **how):
        waited.append(text)
        return Dialogs(window).wait_for(work, text, **how)

    answers.wait_for, answers.recover_answer = wait_for, True
    assert window.files.recover()
    assert waited == ["Looking for unsaved work...", "Opening MLP..."]
    assert "x1" in window.session.graph.nodes
    assert window.session.result("n2") == Session(window.session.document).result("n2")
    assert window.isWindowModified()
