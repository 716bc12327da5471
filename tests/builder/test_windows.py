"""Several projects: a window each, and what they share."""

import json
import subprocess
import sys

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication

from builder.recovery import Recovery
from builder.run_folders import user_folder
from builder.session import Session
from graph.document import Document, Node, PortRef
from graph.edits import AddNodes, Connect
from graph.storage import from_bytes, load, save
from graph.templates import template
from runtime.custom_trust import TrustStore
from tests.builder.test_run_controller import STARTED, script  # noqa: F401
from tests.graph.block_drawings import deep
from tests.graph.custom_layers import GATE, GATE_ARGUMENTS, between

EDIT = AddNodes((Node("x1", "ReLU", "extra"),))
CONTROL = Qt.KeyboardModifier.ControlModifier
BOTH = CONTROL | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def first(window, answers, monkeypatch):
    """The first window with SmallCNN open; later ones ask the same stand-in."""
    monkeypatch.setattr("builder.main_window.Dialogs", lambda _window: answers)
    window.files.new_project(template("SmallCNN").project())
    yield window
    for other in window.windows:
        if other is not window:
            other.session.document.mark_saved()
            other.close()
    die()


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "mine.netloom"
    save(template("MLP").project(), path)
    return path


def die():
    """Lets windows that were closed be deleted, as Qt does between two events."""
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def press(qtbot, window, key, modifiers=CONTROL):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window.focusWidget() or window, key, modifiers)


def second_of(window):
    (other,) = (each for each in window.windows if each is not window)
    return other


@pytest.fixture
def second(first, qtbot):
    """Another window, on its welcome page."""
    press(qtbot, first, Qt.Key.Key_N, BOTH)
    return second_of(first)


def entries(window):
    window.window_list.fill()
    actions = window.menus.menu("Window").actions()
    return [action for action in actions if action.isCheckable()]


# -- opening and finding


def test_a_new_window_comes_with_a_welcome_page_and_leaves_the_first_as_it_was(first, second):
    assert second.isVisible()
    assert second.welcome.isVisible()
    assert second.windowTitle() == "Netloom"
    assert first.session.project.name == "SmallCNN"
    assert second.session.project.name != "SmallCNN"
    assert second.pos() != first.pos()


def test_the_window_menu_lists_all_and_leads_to_them(first, second, qtbot):
    second.files.new_project(template("MLP").project())
    second.session.apply(EDIT)
    assert [action.text() for action in entries(first)] == ["SmallCNN – Netloom", "MLP – Netloom (not saved)"]
    assert [action.isChecked() for action in entries(first)] == [True, False]
    entries(first)[1].trigger()
    qtbot.waitUntil(second.isActiveWindow)
    assert first.windows.front is second
    press(qtbot, second, Qt.Key.Key_F6)
    qtbot.waitUntil(first.isActiveWindow)


def test_a_project_that_is_open_is_brought_forward_not_opened_twice(first, second, saved, qtbot):
    assert second.files.open_project(saved)
    first.activateWindow()
    assert first.files.open_project(saved)
    qtbot.waitUntil(second.isActiveWindow)
    assert first.session.project.name == "SmallCNN"
    assert first.files.open_elsewhere(saved)
    assert len(first.windows) == 2


def test_open_in_new_window_takes_a_window_of_its_own(first, saved, answers, qtbot):
    answers.open_answer = saved
    press(qtbot, first, Qt.Key.Key_O, BOTH)
    other = second_of(first)
    assert other.session.document.path == saved
    assert other.canvas.isVisible()
    assert first.session.project.name == "SmallCNN"
    assert first.files.recent.paths == [saved]


def test_open_in_new_window_uses_a_window_in_which_nothing_is_open(window, saved, answers):
    answers.open_answer = saved
    window.actions_["file.open_elsewhere"].trigger()
    assert window.session.document.path == saved
    assert len(window.windows) == 1


def test_unsaved_work_may_stay_where_it_is(first, answers, saved):
    first.session.apply(EDIT)
    answers.keep_answer = "stay"
    assert first.files.open_project(saved)
    assert answers.could_stay
    assert "x1" in first.session.graph.nodes
    assert first.isWindowModified()
    assert second_of(first).session.document.path == saved


