"""Frames and notes on the canvas, with mouse and keys."""

from math import inf

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtTest import QTest

from builder.canvas.annotation_layer import TITLE_HEIGHT
from builder.theme import GRID
from graph.document import Frame, Note
from graph.frame_contents import contents
from tests.builder.canvas.driver import CHAIN, chain
from tests.builder.canvas.test_blocks import difference, picture

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def framed(open_canvas):
    """The chain with a frame around conv1 and relu1, a note in it and one below the whole."""
    project = chain(*CHAIN)
    project.graph.frames.insert([Frame("f1", "Stem", (200.0, -64.0), (424.0, 184.0), "blue")])
    project.graph.notes.insert([
        Note("t1", "inside", (400.0, -30.0), (64.0, 32.0)),
        Note("t2", "below", (0.0, 200.0), (208.0, 96.0)),
    ])  # fmt: skip
    project.graph.log.take()
    return open_canvas(project)


@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_the_title_of_a_long_frame_is_read_wherever_it_is_looked_at(open_canvas, scale):
    seen = {}
    for title in ("Encoder", ""):
        project = chain(("Input", "image"))
        project.graph.frames.insert([Frame("f1", title, (-4000.0, 200.0), (12_000.0, 900.0), "blue")])
        project.graph.log.take()
        scene = open_canvas(project).scene
        seen[title] = [
            picture(scene, scale, QRectF(left, 100.0, 790.0 / scale, 200.0)) for left in range(0, 2000, 250)
        ]
    for one, other in zip(*seen.values(), strict=True):
        assert difference(one, other) > 0


def places(canvas):
    graph = canvas.graph
    return {each.name: each.position for each in graph.nodes.values()} | {
        each.id: each.position for shelf in (graph.frames, graph.notes) for each in shelf.values()
    }


def test_a_frame_is_put_around_the_selection_and_named_at_once(canvas):
    before = canvas.bytes
    canvas.click(canvas.body("conv1"))
    canvas.click(canvas.body("relu1"), CTRL)
    canvas.key(Qt.Key.Key_G, CTRL | SHIFT)
    (frame,) = canvas.graph.frames.values()
    assert contents(canvas.graph, frame.id) == (canvas.id("conv1"), canvas.id("relu1"))
    cards = canvas.scene.bounds([canvas.id("conv1"), canvas.id("relu1")])
    assert canvas.area(frame.id).contains(cards.adjusted(-16, -16 - TITLE_HEIGHT, 16, 16))
    field = canvas.view.fields.name
    assert (field.hasFocus(), field.placeholderText()) == (True, "Title of the frame")
    QTest.keyClicks(field, "Stem")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert canvas.graph.frames[frame.id].title == "Stem"
    assert canvas.session.selected_annotations == (frame.id,)
    assert canvas.view.hasFocus()
    canvas.session.undo()
    canvas.session.undo()
    assert canvas.bytes == before


def test_dragging_its_bar_moves_a_frame_with_all_that_is_in_it_as_one_step(framed):
    before, start = places(framed), framed.bytes
    framed.drag(framed.bar("f1"), framed.bar("f1") + QPointF(80, 48))
    moved = places(framed)
    for name in ("f1", "t1", "conv1", "relu1"):
        assert moved[name] == (before[name][0] + 80, before[name][1] + 48), name
    for name in ("t2", "image", "flatten1", "head"):
        assert moved[name] == before[name]
    assert framed.session.document.undo_label == "Move 4 items"
    framed.session.undo()
    assert framed.bytes == start
    assert framed.area("f1").topLeft() == QPointF(200, -64)


def test_escape_brings_a_dragged_frame_back(framed):
    start = framed.bytes
    framed.press(framed.bar("f1"))
    framed.move(framed.bar("f1") + QPointF(160, 80))
    assert framed.area("f1").topLeft() != QPointF(200, -64)
    framed.key(Qt.Key.Key_Escape)
    assert framed.area("f1").topLeft() == QPointF(200, -64)
    framed.release(framed.bar("f1"))
    assert framed.bytes == start


def test_inside_a_frame_the_canvas_is_as_empty_as_elsewhere(framed):
    start = framed.bytes
    inside = QPointF(610, 100)
    framed.drag(inside, framed.body("relu1"))
    assert framed.session.all_selected == (framed.id("relu1"),)
    assert framed.bytes == start
    framed.double_click(inside)
    assert framed.view.search.isVisible()


