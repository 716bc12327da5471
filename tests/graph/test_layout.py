"""Layout: along the data flow, nothing on top of anything, few crossings."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.document import Edge, Graph, Node, PortRef
from graph.layout import COLUMN_SPACING, NODE_HEIGHT, is_piled_up, layered
from graph.templates import templates


def joined(count, pairs, type_name="Add"):
    nodes = [Node(f"n{i}", type_name, f"n{i}") for i in range(count)]
    ports = dict.fromkeys(range(count), 0)
    edges = []
    for source, target in pairs:
        edges.append(Edge(PortRef(f"n{source}", "out"), PortRef(f"n{target}", f"in{ports[target]}")))
        ports[target] += 1
    return Graph(nodes, edges)


graphs = st.integers(1, 14).flatmap(
    lambda count: st.builds(
        joined,
        st.just(count),
        st.lists(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(
                lambda pair: pair[0] < pair[1]
            ),
            max_size=24,
        ),
    )
)


@given(graphs)
def test_edges_run_right_and_nothing_overlaps(graph):
    places = layered(graph)
    assert places.keys() == graph.nodes.keys()
    for edge in graph.edges:
        assert places[edge.source.node][0] < places[edge.target.node][0]
    for one, other in combinations(places.values(), 2):
        assert one[0] != other[0] or abs(one[1] - other[1]) >= NODE_HEIGHT
    assert all(value % 8 == 0 for place in places.values() for value in place)


def test_a_chain_is_a_straight_line():
    places = layered(joined(5, [(0, 1), (1, 2), (2, 3), (3, 4)]))
    assert list(places.values()) == [(i * COLUMN_SPACING, 0.0) for i in range(5)]


def test_two_parallel_branches_do_not_cross():
    places = layered(joined(6, [(0, 1), (0, 2), (1, 4), (2, 3), (3, 5), (4, 5)]))
    upper, lower = sorted((places["n1"][1], places["n2"][1]))
    assert (places["n1"][1] - places["n2"][1]) * (places["n4"][1] - places["n3"][1]) > 0
    assert upper < lower


def test_a_cycle_is_laid_out_too():
    places = layered(joined(4, [(0, 1), (1, 2), (2, 1), (2, 3)]))
    assert len(set(places.values())) == 4
    assert places["n0"][0] < places["n1"][0] < places["n3"][0]


def test_an_empty_graph_has_no_positions():
    assert layered(Graph()) == {}


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_templates_lie_as_they_were_drawn(template):
    assert not is_piled_up(template.project().graph)


def test_nodes_at_one_spot_are_piled_up():
    assert is_piled_up(joined(3, []))
    assert not is_piled_up(joined(1, []))
