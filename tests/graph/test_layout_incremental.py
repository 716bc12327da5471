"""Adding to a layout that stands: little moves, and what moves goes along the flow."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.block_edits import made_inside
from graph.document import Document, Graph, Node, PortRef, Project
from graph.edits import AddNodes
from graph.inserting import InsertNode
from graph.layout import arrange, as_edit, drawing_of, fit_in
from graph.storage import from_bytes, to_bytes
from graph.templates import template
from tests.graph.builders import chain, edge
from tests.graph.drawings import COLUMN, drawings, rects


def laid_out(project):
    document = Document(project)
    for scope in project.scopes():
        with project.inside(scope) as graph:
            edit = as_edit(graph, arrange(drawing_of(graph), keeps_order=False))
        if edit is not None:
            document.apply(made_inside(edit, scope))
    return document


def places(graph):
    return {node.id: node.position for node in graph.nodes.values()}


def shifts(before, after):
    return {n: (after[n][0] - x, after[n][1] - y) for n, (x, y) in before.items()}


@pytest.fixture
def resnet():
    return laid_out(template("ResNet18").project())


def test_a_layer_put_into_resnet_moves_nothing_before_it_and_the_rest_along_the_flow(resnet):
    graph = resnet.graph
    before = places(graph)
    target = graph.by_name("stage3")
    resnet.apply(InsertNode(PortRef(target.id, "x"), "ReLU"))
    moved = shifts(before, arrange(drawing_of(graph)).positions)
    ahead = {name for name, (x, _) in before.items() if x < before[target.id][0]}
    assert len(ahead) > 5
    assert {moved[name] for name in ahead} == {(0.0, 0.0)}
    assert {moved[name] for name in moved.keys() - ahead} == {(COLUMN, 0.0)}


def test_a_layer_put_into_the_main_path_of_a_residual_block_moves_what_follows(resnet):
    block = resnet.project.blocks["DownBlock"].graph
    before = places(block)
    relu = block.by_name("relu1")
    resnet.apply(made_inside(InsertNode(PortRef(relu.id, "in"), "Dropout"), "DownBlock"))
    with resnet.project.inside("DownBlock") as graph:
        moved = shifts(before, arrange(drawing_of(graph)).positions)
    for name, (x, _) in before.items():
        assert moved[name] == ((COLUMN, 0.0) if x >= before[relu.id][0] else (0.0, 0.0))


def test_a_layer_put_into_a_branch_with_room_moves_nothing_else(resnet):
    block = resnet.project.blocks["DownBlock"].graph
    before, shortcut = places(block), block.by_name("shortcut_norm")
    add = next(e for e in block.outgoing(shortcut.id))
    node = Node("new", "ReLU", "new", position=(5000.0, 3000.0))
    with resnet.project.inside("DownBlock") as graph:
        graph.delete_edges([add])
        graph.insert_nodes([node])
        graph.insert_edges([edge(f"{shortcut.id}.out", "new.in"), edge("new.out", str(add.target))])
        found = arrange(drawing_of(graph)).positions
    assert set(shifts(before, found).values()) == {(0.0, 0.0)}
    assert found["new"] == (before[shortcut.id][0] + COLUMN, before[shortcut.id][1])


def test_a_loose_new_layer_moves_nothing(resnet):
    before = places(resnet.graph)
    resnet.apply(AddNodes([Node("new", "ReLU", "new", position=(900.0, 20.0))]))
    found = arrange(drawing_of(resnet.graph)).positions
    assert set(shifts(before, found).values()) == {(0.0, 0.0)}


# -- files in which some nodes have no position


def test_nodes_without_a_position_in_a_file_go_beside_their_neighbours_and_the_others_stay():
    document = Document(Project(graph=chain("Input", "Conv2d", "ReLU", "Output")))
    file = json.loads(to_bytes(document.project))
    nodes = {node["id"]: node for node in file["graph"]["nodes"]}
    del nodes["n2"]["position"]
    nodes["n1"]["position"], nodes["n3"]["position"], nodes["n4"]["position"] = [0, 0], [160, 0], [700, 0]
    read = places(from_bytes(json.dumps(file).encode()).graph)
    assert read == {"n1": (0, 0), "n2": (224, 0), "n3": (448, 0), "n4": (700, 0)}


def test_a_new_card_without_edges_goes_below_all():
    graph = chain("Input", "Conv2d", "Output")
    graph.insert_nodes([Node("new", "ReLU", "new")])
    found = fit_in(drawing_of(graph), ["new"]).positions
    assert found["new"][1] >= 88


def test_a_new_card_goes_before_what_it_feeds():
    graph = chain("Input", "Add", "Output")
    graph.insert_nodes([Node("new", "Input", "new")])
    graph.insert_edges([edge("new.out", "n2.in1")])
    found = fit_in(drawing_of(graph), ["new"]).positions
    assert found["new"][0] == found["n2"][0] - COLUMN
    assert found["new"][1] != found["n1"][1]


@given(drawings(), st.data())
def test_fitting_in_moves_nothing_back_or_across_and_puts_new_cards_on_nothing(drawn, data):
    new = data.draw(st.lists(st.sampled_from(list(drawn.cards)), min_size=1, unique=True))
    found = fit_in(drawn, new)
    placed = rects(drawn, found)
    for name in drawn.cards.keys() - set(new):
        if placed[name].position[0] == drawn.cards[name].position[0]:
            assert placed[name] == drawn.cards[name]
        assert placed[name].position[0] >= drawn.cards[name].position[0]
    for name in new:
        assert not any(placed[name].overlaps(other) for each, other in placed.items() if each != name)


def test_graphs_of_no_nodes_fit_nothing_in():
    assert fit_in(drawing_of(Graph()), []).positions == {}
