"""New, Open, Save, and never losing work."""

import errno
import os

import pytest
from PySide6.QtCore import QObject

from builder.project_files import ProjectFiles
from builder.recent import MAX_RECENT, RecentProjects
from builder.recovery import Recovery
from builder.session import Session
from graph.document import Document, Node
from graph.edits import AddNodes, RenameProject
from graph.storage import load, save, to_bytes
from graph.templates import template

EDIT = AddNodes((Node("x1", "ReLU", "extra"),))


@pytest.fixture
def session(qapp):
    return Session(Document())


@pytest.fixture
def recovery(session, tmp_path):
    recovery = Recovery(session, tmp_path / "recovery")
    yield recovery
    recovery.clear()


@pytest.fixture
def files(session, answers, settings, recovery):
    parent = QObject()
    yield ProjectFiles(session, answers, RecentProjects(settings), recovery, parent)
    parent.deleteLater()


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "net.netloom"
    save(template("MLP").project(), path)
    return path


def test_a_file_is_opened_and_remembered(files, session, saved):
    assert files.open_project(saved)
    assert session.project.name == "MLP"
    assert session.document.path == saved
    assert not session.document.is_dirty
    assert files.recent.paths == [saved]


def test_open_asks_which(files, session, answers, saved):
    answers.open_answer = saved
    assert files.open_project()
    assert session.document.path == saved


def test_a_broken_file_is_explained_and_leaves_everything_as_it_was(files, session, answers, tmp_path):
    path = tmp_path / "broken.netloom"
    path.write_text('{"format": "netloom", "version": 1, "graph": {"nodes": [')
    before = session.document
    assert not files.open_project(path)
    assert "Cannot open the project" in answers.errors[0]
    assert "line 1" in answers.errors[0]
    assert session.document is before
    assert files.recent.paths == []


def test_save_asks_for_a_file_the_first_time_only(files, session, answers, tmp_path):
    files.new_project(template("MLP").project())
    session.apply(EDIT)
    answers.save_answer = tmp_path / "mine.netloom"
    assert files.save_project()
    assert answers.asked == ["save MLP.netloom"]
    assert not session.document.is_dirty
    session.apply(AddNodes((Node("x2", "ReLU", "more"),)))
    assert files.save_project()
    assert answers.asked == ["save MLP.netloom"]
    assert to_bytes(load(answers.save_answer)) == to_bytes(session.project)


def test_save_as_goes_on_with_the_new_file(files, session, answers, saved, tmp_path):
    files.open_project(saved)
    session.apply(EDIT)
    answers.save_answer = tmp_path / "copy.netloom"
    assert files.save_project_as()
    assert session.document.path == tmp_path / "copy.netloom"
    assert "x1" not in load(saved).graph.nodes


def test_a_full_disk_keeps_the_file_the_work_and_the_mark(files, session, answers, saved, monkeypatch):
    files.open_project(saved)
    session.apply(EDIT)
    before = saved.read_bytes()

    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert not files.save_project()
    assert "No space left on device" in answers.errors[0]
    assert session.document.is_dirty
    assert "x1" in session.graph.nodes
    assert saved.read_bytes() == before


def test_a_folder_that_is_gone_is_explained(files, session, answers, tmp_path):
    session.apply(EDIT)
    answers.save_answer = tmp_path / "gone" / "net.netloom"
    assert not files.save_project()
    assert answers.errors
    assert session.document.is_dirty


@pytest.mark.parametrize("answer", ["cancel", "discard", "save"])
def test_unsaved_work_is_asked_about_before_it_is_left(files, session, answers, saved, tmp_path, answer):
    session.apply(EDIT)
    answers.keep_answer, answers.save_answer = answer, tmp_path / "kept.netloom"
    assert files.open_project(saved) is (answer != "cancel")
    assert answers.asked[0] == "keep Untitled"
    assert (session.document.path == saved) is (answer != "cancel")
    assert (tmp_path / "kept.netloom").exists() is (answer == "save")


def test_a_save_that_fails_does_not_let_the_work_go(files, session, answers, saved, tmp_path):
    session.apply(EDIT)
    answers.keep_answer, answers.save_answer = "save", tmp_path / "gone" / "net.netloom"
    assert not files.open_project(saved)
    assert "x1" in session.graph.nodes


def test_nothing_to_lose_nothing_is_asked(files, answers):
    assert files.new_project()
    assert answers.asked == []


