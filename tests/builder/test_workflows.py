"""What people come for, one test a way, with real mouse and keys: start, improve, grow, leave and return."""

import socket

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolButton
from shiboken6 import delete

from builder.main_window import MainWindow
from builder.run_folders import latest_weights
from graph.storage import load, save, to_bytes
from graph.templates import template
from runtime.runs import read_run
from tests.builder.person import CTRL, LEFT, PATIENCE, Person

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
    return saved("TinyRNN", folder / "Rows.netloom", epochs)


def saved(name, path, epochs):
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


# -- 4: own data


@pytest.fixture
def houses(tmp_path):
    """A table with numbers and words, and a price."""
    path = tmp_path / "houses.csv"
    rooms = [1 + index % 5 for index in range(60)]
    rows = [f"{each},{20 * each + 3},{('old', 'new')[each % 2]},{90.5 * each}" for each in rooms]
    path.write_text("\n".join(["rooms,area,state,price", *rows]))
    return path


@pytest.fixture
def pets(tmp_path):
    """Small pictures in a folder for each class."""
    for name, color in (("cat", "#203040"), ("dog", "#c0a080")):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(12):
            picture = QImage(9, 6, QImage.Format.Format_RGB888)
            picture.fill(QColor(color).lighter(100 + number))
            assert picture.save(str(tmp_path / "pets" / name / f"{number}.png"))
    return tmp_path / "pets"


def choose_data(person, title, file_field, path):
    """Chooses own data in the training plan, and looks at it in the Data tab."""
    window = person.window
    window.files.new_project(template("MLP").project())
    person.press(Key.Key_D, CTRL | Qt.KeyboardModifier.ShiftModifier)
    form = window.training.plan.parts["data"]
    form.type_field.setFocus()
    person.wait(form.type_field.hasFocus)
    QTest.keyClicks(form.type_field, title.split()[0])
    assert form.type_field.currentText() == title
    person.replace(form.form.field(file_field).focusProxy(), str(path))
    return look_at_data(person)


def look_at_data(person):
    panel = person.window.workspace.data
    with person.qtbot.waitSignal(panel.looked, timeout=PATIENCE):
        person.press(Key.Key_D, CTRL | ALT)
        panel.set_ready()  # as when PyTorch was loaded
    assert panel.isVisible()
    return panel


def test_an_own_table_is_looked_at_split_fitted_and_trained_on(person, houses):
    window, session = person.window, person.window.session
    panel = choose_data(person, "Table", "path", houses)
    assert panel.facts.facts.text("Sample") == "(N, 4) float32", "two numbers, and a word as two"
    assert panel.samples.rows.index(0, 0).data() in {f"{90.5 * rooms:g}" for rooms in range(1, 6)}
    person.click(view_button(panel.switch, "Columns"))
    kinds = {panel.columns.index(row, 0).data(): panel.columns.index(row, 1).data() for row in range(4)}
    assert kinds["rooms"].startswith("numeric")  # with a mark: it can be another
    assert kinds["state"].startswith("categorical")
    assert not view_button(panel.switch, "Classes").isEnabled(), "prices are no classes"

    person.press(Key.Key_D, CTRL | Qt.KeyboardModifier.ShiftModifier)
    person.replace(window.training.plan.parts["data"].form.field("val_fraction"), "0.25")
    panel = look_at_data(person)
    assert panel.facts.facts.text("Training") == "45 samples"
    assert panel.facts.facts.text("Validation") == "15 samples"

    before = to_bytes(session.project)
    assert panel.facts.facts.text("Suits").startswith("MSELoss")
    person.click(panel.fit_button)
    assert list(session.graph.nodes[person.hands.id("image")].params["shape"]) == [4]
    assert session.result(person.hands.id("fc3")).outputs["out"].shape[-1] == 1
    assert session.plan.loss.type == "MSELoss"
    assert not session.errors
    fitted = to_bytes(session.project)
    assert train_to_the_end(person).state == "finished"
    window.canvas.setFocus()
    person.press(Key.Key_Z)
    assert to_bytes(session.project) == before, "fitted in one step"
    person.press(Key.Key_Y)
    assert to_bytes(session.project) == fitted


