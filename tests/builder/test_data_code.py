"""A Dataset from the user's own file: shown in the window, and run only once its content is trusted."""

import pytest
from PySide6.QtCore import Qt

from graph.document import Document, Project
from graph.edits import SetTraining
from graph.storage import save
from runtime.custom_trust import TrustStore
from tests.runtime.test_preflight import heads, linear

CODE = """import pathlib

import torch

pathlib.Path({marker!r}).touch()


class Dataset:
    def __len__(self):
        return 40

    def __getitem__(self, index):
        return torch.full((6,), index / 40), index % 3
"""


@pytest.fixture
def marker(tmp_path):
    """What the code leaves behind when it runs."""
    return tmp_path / "ran"


@pytest.fixture
def source(tmp_path, marker):
    text = CODE.format(marker=str(marker))
    (tmp_path / "own.py").write_text(text)
    return text


@pytest.fixture
def shown(window, tmp_path, source):
    """The window with a saved project that takes its data from the file."""
    project = Project("Own", heads((6,), (linear(3),)), training={"data": plan("own.py")})
    path = tmp_path / "own.netloom"
    save(project, path)
    window.session.load(Document(project, path=path))
    window._show_project()
    return window


def plan(path):
    return {"source": "python", "path": path}


def row(window):
    return window.training.plan.trust


def test_the_code_is_shown_and_trusted_by_its_content(shown, answers, source, marker, qtbot):
    shown.docks.reveal("Training")
    assert row(shown).state.text() == "own.py is not trusted: it is never run."
    qtbot.mouseClick(row(shown).button, Qt.MouseButton.LeftButton)
    assert answers.reviewed == [source]
    assert answers.asked[-1].endswith("own.py")
    assert not TrustStore().is_trusted(source)
    answers.review_answer = True
    qtbot.mouseClick(row(shown).button, Qt.MouseButton.LeftButton)
    assert TrustStore().is_trusted(source)
    assert row(shown).state.text() == "own.py is trusted: it may run until it changes."
    assert not row(shown).button.isVisible()
    assert not marker.exists()


def test_the_trust_ends_when_the_file_changes(shown, tmp_path, source):
    TrustStore().trust(source)
    row(shown).refresh()
    assert "is trusted" in row(shown).state.text()
    (tmp_path / "own.py").write_text(source + "\n")
    row(shown).refresh()
    assert "is not trusted" in row(shown).state.text()


def test_a_run_asks_first_and_does_not_start_without_consent(shown, answers, source, monkeypatch):
    started = []
    monkeypatch.setattr(shown.controller, "start", lambda *given, **how: started.append(given))
    shown.runs.train()
    assert (answers.reviewed, started) == ([source], [])
    assert shown.statusBar().currentMessage() == "Not trained: the code of the data is not trusted."
    answers.review_answer = True
    shown.runs.train()
    assert len(started) == 1
    shown.runs.train()
    assert answers.reviewed == [source, source]


def test_the_data_panel_offers_to_review_and_then_shows_the_data(shown, answers, source, marker, qtbot):
    shown.docks.reveal("Data")
    with qtbot.waitSignal(shown.workspace.data.looked, timeout=60_000):
        shown.workspace.data.set_ready()
    assert "is Python code that is not trusted" in shown.workspace.data.note.text()
    assert shown.workspace.data.trust.button.isVisible()
    assert not marker.exists()
    answers.review_answer = True
    with qtbot.waitSignal(shown.workspace.data.looked, timeout=60_000):
        qtbot.mouseClick(shown.workspace.data.trust.button, Qt.MouseButton.LeftButton)
    assert shown.workspace.data.look is not None
    assert shown.workspace.data.look.preview.input_shape == (6,)
    assert marker.exists()


def test_other_data_has_nothing_to_trust(shown):
    shown.docks.reveal("Training")
    assert row(shown).isVisible()
    shown.session.apply(SetTraining({}, "Set data"))
    assert not row(shown).isVisible()
    assert shown.data_code.allows_run()
    assert shown.data_code.file() is None
    shown.session.undo()
    assert row(shown).isVisible()


@pytest.mark.parametrize(
    ("name", "reason"), [("none.py", "No such file or directory"), ("bytes.py", "it is no text of UTF-8")]
)
def test_a_file_that_cannot_be_read_says_why(shown, answers, tmp_path, name, reason):
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe")
    shown.session.apply(SetTraining({"data": plan(name)}, "Set data"))
    assert row(shown).state.text() == f"{name} cannot be read: {reason}."
    assert not row(shown).button.isEnabled()
    assert not shown.data_code.review()
    assert answers.reviewed == []


def test_a_list_that_cannot_be_written_leaves_the_code_untrusted(shown, answers, source, monkeypatch):
    def refuse(self, text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(TrustStore, "trust", refuse)
    answers.review_answer = True
    assert not shown.data_code.review()
    assert answers.errors[0].startswith("The code is not trusted")


def test_trust_that_is_given_in_another_window_counts_here(
    shown, answers, source, tmp_path, qtbot, monkeypatch
):
    monkeypatch.setattr("builder.main_window.Dialogs", lambda _window: answers)
    shown.docks.reveal("Training")
    shown.actions_["window.new"].trigger()
    (other,) = [each for each in shown.windows if each is not shown]
    other.files.open_project(copied(tmp_path))
    other.docks.reveal("Training")
    assert "is not trusted" in row(shown).state.text()
    answers.review_answer = True
    assert other.data_code.review()
    assert "is trusted" in row(other).state.text()
    assert "is trusted" in row(shown).state.text()
    other.close()


def test_trust_in_other_code_changes_nothing_here(shown, source, qtbot):
    with qtbot.assertNotEmitted(shown.data_code.changed):
        shown.windows.data_trust.granted.emit(source + "\n")
    with qtbot.waitSignal(shown.data_code.changed):
        shown.windows.data_trust.granted.emit(source)


def copied(folder):
    """The project in another file beside the first."""
    path = folder / "again.netloom"
    path.write_bytes((folder / "own.netloom").read_bytes())
    return path
