"""Custom layers, as far as nothing of them runs."""

import ast
import json
from collections.abc import Iterator

import pytest

from graph import custom, custom_shapes
from graph.catalog.custom import CUSTOM, EXAMPLE
from graph.custom_clashes import HELPER_NAMES, name_clashes
from graph.custom_shapes import NOBODY, Found, Question, Refusal, ask, ask_from_now_on
from graph.dims import symbol
from graph.document import Document, Edge, Graph, Node, PortRef, Project
from graph.edits import SetParams
from graph.inference import Inference
from graph.model import Block
from graph.scopes import Scope
from graph.shapes import BATCH, ShapeError, TensorSpec
from graph.storage import from_bytes, to_bytes
from tests.graph.custom_layers import GATE, GATE_ARGUMENTS, Knower, between, forward

LAYER = forward("return x")
DEEP = "(" * 20_000 + ")" * 20_000


@pytest.fixture
def knower() -> Iterator[Knower]:
    """Somebody who answers; nobody does after the test."""
    found = Knower()
    before = ask_from_now_on(found)
    yield found
    assert ask_from_now_on(before) is found


def only_problem(graph):
    (problem,) = Inference(graph).problems()
    return problem


# What the text tells


def test_a_source_tells_its_class_its_arguments_and_its_imports():
    found = custom.read("import math\n" + GATE)
    layer = found.layer("")
    assert layer.name == "Gate"
    assert layer.arguments == {"channels": True, "bias": False}
    assert [each.statement for each in found.imports if not each.is_standard] == ["import math"]
    assert found.definitions == {"Gate": 6}
    assert found.used & custom.STANDARD_NAMES.keys() == {"nn", "F"}
    assert found.body[0] == "class Gate(nn.Module):"
    assert "\n".join(found.body) in GATE


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("class A(nn.Module):\n def forward(self, x): ...", {}),
        ("class A(Base):\n def forward(self, x): ...", None),
        ("class A(nn.Module):\n def __init__(self, *sizes): ...\n def forward(self, x): ...", None),
        ("class A(nn.Module):\n def __init__(self, **rest): ...\n def forward(self, x): ...", None),
        (
            "class A(nn.Module):\n def __init__(self, a, b=1, *, c, d=2): ...\n def forward(self, x): ...",
            {"a": True, "b": False, "c": True, "d": False},
        ),
        ("@decorate\nclass A(nn.Module):\n def forward(self, x): ...", None),
    ],
)
def test_arguments_are_told_where_the_text_tells_them(text, arguments):
    assert custom.read(text).layer("").arguments == arguments


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "it is empty"),
        (" \n\t", "it is empty"),
        ("x" * 10**6, "it has 1,000,000 characters, more than 50,000"),
        ("class A(nn.Module):\n    def forward(self x): ...", "line 2: invalid syntax"),
        ("class A(nn.Module):\n  pass\n pass", "line 3: unindent"),
        ("x = 'a\0b'", "line 1: it has the character U+0000"),
        ("x = 1\ny = '\ud800'", "line 2: it has the character U+D800"),
        ("x = 1  # \u202e hidden", "U+202E, which cannot be seen"),
        ("x = '\ue000'", "U+E000"),
        ("x = 1\x0c", "U+000C"),
        (DEEP, "nested"),
        ("x = " + "-" * 40_000 + "1", "nested too deeply"),
        ("x = a" + ".a" * 20_000, "nested too deeply"),
        ("x = 1" + "+1" * 20_000, "nested too deeply"),
        ("x = " + "9" * 5_000, "line 1: Exceeds the limit"),
        ("from __future__ import annotations", "line 1: an import from __future__"),
        ("from .other import thing", "begins with a dot"),
        ("from math import *", "Name them"),
        ("import torch.nn as F", "line 1: F stands for torch.nn.functional"),
        ("def nn(): ...", "nn stands for torch.nn"),
        ("from operator import ops", "ops stands for torchvision.ops"),
        ("def len(x): ...", "len is a name of Python itself"),
        ("__all__ = []", "would speak for the whole file"),
        ("if True:\n    x = 1", "line 1: outside of classes"),
        ("print('hello')", "line 1: outside of classes"),
        ("a.b = 1", "only a plain name"),
    ],
)
def test_a_source_that_cannot_be_used_says_where(text, fault):
    with pytest.raises(custom.CodeFault) as caught:
        custom.read(text)
    assert fault in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "class_name", "fault"),
    [
        ("x = 1", "", "it has no class with a method forward"),
        ("class A(nn.Module):\n    pass", "", "it has no class with a method forward"),
        (LAYER + LAYER.replace("Layer", "Other"), "", "several classes have a method forward: Layer, Other"),
        (LAYER, "Layr", "there is no class 'Layr'. Did you mean Layer?"),
        ("x = 1", "Layer", "there is no class 'Layer'. It has no class"),
        ("class A:\n    def forward(self): ...", "", "line 1: class A does not derive from nn.Module"),
    ],
)
def test_a_source_without_its_class_says_so(text, class_name, fault):
    with pytest.raises(custom.CodeFault) as caught:
        custom.read(text).layer(class_name)
    assert str(caught.value).startswith(fault)


