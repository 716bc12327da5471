"""The Data tab shows what will be trained on, and makes the network fit it."""

import json

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QTableView

from builder.data_ends import fitting_edit
from builder.panels.data_panel import CLASSES, COLUMNS, SAMPLES
from graph.document import Document
from graph.edits import AddNodes, RemoveNodes, SetTraining
from graph.model import Node
from graph.storage import save
from graph.templates import template
from runtime.data.ends import SuitedEnds

PATIENCE = 60_000  # milliseconds; PyTorch may have to be loaded
ROTATED = {
    "source": "digits",
    "transforms": {"train": [{"type": "RandomRotation", "degrees": 40}], "eval": []},
}


@pytest.fixture
def seen(window, qtbot):
    """Shows a plan's data in the window's panel; gives the panel."""
    window.files.new_project(template("MLP").project())

    def see(data, **training):
        panel = window.workspace.data
        panel.set_ready()
        window.session.apply(
            SetTraining({**window.session.project.training, "data": data, **training}, "Set data")
        )
        window.show_data()
        with qtbot.waitSignal(panel.looked, timeout=PATIENCE):
            pass
        return panel

    return see


def test_digits_are_pictures_with_their_balance(seen, qtbot):
    panel = seen({"source": "digits"})
    assert panel.samples.grid.isVisible()
    assert panel.facts.facts.text("Training") == "1,438 samples"
    assert panel.facts.facts.text("Sample") == "(N, 1, 8, 8) float32"
    assert panel.facts.facts.text("Classes") == "10"
    assert panel.facts.facts.text("Suits").startswith("CrossEntropyLoss")
    assert panel.place.text() == "1 to 48 of 1,438"
    panel.switch.choose(CLASSES)
    assert panel.bars.isVisible()
    assert "0: 140" in panel.bars.accessibleDescription()


def test_there_are_more_samples(seen, qtbot):
    panel = seen({"source": "digits"})
    first = panel.samples.grid.accessibleDescription()
    assert not panel.back.isEnabled()
    with qtbot.waitSignal(panel.looked, timeout=PATIENCE):
        qtbot.mouseClick(panel.forth, Qt.MouseButton.LeftButton)
    assert panel.place.text() == "49 to 96 of 1,438"
    assert panel.samples.grid.accessibleDescription() != first
    with qtbot.waitSignal(panel.looked, timeout=PATIENCE):
        qtbot.mouseClick(panel.back, Qt.MouseButton.LeftButton)
    assert panel.samples.grid.accessibleDescription() == first


def test_random_transforms_are_shown_and_can_be_left_out(seen, qtbot):
    panel = seen(ROTATED)
    assert panel.chance.isVisible()
    rotated = panel.samples.grid.grab().toImage()
    panel.chance.click()
    assert panel.samples.grid.grab().toImage() != rotated
    panel.chance.click()
    assert panel.samples.grid.grab().toImage() == rotated


def test_without_chance_there_is_nothing_to_leave_out(seen):
    assert not seen({"source": "digits"}).chance.isVisible()


def test_a_table_shows_its_rows_and_columns(seen):
    panel = seen({"source": "iris"})
    assert not panel.samples.grid.isVisible()
    titles = [
        panel.samples.rows.headerData(column, Qt.Orientation.Horizontal)
        for column in range(panel.samples.rows.columnCount())
    ]
    assert titles[0] == "Target"
    assert len(titles) == 5
    panel.switch.choose(COLUMNS)
    assert panel.columns.rowCount() >= 4
    assert panel.columns.index(0, 1).data() == "numeric"
    assert not panel.place.isVisible(), "columns have no pages"
    panel.switch.choose(SAMPLES)
    assert panel.place.isVisible()


def test_text_and_sequences_have_their_own_looks(seen):
    text = seen({"source": "alice"})
    assert "Text" in text.samples.rows.headerData(0, Qt.Orientation.Horizontal)
    assert len(text.samples.rows.index(0, 0).data()) > 3
    curves = seen({"source": "sunspots"})
    assert curves.samples.grid.isVisible()
    assert not curves.switch.can_choose(CLASSES)


def test_what_is_wrong_with_the_data_stands_there(seen, tmp_path):
    panel = seen({"source": "arrays", "path": str(tmp_path / "gone.npz")})
    assert "gone.npz" in panel.note.text()
    assert "Correct “File” or create it." in panel.note.text(), "as the form calls it"
    assert panel.note.property("role") == "error-card"
    assert panel.note.isVisible()
    panel = seen({"source": "digits"})
    assert not panel.note.isVisible()


