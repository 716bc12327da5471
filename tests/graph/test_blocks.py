"""Blocks as layers: ports, parameters, what flows through them, and what is wrong inside."""

import pytest

from graph.block_edits import AddBlock, InBlock, RenameBlock, SetBlockParams
from graph.blocks import MAX_NESTING, BodyError, block_ports, identifier, size_with_blocks
from graph.connection import possible_dtypes
from graph.document import Block, BlockParam, Document, Graph, Node, PortRef, Project
from graph.edits import AddNodes, Batch, Disconnect, RemoveNodes, RenameNode, SetParams
from graph.inference import Inference
from graph.replacing import ReplaceType
from graph.storage import from_bytes, to_bytes
from tests.graph.block_drawings import deep, graph, in_a_row, pair, residual
from tests.graph.builders import edge


def around(block: Block, shape=(8,), others=(), **params) -> Project:
    """Input -> an instance called `block1` -> Output."""
    inputs, outputs = block_ports(block.graph)
    first, last = next(iter(inputs.values()), "x"), next(iter(outputs.values()), "y")
    main = graph(
        [
            ("n1", "Input", "image", {"shape": list(shape)}),
            ("n2", block.name, "block1", params),
            ("n3", "Output", "logits", {}),
        ],
        f"n1.out n2.{first}",
        f"n2.{last} n3.in",
    )
    return Project("Around", main, {block.name: block, **{each.name: each for each in others}})


def result(project: Project, node_id: str = "n2"):
    return Inference(project.graph).result(node_id)


def only_message(project: Project) -> str:
    (problem,) = Inference(project.graph).problems()
    return problem.message


def test_an_instance_looks_like_any_layer():
    project = deep()
    spec = project.graph.catalog["Residual"]
    assert (spec.type, spec.category, spec.stem) == ("Residual", "Blocks", "residual")
    assert [port.name for port in spec.inputs] == ["x"]
    assert spec.output_names == ("y",)
    assert [(param.name, param.kind, param.default) for param in spec.params] == [
        ("width", "int", 8),
        ("repeat", "int", 1),
    ]
    assert spec.param("width").help == "Features."


def test_shapes_and_costs_pass_through_blocks_in_blocks():
    inference = Inference(deep().graph)
    assert inference.problems() == []
    res1, pair1 = inference.result("n2"), inference.result("n3")
    assert str(res1.outputs["y"]) == "(N, 8)"
    assert res1.parameters == (8 * 16 + 16) + (16 * 8 + 8)
    assert res1.flops == 2 * 8 * 16 * 2
    assert (pair1.parameters, pair1.flops) == (2 * res1.parameters, 2 * res1.flops)
    assert inference.total_parameters == 3 * res1.parameters


def test_parameters_reach_expressions_at_any_depth():
    project = around(pair(), shape=(16,), others=[residual()], width=16)
    assert result(project).parameters == 2 * ((16 * 32 + 32) + (32 * 16 + 16))


def test_the_sample_shape_of_an_input_inside_says_nothing_about_an_instance():
    block = in_a_row(("Linear", {"out_features": 3}), shape=[99])
    assert str(result(around(Block("Head", block))).outputs["y"]) == "(N, 3)"
    assert str(Inference(block).result("n1").outputs["out"]) == "(N, 99)"


def test_a_feature_map_stays_one_through_a_block():
    body = in_a_row(("Conv2d", {"out_channels": 4, "kernel_size": 3}), shape=[3, 8, 8])
    project = around(Block("Stem", body), shape=(3, 8, 8))
    assert result(project).outputs["y"].is_map


def test_a_repeated_block_feeds_itself_with_weights_of_its_own():
    once, thrice = result(around(residual())), result(around(residual(), repeat=3))
    assert thrice.outputs == once.outputs
    assert (thrice.parameters, thrice.flops) == (3 * once.parameters, 3 * once.flops)
    shrinking = Block("Shrink", in_a_row(("MaxPool1d", {"kernel_size": 2}), shape=[3, 32]))
    assert str(result(around(shrinking, (3, 32), repeat=4)).outputs["y"]) == "(N, 3, 2)"


def test_a_parameter_may_have_a_value_for_each_repetition():
    block = Block("Dense", in_a_row(("Linear", {"out_features": "=size"})), (BlockParam("size", "int", 4),))
    sizes = result(around(block, (8,), repeat=3, size={"each": [16, "=4 * 2", 2]}))
    assert str(sizes.outputs["y"]) == "(N, 2)"
    assert sizes.parameters == (8 * 16 + 16) + (16 * 8 + 8) + (8 * 2 + 2)
    project = around(block, (8,), repeat=2, size={"each": [16]})
    (problem,) = Inference(project.graph).problems()
    assert [fix.label for fix in problem.fixes] == ["Set repeat = 1"]
    Document(project).apply(Batch("Fix", problem.fixes[0].edits))
    assert Inference(project.graph).problems() == []


