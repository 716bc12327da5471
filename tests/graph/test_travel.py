"""Ways through a graph."""

import pytest

from graph.document import Graph
from graph.travel import downstream, nearest, neighbour, upstream
from tests.graph.builders import edge, node

#        b - d
# a <         > f    g
#        c - e
PLACES = {"a": (0, 50), "b": (100, 0), "c": (100, 100), "d": (200, 0), "e": (200, 100), "f": (300, 50)}


@pytest.fixture
def graph():
    nodes = [node(name, "Add", name).with_(position=place) for name, place in PLACES.items()]
    nodes.append(node("g", "Add", "g").with_(position=(400, 60)))
    edges = [edge("a.out", "b.in0"), edge("a.out", "c.in0"), edge("b.out", "d.in0"), edge("c.out", "e.in0")]
    return Graph(nodes, [*edges, edge("e.out", "f.in0"), edge("d.out", "f.in1"), edge("d.out", "f.in2")])


def test_what_leads_to_nodes_and_what_they_lead_to(graph):
    assert upstream(graph, ["d"]) == {"a", "b", "d"}
    assert downstream(graph, ["c"]) == {"c", "e", "f"}
    assert upstream(graph, ["d", "e"]) == set("abcde")
    assert downstream(graph, []) == set()


@pytest.mark.parametrize(
    ("start", "way", "end"),
    [
        ("a", "right", "b"),  # of two that are equally near the first by name
        ("b", "right", "d"),
        ("d", "left", "b"),
        ("a", "left", None),
        ("f", "right", None),
        ("f", "left", "d"),
        ("b", "down", "c"),  # reads the same
        ("e", "up", "d"),  # feeds the same
        ("b", "up", None),
        ("f", "down", "g"),  # has no siblings: whatever is nearest
        ("g", "left", None),
        ("g", "up", "f"),
    ],
)
def test_arrows_lead_along_edges_and_between_siblings(graph, start, way, end):
    assert neighbour(graph, start, way) == end


def test_a_journey_begins_at_the_nearest_node(graph):
    assert nearest(graph, (310, 55)) == "f"
    assert nearest(Graph(), (0, 0)) is None


def test_a_cycle_ends(graph):
    graph.insert_edges([edge("f.out", "a.in0"), edge("g.out", "g.in0")])
    assert upstream(graph, ["a"]) == downstream(graph, ["a"]) == set("abcdef")
    assert neighbour(graph, "g", "right") is None
