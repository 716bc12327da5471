"""What somebody who walks a workflow does again and again."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from graph.storage import save
from graph.templates import template
from runtime.runs import read_run

Key = Qt.Key
NO_KEY = Qt.KeyboardModifier.NoModifier
ALT = Qt.KeyboardModifier.AltModifier


def saved(name, path, epochs):
    """A template as a project file, with so many epochs to train."""
    project = template(name).project()
    project.training = {**project.training, "epochs": epochs}
    save(project, path)
    return path


def open_file(person, answers, path):
    answers.open_answer = path
    person.press(Key.Key_O)
    person.wait(person.window.canvas.isVisible)


def click_card(person, name, keys=NO_KEY):
    """Selects a node with the mouse."""
    person.hands.click(person.hands.body(name), keys)


def train_to_the_end(person):
    """Ctrl+Enter, and patience; returns the run."""
    folders = []
    controller = person.window.controller
    controller.started.connect(folders.append)
    person.window.canvas.setFocus()
    person.press(Key.Key_Return)
    person.wait(lambda: bool(folders) and not controller.is_active)
    controller.started.disconnect(folders.append)
    return read_run(folders[0])


def view_button(switch, title):
    """The button of a row of views."""
    return next(each for each in switch.findChildren(QToolButton) if each.text() == title)


def stop_button(window):
    return window.run_bar.widgetForAction(window.actions_["run.stop"])


def losses_of(run):
    """The loss of every step, as the run's folder has it."""
    return [line["loss"] for line in run.metrics() if line["event"] == "step"]
