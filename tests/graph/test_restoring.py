"""A project becomes what another one is, as one step that can be taken back."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.annotation_edits import AddAnnotations
from graph.annotations import Frame, Note
from graph.document import Change, Document, EditError, Graph, Project
from graph.edits import MoveNodes, RemoveNodes, SetParams, SetTraining
from graph.inference import Inference
from graph.restoring import Restore
from graph.storage import from_bytes, to_bytes
from graph.templates import template
from tests.graph.block_drawings import deep
from tests.graph.random_edits import random_edit
from tests.graph.shadow import Shadow, assert_consistent


def there_and_back(document: Document, wanted: Project) -> None:
    """Restores, and looks at the way there and back."""
    shadow, before = Shadow(document), to_bytes(document.project)
    inference = Inference(document.graph)
    document.subscribe(inference.update)
    document.apply(Restore.of(wanted))
    wanted.name = document.project.name
    assert to_bytes(document.project) == to_bytes(wanted)
    shadow.assert_equal(document)
    for graph in document.project.graphs():
        assert_consistent(graph)
    fresh = Inference(document.graph)
    assert all(inference.result(each) == fresh.result(each) for each in document.graph.nodes)
    document.undo()
    assert to_bytes(document.project) == before
    shadow.assert_equal(document)
    document.redo()
    assert to_bytes(document.project) == to_bytes(wanted)
    shadow.assert_equal(document)


def copy_of(project: Project) -> Project:
    return from_bytes(to_bytes(project))


def test_the_same_project_again_changes_nothing():
    document = Document(template("SmallCNN").project())
    document.project.take_change()
    change = document.apply(Restore.of(copy_of(document.project)))
    assert change == Change()


def test_an_edited_network_becomes_what_it_was():
    document = Document(template("SmallCNN").project())
    wanted = copy_of(document.project)
    graph = document.graph
    ids = {node.name: node.id for node in graph.nodes.values()}
    document.apply(SetParams(ids["conv1"], {"out_channels": 5}))
    document.apply(MoveNodes({ids["conv2"]: (7.0, 9.0)}))
    document.apply(RemoveNodes([ids["squeeze"]]))
    document.apply(AddAnnotations((Frame("f1", "Stem"),), (Note("t1", "why"),)))
    document.apply(SetTraining({"epochs": 99}))
    change = document.apply(Restore.of(wanted))
    assert set(change.updated) == {ids["conv1"]}
    assert set(change.moved) == {ids["conv2"]}
    assert set(change.added) == {ids["squeeze"]}
    assert change.fields == ("training",)
    document.undo()
    there_and_back(document, wanted)


@pytest.mark.parametrize("other", ["MLP", "ResNet18", "MultiHead"])
def test_quite_another_network(other):
    there_and_back(Document(template("SmallCNN").project()), template(other).project())


def test_blocks_come_go_and_change():
    wanted = deep()
    inner = wanted.blocks["Residual"].graph
    first = next(iter(inner.nodes.values()))
    inner.replace_node(first.with_(name="other"))
    inner.log.take()
    there_and_back(Document(deep()), wanted)
    there_and_back(Document(template("MLP").project()), deep())
    there_and_back(Document(deep()), template("MLP").project())


def test_another_order_in_the_file():
    project = template("MLP").project()
    graph = project.graph
    wanted = Project("Net", Graph(tuple(graph.nodes.values())[::-1], tuple(graph.edges)[::-1]))
    there_and_back(Document(template("MLP").project()), wanted)


@given(st.data())
def test_after_any_edits(data):
    document = Document(deep())
    wanted = copy_of(document.project)
    for _ in range(data.draw(st.integers(1, 12))):
        with suppress(EditError):
            document.apply(random_edit(data.draw, document.graph))
    there_and_back(document, wanted)