def test_one_of_several_classes_can_be_named():
    assert custom.read(LAYER + LAYER.replace("Layer", "Other")).layer("Other").name == "Other"


def test_an_import_that_shares_its_line_stays_there():
    found = custom.read(f"import math; RATE = math.pi\nimport os\n{LAYER}")
    assert found.body[:2] == ("import math; RATE = math.pi", "class Layer(nn.Module):")


def test_the_example_can_be_used():
    assert custom.read(EXAMPLE).layer("").arguments == {"start": False}
    ast.parse(EXAMPLE)


# What the node says


def test_without_trust_nothing_is_asked():
    problem = only_problem(between(GATE, arguments=GATE_ARGUMENTS))
    assert problem.code == "untrusted-code"
    assert problem.param == "source"
    assert problem.message == (
        "custom1: the code is not trusted, so it is never run. Expected code that you have read and trust. "
        "Review and trust it, here or with `netloom trust`."
    )
    (fix,) = problem.fixes
    assert (fix.label, fix.review, fix.edits) == ("Review and trust", GATE, ())
    assert problem.remedy is None


def test_nobody_runs_code_until_somebody_says_so():
    assert not NOBODY.is_trusted(EXAMPLE)
    assert isinstance(NOBODY.answer(Question(EXAMPLE, "", "{}", ())), Refusal)
    with pytest.raises(ShapeError, match="never run"):
        ask(Question(EXAMPLE, "", "{}", ()))


def test_a_single_byte_more_is_not_trusted(knower):
    knower.trusted = {GATE}
    assert Inference(between(GATE, arguments=GATE_ARGUMENTS)).problems() == []
    assert only_problem(between(f"{GATE}\n", arguments=GATE_ARGUMENTS)).code == "untrusted-code"


def test_what_the_code_gives_flows_on(knower):
    knower.answers[GATE] = Found(TensorSpec((BATCH, symbol("T"), 3)), 72)
    inference = Inference(between(GATE, ("T", 8), arguments=GATE_ARGUMENTS))
    result = inference.result("n2")
    assert str(result.outputs["out"]) == "(N, T, 3)"
    assert (result.parameters, result.flops, inference.total_parameters) == (72, None, 72)
    assert inference.total_flops == 0
    question = knower.asked[0]
    assert json.loads(question.arguments) == GATE_ARGUMENTS
    assert [str(tensor) for tensor in question.inputs] == ["(N, T, 8)"]


def test_a_shape_on_its_way_is_unknown_and_no_mistake(knower):
    knower.answers[GATE] = None
    inference = Inference(between(GATE, arguments=GATE_ARGUMENTS))
    assert inference.problems() == []
    assert inference.pending == ["n2"]
    assert inference.result("n2").outputs == {"out": None}
    knower.answers[GATE] = Found(TensorSpec((BATCH, 3)), 5)
    assert inference.retry(["n2", "gone"]) == {"n2", "n3"}
    assert inference.pending == []
    assert str(inference.result("n3").inputs["in"]) == "(N, 3)"


def test_trust_that_comes_later_is_seen(knower):
    knower.trusted = set()
    inference = Inference(between(GATE, arguments=GATE_ARGUMENTS))
    assert [problem.code for problem in inference.problems()] == ["untrusted-code"]
    knower.trusted = {GATE}
    assert inference.retry(["n2"]) == {"n2", "n3"}
    assert inference.problems() == []


