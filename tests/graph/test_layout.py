"""Layout: along the flow, nothing on anything, few crossings, straight where a person draws straight."""

import random
from itertools import combinations, pairwise

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.document import Graph
from graph.layout import Stopped, arrange, drawing_of, is_piled_up, layered
from graph.templates import templates
from tests.graph.drawings import COLUMN, ROW, cards, crossings_of, drawing, drawings, joined, rects
from tests.graph.plain_layout import plain_layout

TEMPLATE_GRAPHS = [
    (f"{template.name}-{name}", graph)
    for template in templates()
    for name, graph in [
        ("main", template.project().graph),
        *((name, block.graph) for name, block in template.project().blocks.items()),
    ]
]


@given(drawings(), st.sampled_from(["right", "down"]))
def test_edges_lead_forward_and_nothing_overlaps(drawn, direction):
    found = arrange(drawn, direction)
    axis = ("right", "down").index(direction)
    assert list(found.positions) == list(drawn.cards)
    for wire in drawn.wires:
        start, end = found.positions[wire.source], found.positions[wire.target]
        assert start[axis] + drawn.cards[wire.source].size[axis] < end[axis]
    for one, other in combinations(rects(drawn, found).values(), 2):
        assert not one.overlaps(other, gap=16)
    assert all(value % 8 == 0 for place in found.positions.values() for value in place)


@given(drawings(with_cycles=True))
def test_only_edges_of_cycles_lead_back_and_nothing_overlaps(drawn):
    found = arrange(drawn)
    for one, other in combinations(rects(drawn, found).values(), 2):
        assert not one.overlaps(other, gap=16)
    flow = nx.DiGraph([(wire.source, wire.target) for wire in drawn.wires])
    cycle_of = {
        name: index for index, names in enumerate(nx.strongly_connected_components(flow)) for name in names
    }
    for wire in drawn.wires:
        if cycle_of[wire.source] != cycle_of[wire.target]:
            assert found.positions[wire.source][0] < found.positions[wire.target][0]


@given(drawings())
def test_the_same_drawing_is_always_laid_out_the_same(drawn):
    assert arrange(drawn) == arrange(drawn)


@given(drawings())
def test_a_layout_that_is_laid_out_again_stays(drawn):
    once = cards(drawn, arrange(drawn))
    assert arrange(once).positions == {name: card.position for name, card in once.cards.items()}


def test_fewer_edges_cross_than_after_sweeps_of_means_alone():
    dice, sums = random.Random(4), [0, 0]
    for _ in range(60):
        count = dice.randint(6, 24)
        pairs = [sorted(dice.sample(range(count), 2)) for _ in range(int(count * 1.5))]
        drawn = drawing(count, pairs, {(s, t): dice.randint(0, 2) for s, t in pairs})
        for index, places in enumerate((arrange(drawn, keeps_order=False).positions, plain_layout(drawn))):
            sums[index] += crossings_of(drawn, places)
    assert sums[0] < sums[1]


@pytest.mark.parametrize(("name", "graph"), TEMPLATE_GRAPHS, ids=[name for name, _ in TEMPLATE_GRAPHS])
def test_templates_are_laid_out_with_no_more_crossings_than_before(name, graph):
    drawn = drawing_of(graph)
    found = arrange(drawn, keeps_order=False).positions
    assert crossings_of(drawn, found) <= crossings_of(drawn, plain_layout(drawn))


def test_a_chain_is_a_straight_line_however_long():
    found = arrange(drawing(60, [(i, i + 1) for i in range(59)]), keeps_order=False)
    assert list(found.positions.values()) == [(i * COLUMN, 0.0) for i in range(60)]


def test_a_residual_block_keeps_its_main_path_in_one_row():
    found = arrange(drawing(5, [(0, 1), (1, 2), (2, 3), (3, 4), (0, 3)]), keeps_order=False)
    assert {y for _, y in found.positions.values()} == {0.0}


def test_what_runs_beside_the_main_path_hangs_below_it():
    chain = [(0, 1), (1, 2), (2, 3), (3, 4)]
    found = arrange(drawing(6, [*chain, (0, 5), (5, 4)]), keeps_order=False)
    rows = [y for _, y in found.positions.values()]
    assert len(set(rows[:5])) == 1
    assert rows[5] == rows[0] + ROW


def test_a_skip_that_arrives_above_the_path_is_straight_itself():
    ports = {(0, 3): 0, (2, 3): 1}
    found = arrange(drawing(5, [(0, 1), (1, 2), (2, 3), (3, 4), (0, 3)], ports), keeps_order=False)
    rows = [y for _, y in found.positions.values()]
    assert rows[0] == rows[3] == rows[4]
    assert rows[1] == rows[2] > rows[0]


