"""Workflow 10: leaving with code, leaving in the middle of a run, and coming back to all of it."""

import os
import signal
import subprocess
import sys

import pytest
from PySide6.QtCore import QPointF, Qt
from shiboken6 import delete

from builder.main_window import MainWindow
from builder.run_folders import latest_weights
from graph.storage import load, to_bytes
from runtime.control import Control
from runtime.launch import run
from runtime.runs import read_run
from tests.builder.person import CTRL, Person
from tests.builder.workflows.walking import Key, losses_of, open_file, saved, stop_button
from tests.literals import ROOT

FOREVER = 10_000  # epochs


@pytest.fixture
def another(qtbot, themes, settings, answers, monkeypatch):
    """Starts Netloom again, with what it remembers."""
    opened = []

    def start():
        again = MainWindow(themes, settings, answers)
        monkeypatch.setattr(again.loader, "start", lambda: None)
        again.resize(1600, 1000)
        again.show()
        qtbot.waitExposed(again)
        opened.append(again)
        return Person(again, qtbot)

    yield start
    for again in opened:
        again.session.document.mark_saved()
        again.close()
        delete(again)


def test_left_in_the_middle_of_a_run_graph_and_run_are_there_again(person, answers, another, tmp_path):
    window, session = person.window, person.window.session
    path = saved("TinyRNN", tmp_path / "Rows.netloom", FOREVER)
    open_file(person, answers, path)
    person.hands.drag(person.hands.title("rnn"), person.hands.title("rnn") + QPointF(0, 64))
    person.press(Key.Key_S)
    left = to_bytes(session.project)
    person.press(Key.Key_Return)
    dashboard = window.training.dashboard
    person.wait(lambda: len(dashboard.series("val_loss")[0]) >= 2)
    person.press(Key.Key_W, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert not window.isVisible()
    assert not window.controller.is_active
    seen = list(dashboard.series("loss")[1])

    back = another()
    reopen(back, "Rows")
    assert to_bytes(back.window.session.project) == left == path.read_bytes()
    assert not back.window.session.document.is_dirty
    run = read_run(latest_weights(back.window.session.document))
    assert run.state == "stopped"
    assert to_bytes(load(run.path / "project.netloom")) == left
    assert losses_of(run)[: len(seen)] == pytest.approx(seen, rel=1e-6), "nothing on the curve is lost"


def reopen(back, name):
    """Takes the only project that was open lately from the welcome page."""
    (button,) = back.window.welcome.recent_buttons
    assert button.text() == name
    back.click(button)


CHILD = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from builder.main_window import MainWindow
from builder.theme import ThemeManager
from runtime.events import EpochEnded
app = QApplication([])
settings = QSettings(sys.argv[2], QSettings.Format.IniFormat)
window = MainWindow(ThemeManager(app, "light"), settings)
window.show()
window.files.open_project(Path(sys.argv[1]))
settings.sync()
def tell(events):
    for event in events:
        if isinstance(event, EpochEnded):
            print(event.epoch, flush=True)
window.controller.events.connect(tell)
window.actions_["run.train"].trigger()
app.exec()
"""


@pytest.fixture
def killed(settings, tmp_path):
    """A project that was trained in another window, whose process died after three epochs."""
    path = saved("MLP", tmp_path / "Digits.netloom", FOREVER)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", CHILD, str(path), settings.fileName()]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        told = [process.stdout.readline().strip() for _ in range(3)]
        process.send_signal(signal.SIGKILL)
    assert told == ["1", "2", "3"]
    settings.sync()
    return path


def test_killed_in_the_middle_of_a_run_it_goes_on_and_leaves_as_code(killed, another, answers, tmp_path):
    drawn = killed.read_bytes()
    back = another()
    reopen(back, "Digits")
    window, session = back.window, back.window.session
    assert to_bytes(session.project) == drawn
    window.show_training()
    offer, dashboard = window.training.dashboard.offer, window.training.dashboard
    back.wait(offer.isVisible)
    back.wait(lambda: len(dashboard.series("val_loss")[0]) >= 3)

    # the curve goes on, to the numbers of a run that nobody killed
    back.click(offer.resume_button)
    back.wait(lambda: window.controller.is_active)
    back.wait(lambda: len(dashboard.series("val_loss")[0]) >= 6)
    back.click(stop_button(window))
    back.wait(lambda: not window.controller.is_active)
    resumed = read_run(latest_weights(session.document))
    project = load(killed)
    project.training = {**project.training, "epochs": 5}
    assert list(run(project, tmp_path / "whole", Control()))[-1].state == "finished"
    whole = losses_of(read_run(tmp_path / "whole"))
    # three processes' worth of threads add up in other orders; without its optimizer it would be far off
    assert losses_of(resumed)[: len(whole)] == pytest.approx(whole, rel=1e-3)
    assert list(dashboard.series("loss")[1]) == pytest.approx(losses_of(resumed), rel=1e-6)
    assert not session.document.is_dirty

    # and it leaves with what it has learned
    answers.weights_answer = "trained"
    window.canvas.setFocus()
    answers.save_answer = tmp_path / "digits.py"
    back.press(Key.Key_E)
    back.wait(lambda: len(answers.informed) == 1)
    assert "class MLP(nn.Module)" in answers.save_answer.read_text()
    assert "agree bit for bit" in answers.informed[0]
    pytest.importorskip("onnxruntime", reason="the check of ONNX needs it")
    answers.save_answer = tmp_path / "digits.onnx"
    window.actions_["file.export_onnx"].trigger()
    back.wait(lambda: len(answers.informed) == 2)
    assert answers.save_answer.stat().st_size > 0
    assert "agree" in answers.informed[1]
    assert "weights 0001" in answers.asked