@pytest.mark.parametrize("item_id", ["f1", "t2"])
def test_the_corner_resizes_by_the_grid(framed, item_id):
    start, before = framed.bytes, framed.area(item_id).size()
    framed.drag(framed.corner(item_id), framed.corner(item_id) + QPointF(61, 35))
    size = framed.area(item_id).size()
    assert (size.width() - before.width(), size.height() - before.height()) == (64, 32)
    framed.drag(framed.corner(item_id), framed.area(item_id).topLeft() - QPointF(400, 400))
    assert framed.area(item_id).size().toTuple() == (32, 32)
    framed.session.undo()
    framed.session.undo()
    assert framed.bytes == start


def test_the_mouse_says_where_a_corner_can_be_pulled(framed):
    framed.move(framed.corner("f1"), Qt.MouseButton.NoButton)
    assert framed.view.viewport().cursor().shape() == Qt.CursorShape.SizeFDiagCursor
    framed.move(framed.bar("f1"), Qt.MouseButton.NoButton)
    assert framed.view.viewport().cursor().shape() == Qt.CursorShape.ArrowCursor


@pytest.mark.parametrize("way", ["double-click", "F2"])
def test_the_title_is_edited_in_its_place(framed, way):
    if way == "F2":
        framed.click(framed.bar("f1"))
        framed.key(Qt.Key.Key_F2)
    else:
        framed.double_click(framed.bar("f1"))
    field = framed.view.fields.name
    assert (field.isVisible(), field.text()) == (True, "Stem")
    QTest.keyClicks(field, "Head")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert framed.graph.frames["f1"].title == "Head"
    framed.key(Qt.Key.Key_Z, CTRL)
    assert framed.graph.frames["f1"].title == "Stem"


def test_a_frame_is_coloured_from_its_menu(framed):
    menu = framed.menu(framed.bar("f1"))
    assert framed.session.selected_annotations == ("f1",)
    assert {"frame.red", "edit.rename", "edit.delete"} <= menu.keys()
    menu["frame.red"].trigger()
    assert framed.graph.frames["f1"].color == "red"
    framed.click(framed.body("conv1"))
    assert not framed.actions["frame.red"].isEnabled()
    assert framed.actions.why_disabled("frame.red") == "Select a frame first."


def test_deleting_a_frame_leaves_what_is_in_it(framed):
    start = framed.bytes
    framed.click(framed.bar("f1"))
    framed.key(Qt.Key.Key_Delete)
    assert not framed.graph.frames
    assert len(framed.graph.nodes) == len(CHAIN)
    framed.session.undo()
    assert framed.bytes == start


def test_copying_a_frame_copies_what_is_in_it(framed):
    framed.click(framed.bar("f1"))
    framed.key(Qt.Key.Key_C, CTRL)
    framed.key(Qt.Key.Key_V, CTRL)
    copy = next(each for each in framed.graph.frames if each != "f1")
    types = [framed.graph.nodes[each].type for each in contents(framed.graph, copy)[:2]]
    assert types == ["Conv2d", "ReLU"]
    assert framed.graph.frames[copy].title == "Stem"
    assert copy in framed.session.selected_annotations
    assert framed.session.document.undo_label == "Add 2 nodes"


def test_cutting_and_pasting_a_frame_brings_it_back_once(framed):
    framed.click(framed.bar("f1"))
    framed.key(Qt.Key.Key_X, CTRL)
    assert (len(framed.graph.nodes), list(framed.graph.frames)) == (3, [])
    framed.key(Qt.Key.Key_V, CTRL)
    assert (len(framed.graph.nodes), len(framed.graph.frames), len(framed.graph.notes)) == (5, 1, 2)


def test_duplicating_its_nodes_duplicates_a_frame(framed):
    framed.session.select([framed.id("conv1"), framed.id("relu1")])
    framed.key(Qt.Key.Key_D, CTRL)
    assert len(framed.graph.frames) == 2
    framed.session.undo()
    framed.session.select([framed.id("conv1")])
    framed.key(Qt.Key.Key_D, CTRL)
    assert len(framed.graph.frames) == 1


def test_a_note_is_added_where_the_mouse_is_and_written_at_once(canvas):
    before = canvas.bytes
    at = QPointF(300, 240)
    canvas.menu(at)["graph.note"].trigger()
    (note,) = canvas.graph.notes.values()
    assert (canvas.area(note.id).center() - at).manhattanLength() <= GRID
    editor = canvas.view.fields.note
    assert editor.hasFocus()
    QTest.keyClicks(editor, "two")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.keyClicks(editor, "lines b")  # B and P are keys of the canvas
    QTest.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert canvas.graph.notes[note.id].text == "two\nlines b"
    assert canvas.view.hasFocus()
    canvas.key(Qt.Key.Key_Z, CTRL)
    canvas.key(Qt.Key.Key_Z, CTRL)
    assert canvas.bytes == before


