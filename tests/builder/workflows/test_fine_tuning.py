"""Workflow 9 as far as it is built: a model of torchvision, frozen, under a head of its own, trained."""

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtTest import QTest

from graph.document import Graph, Node, Project
from graph.storage import save
from runtime.checkpoint import checkpoint_folder, load_checkpoint
from tests.builder.person import LEFT
from tests.builder.workflows.walking import open_file, train_to_the_end

PLAN = {
    "data": {"source": "arrays", "path": "images.npz", "val_fraction": 0.25},
    "loss": {"type": "CrossEntropyLoss"},
    "optimizer": {"type": "Adam", "lr": 0.01},
    "batch_size": 6,
    "epochs": 1,
}


@pytest.fixture
def path(tmp_path):
    """Images of three classes, and a project that reads them into an otherwise empty canvas."""
    random = np.random.default_rng(0)
    images = random.normal(size=(24, 3, 16, 16)).astype("float32")
    np.savez(tmp_path / "images.npz", x=images, y=np.arange(24) % 3)
    image = Node("n1", "Input", "image", {"shape": [3, 16, 16]})
    save(Project("Tuned", Graph((image,)), training=PLAN), tmp_path / "Tuned.netloom")
    return tmp_path / "Tuned.netloom"


def tick(box):
    QTest.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))


def test_a_backbone_is_added_frozen_and_trained_under_its_new_head(person, answers, path):
    window, session = person.window, person.window.session
    open_file(person, answers, path)
    person.hands.click(person.hands.body("image"))
    person.add("pretrained")
    (backbone,) = session.selection
    assert session.graph.nodes[backbone].type == "Backbone"
    assert "image.out -> backbone1.in" in person.hands.edges()

    page = window.inspector.node_page
    model = page.form.field("model")
    model.setFocus()
    QTest.keyClicks(model, "mnasnet0_5")
    person.set("num_classes", "3")
    page.training.header.click()
    tick(page.training.form.field("frozen"))
    params = session.graph.nodes[backbone].params
    assert (params["model"], params["num_classes"], params["frozen"]) == ("mnasnet0_5", 3, True)
    assert params["head"] == "replace"

    port = person.hands.port("backbone1", "out")
    person.hands.drag(port, port + QPointF(160, 60))
    person.hands.type("output")
    assert not session.errors
    assert str(session.result(backbone).outputs["out"]) == "(N, 3)"

    window.canvas.setFocus()
    assert window.canvas.hasFocus()
    run = train_to_the_end(person)
    assert run.state == "finished"
    kept = load_checkpoint(checkpoint_folder(run.path, "last"))
    assert len(kept.trainer["optimizer"]["state"]) == 2, "the weight and the bias of the head, nothing else"
    assert all(torch.isfinite(each).all() for each in kept.weights.values())
