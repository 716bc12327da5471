"""The inspector's folded part: how a layer starts, whether it learns, and how fast."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from builder.canvas.captions import type_text
from builder.panels.inspector import Inspector
from builder.panels.training_section import summary
from builder.session import Session
from builder.theme import light
from graph.catalog import CATALOG
from graph.document import Document, Graph, Node, Project
from graph.edits import SetParams

CONV = Node("n1", "Conv2d", "conv1")
NORM = Node("n2", "BatchNorm2d", "norm1", {"frozen": True})
RELU = Node("n3", "ReLU", "relu1")


@pytest.fixture
def session(qapp):
    return Session(Document(Project("Demo", Graph((CONV, NORM, RELU)))))


@pytest.fixture
def page(qtbot, session):
    holder = QWidget()
    inspector = Inspector(session, light())
    QVBoxLayout(holder).addWidget(inspector)
    qtbot.addWidget(holder)
    holder.resize(360, 900)
    holder.show()
    qtbot.waitExposed(holder)
    holder.activateWindow()
    session.select(("n1",))
    yield inspector.node_page
    holder.close()


def params(session, node_id="n1"):
    return dict(session.graph.nodes[node_id].params)


def unfold(qtbot, page):
    qtbot.mouseClick(page.training.header, Qt.MouseButton.LeftButton)
    assert page.training.form.isVisible()


def test_it_is_folded_until_it_is_wanted(qtbot, page):
    assert page.training.isVisible()
    assert not page.training.form.isVisible()
    unfold(qtbot, page)
    assert page.training.form.names == ("weight_init", "init_std", "frozen", "lr_factor")
    qtbot.mouseClick(page.training.header, Qt.MouseButton.LeftButton)
    assert not page.training.form.isVisible()


def test_settings_are_apart_from_the_parameters_of_torch(page):
    assert not set(page.form.names) & set(page.training.form.names)


def test_it_stays_as_it_was_left_and_has_what_the_next_layer_has(qtbot, session, page):
    unfold(qtbot, page)
    session.select(("n2",))
    assert page.training.form.isVisible()
    assert page.training.form.names == ("weight_init", "frozen", "lr_factor")
    assert page.training.form.field("frozen").isChecked()
    session.select(("n3",))
    assert not page.training.isVisible()
    session.select(("n1",))
    assert page.training.form.isVisible()


def test_what_is_set_is_told_while_folded(session, page):
    assert page.training.note.text() == ""
    session.apply(SetParams("n1", {"weight_init": "orthogonal", "frozen": True, "lr_factor": 0.1}))
    assert page.training.note.text() == "orthogonal, frozen, lr\u00a0×\u00a00.1"
    session.undo()
    assert page.training.note.text() == ""


def test_a_long_summary_makes_the_page_no_wider(session, page):
    before = page.minimumSizeHint().width()
    session.apply(SetParams("n1", {"weight_init": "kaiming_uniform", "frozen": True, "lr_factor": 0.12345}))
    assert page.minimumSizeHint().width() == before


def test_a_layer_is_frozen_with_a_click_and_thawed_with_another(qtbot, session, page):
    unfold(qtbot, page)
    page.training.form.field("frozen").click()
    assert params(session) == {"frozen": True}
    qtbot.mouseClick(page.training.form.reset_button("frozen"), Qt.MouseButton.LeftButton)
    assert params(session) == {}


def test_an_initialiser_is_chosen_with_the_keys(qtbot, session, page):
    unfold(qtbot, page)
    field = page.training.form.field("weight_init")
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClicks(field, "kaiming_n")
    assert params(session) == {"weight_init": "kaiming_normal"}


def test_a_wrong_factor_unfolds_it_and_is_explained(session, page):
    session.apply(SetParams("n1", {"lr_factor": -1}))
    assert page.training.form.isVisible()
    assert page.training.form.problem_text("lr_factor") == "Expected a number of at least 0."


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, ""),
        ({"weight_init": "default", "frozen": False, "lr_factor": 1, "init_std": 0.5}, ""),
        ({"weight_init": ["x"], "frozen": "yes", "lr_factor": None}, "x, lr\u00a0×\u00a0none"),
    ],
)
def test_the_summary_takes_whatever_a_file_holds(values, text):
    assert summary(values) == text


def test_a_card_says_that_its_layer_is_frozen():
    assert type_text(CATALOG["Conv2d"], CONV) == "Conv2d"
    assert type_text(CATALOG["BatchNorm2d"], NORM) == "BatchNorm2d, frozen"
    backbone = Node("n4", "Backbone", "backbone1", {"frozen": True})
    assert type_text(CATALOG["Backbone"], backbone) == "Backbone, frozen"
    assert type_text(CATALOG["ReLU"], Node("n4", "ReLU", "relu2", {"frozen": True})) == "ReLU"
    assert type_text(None, Node("n4", "Quantum", "q", {"frozen": True})) == "Quantum"
