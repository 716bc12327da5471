"""Points that edges run through: put there from the search box or the palette, and met from either side."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QPointF, Qt

from graph.edits import MoveNodes
from tests.builder.canvas.test_adding import drop

ALT = Qt.KeyboardModifier.AltModifier


def places(canvas):
    return {node.name: node.position for node in canvas.graph.nodes.values() if node.type != "Reroute"}


def between(canvas, source, target):
    edge = canvas.edge_item(source, target)
    return (edge.start + edge.end) / 2


def ways_to_a_point(canvas, at):
    return {
        "search": lambda: (canvas.double_click(at), canvas.type("reroute")),
        "palette": lambda: drop(canvas, "Reroute", at),
        "double-click": lambda: canvas.double_click(at, ALT),
    }


@pytest.mark.parametrize("way", ["search", "palette", "double-click"])
def test_a_point_takes_no_room_and_does_not_bend_a_straight_edge(canvas, way):
    before, at = places(canvas), between(canvas, "conv1", "relu1")
    ways_to_a_point(canvas, at)[way]()
    assert "conv1.out -> reroute1.in" in canvas.edges()
    assert "reroute1.out -> relu1.in" in canvas.edges()
    assert places(canvas) == before
    for ends in (("conv1", "reroute1"), ("reroute1", "relu1")):
        edge = canvas.edge_item(*ends)
        assert edge.start.y() == edge.end.y() == at.y()


@pytest.fixture
def back(canvas):
    """An edge that leads back to a card below, through a point on its way."""
    x, y = canvas.graph.by_name("conv1").position
    canvas.session.apply(MoveNodes({canvas.id("relu1"): (x - 400, y + 200)}))
    canvas.view.fit_all()
    lane = canvas.edge_item("conv1", "relu1").path.pointAtPercent(0.5)
    canvas.double_click(lane, ALT)
    return canvas


def highest_and_lowest(path):
    ys = [path.pointAtPercent(step / 50).y() for step in range(51)]
    return min(ys), max(ys)


def turns_of(path):
    """How often a curve changes between leftwards and rightwards."""
    xs = [path.pointAtPercent(step / 100).x() for step in range(101)]
    steps = [after - before for before, after in pairwise(xs) if abs(after - before) > 0.5]
    return sum(a * b < 0 for a, b in pairwise(steps))


def test_an_edge_that_leads_back_runs_through_its_point_without_a_loop(back):
    assert back.item("reroute1").leads_back
    into, out = back.edge_item("conv1", "reroute1").path, back.edge_item("reroute1", "relu1").path
    assert (turns_of(into), turns_of(out)) == (1, 1), "one turn at each card, none at the point"
    for path in (into, out):
        top, bottom = highest_and_lowest(path)
        assert back.edge_item("conv1", "reroute1").start.y() - 1 <= top
        assert bottom <= back.edge_item("reroute1", "relu1").end.y() + 1


def test_a_point_turns_round_when_a_card_comes_to_its_other_side(back):
    x, y = back.item("reroute1").pos().x(), back.graph.by_name("relu1").position[1]
    back.session.apply(MoveNodes({back.id("relu1"): (x + 400, y)}))
    assert not back.item("reroute1").leads_back
    assert turns_of(back.edge_item("conv1", "reroute1").path) == 2
    back.session.undo()
    assert turns_of(back.edge_item("conv1", "reroute1").path) == 1


def test_two_points_on_the_way_back_are_joined_straight(back):
    path = back.edge_item("reroute1", "relu1").path
    along = next(
        at
        for step in range(50)
        if (at := path.pointAtPercent(step / 50)).x() < path.pointAtPercent(0).x() - 90
    )
    back.double_click(QPointF(along), ALT)
    assert back.item("reroute2").leads_back
    assert turns_of(back.edge_item("reroute1", "reroute2").path) == 0


def test_the_end_of_a_point_that_edges_are_drawn_off_lies_where_its_edge_leaves(back):
    item = back.item("reroute1")
    left = item.port_near(item.area.center() - QPointF(14, 0), 12.0)
    assert left is not None
    assert left.is_output
