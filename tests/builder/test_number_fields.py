"""Numbers in the inspector: arrows, the wheel, dragging a name, sizes for each dim, and Escape."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from builder.session import Session
from graph.block_edits import SetBlockParams
from graph.document import BlockParam, Document, Edge, Graph, Node, PortRef, Project
from graph.edits import AddNodes, RenameNode, SetParams
from graph.storage import to_bytes
from tests.builder.drag import Drag
from tests.builder.inspector_hands import shown_inspector
from tests.graph.block_drawings import deep

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
NODES = (
    Node("n1", "Input", "image", {"shape": [3, 28, 28]}),
    Node("n2", "Conv2d", "conv1", {"out_channels": 32, "kernel_size": 3, "padding": "same"}),
    Node("n3", "Dropout", "drop1", {"p": 0.5}),
    Node("n4", "Upsample", "up1", {"scale_factor": 2.0}),
    Node("n5", "ZeroPad2d", "pad1"),
    Node("n6", "AdaptiveAvgPool2d", "gap1"),
    Node("n7", "MaxPool2d", "pool1"),
)
EDGES = tuple(Edge(PortRef("n1", "out"), PortRef(node, "in")) for node in ("n2", "n4", "n5", "n6", "n7"))


@pytest.fixture
def session(qapp):
    return Session(Document(Project("Demo", Graph(NODES, EDGES))))


@pytest.fixture
def show(qtbot, session):
    """Shows the form of a node."""
    panel = shown_inspector(qtbot, session, width=288)

    def form_of(node_id):
        session.select((node_id,))
        QApplication.processEvents()
        return panel.node_page.form

    return form_of


def params(session, node_id="n2"):
    return dict(session.graph.nodes[node_id].params)


def focus(qtbot, widget):
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)
    return widget


def wheel(widget, notches=1):
    centre = QPointF(widget.rect().center())
    event = QWheelEvent(
        centre, widget.mapToGlobal(centre), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
        NONE, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


# -- arrows and the wheel


def test_arrows_and_the_wheel_step_a_number_within_its_bounds(qtbot, session, show):
    field = show("n3").field("p")
    focus(qtbot, show("n2").field("stride"))
    show("n3")
    assert not field.hasFocus()
    wheel(field)
    assert params(session, "n3")["p"] == 0.5  # nobody is in there
    focus(qtbot, field)
    wheel(field)
    assert params(session, "n3")["p"] == 0.55
    QTest.keyClick(field, Qt.Key.Key_PageUp)
    assert params(session, "n3")["p"] == 1.0
    assert field.stepEnabled() == field.StepEnabledFlag.StepDownEnabled
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert field.text() == "0.95"


def test_a_number_out_of_range_says_what_is_expected(qtbot, session, show):
    form = show("n3")
    field = focus(qtbot, form.field("p"))
    field.selectAll()
    QTest.keyClicks(field, "1.5")
    assert field.property("invalid")
    assert form.problem_text("p") == "Expected a number from 0 to 1."
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert params(session, "n3")["p"] == 1.0
    assert form.problem_text("p") == ""


def test_arrows_step_all_sizes_together(qtbot, session, show):
    session.apply(SetParams("n2", {"kernel_size": [3, 5]}))
    field = focus(qtbot, show("n2").field("kernel_size"))
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert params(session)["kernel_size"] == [4, 6]


def test_words_have_no_arrows(show):
    field = show("n2").field("padding")
    assert field.text() == "same"
    assert field.stepEnabled() == field.StepEnabledFlag.StepNone


# -- dragging


def test_a_drag_on_the_name_is_one_step_and_shapes_follow(qtbot, session, show):
    form, before, shapes = show("n2"), to_bytes(session.project), []
    session.changed.connect(lambda *_: shapes.append(str(session.result("n2").outputs["out"])))
    drag = Drag(form.label("out_channels")).steps(4)
    drag.steps(6)
    assert params(session)["out_channels"] == 42
    assert shapes == ["(N, 36, 28, 28)", "(N, 42, 28, 28)"]
    drag.steps(-20).end()
    assert params(session)["out_channels"] == 22
    session.undo()
    assert to_bytes(session.project) == before
    assert session.document.undo_label is None


def test_two_drags_are_two_steps(session, show):
    form = show("n2")
    Drag(form.label("out_channels")).steps(4).end()
    Drag(form.label("out_channels")).steps(4).end()
    assert params(session)["out_channels"] == 40
    session.undo()
    assert params(session)["out_channels"] == 36


def test_shift_is_finer_and_control_coarser(session, show):
    form = show("n2")
    Drag(form.label("out_channels")).steps(10, SHIFT).end()
    assert params(session)["out_channels"] == 33
    Drag(form.label("out_channels")).steps(3, CTRL).end()
    assert params(session)["out_channels"] == 63


def test_escape_takes_a_drag_back_without_a_trace(qtbot, session, show):
    session.apply(RenameNode("n2", "stem"))
    session.document.mark_saved()
    form, before = show("n2"), to_bytes(session.project)
    drag = Drag(form.label("out_channels")).steps(30)
    field = form.field("out_channels")
    qtbot.waitUntil(field.hasFocus)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert to_bytes(session.project) == before
    assert (session.document.undo_label, session.document.is_dirty) == ("Rename to stem", False)
    drag.steps(30).end()
    assert to_bytes(session.project) == before
    assert field.text() == "32"


def test_a_drag_stops_at_the_bounds(session, show):
    Drag(show("n3").label("p")).steps(-90).end()
    assert params(session, "n3")["p"] == 0


def test_a_drag_starts_from_the_default_where_nothing_is_set(session, show):
    Drag(show("n2").label("groups")).steps(7).end()
    assert params(session)["groups"] == 8


def test_a_hand_that_shakes_drags_nothing_and_a_click_goes_to_the_field(qtbot, session, show):
    form, before = show("n2"), to_bytes(session.project)
    Drag(form.label("out_channels")).by(2).end()
    assert to_bytes(session.project) == before
    qtbot.waitUntil(form.field("out_channels").hasFocus)
    assert form.field("out_channels").lineEdit().selectedText() == "32"


@pytest.mark.parametrize("name", ["padding", "in_channels", "bias"])
def test_what_is_no_number_of_its_own_is_not_dragged(session, show, name):
    form, before = show("n2"), to_bytes(session.project)
    assert form.label(name).cursor().shape() == Qt.CursorShape.ArrowCursor
    Drag(form.label(name)).steps(10).end()
    assert to_bytes(session.project) == before


def test_the_mouse_shows_what_can_be_dragged(session, show):
    label = show("n2").label("padding")
    session.apply(SetParams("n2", {"padding": 1}))
    assert label.cursor().shape() == Qt.CursorShape.SizeHorCursor
    assert "Drag sideways" in label.toolTip()


def test_a_form_that_goes_ends_a_drag(session, show):
    drag = Drag(show("n2").label("out_channels")).steps(8)
    show("n3")
    drag.steps(8).end()
    assert params(session)["out_channels"] == 40
    session.undo()
    assert params(session)["out_channels"] == 32


# -- sizes for each dim


def chain_of(form, name):
    return form.entries(name).chain


def seen(form, name):
    return [field.text() for field in form.entries(name).fields if field.isVisible()]


def test_the_chain_splits_a_size_into_one_for_each_dim_and_joins_it(session, show):
    form, before = show("n2"), to_bytes(session.project)
    chain = chain_of(form, "kernel_size")
    assert chain.isChecked()
    assert chain.toolTip() == "One each: height, width"
    QTest.mouseClick(chain, Qt.MouseButton.LeftButton)
    assert params(session)["kernel_size"] == [3, 3]
    assert seen(form, "kernel_size") == ["3", "3"]
    QTest.mouseClick(chain, Qt.MouseButton.LeftButton)
    assert params(session)["kernel_size"] == 3
    assert seen(form, "kernel_size") == []
    session.undo()
    session.undo()
    assert to_bytes(session.project) == before


def test_each_dim_has_its_own_field_and_its_own_name(qtbot, session, show):
    session.apply(SetParams("n2", {"kernel_size": [3, 5]}))
    form = show("n2")
    height, width = form.entries("kernel_size").fields
    assert (height.accessibleName(), width.accessibleName()) == ("kernel_size, height", "kernel_size, width")
    focus(qtbot, width)
    width.selectAll()
    QTest.keyClicks(width, "7")
    assert params(session)["kernel_size"] == [3, 7]
    assert form.field("kernel_size").text() == "3, 7"
    QTest.keyClick(width, Qt.Key.Key_Escape)
    assert params(session)["kernel_size"] == [3, 5]
    assert session.document.undo_label == "Set kernel_size"
    session.undo()
    assert params(session)["kernel_size"] == 3


def test_typing_a_list_shows_a_field_for_each_without_disturbing_the_typing(qtbot, session, show):
    form = show("n2")
    field = focus(qtbot, form.field("kernel_size"))
    field.selectAll()
    QTest.keyClicks(field, "5, 7")
    assert params(session)["kernel_size"] == [5, 7]
    assert field.hasFocus()
    assert seen(form, "kernel_size") == ["5", "7"]
    assert form.reset_button("kernel_size").isVisible()


def test_dragging_the_name_of_one_dim_changes_that_dim(session, show):
    session.apply(SetParams("n2", {"kernel_size": [3, 5]}))
    form = show("n2")
    labels = [label for label in form.findChildren(type(form.label("stride"))) if label.text() == "width"]
    Drag(labels[0]).steps(4).end()
    assert params(session)["kernel_size"] == [3, 9]


@pytest.mark.parametrize(
    ("node_id", "name", "names"),
    [
        ("n4", "scale_factor", "height, width"),
        ("n5", "padding", "left, right, top, bottom"),
        ("n6", "output_size", "height, width"),
    ],
)
def test_dims_are_called_what_they_are(session, show, node_id, name, names):
    form = show(node_id)
    assert chain_of(form, name).toolTip() == f"One each: {names}"
    QTest.mouseClick(chain_of(form, name), Qt.MouseButton.LeftButton)
    assert len(seen(form, name)) == len(names.split(", "))
    assert session.problems_of(node_id) == ()


def test_a_chain_that_cannot_be_opened_says_why(session, show):
    assert chain_of(show("n2"), "padding").toolTip() == "There is no number to split: type one first."
    assert not chain_of(show("n7"), "stride").isEnabled()
    session.apply(SetParams("n2", {"padding": 1}))
    assert chain_of(show("n2"), "padding").isEnabled()


def test_how_many_dims_there_are_may_hang_on_the_input(session, show):
    form = show("n4")
    assert chain_of(form, "scale_factor").isEnabled()
    session.select(())
    session.undo()
    session.document.apply(SetParams("n1", {"shape": [3, 28]}))
    form = show("n4")
    assert not chain_of(form, "scale_factor").isEnabled()
    assert "connect the input" in chain_of(form, "scale_factor").toolTip()


def test_a_size_of_none_keeps_its_place(qtbot, session, show):
    session.apply(SetParams("n6", {"output_size": [None, 4]}))
    form = show("n6")
    assert seen(form, "output_size") == ["none", "4"]
    height = focus(qtbot, form.entries("output_size").fields[0])
    height.selectAll()
    QTest.keyClicks(height, "2")
    assert params(session, "n6")["output_size"] == [2, 4]


def test_an_expression_is_split_too(qtbot, show, session):
    session.load(Document(deep()))
    conv = Node("n9", "Conv2d", "conv1", {"kernel_size": "=width"})
    block = session.project.blocks["Residual"]
    session.apply_to_project(SetBlockParams("Residual", (*block.params, BlockParam("k", "int", 3))))
    session.enter("n2")
    session.apply(AddNodes((conv,)))
    form = show("n9")
    QTest.mouseClick(chain_of(form, "kernel_size"), Qt.MouseButton.LeftButton)
    assert params(session, "n9")["kernel_size"] == ["=width", "=width"]
    width = focus(qtbot, form.entries("kernel_size").fields[1])
    width.selectAll()
    QTest.keyClicks(width, "=k")
    assert params(session, "n9")["kernel_size"] == ["=width", "=k"]
    assert form.computed_text("kernel_size") == "= 8, 3"


# -- the keyboard


def test_tab_goes_through_a_row_before_the_next(qtbot, session, show):
    session.apply(SetParams("n2", {"kernel_size": [3, 5]}))
    form = show("n2")
    entries = form.entries("kernel_size")
    expected = [entries.chain, *entries.fields, form.reset_button("kernel_size"), form.field("stride")]
    focus(qtbot, form.field("kernel_size"))
    for widget in expected:
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is widget


def test_escape_takes_back_what_was_typed_and_enter_keeps_it(qtbot, session, show):
    form, before = show("n2"), to_bytes(session.project)
    field = focus(qtbot, form.field("out_channels"))
    field.selectAll()
    QTest.keyClicks(field, "128")
    assert params(session)["out_channels"] == 128
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert to_bytes(session.project) == before
    assert session.document.undo_label is None
    assert field.text() == field.lineEdit().selectedText() == "32"
    QTest.keyClicks(field, "64")
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert params(session)["out_channels"] == 64


def test_escape_takes_back_text_that_was_not_told_yet(qtbot, session, show):
    field = focus(qtbot, show("n2").field("padding"))
    field.selectAll()
    QTest.keyClicks(field, "va")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "same"
    assert params(session)["padding"] == "same"