def test_closing_offers_no_other_window_to_stay_in(first, answers):
    first.session.apply(EDIT)
    assert not first.close()
    assert not answers.could_stay


def test_a_project_is_not_saved_over_one_that_is_open_in_another_window(first, second, saved, answers):
    second.files.open_project(saved)
    before = saved.read_bytes()
    answers.save_answer = saved
    assert not first.files.save_project_as()
    assert "open in another window" in answers.errors[0]
    assert saved.read_bytes() == before


# -- copy and paste


def copy_all(qtbot, window):
    window.canvas.setFocus()
    press(qtbot, window, Qt.Key.Key_A)
    press(qtbot, window, Qt.Key.Key_C)


def test_layers_go_from_window_to_window_with_their_edges(first, second, qtbot):
    copy_all(qtbot, first)
    second.files.new_project()
    second.canvas.setFocus()
    press(qtbot, second, Qt.Key.Key_V)
    there, here = first.session.graph, second.session.graph
    assert sorted(node.type for node in here.nodes.values()) == sorted(
        node.type for node in there.nodes.values()
    )
    assert len(here.edges) == len(there.edges)
    press(qtbot, second, Qt.Key.Key_Z)
    assert not here.nodes
    assert there.nodes


def test_blocks_go_along_and_what_is_pasted_is_nobody_elses(first, second, qtbot):
    first.session.load(Document(deep()))
    copy_all(qtbot, first)
    second.files.new_project()
    second.canvas.setFocus()
    press(qtbot, second, Qt.Key.Key_V)
    assert set(second.session.project.blocks) == set(first.session.project.blocks)
    name = next(iter(first.session.project.blocks))
    theirs, ours = first.session.project.blocks[name], second.session.project.blocks[name]
    assert theirs.graph is not ours.graph
    assert [p.severity for p in second.session.errors] == [p.severity for p in first.session.errors]


def test_what_is_copied_is_a_project_to_every_other_program(first, qtbot):
    copy_all(qtbot, first)
    text = QApplication.clipboard().text()
    reader = "import json, sys; print(len(json.load(sys.stdin)['graph']['nodes']))"
    answer = subprocess.run([sys.executable, "-c", reader], input=text, capture_output=True, text=True)
    assert int(answer.stdout) == len(first.session.graph.nodes), answer.stderr
    assert from_bytes(text.encode()).graph.nodes.keys() == first.session.graph.nodes.keys()


def test_text_from_another_program_is_pasted(first, qtbot):
    content = {
        "format": "netloom",
        "version": 1,
        "graph": {"nodes": [{"id": "a", "type": "ReLU", "name": "typed"}], "edges": []},
    }
    QApplication.clipboard().setText(json.dumps(content))
    first.canvas.setFocus()
    press(qtbot, first, Qt.Key.Key_V)
    assert first.session.graph.by_name("typed") is not None


# -- what is shared


def test_theme_and_recent_projects_are_those_of_all_windows(first, second, saved):
    second.actions_["view.theme_dark"].trigger()
    assert first.actions_["view.theme_dark"].isChecked()
    assert first.canvas.scene() is not None
    assert first.themes.theme.is_dark
    second.files.open_project(saved)
    assert [button.text() for button in first.welcome.recent_buttons] == ["mine"]


def test_one_window_trains_at_a_time_and_the_others_say_why(first, second, qtbot, script):  # noqa: F811
    script(STARTED)
    second.files.new_project(template("MLP").project())
    press(qtbot, first, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: first.controller.state == "running")
    assert not second.actions_["run.train"].isEnabled()
    reason = second.actions_.why_disabled("run.train")
    assert reason == "SmallCNN is being trained in another window. Stop it there, or wait for its end."
    assert reason in second.run_bar.train_button.toolTip()
    assert second.actions_["file.close_project"].isEnabled()
    assert not second.controller.is_active
    with qtbot.waitSignal(first.controller.ended):
        press(qtbot, first, Qt.Key.Key_Period)
    assert second.actions_["run.train"].isEnabled()


