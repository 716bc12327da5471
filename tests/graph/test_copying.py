"""Copies of a project, and the thread that may make them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from graph.document import Document, Project
from graph.edits import SetParams
from graph.storage import to_bytes
from tests.graph.builders import chain


@pytest.fixture
def elsewhere():
    """Another thread: calls a function there, and gives what came of it."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda function, *arguments: pool.submit(function, *arguments).result()


@pytest.fixture
def edited():
    """A document of three layers that has been edited here."""
    document = Document(Project("Net", chain("Input", "Linear", "Output")))
    document.apply(SetParams("n2", {"out_features": 3}))
    return document


def test_another_thread_than_the_one_that_edits_may_not_copy(edited, elsewhere):
    with pytest.raises(RuntimeError, match="copies “Net”, which another thread edits"):
        elsewhere(edited.project.copy)
    edited.undo()
    with pytest.raises(RuntimeError, match="another thread edits"):
        elsewhere(edited.project.copy)
    assert to_bytes(edited.project.copy()) == to_bytes(edited.project)


def test_a_copy_that_is_handed_over_can_be_edited_and_copied_there(edited, elsewhere):
    before = to_bytes(edited.project)

    def work(project):
        document = Document(project.copy())
        document.apply(SetParams("n2", {"out_features": 7}))
        return document.project.copy()

    worked_on = elsewhere(work, edited.project.copy())
    assert worked_on.graph.nodes["n2"].params == {"out_features": 7}
    assert to_bytes(edited.project) == before
    assert to_bytes(worked_on.copy()) == to_bytes(worked_on)


def test_what_was_read_in_a_thread_can_be_copied_and_edited_here(elsewhere):
    document = elsewhere(lambda: Document(Project("Net", chain("Input", "Linear", "Output"))))
    assert to_bytes(document.project.copy()) == to_bytes(document.project)
    document.apply(SetParams("n2", {"out_features": 3}))
    assert document.project.copy().graph.nodes["n2"].params == {"out_features": 3}
