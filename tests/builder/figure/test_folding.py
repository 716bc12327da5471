"""A figure in rows: nothing lies on anything else, whatever leads where."""

from itertools import combinations

import pytest
from PySide6.QtCore import QPointF

from builder.figure.drawing import figure_of
from builder.figure.folding import folded, num_columns
from builder.figure.options import COLUMN, PAGE, FigureOptions
from builder.figure.scene import FigureScene, rounded
from builder.figure.style import figure_style
from builder.session import Session
from graph.document import Document
from graph.templates import template

NAMES = ["MLP", "UNet", "ViT", "Siamese", "MultiHead", "GPT"]


def session_of(name):
    return Session(Document(template(name).project()))


def fold_of(session, columns):
    scene = FigureScene(session, figure_style("print"))
    boxes = {node_id: scene.geometry.card(node_id) for node_id in session.graph.nodes}
    fold = folded(session.graph, boxes, columns, gap=72.0)
    scene.show_at(fold.positions)
    scene.tracks = fold.tracks
    return scene, fold


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("columns", [2, 3, 5])
def test_cards_do_not_overlap_and_no_edge_runs_through_one(qapp, name, columns):
    session = session_of(name)
    scene, fold = fold_of(session, columns)
    cards = {node_id: scene.nodes[node_id].area for node_id in session.graph.nodes}
    for one, other in combinations(cards.values(), 2):
        assert not one.intersects(other)
    for edge in fold.tracks:
        path = scene.edges[edge].path
        for node_id, card in cards.items():
            inside = card.adjusted(2, 2, -2, -2)
            assert not any(inside.contains(path.pointAtPercent(step / 200)) for step in range(201)), (
                f"{edge} runs through {session.graph.nodes[node_id].name}"
            )


@pytest.mark.parametrize("name", NAMES)
def test_every_edge_past_other_cards_has_a_lane_of_its_own(qapp, name):
    session = session_of(name)
    _, fold = fold_of(session, 2)
    x_of = {node_id: x for node_id, (x, _) in fold.positions.items()}
    for edge in session.graph.edges:
        goes_back = x_of[edge.target.node] <= x_of[edge.source.node]
        assert not goes_back or edge in fold.tracks
    heights = [height for tracks in fold.tracks.values() for height in tracks[1::2]]
    assert len(heights) == len(set(heights))


def test_a_row_holds_as_many_cards_as_fit(qapp):
    assert num_columns(room=400.0, gap=40.0) == 2
    assert num_columns(room=800.0, gap=40.0) == 4
    assert num_columns(room=50.0, gap=40.0) == 2  # drawn smaller rather than as a ladder


def test_both_widths_of_a_paper_can_be_read(qapp):
    session = session_of("UNet")
    for width in (COLUMN, PAGE):
        with figure_of(session, FigureOptions(width=width, is_folded=True)) as figure:
            assert figure.size[0] <= width + 0.01
            assert figure.smallest_text >= 5


def test_runs_turn_smoothly_and_end_where_they_should(qapp):
    path = rounded([QPointF(0, 0), QPointF(40, 0), QPointF(40, 60), QPointF(90, 60)])
    assert path.pointAtPercent(0) == QPointF(0, 0)
    assert path.pointAtPercent(1) == QPointF(90, 60)
    corner = min((path.pointAtPercent(step / 100) - QPointF(40, 0)).manhattanLength() for step in range(101))
    assert 1 < corner < 12
