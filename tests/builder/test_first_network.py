"""The whole way with mouse and keyboard: from an empty canvas to a trained network and its exported files."""

import json
import subprocess
import sys

import onnx
import pytest
import torch
from PySide6.QtCore import QPointF, Qt

from codegen.exporting.weights import live_with_weights
from graph.storage import load, to_bytes
from runtime.runs import read_run

# What is typed into the search box, and the parameters set in the inspector afterwards.
LAYERS = (
    ("input", {"shape": "1, 8, 8"}),
    ("conv2d", {"out_channels": "16", "padding": "1"}),
    ("batchnorm2d", {}),
    ("relu", {}),
    ("conv2d", {"out_channels": "32", "padding": "1"}),
    ("batchnorm2d", {}),
    ("relu", {}),
    ("maxpool2d", {}),
    ("dropout2d", {"p": "0.2"}),
    ("conv2d", {"out_channels": "64", "padding": "same"}),
    ("batchnorm2d", {}),
    ("relu", {}),
    ("adaptiveavgpool2d", {}),
    ("linear", {"out_features": "10"}),
)
RUN_IN_FRESH_INTERPRETER = """
import runpy, sys, torch
from safetensors.torch import load_file
exported, weights, sample, out = sys.argv[1:]
model = runpy.run_path(exported)["Digits"]()
model.load_state_dict(load_file(weights))
model.eval()
with torch.no_grad():
    torch.save(model(torch.load(sample)), out)
"""


def draw(person):
    """Builds the network, up to the last layer, and gives the project its name."""
    person.click(person.window.welcome.new_button)
    assert not person.window.session.graph.nodes
    person.replace(person.window.inspector.page.name.line, "Digits")
    for word, params in LAYERS:
        person.add(word)
        for name, text in params.items():
            person.set(name, text)
    linear = person.window.session.selection[0]
    name = person.window.session.graph.nodes[linear].name
    person.window.canvas.setFocus()
    person.press(Qt.Key.Key_F, Qt.KeyboardModifier.NoModifier)
    port = person.hands.port(name, "out")
    person.hands.drag(port, port + QPointF(160, 90))  # off the port, into empty space
    person.hands.type("output")


def errors(session):
    return [problem for problem in session.problems if problem.is_error]


def mend(person):
    """Meets the shape error, applies its fix, takes it back and applies it again."""
    session, problems = person.window.session, person.window.problems
    (problem,) = errors(session)
    assert problem.code == "feature-map"
    wrong = to_bytes(session.project)
    person.window.docks.reveal("Problems")
    for _ in range(2):
        (card,) = (card for card in problems.cards.cards if card.problem.is_error)
        person.wait(lambda card=card: bool(card.fix_buttons))
        (button,) = card.fix_buttons
        assert button.text() == "Insert Flatten"
        person.click(button)
        person.wait(lambda: not errors(session))
        right = to_bytes(session.project)
        person.window.canvas.setFocus()
        person.press(Qt.Key.Key_Z)
        assert to_bytes(session.project) == wrong
    person.press(Qt.Key.Key_Y)
    assert to_bytes(session.project) == right
    assert not errors(session)
    session.settle()
    assert {hint.code for hint in session.problems} == {"bias-before-batch-norm"}


def train_and_stop(person):
    """Trains until the curves have something to show, and stops."""
    window, dashboard = person.window, person.window.training.dashboard
    folders = []
    window.controller.started.connect(folders.append)
    person.window.canvas.setFocus()
    person.press(Qt.Key.Key_Return)
    person.wait(lambda: len(dashboard.series("val_loss")[0]) >= 4)
    for name in ("loss", "lr", "grad_norm", "val_accuracy"):
        assert len(dashboard.series(name)[0]) >= 2, name
    assert window.controller.state == "running"
    assert window.isActiveWindow(), "another window was shown meanwhile"
    window.canvas.setFocus()
    person.press(Qt.Key.Key_Period)
    person.wait(lambda: window.controller.state == "stopping")
    person.wait(lambda: not window.controller.is_active)
    return read_run(folders[0])


def test_from_an_empty_canvas_to_a_trained_exported_network(person, answers, tmp_path):
    window, session = person.window, person.window.session
    draw(person)
    assert len(session.graph.nodes) == len(LAYERS) + 1
    assert len(session.graph.edges) == len(LAYERS)
    mend(person)
    output = next(node for node in session.graph.nodes.values() if node.type == "Output")
    assert str(session.result(output.id).inputs["in"]) == "(N, 10)"

    # saved, closed and opened again, it is the same
    path = answers.save_answer = answers.open_answer = tmp_path / "Digits.netloom"
    window.canvas.setFocus()
    person.press(Qt.Key.Key_S)
    assert path.exists()
    assert not session.document.is_dirty
    drawn = to_bytes(session.project)
    window.actions_["file.close_project"].trigger()
    assert window.welcome.isVisible()
    person.press(Qt.Key.Key_O)
    assert to_bytes(session.project) == drawn == path.read_bytes()

    # trained: every step on the curves is in the run folder, and the loss has fallen
    set_epochs(person, "400")
    run = train_and_stop(person)
    assert run.state == "stopped"
    losses = [line["loss"] for line in run.metrics() if line["event"] == "step"]
    steps, shown = window.training.dashboard.series("loss")
    assert list(shown) == pytest.approx(losses, rel=1e-6)
    assert list(steps) == list(range(1, len(losses) + 1))
    assert sum(losses[-10:]) < 0.7 * sum(losses[:10])

    export_and_compare(person, answers, tmp_path, run)


def set_epochs(person, text):
    field = person.window.training.plan.settings.field("epochs")
    person.window.docks.reveal("Training")
    person.replace(field, text)
    assert person.window.session.project.training["epochs"] == int(text)


def export_and_compare(person, answers, tmp_path, run):
    """The exported file, alone in a fresh interpreter, gives the live module's logits bit for bit."""
    window = person.window
    answers.weights_answer = "trained"
    python, graph_file = tmp_path / "digits.py", tmp_path / "digits.onnx"
    for action_id, answers.save_answer in (("file.export_python", python), ("file.export_onnx", graph_file)):
        window.actions_[action_id].trigger()
        person.wait(answers.save_answer.exists)
        person.wait(lambda: window.actions_["file.export_python"].isEnabled())
    assert not answers.errors
    onnx.checker.check_model(onnx.load(graph_file))

    project = load(run.path / "project.netloom")
    live = live_with_weights(project, run.path)
    sample, logits = tmp_path / "sample.pt", tmp_path / "logits.pt"
    torch.save(torch.rand(7, 1, 8, 8, generator=torch.Generator().manual_seed(3)), sample)
    weights = run.path / "checkpoints" / "best" / "model.safetensors"
    command = [sys.executable, "-c", RUN_IN_FRESH_INTERPRETER, python, weights, sample, logits]
    subprocess.run([str(word) for word in command], check=True, cwd=tmp_path)
    live.module.eval()
    with torch.no_grad():
        expected = live.module(torch.load(sample))
    assert torch.equal(torch.load(logits), expected)
    assert json.loads((run.path / "run.json").read_text())["state"] == "stopped"
