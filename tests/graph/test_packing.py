"""Nodes packed into a block and instances unpacked: nothing that is computed changes, and the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.block_edits import InBlock
from graph.document import Block, BlockParam, Document, EditError, Graph, Node, PortRef, Project
from graph.edits import SetParams
from graph.inference import Inference
from graph.packing import Pack
from graph.storage import from_bytes, to_bytes
from graph.unpacking import Unpack
from tests.graph.block_drawings import deep, graph, in_a_row, residual
from tests.graph.shadow import Shadow, assert_consistent


def cnn() -> Project:
    """image -> conv -> norm -> relu -> (pool, side) -> add -> flatten -> two Outputs."""
    nodes = [
        ("n1", "Input", "image", {"shape": [3, 8, 8]}),
        ("n2", "Conv2d", "conv", {"out_channels": 4, "kernel_size": 3, "padding": 1}),
        ("n3", "BatchNorm2d", "norm", {}),
        ("n4", "ReLU", "relu", {}),
        ("n5", "Conv2d", "side", {"out_channels": 4, "kernel_size": 1}),
        ("n6", "Add", "add", {}),
        ("n7", "Flatten", "flatten", {}),
        ("n8", "Output", "features", {}),
        ("n9", "Output", "map", {}),
    ]
    edges = (
        "n1.out n2.in", "n2.out n3.in", "n3.out n4.in", "n4.out n5.in", "n4.out n6.in0", "n5.out n6.in1",
        "n6.out n7.in", "n7.out n8.in", "n4.out n9.in",
    )  # fmt: skip
    return Project("Net", graph(nodes, *edges), training={"epochs": 1})


def facts(project: Project):
    """All that somebody outside sees of a project: what comes out, what it learns and what it costs."""
    inference = Inference(project.graph)
    ends = [node for node in project.graph.nodes.values() if node.type == "Output"]
    results = {node.name: list(inference.result(node.id).inputs.values()) for node in ends}
    return results, inference.total_parameters, inference.total_flops, len(inference.problems())


def ids_named(project: Project, *names: str) -> tuple[str, ...]:
    return tuple(project.graph.by_name(name).id for name in names)


def there_and_back(document: Document, edit) -> None:
    """Applies an edit, takes it back and does it again, comparing bytes and what was told."""
    shadow, before = Shadow(document), to_bytes(document.project)
    document.apply(edit)
    after = to_bytes(document.project)
    for _ in range(2):
        shadow.assert_equal(document)
        assert_consistent(document.graph)
        document.undo()
        assert to_bytes(document.project) == before
        shadow.assert_equal(document)
        document.redo()
        assert to_bytes(document.project) == after
    assert to_bytes(from_bytes(after)) == after


@pytest.mark.parametrize(
    ("names", "inputs", "outputs"),
    [
        (("conv", "norm", "relu"), ["x"], ["out"]),
        (("norm",), ["x"], ["out"]),
        (("add",), ["relu", "side"], ["out"]),
        (("relu", "side", "add"), ["x"], ["add_out", "relu_out"]),
        (("side", "add", "flatten"), ["x"], ["out"]),
        (("conv", "norm", "relu", "side", "add", "flatten"), ["x"], ["flatten_out", "relu_out"]),
    ],
)
def test_packing_changes_nothing_that_is_computed(names, inputs, outputs):
    document = Document(cnn())
    before = facts(document.project)
    there_and_back(document, Pack(ids_named(document.project, *names), "Part"))
    spec = document.graph.catalog["Part"]
    assert [port.name for port in spec.inputs] == inputs
    assert list(spec.output_names) == outputs
    assert facts(document.project) == before
    assert not {document.graph.by_name(name) for name in names} - {None}


def test_the_instance_stands_where_the_nodes_stood():
    document = Document(cnn())
    document.apply(Pack(ids_named(document.project, "conv", "norm", "relu"), "ConvNorm"))
    assert [node.name for node in document.graph.nodes.values()] == [
        "image", "conv_norm1", "side", "add", "flatten", "features", "map",
    ]  # fmt: skip
    assert [str(edge.target) for edge in document.graph.edges] == [
        "n10.x", "n5.in", "n6.in0", "n6.in1", "n7.in", "n8.in", "n9.in",
    ]  # fmt: skip


@pytest.mark.parametrize("names", [("conv", "norm", "relu"), ("add",), ("relu", "side", "add"), ("flatten",)])
def test_unpacking_what_was_packed_gives_the_same_network(names):
    document = Document(cnn())
    before = facts(document.project)
    document.apply(Pack(ids_named(document.project, *names), "Part"))
    (instance,) = [node.id for node in document.graph.nodes.values() if node.type == "Part"]
    there_and_back(document, Unpack(instance))
    assert facts(document.project) == before
    assert sorted(node.name for node in document.graph.nodes.values()) == sorted(
        node.name for node in cnn().graph.nodes.values()
    )


def test_samples_become_the_shapes_inside():
    document = Document(cnn())
    inference = Inference(document.graph)
    ref = PortRef("n4", "out")
    document.apply(Pack(("n5", "n6"), "Part", {ref: inference.output(ref)}))
    body = document.project.blocks["Part"].graph
    assert [node.params for node in body.nodes.values() if node.type == "Input"] == [{"shape": [4, 8, 8]}]
    assert Inference(body).problems() == []


def test_what_nothing_feeds_or_reads_becomes_a_port_too():
    document = Document(Project(graph=Graph([Node("n1", "Conv2d", "conv", {"out_channels": 4})])))
    there_and_back(document, Pack(("n1",), "Part"))
    spec = document.graph.catalog["Part"]
    assert ([port.name for port in spec.inputs], spec.output_names) == (["x"], ("out",))
    (problem,) = [each for each in Inference(document.graph).problems() if each.node]
    assert problem.code == "not-connected"


def test_names_read_in_expressions_become_parameters_of_the_new_block():
    document = Document(deep())
    before = facts(document.project)
    there_and_back(document, InBlock("Residual", Pack(("n2", "n3", "n4"), "Inner")))
    assert document.project.blocks["Inner"].params == document.project.blocks["Residual"].params
    instance = document.project.blocks["Residual"].graph.by_name("inner1")
    assert (instance.type, instance.params) == ("Inner", {"width": "=width"})
    assert facts(document.project) == before
    there_and_back(document, InBlock("Residual", Unpack(instance.id)))
    assert facts(document.project) == before
    assert document.project.blocks["Residual"].graph.by_name("inner").params == {"out_features": "=width * 2"}


def test_an_instance_is_unpacked_with_its_parameters_for_the_names():
    document = Document(deep())
    before = facts(document.project)
    document.apply(SetParams("n2", {"width": 8}))
    there_and_back(document, Unpack("n2"))
    assert document.graph.by_name("inner").params == {"out_features": 16}
    there_and_back(document, Unpack("n3"))
    assert document.graph.by_name("first").params == {"width": 8}
    assert facts(document.project) == before
    assert "Pair" in document.project.blocks


@pytest.mark.parametrize("params", [{"repeat": 3}, {"repeat": 2, "size": {"each": [5, "=3 * 2"]}}])
def test_a_repeated_instance_becomes_its_repetitions(params):
    body = in_a_row(("Linear", {"out_features": "=size + 1"}), ("ReLU", {}), shape=[4])
    block = Block("Dense", body, (BlockParam("size", "int", 4),))
    nodes = [
        ("n1", "Input", "x", {"shape": [8]}),
        ("n2", "Dense", "dense", params),
        ("n3", "Output", "y", {}),
    ]
    document = Document(Project("P", graph(nodes, "n1.out n2.x", "n2.y n3.in"), {"Dense": block}))
    before = facts(document.project)
    there_and_back(document, Unpack("n2"))
    assert facts(document.project) == before
    xs = [node.position[0] for node in document.graph.nodes.values() if node.type == "Linear"]
    assert xs == sorted(set(xs))


def test_an_expression_that_has_no_value_is_kept_as_it_was():
    document = Document(Project(blocks={"Residual": residual()}))
    document.apply(InBlock("Residual", SetParams("n2", {"out_features": "=width +", "bias": "=unknown * 2"})))
    nodes = graph([("n1", "Residual", "res", {"width": "wide"})])
    document.graph.insert_nodes(nodes.nodes.values())
    document.project.take_change()
    there_and_back(document, Unpack("n1"))
    assert document.graph.by_name("inner").params == {"out_features": "=width +", "bias": "=unknown * 2"}
    assert document.graph.by_name("outer").params == {"out_features": "wide"}


def test_an_input_that_leads_straight_to_an_output_is_joined_through():
    body = graph([("n1", "Input", "x", {}), ("n2", "Output", "y", {})], "n1.out n2.in")
    nodes = [("n1", "Input", "a", {}), ("n2", "Wire", "w", {"repeat": 2}), ("n3", "Output", "b", {})]
    project = Project("P", graph(nodes, "n1.out n2.x", "n2.y n3.in"), {"Wire": Block("Wire", body)})
    document = Document(project)
    there_and_back(document, Unpack("n2"))
    assert [(str(edge.source), str(edge.target)) for edge in document.graph.edges] == [("n1.out", "n3.in")]


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (Pack((), "Part"), "A block is made of at least one node."),
        (Pack(("n2", "n77"), "Part"), "There is no node n77."),
        (Pack(("n1", "n2"), "Part"), "image is an end of the graph. Leave it out"),
        (Pack(("n4", "n6"), "Part"), "side lies between them: it reads from the block and feeds it. Take it"),
        (Pack(("n2",), "Linear"), "Linear is a layer type already."),
        (Pack(("n2",), " "), "A block's name has 1 to 80 characters"),
        (Unpack("n2"), "conv is no block: there is nothing to unpack."),
        (Unpack("n77"), "There is no node n77."),
    ],
)
def test_what_cannot_be_packed_or_unpacked_says_why(edit, text):
    document = Document(cnn())
    before = to_bytes(document.project)
    with pytest.raises(EditError) as caught:
        document.apply(edit)
    assert str(caught.value).startswith(text)
    assert to_bytes(document.project) == before


@pytest.mark.parametrize(
    ("repeat", "text"),
    [
        (0, "res1 is repeated 0 times. Expected an integer from 1 to 1000."),
        (1000, None),
        ("=n", "res1 is rep"),
    ],
)
def test_only_a_number_of_repetitions_can_be_unpacked(repeat, text):
    document = Document(deep())
    document.apply(SetParams("n2", {"repeat": repeat}))
    if text is None:
        document.apply(Unpack("n2"))
        assert len(document.graph.nodes) == 4 - 1 + 4 * 1000
    else:
        with pytest.raises(EditError, match=text):
            document.apply(Unpack("n2"))


@given(st.sets(st.sampled_from(["n2", "n3", "n4", "n5", "n6", "n7"]), min_size=1), st.booleans())
def test_any_nodes_are_packed_and_unpacked_without_a_trace_or_refused(chosen, twice):
    document = Document(cnn())
    expected, before = facts(document.project), to_bytes(document.project)
    try:
        there_and_back(document, Pack(tuple(chosen), "Part"))
    except EditError:
        assert to_bytes(document.project) == before
        return
    assert facts(document.project) == expected
    (instance,) = [node.id for node in document.graph.nodes.values() if node.type == "Part"]
    if twice:
        there_and_back(document, Pack((instance,), "Outer"))
        assert facts(document.project) == expected
        (instance,) = [node.id for node in document.graph.nodes.values() if node.type == "Outer"]
    there_and_back(document, Unpack(instance))
    assert facts(document.project) == expected