def test_code_that_fails_is_a_problem_of_its_node(knower):
    knower.answers[GATE] = Refusal("forward fails in line 3", "code that runs", "Change line 3")
    problem = only_problem(between(GATE, arguments=GATE_ARGUMENTS))
    assert problem.message == "custom1: forward fails in line 3. Expected code that runs. Change line 3."
    assert (problem.code, problem.param) == ("custom-code", "source")


def test_an_answer_too_large_is_refused_like_any_other(knower):
    knower.answers[GATE] = Found(TensorSpec((BATCH, 10**17)), 0)
    assert only_problem(between(GATE, arguments=GATE_ARGUMENTS)).code == "too-large"


@pytest.mark.parametrize(
    ("source", "params", "code", "text"),
    [
        ("", {}, "bad-source", "the source cannot be used: it is empty"),
        ("x" * 10**6, {}, "bad-source", "it has 1,000,000 characters"),
        ("class A(:", {}, "bad-source", "line 1 of the source cannot be used: invalid syntax"),
        (LAYER, {"class_name": "Nothing"}, "bad-source", "there is no class 'Nothing'"),
        (GATE, {}, "bad-arguments", "Gate needs the argument channels"),
        (GATE, {"arguments": {"chanels": 8}}, "bad-arguments", "Did you mean channels?"),
        (LAYER, {"arguments": {"a": 1}}, "bad-arguments", "Layer takes no argument called a"),
        (GATE, {"arguments": {"channels": 10**30}}, "bad-value", "arguments is"),
        (GATE, {"arguments": {"channels": [[[[[1]]]]]}}, "bad-value", "short lists"),
        (GATE, {"arguments": {"a b": 1}}, "bad-value", "values by name"),
        (GATE, {"arguments": {"channels": float("nan")}}, "bad-value", "arguments is"),
        (7, {}, "bad-value", "source is 7. Expected a text"),
    ],
)
def test_what_can_be_seen_without_running_is_told_without_running(knower, source, params, code, text):
    problem = only_problem(between(source, **params))
    assert problem.code == code
    assert text in problem.message
    assert problem.message.startswith("custom1: ")
    assert len(problem.message) < 500
    assert knower.asked == []


def test_a_faulty_source_is_told_even_where_nothing_comes_in():
    graph = Graph([Node("n2", "Custom", "custom1", {"source": "class"})])
    assert "bad-source" in {problem.code for problem in Inference(graph).problems()}


def test_no_remedy_throws_a_source_away(knower):
    for source in ("class A(:", "x" * 10**6, "X = 1"):
        assert all(not fix.edits for fix in only_problem(between(source)).fixes)


def test_too_many_symbols_are_refused(knower):
    problem = only_problem(between(LAYER, ("A", "B", "C", "D")))
    assert problem.code == "too-many-symbols"
    assert knower.asked == []


def test_an_edit_asks_anew(knower):
    document = Document(Project(graph=between(LAYER)))
    inference = Inference(document.graph)
    other = forward("return x + 1")
    inference.update(document.apply(SetParams("n2", {"source": other})))
    assert {question.source for question in knower.asked} == {LAYER, other}


# Several custom layers in one file


def two(first, second):
    nodes = [Node("n1", "Custom", "one", {"source": first}), Node("n2", "Custom", "two", {"source": second})]
    return Graph(nodes, [Edge(PortRef("n1", "out"), PortRef("n2", "in0"))])


def test_one_source_may_stand_behind_several_layers():
    assert list(name_clashes(two(LAYER, LAYER))) == []
    assert list(name_clashes(two(f"import math\n{LAYER}", f"import math\n{GATE}"))) == []
    assert list(name_clashes(two(LAYER, "class"))) == []


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        (LAYER, LAYER.replace("return x", "return -x"), "Layer"),
        (f"import math as m\n{LAYER}", f"import cmath as m\n{GATE}", "m"),
        (f"def help_me(): ...\n{LAYER}", f"def help_me(): ...\n{GATE}", "help_me"),
    ],
)
def test_a_name_has_one_meaning_in_a_file(first, second, name):
    (problem,) = name_clashes(two(first, second))
    assert problem.node == "n2"
    assert problem.message.startswith(f"two: its source gives {name} another meaning than the source of one")
    assert problem.is_error
    assert problem.received == name


