"""Layout around what a person has decided: frames, pins, notes, a selection."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.annotation_edits import AddAnnotations
from graph.annotations import Frame, Note
from graph.document import Document, Graph, Project
from graph.edits import MoveNodes
from graph.frame_contents import contents
from graph.layout import Rect, arrange, as_edit, drawing_of
from graph.node_flags import SetPinned
from graph.storage import to_bytes
from tests.graph.builders import chain
from tests.graph.drawings import CARD, COLUMN, drawing, drawings, rects

LAYERS = ("Input", "Conv2d", "BatchNorm2d", "ReLU", "Conv2d", "BatchNorm2d", "ReLU", "Output")


@st.composite
def decided(draw):
    """Drawings with pinned cards, and with frames around some cards of their own."""
    drawn = draw(drawings(max_cards=12, max_wires=16))
    names = list(drawn.cards)
    homes = {
        name: f"f{draw(st.integers(0, 1))}" for name in draw(st.lists(st.sampled_from(names), max_size=8))
    }
    if homes and draw(st.booleans()):
        homes["f1"] = "f0"
    frames = {name: Rect((draw(st.integers(-9, 9)) * 40.0, 0.0), (400.0, 300.0)) for name in ("f0", "f1")}
    pinned = frozenset(draw(st.lists(st.sampled_from(names), max_size=3)))
    return replace(drawn, frames=frames, homes=homes, pinned=pinned)


@given(decided(), st.sampled_from(["right", "down"]))
def test_frames_stay_around_their_cards_pins_hold_and_nothing_overlaps(drawn, direction):
    found = arrange(drawn, direction)
    placed = rects(drawn, found)
    for name in drawn.pinned:
        assert placed[name] == drawn.cards[name]
    for one, other in combinations(placed, 2):
        assert {one, other} <= drawn.pinned or not placed[one].overlaps(placed[other])
    for name, home in drawn.homes.items():
        inner = placed[name] if name in placed else found.frames[name]
        assert holds(found.frames[home], inner)


@given(decided())
def test_what_is_in_no_frame_lies_outside(drawn):
    drawn = replace(drawn, pinned=frozenset())
    found = arrange(drawn)
    for name, card in rects(drawn, found).items():
        home, around = drawn.homes.get(name), set()
        while home:
            around.add(home)
            home = drawn.homes.get(home)
        for frame in found.frames.keys() - around:
            assert not found.frames[frame].overlaps(card)


def test_cards_of_a_frame_stay_together_beside_a_branch_that_passes_it():
    pairs = [(0, 1), (1, 2), (2, 3), (3, 4), (0, 5), (5, 4)]
    drawn = replace(
        drawing(6, pairs),
        frames={"f": Rect((0.0, 0.0), (500.0, 300.0))},
        homes={"n1": "f", "n2": "f", "n3": "f"},
    )
    found = arrange(drawn, keeps_order=False)
    frame, card = found.frames["f"], found.positions
    assert card["n0"][1] == card["n1"][1] == card["n2"][1] == card["n3"][1] == card["n4"][1]
    assert [card[f"n{i}"][0] - card["n1"][0] for i in (2, 3)] == [COLUMN, 2 * COLUMN]
    assert not frame.overlaps(Rect(card["n5"], CARD))


def test_a_frame_is_laid_out_with_the_graph_in_one_step_that_can_be_taken_back():
    document = Document(Project(graph=chain(*LAYERS)))
    document.apply(
        AddAnnotations([Frame("f1", "stage", (440.0, -60.0), (700.0, 260.0))], [Note("t1", "slow")])
    )
    inside = set(contents(document.graph, "f1")) & document.graph.nodes.keys()
    assert len(inside) == 3
    document.apply(MoveNodes({node_id: (500.0, 37.0 * i) for i, node_id in enumerate(inside)}))
    before, steps = to_bytes(document.project), document.undo_label
    document.apply(as_edit(document.graph, arrange(drawing_of(document.graph))))
    assert set(contents(document.graph, "f1")) & document.graph.nodes.keys() == inside
    assert len({node.position[1] for node in document.graph.nodes.values()}) == 1
    assert document.undo_label == "Arrange"
    document.undo()
    assert to_bytes(document.project) == before
    assert document.undo_label == steps


def test_what_stands_well_is_no_edit():
    document = Document(Project(graph=chain(*LAYERS)))
    document.apply(as_edit(document.graph, arrange(drawing_of(document.graph))))
    assert as_edit(document.graph, arrange(drawing_of(document.graph))) is None


def test_a_pinned_card_stays_and_the_others_line_up_with_it():
    at = {0: (40.0, 900.0), 1: (0.0, 0.0), 2: (1003.0, 77.0), 3: (5.0, 3.0)}
    drawn = replace(drawing(4, [(0, 1), (1, 2), (2, 3)], at=at), pinned=frozenset({"n2"}))
    places = list(arrange(drawn).positions.values())
    assert places[2] == (1003.0, 77.0)
    assert [x for x, _ in places] == pytest.approx(
        [1003 - 2 * COLUMN, 1003 - COLUMN, 1003, 1003 + COLUMN], abs=4
    )
    assert [y for _, y in places] == pytest.approx([77] * 4, abs=4)


def test_two_pins_far_apart_draw_the_flow_out_between_them():
    at = {0: (0.0, 0.0), 3: (2000.0, 400.0)}
    drawn = replace(drawing(5, [(i, i + 1) for i in range(4)], at=at), pinned=frozenset({"n0", "n3"}))
    places = list(arrange(drawn).positions.values())
    assert (places[0], places[3]) == ((0.0, 0.0), (2000.0, 400.0))
    assert [x for x, _ in places] == [0.0, COLUMN, 2 * COLUMN, 2000.0, 2000.0 + COLUMN]


def test_a_pin_in_the_way_is_gone_around():
    at = {0: (0.0, 0.0), 4: (COLUMN + 8, 16.0)}
    drawn = replace(drawing(5, [(0, 1), (1, 2), (2, 3)], at=at), pinned=frozenset({"n4"}))
    placed = rects(drawn, arrange(drawn))
    assert placed["n4"].position == (COLUMN + 8, 16.0)
    assert not any(placed[f"n{i}"].overlaps(placed["n4"]) for i in range(4))


def test_pinned_nodes_of_a_document_are_known():
    document = Document(Project(graph=chain(*LAYERS)))
    document.apply(SetPinned(("n3",)))
    assert drawing_of(document.graph).pinned == {"n3"}


def test_a_note_goes_along_with_the_card_beside_it():
    drawn = replace(
        drawing(3, [(0, 1), (1, 2)], at={0: (0.0, 0.0), 1: (30.0, 40.0), 2: (900.0, 700.0)}),
        notes={"t": Rect((900.0, 560.0), (208.0, 96.0))},
    )
    found = arrange(drawn)
    assert found.positions["n2"] == (2 * COLUMN, 0.0)
    assert found.positions["t"] == (2 * COLUMN, -140.0)


def test_only_the_selection_is_laid_out_and_keeps_clear_of_the_rest():
    graph = chain(*LAYERS)
    document = Document(Project(graph=graph))
    document.apply(
        MoveNodes({"n2": (0.0, 300.0), "n3": (60.0, 340.0), "n4": (200.0, 310.0), "n7": (224.0, 308.0)})
    )
    drawn = drawing_of(graph, ["n2", "n3", "n4"])
    found = arrange(drawn)
    assert set(found.positions) == {"n2", "n3", "n4"}
    assert len({y for _, y in found.positions.values()}) == 1
    for card in rects(drawn, found).values():
        assert not any(card.overlaps(other) for other in drawn.others)


def test_a_frame_goes_along_with_a_selection_that_is_all_there_is_in_it():
    document = Document(Project(graph=chain(*LAYERS)))
    document.apply(AddAnnotations([Frame("f1", "", (440.0, -60.0), (780.0, 260.0))]))
    inside = [name for name in contents(document.graph, "f1") if name in document.graph.nodes]
    assert drawing_of(document.graph, inside).frames.keys() == {"f1"}
    assert not drawing_of(document.graph, inside[1:]).frames
    assert Rect((440.0, -60.0), (780.0, 260.0)) in drawing_of(document.graph, ["n1", "n8"]).others


def test_nothing_is_laid_out_of_nothing():
    assert arrange(drawing_of(Graph())).positions == {}


def holds(outer, inner):
    return all(outer.position[i] < inner.position[i] and inner.end(i) < outer.end(i) for i in (0, 1))
