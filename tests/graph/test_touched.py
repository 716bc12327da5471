"""What a change of a graph touches."""

from graph.document import Edge, Graph, Node, PortRef, Project
from graph.edits import Batch, Connect, MoveNodes, RemoveNodes, SetParams
from graph.inserting import InsertNode
from graph.touched import Touched, touched


def project():
    nodes = (
        Node("n1", "Input", "image", {"shape": [8]}),
        Node("n2", "Linear", "fc1", {"out_features": 4}),
        Node("n3", "ReLU", "relu1"),
    )
    made = Project("Demo", Graph(nodes))
    for source, target in (("n1", "n2"), ("n2", "n3")):
        Connect(PortRef(source, "out"), PortRef(target, "in")).apply(made)
    return made


def edge(source, target):
    return Edge(PortRef(source, "out"), PortRef(target, "in"))


def after(*edits):
    before = project()
    changed = before.copy()
    Batch("Change", edits).apply(changed)
    return touched(before.graph, changed.graph)


def test_nothing_touches_nothing():
    assert touched(project().graph, project().graph) == Touched()


def test_a_layer_that_is_put_between_two_others():
    found = after(InsertNode(PortRef("n3", "in"), "Dropout", {"p": 0.1}))
    (dropout,) = found.added
    assert dropout.type == "Dropout"
    assert found.cut == (edge("n2", "n3"),)
    assert set(found.joined) == {edge("n2", dropout.id), edge(dropout.id, "n3")}
    assert (found.changed, found.removed) == ((), ())


def test_a_parameter_that_is_set():
    assert after(SetParams("n2", {"bias": False})) == Touched(changed=("n2",))


def test_a_layer_that_goes_takes_its_edges_along():
    found = after(RemoveNodes(["n2"]))
    assert found == Touched(removed=("n2",), cut=(edge("n1", "n2"), edge("n2", "n3")))


def test_a_layer_that_only_moves_is_not_touched():
    assert after(MoveNodes({"n2": (50.0, 60.0)})) == Touched()


def test_what_stands_in_another_place_of_the_file_is_not_touched():
    first = project().graph
    second = Graph(reversed(first.nodes.values()), reversed(first.edges))
    assert touched(first, second) == Touched()
    assert first.nodes_apart(second) == first.edges_apart(second) == ([], [])


def test_a_layer_that_comes_first_touches_none_of_those_behind_it():
    before = project()
    changed = before.copy()
    changed.graph.insert_nodes([Node("n9", "Input", "more")], [0])
    assert before.graph.nodes_apart(changed.graph) == ([], [changed.graph.nodes["n9"]])
    assert changed.graph.nodes_apart(before.graph) == ([changed.graph.nodes["n9"]], [])
    assert [node.id for node in touched(before.graph, changed.graph).added] == ["n9"]


def test_what_is_gone_is_found_where_as_much_came():
    before = project().graph
    second = before.copy()
    second.delete_edges([edge("n2", "n3")])
    second.insert_edges([edge("n1", "n3")])
    second.replace_node(before.nodes["n3"].with_(name="relu9"))
    assert before.edges_apart(second) == ([edge("n2", "n3")], [edge("n1", "n3")])
    assert before.nodes_apart(second) == ([before.nodes["n3"]], [second.nodes["n3"]])