def test_a_clash_is_a_problem_of_the_graph(knower):
    graph = two(LAYER, LAYER.replace("return x", "return -x"))
    assert "name-clash" in {problem.code for problem in Inference(graph).problems()}


# Inside blocks


def in_block(source):
    """A project with a block that holds a custom layer, and a node of it."""
    outer, inner = between(source), between(source)
    inner.replace_node(inner.nodes["n2"].with_(name="inner"))
    nodes = [outer.nodes["n1"], Node("n2", "Gated", "custom1"), outer.nodes["n3"]]
    ports = [("n1.out", "n2.given"), ("n2.result", "n3.in")]
    edges = [Edge(PortRef.parse(start), PortRef.parse(end)) for start, end in ports]
    return Project(graph=Graph(nodes, edges), blocks={"Gated": Block("Gated", inner)})


def test_code_inside_a_block_is_reviewed_and_seen_once_trusted(knower):
    knower.trusted = set()
    inference = Inference(in_block(LAYER).graph)
    (problem,) = inference.problems()
    assert problem.message.startswith("custom1: Gated, inner: the code is not trusted")
    assert [fix.review for fix in problem.fixes] == [LAYER]
    assert problem.remedy is None
    knower.trusted, knower.answers[LAYER] = {LAYER}, None
    inference.retry(["n2"])
    assert (inference.problems(), inference.pending) == ([], ["n2"])
    knower.answers[LAYER] = Found(TensorSpec((BATCH, 5)), 7)
    inference.retry(inference.pending)
    assert str(inference.result("n3").inputs["in"]) == "(N, 5)"
    assert inference.total_parameters == 7


def test_code_is_asked_about_anew_from_inside_its_block(knower):
    knower.trusted = set()
    scope = Scope(in_block(LAYER), ("n2",))
    assert [located.problem.code for located in scope.all_problems()] == ["untrusted-code"]
    knower.trusted, knower.answers[LAYER] = {LAYER}, Found(TensorSpec((BATCH, 5)), 7)
    assert scope.retry(["n2"]) == {"n2", "n3"}
    assert scope.all_problems() == []
    assert str(scope.inference.result("n3").inputs["in"]) == "(N, 5)"
    assert scope.main.total_parameters == 7


def test_names_inside_blocks_clash_too(knower):
    other = LAYER.replace("return x", "return -x")
    project = in_block(LAYER)
    project.graph.insert_nodes([Node("n4", "Custom", "late", {"source": other})])
    (problem,) = name_clashes(project.graph)
    assert problem.message.startswith(
        "late: its source gives Layer another meaning than the source of custom1, in Gated. Expected one"
    )
    project.graph.delete_nodes(["n4"])
    project.graph.insert_nodes([Node("n0", "Custom", "early", {"source": other})], [0])
    (problem,) = name_clashes(project.graph)
    assert problem.node == "n2"
    assert problem.message.startswith("custom1: the source inside Gated gives Layer another meaning")


def test_a_function_of_netloom_keeps_its_name(knower):
    (name, *_) = sorted(HELPER_NAMES)
    (problem,) = name_clashes(between(f"def {name}(): ...\n{LAYER}"))
    assert f"its source gives {name} another meaning than a function of Netloom" in problem.message


def test_arguments_may_be_computed_from_the_parameters_of_a_block(knower):
    graph = between(GATE, arguments={"channels": "=width * 2", "bias": True})
    Inference(graph, env={"width": 4})
    assert json.loads(knower.asked[0].arguments) == {"channels": 8, "bias": True}


def test_a_source_is_never_an_expression(knower):
    assert "line 1 of the source cannot be used: invalid syntax" in only_problem(between("=1")).message


# The file


def test_a_source_survives_its_file_to_the_byte():
    source = "# \u00fc\r\nX = 'a\\n'\t\r\n" + GATE
    project = from_bytes(to_bytes(Project(graph=between(source))))
    assert project.graph.nodes["n2"].params["source"] == source


def test_a_new_node_has_the_example():
    assert CUSTOM.initial_params == {"source": EXAMPLE}
    assert custom_shapes.is_trusted(EXAMPLE) is False
