"""Design rules look at an edited project bit by bit, and in the end have found what a fresh look finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication

from builder.session import Session
from graph.document import Document, Graph, Project
from graph.edits import RemoveNodes, SetParams
from tests.builder.fixing_hands import fix_all
from tests.builder.test_block_walks import walk
from tests.graph.block_drawings import deep
from tests.graph.builders import chain

IMAGE = ("Input", {"shape": [3, 16, 16]})
PLAIN = ("Conv2d", {"out_channels": 8, "padding": 1, "bias": False})
CODE = "bias-before-batch-norm"


def long() -> Project:
    """Ten times a convolution, a norm and an activation; nothing is wrong with them."""
    row = chain(IMAGE, *[PLAIN, "BatchNorm2d", "ReLU"] * 10, "Output")
    return Project(graph=Graph(row.nodes.values(), row.edges), training={"loss": {"type": "MSELoss"}})


def slowed(session: Session) -> Session:
    """Has it look at one thing a turn, at once."""
    session.checking.delay, session.checking.slice = 0, 0.0
    return session


@pytest.fixture
def session(qtbot):
    return slowed(Session(Document(long())))


def biased(session):
    """The nodes where the rule finds something."""
    return [each.node for each in session.problems if each.code == CODE]


def let_begin(session):
    """Lets the rules look a little, not at all that is due."""
    while not session.checking.is_busy:
        QCoreApplication.processEvents()


def let_end(session, qtbot):
    qtbot.waitUntil(lambda: not session.checking.is_due)


def fresh(session):
    """What is found by somebody who opens the project as it is now, and goes to the same place."""
    other = Session(Document(session.project.copy()))
    other.show_scope(session.scope)
    return other.problems, other.all_problems


def test_what_an_edit_breaks_is_found_bit_by_bit(session, qtbot):
    told = []
    session.problems_changed.connect(lambda: told.append(biased(session)))
    session.apply(SetParams("n5", {"bias": True}))
    let_begin(session)
    assert biased(session) == []
    let_end(session, qtbot)
    assert told[-1] == biased(session) == ["n5"]
    assert (session.problems, session.all_problems) == fresh(session)


def test_an_edit_meanwhile_is_looked_at_too(session, qtbot):
    session.apply(SetParams("n5", {"bias": True}))
    let_begin(session)
    session.apply(SetParams("n8", {"bias": True}))
    let_begin(session)
    session.apply(SetParams("n5", {"bias": False}))
    let_end(session, qtbot)
    assert biased(session) == ["n8"]
    assert (session.problems, session.all_problems) == fresh(session)


def test_what_is_undone_meanwhile_is_not_found(session, qtbot):
    before = session.problems, session.all_problems
    session.apply(SetParams("n5", {"bias": True}))
    let_begin(session)
    session.undo()
    let_end(session, qtbot)
    assert (session.problems, session.all_problems) == before


def test_findings_at_nodes_that_go_are_gone_at_once(session, qtbot):
    session.apply(SetParams("n5", {"bias": True}))
    let_end(session, qtbot)
    session.apply(RemoveNodes(("n5",)))
    assert biased(session) == []
    assert session.problems_of("n5") == ()
    let_begin(session)
    session.undo()
    let_end(session, qtbot)
    assert biased(session) == ["n5"]


def test_another_document_is_not_told_what_was_wrong_with_the_last(session, qtbot):
    session.apply(SetParams("n5", {"bias": True}))
    let_begin(session)
    session.load(Document(long()))
    assert not session.checking.is_busy
    told = []
    session.checking.done.connect(lambda: told.append(True))
    session.apply(SetParams("n8", {"bias": True}))
    let_end(session, qtbot)
    assert told == [True]
    assert biased(session) == ["n8"]


def test_remedies_asked_for_meanwhile_see_all_that_is_wrong(session, qtbot):
    for node_id in ("n5", "n8", "n11"):
        session.apply(SetParams(node_id, {"bias": True}))
    let_begin(session)
    assert fix_all(session)
    assert biased(session) == []
    assert (session.problems, session.all_problems) == fresh(session)
    session.undo()
    let_end(session, qtbot)
    assert biased(session) == ["n5", "n8", "n11"]


def test_a_block_that_is_entered_meanwhile_shows_its_own(qtbot):
    session = slowed(Session(Document(deep())))
    instance = next(i for i in session.graph.nodes if session.is_instance(i))
    session.select([instance])
    session.apply(SetParams(instance, {"repeat": 2}))
    let_begin(session)
    assert session.enter(instance)
    assert (session.problems, session.all_problems) == fresh(session)
    let_end(session, qtbot)
    assert (session.problems, session.all_problems) == fresh(session)


@given(data=st.data())
def test_after_any_walk_everything_is_found_that_a_fresh_look_finds(qapp, data):
    session = slowed(Session(Document(deep())))
    for _ in range(data.draw(st.integers(1, 10))):
        walk(data.draw, session)
        for _ in range(data.draw(st.sampled_from([0, 1, 5]))):
            QCoreApplication.processEvents()
    while session.checking.is_due:
        QCoreApplication.processEvents()
    assert (session.problems, session.all_problems) == fresh(session)
    assert session.all_marks.keys() <= session.graph.nodes.keys()


def test_the_status_bar_says_so_as_long_as_it_lasts(window, qtbot):
    session, validity = slowed(window.session), window.status.validity
    window.files.show(Document(long()))
    assert validity.text() == "Valid"
    session.apply(SetParams("n5", {"bias": True, "stride": 9}))
    let_begin(session)
    assert validity.text() == "Checking..."
    assert "still being checked" in validity.toolTip()
    let_end(session, qtbot)
    assert "1 problem" in validity.text()
    assert "checking" not in validity.text()
    session.apply(SetParams("n8", {"bias": True}))
    let_begin(session)
    assert validity.text().endswith("problem, checking...")


def test_a_window_is_closed_meanwhile(window):
    session = slowed(window.session)
    window.files.show(Document(long()))
    session.apply(SetParams("n5", {"bias": True}))
    let_begin(session)
    session.document.mark_saved()
    assert window.close()
