"""An edit that another shape reaches very many nodes from: they are placed anew bit by bit."""

from math import inf

import pytest

from builder.canvas import scene
from graph.edits import MoveNodes, RemoveNodes, SetParams
from tests.builder.canvas.driver import chain

LAYERS = (("Input", "image"), ("ReLU", "first"), ("ReLU", "second"), ("Chunk", "parts"), ("Output", "out"))
PARAMS = {"image": {"shape": [4]}, "parts": {"chunks": 4, "dim": 1}}


@pytest.fixture
def canvas(open_canvas, monkeypatch):
    """A canvas so wide that no card was ever seen up close."""
    monkeypatch.setattr(scene, "TOO_MANY", 3)
    return open_canvas(chain(*LAYERS, spacing=9000.0, **PARAMS))


def boxes(canvas):
    geometry, graph = canvas.scene.geometry, canvas.graph
    edges = {edge.target: geometry.edge(edge) for edge in graph.edges}
    return {node_id: geometry.card(node_id) for node_id in graph.nodes}, edges


def height(canvas):
    _, top, _, bottom = canvas.scene.geometry.card(canvas.id("parts"))
    return bottom - top


def test_their_cards_are_as_large_in_the_end_as_if_they_had_been_opened_so(canvas, open_canvas, qtbot):
    before = height(canvas)
    canvas.session.apply(SetParams("n1", {"shape": [2]}))
    assert canvas.scene.is_loading
    qtbot.waitUntil(lambda: not canvas.scene.is_loading)
    assert height(canvas) < before
    assert boxes(canvas) == boxes(open_canvas(canvas.session.project.copy()))
    assert canvas.scene.far.is_complete


def test_edits_meanwhile_go_on_from_there(canvas, open_canvas, qtbot):
    canvas.session.apply(SetParams("n1", {"shape": [2]}))
    canvas.session.apply(MoveNodes({"n4": (0.0, 800.0)}))
    canvas.session.apply(RemoveNodes(("n5",)))
    canvas.session.undo()
    canvas.session.undo()
    canvas.session.undo()
    canvas.session.redo()
    qtbot.waitUntil(lambda: not canvas.scene.is_loading)
    assert boxes(canvas) == boxes(open_canvas(canvas.session.project.copy()))


def test_cards_that_are_seen_up_close_do_not_wait(canvas, qtbot):
    card = canvas.scene.nodes["n4"]
    before = len(card.ports)
    canvas.session.apply(SetParams("n1", {"shape": [2]}))
    assert len(card.ports) < before


def test_only_tiles_with_what_was_selected_are_drawn_anew(canvas, monkeypatch):
    monkeypatch.setattr(scene, "MANY", 1)
    far = canvas.scene.far
    far.make(inf)
    canvas.session.select(["n1", "n2"])
    assert [set(tile.members) for tile in far.tiles if tile.is_stale] == [{"n1"}, {"n2"}]
    far.make(inf)
    assert ["selected" in tile.rings for tile in far.tiles] == [True, True, False, False, False]
    canvas.session.select(["n2", "n3", "n4"])
    far.make(inf)
    assert ["selected" in tile.rings for tile in far.tiles] == [False, True, True, True, False]
