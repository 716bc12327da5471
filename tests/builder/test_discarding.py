"""What is not open any more goes without a search for garbage, and much of it bit by bit."""

import gc
from itertools import pairwise
from weakref import WeakSet, ref

import pytest
from PySide6.QtCore import QCoreApplication

from builder import discarding
from builder.discarding import MANY, Discarding
from builder.first_look import first_look
from graph.document import Document, Node, Project
from graph.edits import AddNodes
from graph.templates import template
from tests.builder.test_windows import die, first, second  # noqa: F401


class Thing:
    """Something that can be asked after."""


@pytest.fixture
def slow(qapp, monkeypatch):
    """Does one step a turn."""
    monkeypatch.setattr(discarding, "PAUSE", 0)
    monkeypatch.setattr(discarding, "SLICE", 0.0)
    return Discarding()


def left_after_each_turn(slow, things):
    counts = []
    while slow.is_busy:
        QCoreApplication.processEvents()
        counts.append(len(things))
    return counts


def test_many_things_go_a_few_at_a_time(slow):
    made = [Thing() for _ in range(2 * MANY)]
    things = WeakSet(made)
    slow.take([{"made": made}])
    del made
    counts = left_after_each_turn(slow, things)
    steps = {before - after for before, after in pairwise(counts)}
    assert counts[-1] == 0
    assert max(steps) == discarding.CHUNK


def test_what_somebody_else_holds_stays_whole(slow):
    shared = {number: Thing() for number in range(2 * MANY)}
    inside = shared[3]
    things = WeakSet(shared.values())
    slow.take([[shared], (inside, Thing())])
    left_after_each_turn(slow, things)
    assert len(things) == len(shared) == 2 * MANY
    del shared
    assert set(things) == {inside}


def about(session):
    """Whether each thing that grows with a project is still there."""
    document = session.document
    return [ref(each) for each in (document, document.graph, session.main_inference)]


def is_gone(refs):
    return not any(each() for each in refs)


@pytest.fixture
def known(window):
    """What is known of a project that was edited, looked through and searched in all panels."""
    window.files.new_project(template("SmallCNN").project())
    window.session.apply(AddNodes((Node("x1", "ReLU", "extra"),)))
    window.session.settle()
    window.session.undo()
    window.session.select(("n2",))
    window.code.pane.setFocus()
    window.actions_["edit.find"].trigger()
    QCoreApplication.processEvents()
    assert not gc.isenabled()
    return about(window.session)


def test_a_project_is_gone_when_another_is_open(window, known, answers, qtbot):
    answers.keep_answer = "discard"
    window.files.new_project(Project("Other"))
    qtbot.waitUntil(lambda: is_gone(known))


def test_a_project_is_gone_when_its_window_is_closed(first, second, qtbot):  # noqa: F811
    second.files.new_project(template("MLP").project())
    known = about(second.session)
    second.close()
    die()
    qtbot.waitUntil(lambda: is_gone(known))


def test_a_document_that_nobody_showed_is_in_no_circle(qapp):
    document = Document(template("SmallCNN").project())
    look = first_look(document.project)
    refs = [ref(document.graph), ref(look.scope.main), ref(look.findings)]
    del document, look
    assert is_gone(refs)
