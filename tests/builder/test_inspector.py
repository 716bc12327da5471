"""The inspector: real keys into the form of a node."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from builder.panels.inspector import Inspector
from builder.session import Session
from builder.theme import light
from graph.document import Document, Graph, Node, PortRef, Project
from graph.edits import AddNodes, Connect, RemoveNodes, SetParams, SetTraining
from graph.node_flags import SetBypassed
from graph.storage import to_bytes

IMAGE = Node("n1", "Input", "image", {"shape": [1, 28, 28]})
CONV = Node("n2", "Conv2d", "conv1", {"out_channels": 32, "kernel_size": 3})
LINEAR = Node("n3", "Linear", "linear1", {"out_features": 10})
RNN = Node("n4", "LSTM", "lstm1", {"hidden_size": 64})


@pytest.fixture
def session(qapp):
    session = Session(Document(Project("Demo", Graph((IMAGE, CONV, LINEAR, RNN)))))
    session.apply(Connect(PortRef("n1", "out"), PortRef("n2", "in")))
    session.document.mark_saved()
    return session


@pytest.fixture
def inspector(qtbot, session):
    holder = QWidget()
    panel = Inspector(session, light())
    QVBoxLayout(holder).addWidget(panel)
    qtbot.addWidget(holder)
    holder.resize(360, 700)
    holder.show()
    qtbot.waitExposed(holder)
    holder.activateWindow()
    yield panel
    holder.close()


@pytest.fixture
def conv(session, inspector):
    session.select(("n2",))
    return inspector.node_page


def focus(qtbot, widget):
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)
    return widget


def type_into(qtbot, field, text):
    focus(qtbot, field)
    line = field.lineEdit() if hasattr(field, "lineEdit") else field
    line.selectAll()
    qtbot.keyClicks(field, text)


def params(session, node_id="n2"):
    return dict(session.graph.nodes[node_id].params)


def test_nothing_selected_shows_the_project(inspector):
    page = inspector.project_page
    assert inspector.page is page
    assert page.name.line.text() == "Demo"
    assert page.facts.text("Layers") == "4"
    assert page.facts.text("Parameters") == "≥ 320"


def test_a_selected_node_shows_its_form(conv, inspector):
    assert inspector.page is conv
    assert conv.title.text() == "Conv2d"
    assert conv.name.line.text() == "conv1"
    assert conv.form.names[:3] == ("in_channels", "out_channels", "kernel_size")
    assert conv.form.field("out_channels").lineEdit().text() == "32"
    assert "docs.pytorch.org" in conv.docs.toolTip()
    assert conv.shapes.facts.text("Output") == "(N, 32, 26, 26)  float32"
    assert conv.cost.facts.text("Parameters") == "320"


def test_a_selected_node_shows_what_it_costs(session, conv):
    assert conv.cost.facts.text("MACs") == "195 kMAC"
    assert conv.cost.facts.text("Kept to train") == "nothing"  # its input is the batch
    assert conv.cost.facts.text("Receptive field") == "3 × 3 pixels"
    session.apply(SetParams("n2", {"stride": 2}))
    assert conv.cost.facts.text("Its stride") == "2 × 2 pixels"


def test_the_project_shows_what_training_takes_and_follows_graph_and_plan(qtbot, session, inspector):
    facts = inspector.project_page.facts
    assert facts.text("Memory to train") == ""  # linear1 is not connected yet
    session.apply(RemoveNodes(("n3", "n4")))
    session.apply(AddNodes((Node("n5", "GELU", "gelu1"), Node("n6", "Output", "out"))))
    session.apply(Connect(PortRef("n2", "out"), PortRef("n5", "in")))
    session.apply(Connect(PortRef("n5", "out"), PortRef("n6", "in")))
    assert facts.text("Weights") == facts.text("Gradients") == "1.25 KiB"
    assert facts.text("Optimizer state") == "2.5 KiB"
    assert facts.text("Activations") == "5.28 MiB"
    session.apply(SetTraining({"optimizer": "SGD", "batch_size": 128}, "Set the plan"))
    assert facts.text("Optimizer state") == "0 B"
    assert facts.text("Memory to train").endswith("batch size 128")
    assert facts.text("Activations") == "10.6 MiB"


def test_several_selected_are_counted(session, inspector):
    session.select(("n1", "n2", "n3"))
    assert inspector.page is inspector.several_page
    assert inspector.several_page.title.text() == "3 layers selected"
    assert inspector.several_page.facts.text("Parameters") == "320"


def test_an_inferred_parameter_shows_what_was_inferred_and_can_be_overridden_and_cleared(
    qtbot, session, conv
):
    field = conv.form.field("in_channels")
    assert field.lineEdit().placeholderText() == "1  from image"
    assert not conv.form.reset_button("in_channels").isVisible()
    type_into(qtbot, field, "16")
    assert params(session)["in_channels"] == 16
    assert conv.form.problem_text("in_channels") == "Expected 1."
    assert field.property("invalid")
    qtbot.mouseClick(conv.form.reset_button("in_channels"), Qt.MouseButton.LeftButton)
    assert "in_channels" not in params(session)
    assert field.lineEdit().text() == ""
    assert conv.form.problem_text("in_channels") == ""


def test_a_burst_of_typing_is_one_undo_step(qtbot, session, conv):
    before = to_bytes(session.project)
    type_into(qtbot, conv.form.field("out_channels"), "128")
    assert params(session)["out_channels"] == 128
    session.undo()
    assert to_bytes(session.project) == before
    assert session.document.undo_label == "Connect"


def test_typing_again_after_enter_is_another_step(qtbot, session, conv):
    field = conv.form.field("out_channels")
    type_into(qtbot, field, "64")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    type_into(qtbot, field, "96")
    session.undo()
    assert params(session)["out_channels"] == 64


def test_undo_shows_the_former_value_although_the_field_has_the_focus(qtbot, session, conv):
    field = conv.form.field("kernel_size")
    type_into(qtbot, field, "5, 7")
    assert params(session)["kernel_size"] == [5, 7]
    session.undo()
    assert field.text() == "3"
    assert field.hasFocus()


def test_the_cursor_stays_while_typing(qtbot, session, conv):
    field = conv.form.field("kernel_size")
    type_into(qtbot, field, "5,7")
    field.lineEdit().setCursorPosition(1)
    qtbot.keyClicks(field, "1")
    assert field.text() == "51,7"
    assert field.lineEdit().cursorPosition() == 2
    assert params(session)["kernel_size"] == [51, 7]


def test_leaving_a_field_writes_the_value_as_it_is_always_written(qtbot, session, conv):
    field = conv.form.field("kernel_size")
    type_into(qtbot, field, "(5,7)")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "5, 7"


def test_a_wrong_value_is_kept_and_marked(qtbot, session, conv):
    field = conv.form.field("kernel_size")
    type_into(qtbot, field, "big")
    assert params(session)["kernel_size"] == "big"
    assert field.text() == "big"
    assert field.property("invalid")
    assert "at least 1" in conv.form.problem_text("kernel_size")
    assert "kernel_size is 'big'" in conv.problems.cards[0].text
    type_into(qtbot, field, "5")
    assert not field.property("invalid")
    assert conv.problems.cards == []


def test_a_word_is_only_told_once_it_is_whole(qtbot, session, conv):
    seen = []
    session.changed.connect(lambda change, touched: seen.append(params(session).get("padding")))
    type_into(qtbot, conv.form.field("padding"), "same")
    assert params(session)["padding"] == "same"
    assert set(seen) <= {"same", None}


def test_half_a_word_is_told_when_the_field_is_left(qtbot, session, conv):
    field = conv.form.field("padding")
    type_into(qtbot, field, "sa")
    assert "padding" not in params(session)
    focus(qtbot, conv.name.line)
    assert params(session)["padding"] == "sa"


def test_emptying_a_field_means_the_default(qtbot, session, conv):
    field = conv.form.field("kernel_size")
    focus(qtbot, field)
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Backspace)
    assert "kernel_size" not in params(session)


def test_arrows_step_from_what_an_empty_field_stands_for(qtbot, session, conv):
    field = focus(qtbot, conv.form.field("groups"))
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert params(session)["groups"] == 2
    qtbot.keyClick(field, Qt.Key.Key_Down)
    qtbot.keyClick(field, Qt.Key.Key_Down)
    assert params(session)["groups"] == 1


def test_an_integer_beyond_32_bits_is_no_trouble(qtbot, session, conv):
    type_into(qtbot, conv.form.field("out_channels"), "99999999999999999999")
    assert params(session)["out_channels"] == 99999999999999999999
    assert conv.form.field("out_channels").property("invalid")


def test_ticking_a_box_sets_a_flag_and_each_tick_is_a_step(qtbot, session, conv):
    box = conv.form.field("bias")
    assert box.isChecked()
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert params(session)["bias"] is False
    qtbot.keyClick(focus(qtbot, box), Qt.Key.Key_Space)
    assert params(session)["bias"] is True
    session.undo()
    assert params(session)["bias"] is False
    assert not box.isChecked()


def test_a_choice_is_set_from_its_list(qtbot, session, conv):
    combo = focus(qtbot, conv.form.field("padding_mode"))
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert params(session)["padding_mode"] == "reflect"


def test_a_choice_that_does_not_exist_is_shown_as_it_is(session, conv):
    session.apply(SetParams("n2", {"padding_mode": "mirror"}))
    assert conv.form.field("padding_mode").currentText() == "mirror"
    assert conv.form.field("padding_mode").property("invalid")
    session.apply(SetParams("n2", {"padding_mode": "zeros"}))
    assert conv.form.field("padding_mode").findText("mirror") == -1


def test_the_wheel_scrolls_past_a_field_without_focus(qtbot, session, conv):
    combo = conv.form.field("padding_mode")
    conv.name.line.setFocus()
    assert not combo.hasFocus()
    before = params(session)
    send_wheel(combo)
    assert params(session) == before


def send_wheel(widget):
    centre = QPointF(widget.rect().center())
    event = QWheelEvent(
        centre, widget.mapToGlobal(centre), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def test_renaming_is_one_step_and_refusals_are_explained(qtbot, session, conv):
    line = conv.name.line
    type_into(qtbot, line, "stem")
    assert session.graph.nodes["n2"].name == "stem"
    type_into(qtbot, line, "image")
    assert session.graph.nodes["n2"].name == "imag"
    assert line.text() == "image"
    assert "already is a node called image" in conv.name.refusal.text()
    session.undo()
    assert session.graph.nodes["n2"].name == "conv1"


def test_renaming_the_project(qtbot, session, inspector):
    type_into(qtbot, inspector.project_page.name.line, "Reader")
    assert session.project.name == "Reader"
    session.undo()
    assert session.project.name == "Demo"
    assert inspector.project_page.name.line.text() == "Demo"


def test_a_fix_in_the_inspector_is_applied_with_a_click(qtbot, session, inspector):
    session.apply(Connect(PortRef("n2", "out"), PortRef("n3", "in")))
    session.select(("n3",))
    (button,) = inspector.node_page.problems.cards[0].fix_buttons
    assert button.text() == "Insert Flatten"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert "Flatten" in {node.type for node in session.graph.nodes.values()}
    assert inspector.node_page.problems.cards == []


def test_the_form_follows_another_type_and_a_removed_node(session, inspector):
    session.select(("n4",))
    assert inspector.node_page.form.names[0] == "input_size"
    session.apply(AddNodes((Node("n9", "ReLU", "relu1"),)))
    session.select(("n9",))
    assert not inspector.node_page.form.isVisible()
    session.undo()
    assert inspector.page is inspector.project_page


def test_another_document_is_read_anew(session, inspector):
    session.select(("n2",))
    session.load(Document(Project("Other")))
    assert inspector.page is inspector.project_page
    assert inspector.project_page.name.line.text() == "Other"


def test_a_bypassed_layer_with_a_size_that_does_not_suit_can_be_looked_at(qtbot, session, inspector):
    session.select(("n3",))
    type_into(qtbot, inspector.node_page.form.field("in_features"), "=size")
    assert params(session, "n3")["in_features"] == "=size"
    session.apply(SetBypassed(("n3",), True))
    assert inspector.node_page.form.field("in_features").lineEdit().text() == "=size"
    session.select(())
    session.select(("n3",))
    assert inspector.page is inspector.node_page


@pytest.mark.parametrize("chosen", [(), ("n2",)], ids=["the project", "a layer"])
def test_an_edit_that_makes_a_problem_is_read_once(session, inspector, monkeypatch, chosen):
    session.select(chosen)
    page, reads = inspector.page, []
    refresh = page.refresh
    monkeypatch.setattr(page, "refresh", lambda: (reads.append(page), refresh()))
    session.apply(SetParams("n2", {"kernel_size": "big"}))
    assert reads == [page]


def test_what_is_found_a_moment_later_is_told(session, inspector):
    session.settle()
    session.apply(AddNodes((Node("n5", "BatchNorm2d", "norm1"),)))
    session.apply(Connect(PortRef("n2", "out"), PortRef("n5", "in")))
    session.select(("n2",))
    assert inspector.node_page.problems.cards == []
    session.settle()
    assert [card.problem.code for card in inspector.node_page.problems.cards] == ["bias-before-batch-norm"]
    session.apply(SetParams("n2", {"bias": False}))
    session.select(())
    before = inspector.project_page.facts.text("Problems")
    session.settle()
    count = len(session.open_problems)
    assert before != inspector.project_page.facts.text("Problems") == f"{count} problems"
