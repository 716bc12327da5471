"""What is odd about the data is told to who trains on it: in the terminal and in the log."""

from PySide6.QtCore import Qt

from builder.cli import main
from graph.storage import save
from graph.templates import template
from runtime.events import DataNoted, RunEnded
from runtime.thread import TrainingThread

NOTE = "The commas in width are read as decimal points."


def test_in_the_terminal(capsys, tmp_path):
    rows = "\n".join(f"{row},5;{row % 2};{'xy'[row % 2]}" for row in range(40))
    (tmp_path / "leaves.csv").write_text(f"width;hairs;kind\n{rows}\n")
    project = template("TabularMLP").project()
    project.graph.by_name("features").params["shape"] = [2]
    project.training = {"data": {"source": "csv", "path": "leaves.csv"}, "epochs": 1}
    save(project, tmp_path / "leaves.netloom")
    assert main(["train", str(tmp_path / "leaves.netloom"), "--run-dir", str(tmp_path / "run")]) == 0
    assert capsys.readouterr().err.splitlines().count(NOTE) == 1


def test_in_the_log(window, person, qtbot, monkeypatch):
    window.files.new_project(template("SmallCNN").project())

    def tell(thread):
        thread._mailbox.put(DataNoted((NOTE,)))
        thread._mailbox.put(RunEnded("stopped", "", step=0))

    monkeypatch.setattr(TrainingThread, "run", tell)
    with qtbot.waitSignal(window.controller.ended):
        person.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: NOTE in window.log.view.toPlainText())


def test_a_key_that_nothing_looks_at_is_told(capsys, tmp_path):
    project = template("MLP").project()
    project.training = {**project.training, "epoch": 3, "epochs": 1}
    save(project, tmp_path / "mlp.netloom")
    assert main(["train", str(tmp_path / "mlp.netloom"), "--run-dir", str(tmp_path / "run")]) == 0
    assert "The plan has epoch, which this version of Netloom does not know" in capsys.readouterr().err
