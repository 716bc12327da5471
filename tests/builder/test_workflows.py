"""What people come for, one test a way, with real mouse and keys: start, improve, grow, leave and return."""

import socket

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from shiboken6 import delete

from builder.main_window import MainWindow
from builder.run_folders import latest_weights
from graph.storage import load, save, to_bytes
from graph.templates import template
from runtime.runs import read_run
from tests.builder.person import CTRL, LEFT, Person

Key = Qt.Key
NO_KEY = Qt.KeyboardModifier.NoModifier
ALT = Qt.KeyboardModifier.AltModifier
EPOCHS = 3


@pytest.fixture
def offline(monkeypatch):
    """A machine that reaches no other."""

    def refuse(_socket, address):
        raise AssertionError(f"something called {address}")

    for way in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, way, refuse)


@pytest.fixture
def rnn_file(tmp_path):
    """A network that trains within seconds on data that is included."""
    return saved_rnn(tmp_path, EPOCHS)


def saved_rnn(folder, epochs):
    project, path = template("TinyRNN").project(), folder / "Rows.netloom"
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


# -- 1: the first start


def test_first_start_template_by_keyboard_and_a_falling_curve(person, offline):
    window = person.window
    QTest.keyClicks(window.focusWidget() or window.welcome, "tiny")
    assert window.welcome.gallery.search.text() == "tiny"
    person.press(Key.Key_Down, NO_KEY)
    assert window.focusWidget().text() == "TinyRNN"
    person.press(Key.Key_Return, NO_KEY)
    assert window.canvas.hasFocus()
    assert window.session.project.name == "TinyRNN"
    assert window.status.validity.text() == "Valid"

    dashboard = window.training.dashboard
    person.press(Key.Key_Return)
    person.wait(lambda: len(dashboard.series("val_loss")[0]) >= 2)
    assert dashboard.isVisible(), "the curves come to the front by themselves"
    assert dashboard.charts["loss"].isVisible()
    person.wait(lambda: has_fallen(dashboard.series("loss")[1]))
    person.click(stop_button(window))
    person.wait(lambda: not window.controller.is_active)


def has_fallen(losses):
    return len(losses) >= 20 and sum(losses[-10:]) < 0.7 * sum(losses[:10])


def stop_button(window):
    return window.run_bar.widgetForAction(window.actions_["run.stop"])


# -- 7: improve


def test_one_layer_changed_trained_again_and_the_first_version_taken_back(person, answers, rnn_file):
    window, session = person.window, person.window.session
    open_file(person, answers, rnn_file)
    before = to_bytes(session.project)
    first = train_to_the_end(person)
    assert (first.state, first.path.name) == ("finished", "0001")

    click_card(person, "rnn")
    person.set("hidden_size", "8")
    changed = to_bytes(session.project)
    assert session.result(person.hands.id("fc")).params["in_features"] == 8, "what follows adapts"
    second = train_to_the_end(person)
    assert (second.state, second.path.name) == ("finished", "0002")
    assert to_bytes(load(first.path / "project.netloom")) == before
    assert to_bytes(load(second.path / "project.netloom")) == changed
    losses = [[line["loss"] for line in run.metrics() if line["event"] == "step"] for run in (first, second)]
    assert len(losses[0]) == len(losses[1])
    assert losses[0] != losses[1]
    assert list(window.training.dashboard.series("loss")[1]) == pytest.approx(losses[1], rel=1e-6)

    window.canvas.setFocus()
    person.press(Key.Key_Z)
    assert to_bytes(session.project) == before, "training twice left no trace in the history"
    assert not session.document.is_dirty


# -- 8: grow


def test_pack_expose_repeat_enter_edit_leave_unpack_and_undo_it_all(person):
    window, session = person.window, person.window.session
    window.files.new_project(template("MLP").project())
    before, layers = person.hands.bytes, set(session.graph.nodes)

    # two layers become a block, whose name is typed at once
    click_card(person, "fc2")
    click_card(person, "relu2", CTRL)
    person.press(Key.Key_G)
    QTest.keyClicks(window.focusWidget(), "Stage")
    person.press(Key.Key_Return, NO_KEY)
    (instance,) = session.selection
    assert session.graph.nodes[instance].type == "Stage"
    name = session.graph.nodes[instance].name

    # inside, the width becomes a parameter; outside, it is set, and the block repeated
    person.hands.double_click(person.hands.body(name))
    assert session.block == "Stage"
    click_card(person, "fc2")
    choose_last(window, window.inspector.page.form.field("out_features"))
    assert [param.name for param in session.project.blocks["Stage"].params] == ["out_features"]
    window.canvas.setFocus()
    person.press(Key.Key_Up, ALT)
    assert (session.block, session.selection) == (None, (instance,))
    width = session.result(person.hands.id("relu1")).outputs["out"].shape[-1]
    person.set("out_features", str(width))
    person.set("repeat", "8")
    eight = session.main_inference.total_parameters
    assert not session.errors

    # entered and edited once, all eight follow
    person.hands.double_click(person.hands.body(name))
    click_card(person, "fc2")
    bias = window.inspector.page.form.field("bias")
    QTest.mouseClick(bias, LEFT, pos=QPoint(8, bias.height() // 2))
    window.canvas.setFocus()
    person.press(Key.Key_Up, ALT)
    assert session.main_inference.total_parameters == eight - 8 * width

    # unpacked, eight times the two layers stand in a row
    person.press(Key.Key_G, CTRL | ALT)
    kinds = [session.graph.nodes[each].type for each in session.selection]
    assert (kinds.count("Linear"), kinds.count("ReLU"), len(kinds)) == (8, 8, 16)
    assert session.main_inference.total_parameters == eight - 8 * width
    assert not session.errors

    while window.actions_["edit.undo"].isEnabled():
        person.press(Key.Key_Z)
    assert person.hands.bytes == before
    assert set(window.canvas.graph_scene.nodes) == layers


def choose_last(window, field):
    """Opens the menu of a parameter with the menu key, and takes its last entry with the keyboard."""
    field.setFocus()
    at = field.mapToGlobal(field.rect().center())
    QApplication.sendEvent(field, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), at))
    (menu,) = [menu for menu in window.inspector.page.findChildren(QMenu) if menu.isVisible()]
    QTest.keyClick(menu, Key.Key_Up)
    QTest.keyClick(menu, Key.Key_Return)


# -- 10: leave and return


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
    path = saved_rnn(tmp_path, epochs=10_000)
    open_file(person, answers, path)
    answers.save_answer = tmp_path / "rows.py"
    person.press(Key.Key_E)
    person.wait(lambda: bool(answers.informed))
    assert "class TinyRNN(nn.Module)" in answers.save_answer.read_text()

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
    (button,) = back.window.welcome.recent_buttons
    assert button.text() == "Rows"
    back.click(button)
    assert to_bytes(back.window.session.project) == left == path.read_bytes()
    assert not back.window.session.document.is_dirty
    run = read_run(latest_weights("TinyRNN", path))
    assert run.state == "stopped"
    assert to_bytes(load(run.path / "project.netloom")) == left
    losses = [line["loss"] for line in run.metrics() if line["event"] == "step"]
    assert losses[: len(seen)] == pytest.approx(seen, rel=1e-6), "nothing that was on the curve is lost"
