"""Problems are gathered bit by bit and by change, and are those that somebody gathers from scratch."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication

from builder.gathered import Found, Gathered
from builder.session import Session
from graph.document import Document
from graph.edits import MoveNodes
from graph.problems import Fix, Problem
from graph.scopes import LocatedProblem
from tests.builder.test_block_walks import walk
from tests.builder.test_checking import fresh, long, slowed
from tests.graph.block_drawings import deep

SEVERITIES = ("error", "warning", "info")
MOVE = Fix("Move", (MoveNodes({"n1": (0.0, 0.0)}),))
NODES = [*(f"n{number}" for number in range(6)), None]

problems = st.builds(
    Problem,
    code=st.sampled_from(["one", "other"]),
    severity=st.sampled_from(SEVERITIES),
    node=st.sampled_from(NODES),
    message=st.just("Something is wrong."),
    fixes=st.sampled_from([(), (MOVE,), (Fix("Trust it", (), "source"),)]),
)
lists = st.lists(problems, max_size=12).map(tuple)


def by_node(found):
    return {
        i: tuple(each for each in found if each.node == i) for i in {each.node for each in found} - {None}
    }


def by_severity(located):
    names = {each.problem.severity for each in located}
    return {name: tuple(each for each in located if each.problem.severity == name) for name in names}


def of_scratch(own, everywhere):
    """By node with and without hints, errors, by severity, whether any can be mended: from lists alone."""
    loud = by_node([each for each in own if each.severity != "info"])
    errors = tuple(each for each in own if each.severity == "error")
    return (
        by_node(own),
        loud,
        errors,
        by_severity(everywhere),
        any(each.problem.remedy for each in everywhere),
    )


def forms(found):
    return found.by_node, found.marks, found.errors, found.groups, found.is_mendable


def sorted_out(before, found):
    """What comes of it when all has been sorted."""
    work = before.renewed(found)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def located(found):
    return tuple(LocatedProblem((), None, each) for each in found)


@given(mistakes=lists, first=lists, second=lists, gone=st.sets(st.sampled_from(NODES[:-1])))
def test_every_form_is_that_of_the_list_of_all(mistakes, first, second, gone):
    found = sorted_out(sorted_out(Found(), first), second)
    gathered = Gathered(mistakes, located(mistakes), found, found)
    assert forms(gathered) == of_scratch((*mistakes, *second), located((*mistakes, *second)))
    left = tuple(each for each in (*mistakes, *second) if each.node not in gone)
    without = gathered.without(gone)
    assert (without.problems, without.all_problems) == (left, located(left))
    assert forms(without) == of_scratch(left, located(left))
    there = dict.fromkeys(set(NODES) - gone - {None})
    assert found.at(there).problems == tuple(each for each in second if each.node not in gone)


@given(first=lists, second=lists)
def test_what_is_still_found_is_told_by_the_same_tuples(first, second):
    before = sorted_out(Found(), first)
    after = sorted_out(before, second)
    assert (after is before) == (first == second)
    kept = [i for i, each in after.by_node.items() if before.by_node.get(i) == each]
    assert all(after.by_node[i] is before.by_node[i] for i in kept)
    assert after.at(dict.fromkeys(NODES)) is after
    one, other = (Gathered((), (), each, each) for each in (before, after))
    assert one.is_like(other) == (first == second)


def test_many_are_sorted_in_many_bits():
    many = tuple(Problem("one", "info", f"n{number}", "Something is wrong.") for number in range(5000))
    assert len(deque(Found().renewed(many))) > 20


def check(session):
    """All forms agree with the lists of the session."""
    found = session.shown_errors, session.problem_groups, session.is_mendable
    _, marks, *others = of_scratch(session.problems, session.all_problems)
    assert list(found) == others
    assert session.all_marks == marks


@given(data=st.data())
def test_at_every_step_of_a_walk_all_forms_tell_the_same(qapp, data):
    session = slowed(Session(Document(data.draw(st.sampled_from([long, deep]))())))
    if data.draw(st.booleans()):
        session.inferring.at_once, session.inferring.first, session.inferring.slice = 0, 0.0, 0.0
    for _ in range(data.draw(st.integers(1, 10))):
        walk(data.draw, session)
        for _ in range(data.draw(st.sampled_from([0, 1, 2, 5]))):
            QCoreApplication.processEvents()
            if not session.is_blank:
                check(session)
    while session.checking.is_due:
        QCoreApplication.processEvents()
    assert (session.problems, session.all_problems) == fresh(session)
    if not session.is_blank:
        check(session)