def test_closing_a_window_that_trains_gives_the_turn_to_the_others(first, second, qtbot, script):  # noqa: F811
    script(STARTED)
    second.files.new_project(template("MLP").project())
    press(qtbot, second, Qt.Key.Key_Return)
    assert first.actions_.why_disabled("run.train").startswith("MLP is being trained")
    assert second.close()
    die()
    assert first.actions_["run.train"].isEnabled()


def test_code_that_is_trusted_in_one_window_is_trusted_in_all(first, second, answers):
    from graph.document import Project

    for window in (first, second):
        window.session.load(Document(Project("Net", between(GATE, arguments=GATE_ARGUMENTS))))
        assert [problem.code for problem in window.session.problems] == ["untrusted-code"]
    TrustStore().trust(GATE)
    first.windows.shapes.forget()
    assert first.session.problems == second.session.problems == ()


# -- closing


def test_a_closed_window_is_gone_and_the_others_go_on(first, second, qtbot):
    press(qtbot, second, Qt.Key.Key_W, BOTH)
    die()
    assert list(first.windows) == [first]
    assert first.isVisible()
    first.actions_["view.theme_dark"].trigger()
    first.session.apply(EDIT)
    first.windows.recent.clear()
    assert len(entries(first)) == 1


def test_the_first_window_can_be_closed_before_the_second(first, second, qtbot):
    second.files.new_project(template("MLP").project())
    assert first.close()
    second.session.apply(Connect(PortRef("n1", "out"), PortRef("n1", "in")))
    TrustStore().trust(GATE)
    second.windows.shapes.forget()
    assert second.isVisible()
    assert second.windows.front is second


def test_quitting_asks_for_each_and_closes_none_if_one_is_to_stay(first, second, answers, tmp_path):
    second.files.new_project(template("MLP").project())
    for window in (first, second):
        window.session.apply(EDIT)
    second.activateWindow()
    answers.keep_answer = "cancel"
    first.actions_["file.quit"].trigger()
    assert answers.asked == ["keep MLP"], "the window in front is asked first, and its answer ends it"
    assert first.isVisible()
    assert second.isVisible()
    answers.asked.clear()
    answers.keep_answer = "discard"
    first.actions_["file.quit"].trigger()
    assert answers.asked == ["keep MLP", "keep SmallCNN"]
    assert not first.isVisible()
    assert len(first.windows) == 0


def test_each_window_keeps_a_copy_and_all_are_offered_at_the_next_start(
    first, second, answers, saved, tmp_path
):
    second.files.open_project(saved)
    folder = user_folder() / "recovery"
    for window in (first, second):
        window.session.apply(EDIT)
        window.recovery.keep()
    copies = {copy: copy.read_bytes() for copy in folder.glob("*.json")}
    assert len(copies) == 2
    second.session.document.mark_saved()
    second.close()
    die()
    first.session.load(Document())
    first.recovery.clear()
    for copy, content in copies.items():
        copy.write_bytes(content)
    answers.recover_answer = True
    assert first.files.recover()
    assert sorted(answers.asked) == ["recover SmallCNN", "recover mine"]
    found = {window.files.name: window for window in first.windows}
    assert set(found) == {"SmallCNN", "mine"}
    for window in found.values():
        assert "x1" in window.session.graph.nodes
        assert window.isWindowModified()
    assert found["mine"].session.document.path == saved
    assert not any(copy.exists() for copy in copies)
    assert "x1" not in load(saved).graph.nodes
    assert Recovery(Session(), folder).find() == []


def test_a_copy_of_a_file_that_is_open_comes_back_where_it_is_open(first, second, answers, saved):
    second.files.open_project(saved)
    second.session.apply(EDIT)
    second.recovery.keep()
    folder = user_folder() / "recovery"
    (copy,) = folder.glob("*.json")
    content = copy.read_bytes()
    second.session.undo()
    second.recovery.clear()
    copy.write_bytes(content)
    answers.recover_answer = True
    assert first.files.recover()
    assert len(first.windows) == 2
    assert "x1" in second.session.graph.nodes
    assert second.isWindowModified()
    assert "x1" not in first.session.graph.nodes
