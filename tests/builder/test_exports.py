"""File > Export, from the menu to the file."""

import pytest

from codegen.parity import ExportError, ParityReport
from graph.edits import SetParams
from graph.templates import template

PATIENCE = 60_000  # milliseconds; PyTorch may have to be loaded


@pytest.fixture
def model(window):
    window.files.new_project(template("LinearModel").project())
    return window


@pytest.fixture
def stub(monkeypatch):
    """Puts a recorder in the place of the work; gives what it was called with."""
    from builder import exports
    from codegen.formats import ExportFormat

    calls = []

    def export(project, path, weights, verify, folder):
        calls.append((project.name, path.name, weights, verify))
        if path.name.startswith("bad"):
            raise ExportError("bad.onnx: not written: No space left on device.")
        path.write_text("exported")
        return ParityReport("ONNX Runtime", (1, 5), 0.0, 1e-3, 1e-5, True)

    formats = {
        "python": ExportFormat("python", "Python file", ".py", "", False, export),
        "onnx": ExportFormat("onnx", "ONNX", ".onnx", "", True, export),
    }
    monkeypatch.setattr(exports, "FORMATS", formats)
    return calls


def test_python_is_written_and_compared(model, qtbot, answers, tmp_path):
    answers.save_answer = tmp_path / "model.py"
    model.actions_["file.export_python"].trigger()
    assert model.actions_.why_disabled("file.export_python") == "Another export is being written."
    qtbot.waitUntil(lambda: bool(answers.informed), timeout=PATIENCE)
    assert "agree" in answers.informed[0]
    assert answers.asked == ["save LinearModel.py"]
    source = answers.save_answer.read_text()
    assert "class LinearModel(nn.Module)" in source
    assert "netloom" not in source.lower()
    assert model.actions_["file.export_python"].isEnabled()


def test_a_graph_with_errors_is_not_exported(model, answers):
    linear = next(node for node in model.session.graph.nodes.values() if node.type == "Linear")
    model.session.apply(SetParams(linear.id, {"out_features": 0}))
    model.actions_["file.export_onnx"].trigger()
    assert "the graph has 1 error".replace("the", "The") in answers.errors[0]
    assert answers.asked == []


def test_no_file_no_export(model, answers, stub):
    model.actions_["file.export_onnx"].trigger()
    assert stub == []
    assert model.actions_["file.export_onnx"].isEnabled()


def test_a_failure_is_told_and_the_next_try_is_free(model, qtbot, answers, stub, tmp_path):
    answers.save_answer = tmp_path / "bad.onnx"
    model.actions_["file.export_onnx"].trigger()
    qtbot.waitUntil(lambda: bool(answers.errors))
    assert "No space left on device" in answers.errors[0]
    assert model.actions_["file.export_onnx"].isEnabled()


@pytest.mark.parametrize(("answer", "wanted"), [("trained", True), ("untrained", False), ("cancel", None)])
def test_trained_weights_are_never_left_out_silently(model, qtbot, answers, stub, tmp_path, answer, wanted):
    model.session.document.mark_saved(tmp_path / "net.netloom")
    run = tmp_path / "net.runs" / "0001"
    (run / "checkpoints").mkdir(parents=True)
    answers.save_answer, answers.weights_answer = tmp_path / "model.onnx", answer
    model.actions_["file.export_onnx"].trigger()
    assert answers.asked[-1] == "weights 0001"
    if wanted is None:
        assert stub == []
        return
    qtbot.waitUntil(lambda: bool(answers.informed))
    assert stub == [("LinearModel", "model.onnx", run if wanted else None, True)]


def test_closing_waits_for_an_export(model, answers, stub, tmp_path):
    answers.save_answer = tmp_path / "model.onnx"
    model.actions_["file.export_onnx"].trigger()
    model.session.document.mark_saved()
    assert model.close()
    assert answers.save_answer.exists()