def test_further_inputs_are_given_to_every_repetition():
    body = graph(
        [
            ("n1", "Input", "x", {"shape": [4]}),
            ("n2", "Input", "bias", {"shape": [4]}),
            ("n3", "Concat", "both", {"dim": 1}),
            ("n4", "Output", "y", {}),
        ],
        "n1.out n3.in0",
        "n2.out n3.in1",
        "n3.out n4.in",
    )
    project = around(Block("Grow", body), shape=(4,), repeat=3)
    main = project.graph
    main.insert_nodes([Node("n9", "Input", "more", {"shape": [2]})])
    main.insert_edges([edge("n9.out", "n2.bias")])
    assert str(result(project).outputs["y"]) == "(N, 10)"


def test_ports_are_called_like_the_ends_inside_made_python_names():
    ends = ("Input image", "Input 2nd", "Input image", "Output class", "Output é ü!", "Output ...")
    nodes = [Node(f"n{n}", *text.split(" ", 1)) for n, text in enumerate(ends)]
    inputs, outputs = block_ports(Graph(nodes))
    assert list(inputs.values()) == ["image", "input_2nd", "image_2"]
    assert list(outputs.values()) == ["class_", "é_ü", "output"]
    assert identifier("x" * 300, "in") == "x" * 80


def test_a_mistake_inside_is_told_once_where_it_first_shows():
    project = deep()
    Document(project).apply(InBlock("Residual", SetParams("n4", {"out_features": 5})))
    (problem,) = Inference(project.graph).problems()
    assert (problem.code, problem.node, problem.severity) == ("in-block", "n2", "error")
    assert problem.message.startswith("res1: Residual, add: ")
    assert "(N, 5)" in problem.message


def test_a_fix_inside_a_block_mends_all_instances():
    project = deep()
    document = Document(project)
    document.apply(InBlock("Residual", SetParams("n2", {"in_features": 7})))
    (problem,) = Inference(project.graph).problems()
    assert problem.message == (
        "res1: Residual, inner: in_features is 7, but x gives (N, 8). Expected 8. Set in_features = 8."
    )
    assert (problem.expected, problem.received) == ("8", "7")
    assert [fix.label for fix in problem.fixes] == ["In Residual: Set in_features = 8"]
    document.apply(Batch("Fix", problem.fixes[0].edits))
    assert Inference(project.graph).problems() == []


def test_further_mistakes_inside_are_counted_and_can_be_reached():
    project = deep()
    document = Document(project)
    document.apply(InBlock("Residual", SetParams("n2", {"nonsense": 1})))
    document.apply(InBlock("Residual", SetParams("n4", {"out_features": "=width +"})))
    message = Inference(project.graph).problems()[0].message
    assert message.startswith("res1: Residual, inner: Linear has no parameter called 'nonsense'.")
    assert message.endswith("Remove it. And 1 more problem inside.")
    spec, params = project.graph.catalog["Residual"], {"width": 8, "repeat": 1}
    with pytest.raises(BodyError) as caught:
        spec.infer(tuple(Inference(project.graph).result("n1").outputs.values()), params)
    assert [problem.node for problem in caught.value.problems] == ["n2", "n4"]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"width": 4}, "block1: Residual, add: "),
        ({"width": "8"}, "block1: width is '8'. Expected an integer."),
        (
            {"width": 0},
            "block1: Residual, inner: out_features is '=width * 2', which is 0. Expected an integer",
        ),
        ({"width": "=3 *"}, "block1: width is '=3 *', which ends too early. Expected an expression"),
        ({"width": "=n"}, "block1: width is '=n', which reads n, and there are no names here."),
        ({"width": 10**15}, "block1: Residual, inner: it would learn "),
        ({"width": 2**63}, "block1: width is 9223372036854775808. Expected an integer."),
        ({"width": True}, "block1: width is True. Expected an integer."),
        (
            {"width": {"each": [8, "x"]}, "repeat": 2},
            "block1: width is {'each': [8, 'x']}. Expected an integer.",
        ),
        ({"width": {"each": []}}, "block1: width is {'each': []}. Expected a value, or 1 to 1000 of them"),
        ({"width": {"each": [8] * 10**6}}, "block1: width is {'each': [8, 8"),
        ({"width": {"each": 8}}, "block1: width is {'each': 8}. Expected an integer."),
        (
            {"width": {"each": ["=2 *", 8]}, "repeat": 2},
            "block1: width is {'each': ['=2 *', 8]}, which ends too",
        ),
        (
            {"width": {"each": [8, 8, 8]}, "repeat": 2},
            "block1: width has 3 values, one for each repetition, but repeat is 2. Expected 2 values. "
            "Set repeat = 3, or give 2 values.",
        ),
        ({"widht": 8}, "block1: Residual has no parameter called 'widht'. Expected one of: width, repeat."),
        ({"repeat": 0}, "block1: repeat is 0. Expected an integer from 1 to 1000."),
        ({"repeat": 10**9}, "block1: repeat is 1000000000. Expected an integer from 1 to 1000."),
        ({"repeat": [2]}, "block1: repeat is [2]. Expected an integer from 1 to 1000."),
    ],
)
def test_what_an_instance_is_given_is_checked(params, text):
    assert only_message(around(residual(), **params)).startswith(text)


