"""The workspace is made behind the welcome page, and at once where it is needed sooner."""

import subprocess
import sys

import pytest
from PySide6.QtCore import QTimer
from shiboken6 import delete

from builder.first_look import first_look
from builder.main_window import MainWindow
from graph.document import Document
from graph.templates import template


@pytest.fixture
def fresh(qtbot, themes, settings, answers, monkeypatch):
    """A window as it is when it is first painted."""
    window = MainWindow(themes, settings, answers)
    window.started = []
    monkeypatch.setattr(window.loader, "start", lambda: window.started.append("loader"))
    window.resize(1280, 800)
    yield window
    window.session.document.mark_saved()
    window.close()
    delete(window)


def test_it_is_made_behind_the_welcome_page_and_pytorch_is_loaded_after_it(fresh, qtbot):
    assert not fresh.preparation.is_done
    with qtbot.waitSignal(fresh.preparation.finished):
        fresh.show()
        qtbot.waitExposed(fresh)
        assert not fresh.started
    assert fresh.started == ["loader"]
    assert fresh.welcome.isVisible()
    for part in (fresh.canvas, fresh.run_bar, fresh.status, *fresh.docks):
        assert not part.isVisible()
    assert fresh.actions_.why_disabled("run.train") == "No project is open."


def test_it_is_made_in_bites_between_which_the_window_answers(fresh, qtbot):
    fresh.show()
    with qtbot.waitSignals([fresh.preparation.bitten] * 10):
        pass
    assert not fresh.preparation.is_done


def test_a_project_opened_at_once_is_shown_whole(fresh):
    fresh.show()
    fresh.files.new_project(template("SmallCNN").project())
    assert fresh.canvas.isVisible()
    assert fresh.inspector.isVisible()
    assert fresh.status.parameters.text().strip() == "94,186 parameters"
    assert fresh.actions_["run.train"].isEnabled()


def test_a_project_opened_between_two_bites_is_shown_whole(fresh, qtbot):
    fresh.show()
    with qtbot.waitSignals([fresh.preparation.bitten] * 14):
        pass
    assert not fresh.preparation.is_done
    fresh.files.new_project(template("SmallCNN").project())
    assert fresh.canvas.isVisible()
    assert all(not dock.isHidden() for dock in fresh.docks)
    assert fresh.problems.isVisible()
    assert not fresh.training.isVisible()
    with qtbot.waitSignal(fresh.preparation.finished):
        pass
    assert fresh.started == ["loader"]


def shown(window):
    """How much of the workspace is seen."""
    if not any(dock.isVisible() for dock in window.docks):
        return "nothing"
    return "docks" if window.welcome.isVisible() else "all"


def test_for_a_large_project_the_window_answers_between_bites(fresh):
    document = Document(template("SmallCNN").project())
    turns, timer = [], QTimer(interval=0)
    timer.timeout.connect(lambda: turns.append((fresh.session.document is document, shown(fresh))))
    fresh.show()
    timer.start()
    fresh.files.show(document, first_look(document.project))
    timer.stop()
    assert turns.count((False, "nothing")) >= 10
    assert list(dict.fromkeys(turns)) == [(False, "nothing"), (False, "docks"), (True, "docks")]
    assert shown(fresh) == "all"
    assert fresh.canvas.isVisible()
    assert fresh.status.parameters.text().strip() == "94,186 parameters"
    assert fresh.actions_["run.train"].isEnabled()


def test_an_action_used_before_works_and_one_without_a_project_stays_without_effect(fresh):
    fresh.show()
    assert not fresh.preparation.is_done
    fresh.actions_["graph.pack"].trigger()
    assert fresh.preparation.is_done
    assert fresh.actions_.why_disabled("graph.pack") == "No project is open."


def test_the_command_palette_opens_at_once(fresh):
    fresh.show()
    fresh.actions_["view.commands"].trigger()
    assert fresh.tools.commands.picker.isVisible()


def test_a_window_that_is_closed_early_leaves_nothing_behind(fresh, qtbot, settings):
    fresh.show()
    with qtbot.waitSignals([fresh.preparation.bitten] * 3):
        pass
    assert fresh.close()
    assert not fresh.started


def test_the_first_paint_loads_neither_canvas_nor_panels_nor_what_only_files_need():
    code = "import builder.main_window, sys; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(answer.stdout.split())
    late = {"builder.workspace", "builder.canvas.view", "builder.panels.inspector", "builder.figure"}
    assert not loaded & (late | {"pydantic", "networkx", "numpy", "torch", "pyqtgraph"})