@pytest.mark.parametrize("off", [QPointF(0, 0), QPointF(0, -60)])
def test_a_note_that_is_asked_for_on_a_card_finds_a_place_where_it_can_be_read(canvas, off):
    at = canvas.body("conv1") + off
    canvas.menu(canvas.body("conv1"))  # where nothing else could be meant
    canvas.view.menu_at = at
    canvas.actions["graph.note"].trigger()
    (note,) = canvas.graph.notes.values()
    area = canvas.area(note.id)
    assert not canvas.scene.is_blocked(area)
    assert abs(area.center().y() - at.y()) < 160
    assert area.center().y() < at.y() or off.isNull()  # whichever side is nearer


@pytest.mark.parametrize("scale", [1.0, 0.4, 0.15])
def test_no_edge_crosses_a_title_out(open_canvas, scale):
    project = chain(*CHAIN, spacing=600.0)
    top = 62.0 if scale == 1.0 else 76.0 + 10.0 / scale  # the edge is at 76, far out titles stand above
    frame = Frame("f1", "Stem", (220.0, top), (2000.0, 600.0), "blue")
    project.graph.frames.insert([frame])
    project.graph.log.take()
    canvas = open_canvas(project)
    canvas.view.zoom_by(scale / canvas.view.zoom)
    place = QRectF(236.0, 76.0 - 5.0 / scale, 20.0 / scale, 10.0 / scale)
    crossed = picture(canvas.scene, scale, place)
    edge = canvas.edge_item("image", "conv1").edge
    assert canvas.scene.edges[edge].crosses(place)
    canvas.scene.hide_edge(edge)
    canvas.scene.far.make(inf)
    assert difference(crossed, picture(canvas.scene, scale, place)) <= 1


def test_a_note_is_edited_by_a_double_click_and_kept_when_the_focus_leaves(framed):
    framed.double_click(framed.area("t2").center())
    editor = framed.view.fields.note
    assert editor.toPlainText() == "below"
    QTest.keyClicks(editor, "other")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert framed.graph.notes["t2"].text == "other"
    framed.key(Qt.Key.Key_F2)
    QTest.keyClicks(editor, "third")
    framed.view.setFocus()
    assert framed.graph.notes["t2"].text == "third"
    assert not editor.isVisible()


def test_a_note_is_moved_by_its_text_and_by_the_arrow_keys(framed):
    framed.drag(framed.area("t2").center(), framed.area("t2").center() + QPointF(80, 40))
    assert framed.graph.notes["t2"].position == (80.0, 240.0)
    assert framed.session.document.undo_label == "Move note"
    framed.key(Qt.Key.Key_Right)
    assert framed.graph.notes["t2"].position == (88.0, 240.0)
    assert framed.graph.frames["f1"].position == (200.0, -64.0)


def test_arrow_keys_move_a_frame_with_what_is_in_it(framed):
    before = places(framed)
    framed.click(framed.bar("f1"))
    framed.key(Qt.Key.Key_Down)
    framed.key(Qt.Key.Key_Down)
    assert places(framed)["conv1"] == (before["conv1"][0], before["conv1"][1] + 16)
    framed.session.undo()
    assert places(framed) == before


def test_a_marquee_takes_notes_it_touches_and_frames_it_holds(framed):
    framed.drag(QPointF(160, -110), QPointF(640, 150))
    assert set(framed.session.all_selected) == {"f1", "t1", framed.id("conv1"), framed.id("relu1")}
    framed.drag(QPointF(-40, 320), QPointF(10, 190))
    assert framed.session.all_selected == ("t2",)
    framed.key(Qt.Key.Key_A, CTRL)
    assert len(framed.session.all_selected) == len(CHAIN) + 3
    framed.key(Qt.Key.Key_Escape)
    assert framed.session.all_selected == ()


def test_fitting_shows_frames_and_notes_too(framed):
    framed.view.fit_all()
    everything = framed.view.visible_area
    assert everything.contains(framed.area("t2"))
    assert everything.contains(framed.area("f1"))
    assert framed.scene.bounds().contains(QRectF(0, 200, 208, 96))


def test_another_size_in_the_document_is_shown(framed):
    framed.session.undo()
    framed.drag(framed.corner("f1"), framed.corner("f1") + QPointF(80, 0))
    framed.key(Qt.Key.Key_Z, CTRL)
    assert framed.area("f1").width() == 424
