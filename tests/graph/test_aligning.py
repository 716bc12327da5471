"""Boxes in line and equally far apart."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.aligning import MIN_GAP, Box, aligned, distributed

BOXES = {
    "a": Box((0.0, 0.0), (100.0, 80.0)),
    "b": Box((150.0, 40.0), (60.0, 40.0)),
    "c": Box((400.0, 300.0), (100.0, 120.0)),
}


@pytest.mark.parametrize(
    ("line", "moved"),
    [
        ("left", {"b": (0, 40), "c": (0, 300)}),
        ("right", {"a": (400, 0), "b": (440, 40)}),
        ("centre-x", {"a": (200, 0), "b": (220, 40), "c": (200, 300)}),
        ("top", {"b": (150, 0), "c": (400, 0)}),
        ("bottom", {"a": (0, 340), "b": (150, 380)}),
        ("centre-y", {"a": (0, 170), "b": (150, 190), "c": (400, 150)}),
    ],
)
def test_boxes_are_brought_in_line_with_the_outermost(line, moved):
    assert aligned(BOXES, line) == moved


def test_pinned_boxes_stay_and_decide_the_line():
    assert aligned(BOXES, "left", pinned={"b"}) == {"a": (150, 0), "c": (150, 300)}
    assert aligned(BOXES, "top", pinned=BOXES) == {}
    assert aligned({}, "left") == {}


def test_gaps_are_made_equal_between_the_outermost():
    assert distributed(BOXES, "across") == {"b": (220, 40)}  # 120 on either side
    assert distributed({"a": BOXES["a"], "c": BOXES["c"]}, "across") == {}


def test_a_pinned_box_parts_the_row():
    row = {name: Box((x, 0.0), (10.0, 10.0)) for name, x in zip("abcde", (0, 15, 100, 105, 200), strict=True)}
    assert distributed(row, "across", pinned={"c"}) == {"b": (50, 0), "d": (150, 0)}


def test_boxes_without_room_are_pushed_apart():
    pile = {name: Box((float(n), 0.0), (50.0, 20.0)) for n, name in enumerate("abc")}
    assert distributed(pile, "across") == {"b": (50 + MIN_GAP, 0), "c": (100 + 2 * MIN_GAP, 0)}
    assert "c" not in distributed(pile, "across", pinned={"c"})


@given(
    st.lists(
        st.tuples(st.integers(-500, 500), st.integers(-500, 500), st.integers(8, 200), st.integers(8, 200)),
        min_size=3,
        max_size=8,
    ),
    st.sampled_from(["across", "down"]),
)
def test_all_gaps_are_equal_and_order_stays(places, direction):
    boxes = {str(n): Box((float(x), float(y)), (float(w), float(h))) for n, (x, y, w, h) in enumerate(places)}
    axis = 0 if direction == "across" else 1
    after = {each: distributed(boxes, direction).get(each, box.position) for each, box in boxes.items()}
    order = sorted(boxes, key=lambda each: (boxes[each].start(axis) + boxes[each].end(axis), each))
    gaps = [after[b][axis] - after[a][axis] - boxes[a].size[axis] for a, b in pairwise(order)]
    assert max(gaps) - min(gaps) <= 2  # positions are whole numbers
    assert all(after[each][1 - axis] == boxes[each].position[1 - axis] for each in boxes)
