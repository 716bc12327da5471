"""Find: by name, type, parameter and value, in the main graph and inside blocks, and the way there."""

import pytest
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from builder.find_index import MAX_HITS, FindIndex
from graph.annotation_edits import AddAnnotations, SetNote
from graph.annotations import Frame, Note
from graph.block_edits import AddBlock, SetBlockParams
from graph.document import Block, BlockParam, Document, Graph, Node, Project
from graph.edits import AddNodes, Batch, RemoveNodes, RenameNode, SetParams
from graph.templates import template
from tests.graph.block_drawings import deep

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def places(index, query, shown=None):
    return [" > ".join((*hit.places, hit.name)) for hit in index.find(query, shown)]


def flat(*nodes):
    """A graph of nodes without edges: type, name, parameters."""
    made = [Node(f"n{number}", kind, name, params) for number, (kind, name, params) in enumerate(nodes)]
    return FindIndex(Project(graph=Graph(made)))


# -- what is found


def test_names_come_before_types_and_types_before_parameters():
    index = flat(
        ("Linear", "head", {"out_features": 10}),
        ("ReLU", "act", {}),
        ("Linear", "relu_like", {}),
        ("Conv2d", "relu", {}),
        ("ReLU6", "clip", {}),
        ("Conv2d", "first", {"kernel_size": 3, "padding_mode": "relu-free"}),
    )
    assert places(index, "relu") == ["relu", "act", "relu_like", "clip", "first"]


@pytest.mark.parametrize(("query", "found"), [
    ("stride=2", ["down", "wide"]), ("stride", ["down", "wide", "same"]), ("STRIDE=2", ["down", "wide"]),
    ("conv2d 64", ["wide"]), ("=channels", ["wide"]), ("bias=false", ["same"]), ("(0, 1)", ["turn"]),
    ("padding_mode", ["same", "down", "wide"]), ("nothing", []), ("conv2d nothing", []), ("", []), ("  ", []),
])  # fmt: skip
def test_parameters_and_values_are_found_set_ones_first(query, found):
    index = flat(
        ("Conv2d", "same", {"out_channels": 32, "bias": False}),
        ("Conv2d", "down", {"out_channels": 32, "stride": 2}),
        ("Conv2d", "wide", {"out_channels": "=channels * 64", "stride": 2}),
        ("Permute", "turn", {"dims": (0, 1)}),
    )
    assert places(index, query) == found


def test_a_parameter_left_alone_is_found_at_its_default_and_not_once_it_is_set():
    index = flat(("Conv2d", "plain", {}), ("Conv2d", "strided", {"stride": 2}))
    (hit,) = index.find("stride=1")
    assert (hit.name, hit.param) == ("plain", "stride=1 by default")


def test_what_fits_is_told_letters_and_parameter():
    index = flat(("Conv2d", "stem_conv", {"kernel_size": 7}))
    (hit,) = index.find("conv kernel")
    assert (hit.letters, hit.param) == ((5, 6, 7, 8), "kernel_size=7")
    (hit,) = index.find("conv2d")
    assert (hit.letters, hit.param) == ((), "")


def test_letters_in_order_are_enough_where_nothing_has_them_together():
    index = flat(("Linear", "patch_embed", {}), ("Linear", "head", {}))
    assert places(index, "pemb") == ["patch_embed"]
    assert places(index, "hd") == ["head"]
    assert places(index, "dh") == []


def test_inside_blocks_each_way_is_a_result():
    index = FindIndex(deep())
    assert places(index, "inner") == ["res1 > inner", "pair1 > first > inner", "pair1 > second > inner"]
    assert places(index, "second inner") == ["pair1 > second > inner"]
    assert places(index, "pair1 relu") == ["pair1 > first > relu", "pair1 > second > relu"]
    assert places(index, "pair1") == ["pair1"]  # and not all that is inside
    assert places(index, "residual") == ["res1", "pair1 > first", "pair1 > second"]


def test_the_graph_in_sight_comes_first():
    index = FindIndex(deep())
    assert places(index, "linear")[0] == "res1 > inner"
    assert places(index, "input")[:2] == ["image", "res1 > x"]
    assert places(index, "input", shown="Pair")[0] == "pair1 > x"


def test_changes_are_found_and_what_is_gone_is_not():
    document = Document(deep())
    index = FindIndex(document.project)
    assert places(index, "fresh") == []
    document.apply(RenameNode("n2", "fresh"))
    assert places(index, "fresh") == ["fresh"]
    assert places(index, "fresh inner") == ["fresh > inner"]
    document.apply(AddNodes([Node("n9", "Dropout", "late", {"p": 0.25})]))
    assert places(index, "p=0.25") == ["late"]
    document.apply(SetParams("n9", {"p": 0.5}))
    assert places(index, "p=0.25") == []
    document.apply(RemoveNodes(["n2"]))
    assert places(index, "inner") == ["pair1 > first > inner", "pair1 > second > inner"]
    document.undo()
    assert len(places(index, "inner")) == 3


