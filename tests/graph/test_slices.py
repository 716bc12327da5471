"""A change that is followed bit by bit ends in what a fresh look finds, whatever comes between two bits."""

from collections import Counter
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.document import EditError, Graph
from graph.edits import RemoveNodes, SetParams
from graph.flow_order import FlowOrder
from graph.inference import Inference
from tests.graph.builders import chain, document
from tests.graph.random_edits import random_edit

CONV = ("Conv2d", {"out_channels": 8, "kernel_size": 3, "padding": 1})
LONG = ("Input", CONV, "ReLU", CONV, "BatchNorm2d", "ReLU", CONV, "Flatten", "Linear", "Output")


def never_wrong(inference: Inference, graph: Graph) -> None:
    """What is known by now is pending, or what a fresh look finds."""
    fresh = Inference(graph)
    for node_id in graph.nodes:
        known = inference.known(node_id)
        if inference.is_stale(node_id):
            assert known.pending
            assert not any(known.outputs.values())
            assert known.problems == ()
        else:
            assert known == fresh.result(node_id), node_id


def same_as_fresh(inference: Inference, graph: Graph) -> None:
    fresh = Inference(graph)
    assert inference.order() == fresh.order()
    assert inference.problems() == fresh.problems()
    assert {i: inference.result(i) for i in graph.nodes} == {i: fresh.result(i) for i in graph.nodes}
    assert inference.total_parameters == fresh.total_parameters
    assert inference.total_flops == fresh.total_flops
    assert inference.sums().num_uncounted == fresh.sums().num_uncounted
    assert graph.types == Counter(node.type for node in graph.nodes.values())
    assert not inference.is_due


def is_valid(order: FlowOrder, graph: Graph) -> bool:
    rank, cyclic = order.rank, order.cyclic
    inside = [each for each in graph.edges if each.target.node not in cyclic]
    return all(rank[each.source.node] < rank[each.target.node] for each in inside)


@settings(max_examples=2 * settings().max_examples)
@given(st.data())
def test_edits_between_slices_end_in_what_starting_afresh_gives(data):
    doc = document(chain(*LONG))
    inference = Inference(doc.graph)
    inference.sums()  # which from here on follow by change
    doc.subscribe(inference.note)
    for _ in range(data.draw(st.integers(1, 12))):
        if data.draw(st.integers(0, 3)) == 0:
            doc.undo()
        else:
            try:
                doc.apply(random_edit(data.draw, doc.graph))
            except EditError:
                continue
        for _ in islice(inference.spread(), data.draw(st.integers(0, 6))):
            pass
        never_wrong(inference, doc.graph)
    assert inference.take_touched() <= doc.graph.nodes.keys()
    same_as_fresh(inference, doc.graph)
    while doc.undo_label:
        doc.undo()
        for _ in islice(inference.spread(), data.draw(st.integers(0, 3))):
            pass
    same_as_fresh(inference, doc.graph)


@given(st.data())
def test_what_became_another_in_any_slice_is_told_once_all_is_followed(data):
    doc = document(chain(*LONG))
    inference = Inference(doc.graph)
    known = {node_id: inference.result(node_id) for node_id in doc.graph.nodes}
    doc.subscribe(inference.note)
    for channels in data.draw(st.lists(st.integers(1, 64), min_size=1, max_size=5)):
        doc.apply(SetParams("n2", {"out_channels": channels}))
        for _ in islice(inference.spread(), data.draw(st.integers(0, 9))):
            pass
    touched = inference.take_touched()
    assert touched >= {i for i in doc.graph.nodes if inference.result(i) != known[i]}
    assert inference.take_touched() == set()


def test_a_slice_looks_at_no_more_than_it_has_time_for():
    doc = document(chain(*LONG))
    inference = Inference(doc.graph)
    doc.subscribe(inference.note)
    doc.apply(SetParams("n2", {"out_channels": 5}))
    spread = inference.spread()
    next(spread)
    assert not inference.is_stale("n2")
    assert inference.known("n2").outputs["out"].shape[1] == 5
    assert inference.known("n3").pending
    assert inference.is_due


@settings(max_examples=2 * settings().max_examples)
@given(st.data())
def test_ranks_are_valid_at_once_or_said_not_to_be(data):
    doc = document(chain(*LONG))
    order = FlowOrder(doc.graph)
    for _ in order.sorting():
        pass
    doc.subscribe(order.follow)
    for _ in range(data.draw(st.integers(1, 12))):
        try:
            doc.apply(random_edit(data.draw, doc.graph))
        except EditError:
            continue
        if order.is_due:
            for _ in order.sorting():
                pass
        assert order.rank.keys() == doc.graph.nodes.keys()
        assert is_valid(order, doc.graph)
    assert list(order.exact) == list(Inference(doc.graph).order())


def test_no_sorting_is_due_where_nodes_go_and_come_back_or_one_is_put_between():
    doc = document(chain(*LONG))
    order = FlowOrder(doc.graph)
    for _ in order.sorting():
        pass
    doc.subscribe(order.follow)
    doc.apply(RemoveNodes(("n3", "n4", "n5")))
    assert not order.is_due
    doc.undo()
    assert not order.is_due
    assert is_valid(order, doc.graph)
