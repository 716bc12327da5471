"""Workflow 4: own data, looked at, split, fitted and trained on."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest

from graph.storage import to_bytes
from graph.templates import template
from tests.builder.person import CTRL, PATIENCE
from tests.builder.workflows.walking import ALT, Key, train_to_the_end, view_button


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