def test_frames_and_notes_are_found_by_their_text():
    document = Document(deep())
    index = FindIndex(document.project)
    note = Note("t1", "Why two of them:\nsee the paper", (500.0, 80.0))
    document.apply(AddAnnotations([Frame("f1", "Encoder half")], [note]))
    assert places(index, "encoder") == ["Encoder half"]
    assert places(index, "the paper") == ["Why two of them: see the paper"]
    assert places(index, "note") == ["Why two of them: see the paper"]
    document.apply(SetNote("t1", text="gone"))
    assert places(index, "paper") == []


def test_a_blocks_new_default_is_found_once_the_index_is_told():
    document = Document(deep())
    index = FindIndex(document.project)
    assert "res1" not in places(index, "width=99")
    document.apply(SetBlockParams("Residual", (BlockParam("width", "int", 99),)))
    index.forget()
    assert "res1" in places(index, "width=99")


def test_of_very_many_the_best_are_listed_and_all_are_counted():
    nodes = [Node(f"n{number}", "ReLU", f"relu{number}") for number in range(5000)]
    hits = FindIndex(Project(graph=Graph(nodes))).find("relu4999")
    assert ([hit.name for hit in hits], hits.count) == (["relu4999"], 1)
    hits = FindIndex(Project(graph=Graph(nodes))).find("relu")
    assert (len(hits), hits.count) == (MAX_HITS, 5000)


def test_blocks_in_blocks_do_not_multiply_without_end():
    """Thirty blocks, each with two of the next inside: a billion ways to the last."""
    project = Project(graph=Graph([Node("a", "B0", "top")]))
    document = Document(project)
    blocks = [
        Block(f"B{depth}", Graph([Node("l", f"B{depth + 1}", "left"), Node("r", f"B{depth + 1}", "right")]))
        for depth in range(30)
    ]
    last = Block("B30", Graph([Node("x", "ReLU", "needle")]))
    document.apply(Batch("Add", [AddBlock(block) for block in (last, *reversed(blocks))]))
    hits = FindIndex(document.project).find("needle")
    assert hits
    assert len(hits[0].path) == 31


# -- in the window


class Finder:
    """Somebody who looks for something in a window."""

    def __init__(self, window):
        self.window, self.session = window, window.session
        self.bar = window.tools.finder
        self.picker = self.bar.picker

    def ask(self, text):
        self.window.activateWindow()
        QTest.keyClick(QApplication.focusWidget() or self.window, Qt.Key.Key_F, CONTROL)
        QTest.keyClicks(self.picker.field, text)

    def press(self, key, modifiers=NO_KEY):
        QTest.keyClick(QApplication.focusWidget(), key, modifiers)

    @property
    def rows(self):
        return [(row.title, row.right) for row in self.picker.rows]

    @property
    def here(self):
        """Where the window is: the instances entered and the node selected, by name."""
        blocks, graph, names = self.session.project.blocks, self.session.project.graph_of(None), []
        for node_id in (*self.session.scope, *self.session.selection):
            node = graph.nodes[node_id]
            names.append(node.name)
            graph = blocks[node.type].graph if node.type in blocks else graph
        return " > ".join(names)


@pytest.fixture
def finder(window):
    window.files.new_project(deep())
    window.canvas.setFocus()
    return Finder(window)


def test_ctrl_f_asks_and_enter_goes_into_the_block(finder):
    finder.ask("inner")
    assert finder.rows == [("inner", "res1"), ("inner", "pair1 › first"), ("inner", "pair1 › second")]
    assert finder.here == ""  # typing moves nothing
    finder.press(Qt.Key.Key_Return)
    assert finder.here == "res1 > inner"
    assert finder.window.breadcrumb.texts == ["Deep", "res1 (Residual)"]
    assert finder.picker.isVisible()
    assert finder.picker.field.hasFocus()


def test_enter_again_goes_on_and_round_and_shift_goes_back(finder):
    finder.ask("inner")
    seen = []
    for _ in range(4):
        finder.press(Qt.Key.Key_Return)
        seen.append(finder.here)
    assert seen == ["res1 > inner", "pair1 > first > inner", "pair1 > second > inner", "res1 > inner"]
    finder.press(Qt.Key.Key_Return, SHIFT)
    assert finder.here == "pair1 > second > inner"
    assert finder.picker.hint.text() == "3 of 3 found"


