"""Which ports may be joined: one rule, asked before and at commit."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.connection import dtype_origin, possible_dtypes, refusal
from graph.document import EditError, Graph, PortRef
from graph.edits import Connect
from graph.storage import to_bytes
from tests.graph.builders import chain, document, edge, node
from tests.graph.random_edits import random_connection


def tokens() -> Graph:
    """An int64 Input, an Embedding, an LSTM and more, not yet connected."""
    nodes = [
        node("ids", "Input", "ids", shape=[8], dtype="int64"),
        node("image", "Input", "image", shape=[1, 8, 8]),
        node("embed", "Embedding", "embed"),
        node("lstm", "LSTM", "lstm"),
        node("drop", "Dropout", "drop"),
        node("add", "Add", "add"),
        node("flat", "Flatten", "flat"),
        node("odd", "NoSuchLayer", "odd"),
    ]
    return Graph(
        nodes, [edge("ids.out", "embed.in"), edge("embed.out", "lstm.in"), edge("ids.out", "flat.in")]
    )


FLOAT_NAMES = "float32, float64, float16 or bfloat16"
REFUSALS = [
    ("ghost.out", "lstm.in", "There is no node ghost."),
    ("ids.out", "ghost.in", "There is no node ghost."),
    ("lstm.hidden", "add.in0", "lstm has no output called hidden."),
    ("lstm.out", "add.left", "add has no input called left."),
    ("add.out", "ids.in", "ids has no input called in."),
    ("odd.out", "add.in0", "odd has no output called out."),
    ("image.out", "embed.in", "embed.in already gets ids.out. Remove that edge first."),
    ("add.out", "add.in0", "add cannot feed itself."),
    ("lstm.out", "embed.in", "embed.in already gets ids.out. Remove that edge first."),
    (
        "ids.out",
        "drop.in",
        f"drop takes {FLOAT_NAMES}, but ids gives int64. Set the dtype of ids to float32.",
    ),
    (
        "flat.out",
        "drop.in",
        f"drop takes {FLOAT_NAMES}, but flat gives int64. Set the dtype of ids to float32.",
    ),
]


@pytest.mark.parametrize(("source", "target", "text"), REFUSALS)
def test_what_is_refused_is_refused_for_the_same_reason_at_commit(source, target, text):
    doc = document(tokens())
    before = to_bytes(doc.project)
    source, target = PortRef.parse(source), PortRef.parse(target)
    assert refusal(doc.graph, source, target) == text
    with pytest.raises(EditError) as caught:
        doc.apply(Connect(source, target))
    assert str(caught.value) == text
    assert to_bytes(doc.project) == before


@pytest.mark.parametrize(
    ("source", "target"),
    [("lstm.h", "add.in0"), ("lstm.out", "add.in7"), ("image.out", "drop.in"), ("add.out", "drop.in")],
)
def test_what_is_allowed_is_done(source, target):
    doc = document(tokens())
    assert refusal(doc.graph, PortRef.parse(source), PortRef.parse(target)) is None
    doc.apply(Connect(PortRef.parse(source), PortRef.parse(target)))
    assert edge(source, target) in doc.graph.edges


def test_an_edge_that_closes_a_cycle_is_refused():
    graph = chain("Input", "Add", "ReLU", "Tanh")
    source, target = PortRef("n4", "out"), PortRef("n2", "in1")
    assert refusal(graph, source, target) == "add1 already leads to tanh1: this edge would close a cycle."


def test_an_output_may_feed_several_inputs():
    doc = document(chain("Input", "ReLU", "Add"))
    doc.apply(Connect(PortRef("n1", "out"), PortRef("n3", "in1")))
    assert len(doc.graph.edges) == 3


@settings(max_examples=2 * settings().max_examples)
@given(st.data())
def test_before_and_at_commit_agree_on_any_pair_of_ports(data):
    doc = document(tokens())
    connect = random_connection(data.draw, doc.graph)
    reason = refusal(doc.graph, connect.source, connect.target)
    if reason is None:
        doc.apply(connect)
    else:
        with pytest.raises(EditError, match=f"^{re.escape(reason)}$"):
            doc.apply(connect)


def test_a_dtype_is_followed_upstream_through_layers_that_keep_it():
    graph = tokens()
    assert possible_dtypes(graph, PortRef("flat", "out")) == ("int64",)
    assert dtype_origin(graph, PortRef("flat", "out")).id == "ids"
    assert possible_dtypes(graph, PortRef("lstm", "h")) == ("float32",)
    assert dtype_origin(graph, PortRef("lstm", "h")) is None
    assert possible_dtypes(graph, PortRef("drop", "out")) == ("float32", "float64", "float16", "bfloat16")
    assert "bool" in possible_dtypes(graph, PortRef("odd", "out"))


def test_a_dtype_that_makes_no_sense_rules_nothing_out():
    graph = Graph([node("n1", "Input", dtype="complex"), node("n2", "Embedding")])
    assert refusal(graph, PortRef("n1", "out"), PortRef("n2", "in")) is None