def test_nested_skips_make_the_shape_of_a_u():
    chain = [(i, i + 1) for i in range(8)]
    skips = [(0, 8), (1, 7), (2, 6)]
    ports = dict.fromkeys(skips, 1)
    found = arrange(drawing(9, [*chain, *skips], ports), keeps_order=False)
    rows = [y for _, y in found.positions.values()]
    assert rows[0] > rows[1] > rows[2] > rows[3] == rows[4] == rows[5]
    for start, end in skips:  # the skip is level: it leaves by the first port and arrives at the second
        assert rows[end] == rows[start] - 24


def test_equal_branches_lie_on_both_sides_of_their_fork():
    found = arrange(drawing(5, [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)]), keeps_order=False)
    rows = [y for _, y in found.positions.values()]
    assert rows[0] - rows[1] == rows[2] - rows[0] > 0
    assert rows[0] == rows[3] == rows[4]


def test_the_middle_one_of_three_equal_branches_goes_straight_on():
    found = arrange(drawing(5, [(0, i) for i in (1, 2, 3)] + [(i, 4) for i in (1, 2, 3)]), keeps_order=False)
    rows = [y for _, y in found.positions.values()]
    assert rows[0] == rows[2] == rows[4]
    assert rows[1] < rows[2] < rows[3]


def test_a_second_input_stands_right_before_what_it_feeds():
    found = arrange(drawing(7, [(0, 1), (1, 2), (2, 3), (3, 4), (5, 6), (6, 4)]), keeps_order=False)
    columns = [x / COLUMN for x, _ in found.positions.values()]
    assert columns == [0, 1, 2, 3, 4, 2, 3]


def test_parts_that_no_edge_joins_lie_below_each_other_and_single_cards_side_by_side():
    found = arrange(drawing(8, [(0, 1), (1, 2), (2, 3), (4, 5)]), keeps_order=False)
    places = list(found.positions.values())
    assert [y for _, y in places[:4]] == [0.0] * 4
    assert {y for _, y in places[4:6]} == {ROW}
    assert places[6][1] == places[7][1] >= ROW
    assert places[6][0] != places[7][0]


def test_the_first_card_stays_where_it_is():
    drawn = drawing(3, [(0, 1), (1, 2)], at={0: (1000.0, 504.0), 1: (0.0, 0.0), 2: (90.0, 40.0)})
    assert list(arrange(drawn).positions.values()) == [(1000.0 + i * COLUMN, 504.0) for i in range(3)]


def test_cards_stay_in_the_order_in_which_they_were_put_where_that_costs_no_crossing():
    branches = [(0, 1), (0, 2), (1, 3), (2, 4)]
    at = {0: (0.0, 0.0), 1: (224.0, 300.0), 3: (448.0, 300.0), 2: (224.0, -300.0), 4: (448.0, -300.0)}
    rows = [y for _, y in arrange(drawing(5, branches, at=at)).positions.values()]
    assert rows[2] == rows[4] < rows[0] < rows[1] == rows[3]


def test_wider_cards_get_wider_columns():
    drawn = drawing(3, [(0, 1), (1, 2)], sizes={1: (320.0, 88.0)})
    assert [x for x, _ in arrange(drawn, keeps_order=False).positions.values()] == [
        0.0,
        COLUMN,
        COLUMN + 320 + 72,
    ]


def test_a_layout_can_be_called_off():
    asked = []

    def should_stop():
        asked.append(None)
        return len(asked) == 3

    with pytest.raises(Stopped):
        arrange(drawing(40, [(i, i + 1) for i in range(39)]), should_stop=should_stop)
    assert len(asked) == 3


def test_an_empty_graph_has_no_positions():
    assert layered(Graph()) == {}


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_templates_lie_as_they_were_drawn(template):
    assert not is_piled_up(template.project().graph)


def test_nodes_at_one_spot_are_piled_up():
    assert is_piled_up(joined(3, []))
    assert not is_piled_up(joined(1, []))


def test_a_graph_without_positions_is_laid_out_along_its_edges():
    places = layered(joined(4, [(0, 1), (1, 2), (2, 3)]))
    assert all(one[0] < other[0] for one, other in pairwise(places.values()))


def test_a_point_that_an_edge_runs_through_lies_on_the_straight_line_between_its_cards():
    drawn = drawing(
        4, [(0, 1), (1, 2), (0, 3), (3, 2)], {(3, 2): 1}, sizes={1: (152.0, 184.0), 3: (16.0, 16.0)}
    )
    found = arrange(drawn, keeps_order=False).positions
    assert found["n3"][0] == COLUMN + (152 - 16) / 2
    through = arrange(drawing(3, [(0, 1), (1, 2)], sizes={1: (16.0, 16.0)}), keeps_order=False).positions
    assert through["n0"][1] == through["n2"][1] == through["n1"][1] - (76 - 8)