def test_a_dtype_that_does_not_suit_inside_is_no_fault_of_the_sample():
    body = in_a_row(("Embedding", {"num_embeddings": 10, "embedding_dim": 4}), shape=[5])
    (problem,) = Inference(around(Block("Tokens", body), shape=(5,)).graph).problems()
    assert problem.message.startswith("block1: Tokens, layer1: x gives float32. Expected int64 or int32.")
    assert problem.hint == "Connect another output."
    assert problem.fixes == ()


def test_what_a_block_gives_may_be_of_any_dtype_until_it_is_known():
    project = around(residual())
    assert {"int64", "float32"} <= set(possible_dtypes(project.graph, PortRef("n2", "y")))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            Graph([Node("n1", "Input", "x"), Node("n2", "Output", "y")]),
            "block1: Part, y: nothing is connected",
        ),
        (graph([("n2", "Output", "y", {})]), "block1: Part has no input called x. Expected none."),
        (graph([("n1", "Input", "x", {})]), "logits: block1 has no output called y. Expected none."),
        (in_a_row(("Typo", {})), "block1: Part, layer1: there is no layer type 'Typo'."),
    ],
)
def test_a_block_that_is_not_whole_is_told(body, text):
    messages = [problem.message for problem in Inference(around(Block("Part", body)).graph).problems()]
    assert any(message.startswith(text) for message in messages), messages


def test_a_block_without_an_output_says_so():
    project = Project("P", graph([("n1", "Part", "part1", {})]), {"Part": Block("Part")})
    messages = [problem.message for problem in Inference(project.graph).problems()]
    assert any(message.startswith("part1: Part, The graph has no Input") for message in messages), messages


def test_a_block_that_contains_itself_is_told_and_nothing_runs_for_ever():
    inner = in_a_row(("Outer", {}))
    inner.delete_edges(list(inner.edges))
    outer = in_a_row(("Inner", {}))
    outer.delete_edges(list(outer.edges))
    project = around(Block("Outer", outer), others=[Block("Inner", inner)])
    assert only_message(project) == (
        "block1: the block Outer contains itself by way of Inner. Expected blocks inside each other. "
        "Enter Outer and delete the node that leads back to it."
    )
    alone = in_a_row(("Self", {}))
    assert "the block Self contains itself. Expected" in only_message(around(Block("Self", alone)))


def nested(levels: int) -> Project:
    """B0 holds B1 holds B2 ...; the last one a ReLU."""
    kinds = [*(f"B{level}" for level in range(1, levels)), "ReLU"]
    blocks = []
    for level, kind in enumerate(kinds):
        ports = ("in", "out") if kind == "ReLU" else ("x", "y")
        body = graph(
            [("n1", "Input", "x", {}), ("n2", kind, "inner", {}), ("n3", "Output", "y", {})],
            f"n1.out n2.{ports[0]}",
            f"n2.{ports[1]} n3.in",
        )
        blocks.append(Block(f"B{level}", body))
    return around(blocks[0], others=blocks[1:])


def test_blocks_are_nested_up_to_a_depth():
    assert Inference(nested(MAX_NESTING).graph).problems() == []
    assert only_message(nested(MAX_NESTING + 1)) == (
        "block1: the block B0 holds more than 32 levels of blocks. Expected at most 32 within each other. "
        "Unpack some of the blocks inside it."
    )
    assert "more than 32 levels" in only_message(nested(400))