def test_own_arrays_make_input_output_and_loss_in_one_step(window, seen, qtbot, tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    np.savez(tmp_path / "own.npz", x=x, y=x.sum(1, keepdims=True))
    window.resize(1280, 800)
    panel = seen({"source": "arrays", "path": str(tmp_path / "own.npz")})
    assert panel.fit_button.isEnabled()
    whole = panel.fit_button.visibleRegion().boundingRect()
    assert whole == panel.fit_button.rect(), "what comes next is seen, however much there is to tell"
    before = window.session.project.training
    qtbot.mouseClick(panel.fit_button, Qt.MouseButton.LeftButton)
    nodes = {node.name: node for node in window.session.graph.nodes.values()}
    assert list(nodes["image"].params["shape"]) == [5]
    assert nodes["fc3"].params["out_features"] == 1
    assert window.session.project.training["loss"] == {"type": "MSELoss"}
    assert not panel.fit_button.isEnabled()
    assert panel.fit_button.toolTip() == "The network fits the data."
    window.actions_["edit.undo"].trigger()
    assert window.session.project.training == before
    assert panel.fit_button.isEnabled()


@pytest.fixture
def odd_table(tmp_path):
    """A table with two things to know of it: prices that lie far apart, and rows that stand in both parts."""
    x = np.random.default_rng(0).normal(size=(360, 3))
    x[:100] = x[260:]
    y = 80 * x.sum(axis=1) + np.arange(360) % 2
    np.savetxt(
        tmp_path / "odd.csv", np.column_stack([x, y]), delimiter=",", header="a,b,c,price", comments=""
    )
    return {"source": "csv", "path": str(tmp_path / "odd.csv")}


def labels_with(panel, text):
    return [label for label in panel.findChildren(QLabel) if text in label.text()]


def is_whole(part):
    QApplication.processEvents()  # layouts come to rest
    return part.visibleRegion().boundingRect() == part.rect()


@pytest.mark.parametrize("size", [(1000, 700), (1280, 800)])
def test_what_is_odd_about_the_data_is_seen_at_once(window, seen, qtbot, odd_table, size):
    window.resize(*size)
    panel = seen(odd_table)
    height = panel.height()
    (label,) = labels_with(panel, "The numbers to predict are about")
    assert "have the same input as a training sample" in label.text()
    assert is_whole(label)
    assert label.height() >= label.heightForWidth(label.width()), "and nothing of it is cut off"
    assert is_whole(panel.fit_button)
    assert panel.samples.table.isVisible()
    seen({"source": "iris"})
    assert not label.isVisible()
    assert panel.height() == height


def test_what_else_is_worth_doing_is_seen_but_no_warning(seen):
    panel = seen({"source": "alice"})
    (label,) = labels_with(panel, "Begin with an Embedding")
    assert label.property("role") == "muted"
    assert is_whole(label)


def test_more_notes_than_there_is_room_for_scroll_with_the_data(window, seen, qtbot):
    window.resize(1000, 700)
    panel = seen({"source": "iris"})
    height, bar = panel.height(), panel.noted.verticalScrollBar()
    assert bar.maximum() == 0
    panel.noted.show_notes([f"Note {index} is about a row." for index in range(15)], [])
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    (label,) = labels_with(panel, "Note 14")
    assert label.height() >= label.heightForWidth(label.width())
    assert panel.height() == height, "the canvas keeps its room"
    bar.setValue(bar.maximum())
    assert is_whole(panel.fit_button)


def test_names_in_notes_are_no_markup(seen):
    noted = seen({"source": "iris"}).noted
    noted.show_notes(["No sample is of class a<i></i>b."], [])
    named = noted.notes.grab().toImage()
    noted.show_notes(["No sample is of class ab."], [])
    assert noted.notes.grab().toImage() != named


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ([], "There is no network from an Input to an Output yet."),
        (["Input"], "There is no network from an Input to an Output yet."),
        (
            ["Input", "Input", "Output"],
            "Several Inputs or Outputs are left as they are.",
        ),
        (["Input", "Output"], "The Input fits. No layer before the Output has a size that can be set."),
    ],
)
def test_the_button_says_what_is_not_looked_at(window, seen, nodes, reason):
    panel = seen({"source": "digits"})
    shape = {"Input": {"shape": [1, 8, 8]}}
    added = [Node(f"x{index}", kind, f"x{index}", shape.get(kind, {})) for index, kind in enumerate(nodes)]
    window.session.apply(RemoveNodes(tuple(window.session.graph.nodes)))
    window.session.apply(AddNodes(added))
    assert not panel.fit_button.isEnabled()
    assert panel.fit_button.toolTip() == reason