def test_own_pictures_are_looked_at_and_fitted(person, pets):
    window, session = person.window, person.window.session
    panel = choose_data(person, "Image folder", "root", pets)
    assert panel.samples.grid.isVisible()
    assert panel.facts.facts.text("Sample") == "(N, 3, 28, 42) float32", "as digits were"
    person.press(Key.Key_D, CTRL | Qt.KeyboardModifier.ShiftModifier)
    person.replace(window.training.plan.parts["data"].form.field("resize"), "6, 9")
    panel = look_at_data(person)
    person.click(view_button(panel.switch, "Classes"))
    assert "cat" in panel.bars.accessibleDescription()
    person.click(panel.fit_button)
    assert list(session.graph.nodes[person.hands.id("image")].params["shape"]) == [3, 6, 9]
    assert session.result(person.hands.id("fc3")).outputs["out"].shape[-1] == 2
    assert session.plan.loss.type == "CrossEntropyLoss"
    assert not session.errors
    assert window.status.validity.text() == "Valid"


def view_button(switch, title):
    """The button of a row of views."""
    return next(each for each in switch.findChildren(QToolButton) if each.text() == title)


# -- 6: look inside


def test_a_run_is_looked_into_while_it_goes_on(person, answers, tmp_path):
    window, session = person.window, person.window.session
    open_file(person, answers, saved("MLP", tmp_path / "Digits.netloom", epochs=10_000))
    person.press(Key.Key_Return)
    dashboard = window.training.dashboard
    person.wait(lambda: len(dashboard.series("val_loss")[0]) >= 1)

    # what is taken for what
    person.click(view_button(dashboard.switch, "Classes"))
    classes = dashboard.classes
    person.wait(classes.matrix.isVisible)
    person.wait((window.runs.run_dir / "checkpoints" / "last").is_dir)
    center = classes.matrix.cell_rect((3, 3)).center()
    QTest.mouseClick(classes.matrix, LEFT, pos=center)
    answers_page = window.workspace.data.answers
    assert answers_page.title.text() == "“3” that were recognised"
    person.wait(answers_page.samples.grid.isVisible)
    assert all(each.guesses[0].name == "3" for (each,) in answers_page.answered.answers)
    person.click(answers_page.back)
    window.show_training()
    person.wait(classes.matrix.isVisible)
    assert "“3”" in classes.matrix.accessibleDescription()
    assert classes.matrix.accessibleDescription().endswith("were recognised.")
    QTest.keyClick(classes.matrix, Key.Key_Right)
    assert "were taken for “4”" in classes.matrix.accessibleDescription()
    assert classes.table.model().rowCount() == 10

    # what one layer does, and all of them
    click_card(person, "relu1")
    live = window.inspector.node_page.live.section
    person.wait(live.isVisible)
    assert live.facts.text("Dead units").endswith("%")
    assert "±" in live.facts.text("Output")
    person.click(view_button(dashboard.switch, "Layers"))
    person.wait(lambda: dashboard.layers.model.rowCount() > 0)
    names = [dashboard.layers.model.index(row, 0).data() for row in range(dashboard.layers.model.rowCount())]
    assert "fc1" in names
    window.actions_["view.overlay_dead"].trigger()
    person.wait(lambda: window.canvas.graph_scene.heat is not None)
    person.wait(lambda: bool(window.canvas.graph_scene.heat.node_ids))
    assert not session.document.is_dirty, "looking changes nothing"

    person.click(stop_button(window))
    person.wait(lambda: not window.controller.is_active)
    assert classes.table.model().rowCount() == 10, "and what was seen stays"


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
    run = read_run(latest_weights(back.window.session.document))
    assert run.state == "stopped"
    assert to_bytes(load(run.path / "project.netloom")) == left
    losses = [line["loss"] for line in run.metrics() if line["event"] == "step"]
    assert losses[: len(seen)] == pytest.approx(seen, rel=1e-6), "nothing that was on the curve is lost"