def test_arrow_keys_go_there_at_once(finder):
    finder.ask("inner")
    finder.press(Qt.Key.Key_Down)
    assert finder.here == "pair1 > first > inner"
    finder.press(Qt.Key.Key_Up)
    assert finder.here == "res1 > inner"


def test_a_click_goes_there(finder):
    finder.ask("inner")
    view = finder.picker.list
    QTest.mouseClick(view.viewport(), LEFT, NO_KEY, view.visualRect(view.model().index(2, 0)).center())
    assert finder.here == "pair1 > second > inner"


def test_escape_leaves_the_focus_with_what_was_found(finder):
    finder.ask("outer")
    finder.press(Qt.Key.Key_Return)
    finder.press(Qt.Key.Key_Escape)
    assert not finder.picker.isVisible()
    assert finder.window.canvas.hasFocus()
    assert finder.here == "res1 > outer"


def test_escape_without_a_choice_changes_nothing(finder):
    finder.window.layers.setFocus()
    before = QApplication.focusWidget()
    finder.ask("outer")
    finder.press(Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is before
    assert finder.here == ""


def test_f3_goes_on_without_the_bar_and_asks_where_nothing_was_looked_for(finder):
    finder.press(Qt.Key.Key_F3)
    assert finder.picker.isVisible()
    QTest.keyClicks(finder.picker.field, "relu")
    finder.press(Qt.Key.Key_F3)
    assert finder.here == "res1 > relu"
    finder.press(Qt.Key.Key_Escape)
    finder.press(Qt.Key.Key_F3)
    assert finder.here == "pair1 > first > relu"
    finder.press(Qt.Key.Key_F3, SHIFT)
    finder.press(Qt.Key.Key_F3, SHIFT)
    assert finder.here == "pair1 > second > relu"
    assert not finder.picker.isVisible()


def test_a_note_is_brought_into_sight(finder):
    note = Note("t1", "remember the learning rate", (4000.0, 3000.0))
    finder.session.apply(AddAnnotations(notes=[note]))
    finder.ask("learning rate")
    assert finder.rows == [("remember the learning rate", "")]
    finder.press(Qt.Key.Key_Return)
    canvas = finder.window.canvas
    x, y = note.position
    assert canvas.visible_area.contains(QRectF(x, y, *note.size))


def test_f3_goes_on_from_what_is_selected(finder):
    finder.ask("inner")
    finder.press(Qt.Key.Key_Escape)
    finder.session.show_scope(("n3", "n2"))
    finder.session.select(["n2"])
    finder.window.canvas.setFocus()
    finder.press(Qt.Key.Key_F3)
    assert finder.here == "pair1 > second > inner"


def test_the_list_follows_the_document(finder):
    finder.ask("relu")
    finder.session.apply(AddNodes([Node("n8", "ReLU", "relu_new")]))
    assert ("relu_new", "") in finder.rows
    QTest.keyClick(finder.picker.field, Qt.Key.Key_A, CONTROL)  # all of the text, not of the canvas
    assert finder.session.selection == ()


def test_another_project_is_searched_anew(finder):
    finder.ask("inner")
    finder.session.document.mark_saved()
    finder.window.files.new_project(template("SmallCNN").project())
    assert not finder.picker.isVisible()
    finder.ask("conv2")
    assert finder.rows[0] == ("conv2", "")


def test_what_was_found_is_readable_and_not_under_the_bar(finder):
    finder.session.document.mark_saved()
    finder.window.files.new_project(template("ResNet18").project())
    finder.ask("logits")
    canvas = finder.window.canvas
    assert canvas.zoom < 1
    for _ in range(3):
        canvas.zoom_by(0.5)
    finder.press(Qt.Key.Key_Return)
    (node_id,) = finder.session.selection
    card = canvas.mapFromScene(canvas.graph_scene.bounds([node_id])).boundingRect()
    assert canvas.zoom >= 0.6
    assert canvas.viewport().rect().contains(card.center())
    bar = QRect(canvas.viewport().mapFrom(finder.window.editor, finder.picker.pos()), finder.picker.size())
    assert not bar.intersects(card)


def test_nothing_found_says_so_and_an_empty_field_what_can_be_found(finder):
    finder.ask("")
    assert "also inside blocks" in finder.picker.hint.text()
    finder.ask("qqzz")
    assert finder.picker.hint.text() == "Nothing fits “qqzz”."
    finder.press(Qt.Key.Key_Return)
    finder.press(Qt.Key.Key_Down)
    assert finder.picker.isVisible()


def test_without_a_project_it_says_why_not(window):
    for action in ("edit.find", "edit.find_next", "edit.find_previous"):
        assert window.actions_.why_disabled(action) == "No project is open."