def test_it_reads_nothing_while_it_is_not_seen(window, qtbot):
    window.files.new_project(template("MLP").project())
    panel = window.workspace.data
    panel.set_ready()
    window.session.apply(SetTraining({"data": {"source": "iris"}}, "Set data"))
    qtbot.waitUntil(lambda: not panel._later.isActive())
    assert panel.look is None
    assert panel._trials == []


def test_closing_the_window_ends_the_reading(window, qtbot, tmp_path):
    path = tmp_path / "p.netloom"
    save(template("MLP").project(), path)
    window.files.open_project(path)
    window.workspace.data.set_ready()
    window.show_data()
    assert window.workspace.data._trials
    window.close()
    assert json.loads(path.read_text())["name"] == "MLP"


# -- the edit


def ends(**changes):
    values = {"input_shape": (1, 28, 28), "input_dtype": "float32", "output_shape": (10,)}
    return SuitedEnds(**{**values, "loss": "CrossEntropyLoss", "reason": "", **changes})


def test_a_network_that_fits_is_left_alone():
    assert fitting_edit(template("MLP").project(), ends()) is None


def test_a_loss_that_would_do_is_kept():
    project = template("MLP").project()
    project.training = {"loss": {"type": "FocalLoss"}}
    assert fitting_edit(project, ends(other_losses=("FocalLoss",))) is None
    assert fitting_edit(project, ends()) is not None


def test_several_outputs_are_left_alone():
    project = template("MultiHead").project()
    edit = fitting_edit(project, ends(input_shape=(3, 8, 8), output_shape=(7,)))
    document = Document(project)
    document.apply(edit)
    outs = [node.params.get("out_features") for node in document.project.graph.nodes.values()]
    assert 7 not in outs


def test_an_embedding_learns_how_many_tokens_there_are():
    project = template("GPT").project()
    document = Document(project)
    document.apply(
        fitting_edit(project, ends(input_shape=(64,), input_dtype="int64", output_shape=(77, 64)), 77)
    )
    embedding = next(node for node in document.project.graph.nodes.values() if node.type == "Embedding")
    assert embedding.params["num_embeddings"] == 77


def test_a_column_is_taken_as_something_else_with_a_click(window, seen, qtbot, tmp_path):
    rows = "\n".join(f"{row % 4},{row},name {row},{'xy'[row % 2]}" for row in range(200))
    (tmp_path / "table.csv").write_text(f"code,age,title,kind\n{rows}\n")
    panel = seen({"source": "csv", "path": str(tmp_path / "table.csv")})
    panel.switch.choose(COLUMNS)
    table = next(each for each in panel.findChildren(QTableView) if each.model() is panel.columns)
    kinds = [panel.columns.kind(row) for row in range(panel.columns.rowCount())]
    assert kinds == ["numeric", "numeric", "skip", "target"]

    def take(row, kind):
        place = table.visualRect(panel.columns.index(row, 1)).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        box = table.findChild(QComboBox)
        with qtbot.waitSignal(panel.looked, timeout=PATIENCE):
            box.view().setCurrentIndex(box.model().index(box.findData(kind), 0))
            qtbot.keyClick(box.view(), Qt.Key.Key_Return)

    take(0, "categorical")
    assert window.session.project.training["data"]["types"] == {"code": "categorical"}
    assert panel.facts.facts.text("Sample") == "(N, 5) float32"
    take(2, "categorical")
    assert panel.facts.facts.text("Sample") != "(N, 5) float32"
    take(2, "skip")
    take(0, "")
    assert window.session.project.training["data"]["types"] == {"title": "skip"}
    with qtbot.waitSignal(panel.looked, timeout=PATIENCE):
        window.session.undo()
    assert panel.columns.kind(0) == "categorical"


def test_what_the_target_is_and_what_comes_along_stays(seen, qtbot):
    panel = seen({"source": "iris"})
    panel.switch.choose(COLUMNS)
    table = next(each for each in panel.findChildren(QTableView) if each.model() is panel.columns)
    qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(panel.columns.index(0, 1)).center()
    )
    assert table.findChild(QComboBox) is None