def test_a_block_that_comes_to_too_many_nodes_is_not_even_begun():
    blocks = [Block("B0", in_a_row(("ReLU", {})))]
    for level in range(1, 20):
        nodes = [Node(f"n{n}", f"B{level - 1}", f"inner{n}", {"repeat": 7}) for n in range(8)]
        blocks.append(Block(f"B{level}", Graph([Node("a", "Input", "x"), *nodes, Node("z", "Output", "y")])))
    text = only_message(around(blocks[-1], others=blocks[:-1]))
    assert text.startswith("block1: the block B19 comes to ")
    assert "Expected at most 100,000" in text


EDITS = {
    "a parameter inside": InBlock("Residual", SetParams("n2", {"out_features": 3})),
    "a mistake inside": InBlock("Residual", SetParams("n4", {"out_features": 3})),
    "a mistake deep inside": InBlock("Pair", SetParams("n3", {"width": 9})),
    "an edge inside": InBlock("Residual", Disconnect((edge("n5.out", "n6.in"),))),
    "an input inside": InBlock("Residual", RemoveNodes(("n1",))),
    "another input inside": InBlock("Residual", AddNodes((Node("n9", "Input", "mask"),))),
    "a port's name": InBlock("Residual", RenameNode("n1", "tokens")),
    "the block's name": RenameBlock("Residual", "Rest"),
    "the block's parameters": SetBlockParams("Residual", ()),
    "a default": SetBlockParams("Residual", (BlockParam("width", "int", 3),)),
    "a block that was missing": AddBlock(Block("Missing", in_a_row(("ReLU", {})))),
    "a type": ReplaceType("n2", "Pair", {}),
    "nothing that is used": InBlock("Pair", RenameNode("n2", "one")),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_what_is_kept_up_to_date_equals_what_is_computed_anew(edit):
    project = deep()
    project.graph.insert_nodes([Node("n8", "Missing", "missing1")])
    project = from_bytes(to_bytes(project))
    document, inference = Document(project), Inference(project.graph)
    body = Inference(project.blocks["Pair"].graph, env={"width": 8})
    for step in (lambda: document.apply(edit), document.undo, document.redo):
        change = step()
        inference.update(change)
        body.update(change.inside("Pair"))
        for kept, graph_, env in (
            (inference, project.graph, {}),
            (body, project.blocks["Pair"].graph, {"width": 8}),
        ):
            fresh = Inference(graph_, env=env)
            assert {n: kept.result(n) for n in graph_.nodes} == {n: fresh.result(n) for n in graph_.nodes}
            assert kept.problems() == fresh.problems()


def test_equal_instances_are_computed_once():
    block = residual()
    names = [f"n{n}" for n in range(2, 40)]
    nodes = [("n1", "Input", "image", {"shape": [8]}), *((name, "Residual", name, {}) for name in names)]
    ids = ["n1", *names]
    project = Project("Many", graph(nodes), {"Residual": block})
    project.graph.insert_edges(
        edge(f"{one}.{'out' if one == 'n1' else 'y'}", f"{other}.x")
        for one, other in zip(ids, names, strict=False)
    )
    inference = Inference(project.graph)
    bodies = {
        id(project.graph.catalog["Residual"].code.bodies(inference.result(name).call())[0]) for name in names
    }
    assert len(bodies) == 1


def test_a_graph_is_as_large_as_what_it_repeats():
    project = deep()  # two ends, a Residual of 6, and a Pair of two of them and two ends
    assert size_with_blocks(project.graph, project.blocks) == 2 + 6 + (2 * 6 + 2)
    document = Document(project)
    document.apply(SetParams("n3", {"repeat": 5}))
    assert size_with_blocks(project.graph, project.blocks) == 2 + 6 + 5 * (2 * 6 + 2)
    assert size_with_blocks(project.graph, {}) == 4
    project.blocks["Pair"].graph.replace_node(
        project.blocks["Pair"].graph.nodes["n2"].with_(params={"repeat": "=width"})
    )
    assert size_with_blocks(project.graph, project.blocks, unknown=7) == 2 + 6 + 5 * (8 * 6 + 2)


def test_a_block_in_itself_has_a_size_too():
    inner = graph(
        [("n1", "Input", "x", {"shape": [4]}), ("n2", "Loop", "again", {}), ("n3", "Output", "y", {})]
    )
    blocks = {"Loop": Block("Loop", inner)}
    assert size_with_blocks(in_a_row(("Loop", {})), blocks) == 2 + 3