def test_the_list_of_recent_projects_is_short_and_without_the_dead(settings, tmp_path):
    recent = RecentProjects(settings)
    paths = [tmp_path / f"{n}.netloom" for n in range(MAX_RECENT + 3)]
    for path in paths:
        path.touch()
        recent.add(path)
    recent.add(paths[5])
    assert recent.paths[0] == paths[5]
    assert len(recent.paths) == MAX_RECENT
    paths[5].unlink()
    assert paths[5] not in recent.paths
    assert RecentProjects(settings).paths == recent.paths
    recent.clear()
    assert recent.paths == []


def test_unsaved_work_of_a_dead_session_is_offered_and_comes_back_unsaved(
    qapp, files, session, answers, recovery, saved, tmp_path
):
    files.open_project(saved)
    session.apply(EDIT)
    recovery.keep()
    (copy,) = (tmp_path / "recovery").glob("*.json")
    other = Session(Document())
    later = Recovery(other, tmp_path / "recovery")
    assert later.find() == [], "the first session is alive: the copy is its own"
    content = copy.read_bytes()
    recovery.clear()
    copy.write_bytes(content)
    session.load(Document())
    answers.recover_answer = True
    assert files.recover()
    assert answers.asked == ["recover net"]
    assert "x1" in session.graph.nodes
    assert session.document.path == saved
    assert session.document.is_dirty
    assert not copy.exists()


def test_a_change_is_copied_by_itself_a_moment_later(qtbot, session, tmp_path):
    recovery = Recovery(session, tmp_path / "recovery", quiet=20)
    session.apply(EDIT)
    assert not list(tmp_path.glob("recovery/*.json"))
    qtbot.waitUntil(lambda: bool(list(tmp_path.glob("recovery/*.json"))))
    recovery.clear()


def test_changes_that_keep_coming_do_not_put_the_copy_off(qtbot, session, tmp_path):
    recovery = Recovery(session, tmp_path / "recovery", quiet=60_000, limit=40)
    session.apply(EDIT)

    def keep_changing():
        session.apply(RenameProject(f"{session.project.name}."[-40:]))
        return bool(list(tmp_path.glob("recovery/*.json")))

    qtbot.waitUntil(keep_changing)
    recovery.clear()


def test_undone_to_what_is_saved_there_is_nothing_to_recover(session, recovery, tmp_path):
    session.apply(EDIT)
    recovery.keep()
    assert list(tmp_path.glob("recovery/*.json"))
    session.undo()
    recovery.keep()
    assert not list(tmp_path.glob("recovery/*.json"))


def test_a_project_without_a_name_is_called_after_its_first_file(files, session, answers, tmp_path):
    session.apply(EDIT)
    answers.save_answer = tmp_path / "Digit reader.netloom"
    assert files.save_project()
    assert session.project.name == "Digit reader"
    assert load(answers.save_answer).name == "Digit reader"
    assert not session.document.is_dirty
    answers.save_answer = tmp_path / "other.netloom"
    assert files.save_project_as()
    assert session.project.name == "Digit reader", "a name that was given stays"


def test_a_save_that_fails_names_nothing(files, session, answers, tmp_path):
    session.apply(EDIT)
    answers.save_answer = tmp_path / "missing" / "net.netloom"
    assert not files.save_project()
    assert answers.errors
    assert session.project.name == "Untitled"
    assert "x1" in session.graph.nodes


def test_a_copy_that_is_not_wanted_is_not_offered_again(files, session, answers, recovery, tmp_path):
    session.apply(EDIT)
    recovery.keep()
    (copy,) = (tmp_path / "recovery").glob("*.json")
    content = copy.read_bytes()
    recovery.clear()
    copy.write_bytes(content)
    assert not files.recover()
    assert not files.recover()
    assert len(answers.asked) == 1


def test_saving_removes_the_copy(files, session, answers, recovery, tmp_path):
    session.apply(EDIT)
    recovery.keep()
    assert list((tmp_path / "recovery").glob("*.json"))
    answers.save_answer = tmp_path / "net.netloom"
    files.save_project()
    assert not list((tmp_path / "recovery").glob("*.json"))


def test_a_copy_that_cannot_be_written_disturbs_nobody(session, recovery, tmp_path, caplog):
    (tmp_path / "recovery").write_text("a file stands in the way")
    session.apply(EDIT)
    recovery.keep()
    assert "No recovery copy was written" in caplog.text


def test_a_broken_copy_is_passed_over(files, recovery, tmp_path, caplog):
    (tmp_path / "recovery").mkdir()
    (tmp_path / "recovery" / "x.json").write_text("{")
    assert not files.recover()
    assert "cannot be read" in caplog.text
