"""Several nodes in the inspector: what they share is shown, and changed for all of them in one step."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from builder.panels import several_page, survey
from builder.panels.survey import shared
from builder.session import Session
from graph.catalog import CATALOG
from graph.document import Document, Edge, Graph, Node, PortRef, Project
from graph.edits import RemoveNodes, SetParams
from graph.storage import to_bytes
from tests.builder.drag import Drag
from tests.builder.inspector_hands import shown_inspector
from tests.graph.block_drawings import deep

NODES = (
    Node("n1", "Input", "image", {"shape": [3, 28, 28]}),
    Node("n2", "Conv2d", "conv1", {"out_channels": 32, "kernel_size": 3, "padding": 1}),
    Node(
        "n3", "Conv2d", "conv2", {"out_channels": 64, "padding": 1, "bias": False, "padding_mode": "reflect"}
    ),
    Node("n4", "MaxPool2d", "pool1", {"kernel_size": 3, "stride": 2}),
    Node("n5", "Linear", "fc", {"out_features": 10, "frozen": True}),
    Node("n6", "Quantum", "odd"),
)
EDGES = tuple(
    Edge(PortRef(source, "out"), PortRef(target, "in"))
    for source, target in [("n1", "n2"), ("n2", "n3"), ("n3", "n4")]
)


@pytest.fixture
def session(qapp):
    return Session(Document(Project("Demo", Graph(NODES, EDGES))))


@pytest.fixture
def page(qtbot, session):
    return shown_inspector(qtbot, session, width=288).several_page


def params(session, *node_ids):
    return [dict(session.graph.nodes[node_id].params) for node_id in node_ids]


def of(session, name, *node_ids):
    return [each.get(name) for each in params(session, *node_ids)]


def type_into(qtbot, field, text):
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    QTest.keyClicks(field, text)


def test_it_says_how_many_of_which_types_and_what_they_cost(session, page):
    session.select(("n4", "n2", "n3"))
    assert page.title.text() == "3 layers selected"
    assert page.types.text() == "2 × Conv2d, 1 × MaxPool2d"
    assert page.facts.text("Parameters") == f"{3 * 32 * 9 + 32 + 32 * 64 * 9:,}"
    assert page.facts.text("FLOPs") == "30.3 MFLOP"
    assert page.facts.text("Not counted") == ""
    session.select(("n2", "n5"))
    assert page.facts.text("Not counted") == "1 layer with something unknown"


def test_equal_values_are_shown_and_others_are_several(session, page):
    session.select(("n2", "n3"))
    form = page.form
    assert form.names == CATALOG["Conv2d"].param_names[: len(form.names)]
    assert form.field("padding").text() == "1"
    assert form.field("kernel_size").text() == "3"  # given to one, the default of the other
    assert form.field("out_channels").text() == ""
    assert form.field("out_channels").lineEdit().placeholderText() == "several"
    assert form.field("bias").checkState() == Qt.CheckState.PartiallyChecked
    assert form.field("padding_mode").currentIndex() == -1
    assert form.field("padding_mode").placeholderText() == "several"
    assert form.field("stride").lineEdit().placeholderText() == "1"
    assert form.field("in_channels").lineEdit().placeholderText() == "inferred"


def test_types_share_what_has_one_name_and_kind(session, page):
    session.select(("n2", "n4"))
    assert page.form.names == ("kernel_size", "stride", "padding", "dilation")
    assert page.form.field("kernel_size").text() == "3"
    assert not page.training.isVisible()


def test_typing_sets_all_of_them_in_one_step(qtbot, session, page):
    before = to_bytes(session.project)
    session.select(("n2", "n3"))
    type_into(qtbot, page.form.field("out_channels"), "128")
    assert of(session, "out_channels", "n2", "n3") == [128, 128]
    assert page.form.field("out_channels").text() == "128"
    assert session.document.undo_label == "Set out_channels of 2 layers"
    session.undo()
    assert to_bytes(session.project) == before
    assert page.form.field("out_channels").lineEdit().placeholderText() == "several"


def test_in_the_window_all_are_selected_and_changed(qtbot, window):
    convs = tuple(node for node in NODES if node.type == "Conv2d")
    window.files.new_project(Project("Demo", Graph(convs)))
    before = to_bytes(window.session.project)
    window.activateWindow()
    window.canvas.setFocus()
    qtbot.waitUntil(window.canvas.hasFocus)
    QTest.keyClick(window.canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    type_into(qtbot, window.inspector.several_page.form.field("stride"), "2")
    assert of(window.session, "stride", "n2", "n3") == [2, 2]
    window.session.undo()
    assert to_bytes(window.session.project) == before


def test_escape_takes_it_back_from_all(qtbot, session, page):
    before = to_bytes(session.project)
    session.select(("n2", "n3"))
    field = page.form.field("out_channels")
    type_into(qtbot, field, "128")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert to_bytes(session.project) == before
    assert session.document.undo_label is None
    assert field.text() == ""


def test_going_through_a_field_of_several_values_changes_nothing(qtbot, session, page):
    before = to_bytes(session.project)
    session.select(("n2", "n3"))
    field = page.form.field("out_channels")
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Return, Qt.Key.Key_Tab):
        QTest.keyClick(field, key)
    assert to_bytes(session.project) == before
    assert session.document.undo_label is None


def test_boxes_and_lists_set_all(qtbot, session, page):
    session.select(("n2", "n3"))
    page.form.field("bias").click()
    assert of(session, "bias", "n2", "n3") == [True, True]
    page.form.field("bias").click()
    assert of(session, "bias", "n2", "n3") == [False, False]
    modes = page.form.field("padding_mode")
    modes.setFocus()
    qtbot.waitUntil(modes.hasFocus)
    QTest.keyClicks(modes, "circ")
    assert of(session, "padding_mode", "n2", "n3") == ["circular", "circular"]


def test_only_those_that_differ_are_changed(session, page):
    session.select(("n2", "n3"))
    page.form.edited.emit("out_channels", 32, 0)
    assert session.document.undo_label == "Set out_channels of 1 layer"
    page.form.edited.emit("out_channels", 32, 0)
    session.undo()
    assert of(session, "out_channels", "n2", "n3") == [32, 64]


def test_a_drag_moves_a_shared_number_of_all(session, page):
    session.select(("n2", "n3"))
    assert not page.form.field("out_channels").is_draggable
    Drag(page.form.label("groups")).steps(3).end()
    assert of(session, "groups", "n2", "n3") == [4, 4]
    assert session.document.undo_label == "Set groups of 2 layers"


def test_a_parameter_is_reset_for_all(session, page):
    before = to_bytes(session.project)
    session.select(("n2", "n3"))
    button = page.form.reset_button("out_channels")
    assert button.isVisible()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert of(session, "out_channels", "n2", "n3") == [None, None]
    assert not button.isVisible()
    QTest.mouseClick(page.parameters.button, Qt.MouseButton.LeftButton)
    assert params(session, "n2", "n3") == [{}, {}]
    assert not page.parameters.button.isEnabled()
    assert page.parameters.button.toolTip() == "Every shared parameter has its default."
    session.undo()
    session.undo()
    assert to_bytes(session.project) == before


def test_layers_are_frozen_together(session, page):
    session.select(("n2", "n5"))
    assert page.form.names == ("bias",)
    assert page.training.isVisible()
    QTest.mouseClick(page.training.header, Qt.MouseButton.LeftButton)
    frozen = page.training.form.field("frozen")
    assert frozen.checkState() == Qt.CheckState.PartiallyChecked
    assert page.training.note.text() == ""
    frozen.click()
    assert of(session, "frozen", "n2", "n5") == [True, True]
    assert page.training.note.text() == "frozen"
    session.undo()
    assert of(session, "frozen", "n2", "n5") == [None, True]


def test_what_is_wrong_says_where(qtbot, session, page):
    session.select(("n2", "n3"))
    type_into(qtbot, page.form.field("groups"), "7")
    assert page.form.problem_text("groups").startswith("conv1: expected a divisor of")
    assert page.form.field("groups").property("invalid")
    type_into(qtbot, page.form.field("groups"), "1")
    assert page.form.problem_text("groups") == ""


def test_layers_that_share_nothing_say_so(session, page):
    for selection in (("n1", "n4"), ("n2", "n6")):
        session.select(selection)
        assert page.note.isVisible()
        assert not page.form.isVisible()
        assert page.parameters.button.toolTip() == "There is no shared parameter."


def test_the_form_follows_edits_and_removals(session, page):
    session.select(("n2", "n3"))
    session.apply(SetParams("n3", {"out_channels": 32}))
    assert page.form.field("out_channels").text() == "32"
    session.apply(RemoveNodes(("n2", "n3")))
    assert not page.isVisible()


def test_choices_that_all_have_are_offered():
    groups = [CATALOG["Upsample"].params, CATALOG["Interpolate"].params]
    mode = next(param for param in shared(groups) if param.name == "mode")
    assert mode.choices
    for other in groups:
        assert set(mode.choices) <= set(next(param for param in other if param.name == "mode").choices)


def test_very_many_are_looked_at_piece_by_piece(qtbot, session, page, monkeypatch):
    monkeypatch.setattr(survey, "PIECE", 1)
    monkeypatch.setattr(several_page, "PIECE", 1)
    session.select(("n1", "n4"))
    qtbot.waitUntil(lambda: page.is_complete)
    session.select(("n2", "n3"))
    assert not page.is_complete
    assert page.types.text() == "Looking at all of them..."
    assert not page.form.isVisible()
    qtbot.waitUntil(lambda: page.is_complete)
    assert page.types.text() == "2 × Conv2d"
    field = page.form.field("out_channels")
    assert field.isVisible()
    type_into(qtbot, field, "12")  # the form stays while it is read anew
    assert field.hasFocus()
    assert of(session, "out_channels", "n2", "n3") == [12, 12]
    session.select(("n2",))
    assert page.is_complete
    QApplication.processEvents()
    assert not page.isVisible()


def test_expressions_of_several_layers_in_a_block(session, page):
    session.load(Document(deep()))
    session.enter("n2")
    for node_id in ("n2", "n4"):
        session.apply(SetParams(node_id, {"out_features": "=width", "bias": "=width > 3"}))
    session.select(("n2", "n4"))
    assert page.form.field("out_features").text() == "=width"
    assert page.form.computed_text("out_features") == "= 8"
    assert page.form.field("bias").text() == "=width > 3"
