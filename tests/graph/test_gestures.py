"""Steps of one gesture, and what can be undone and redone."""

from pathlib import Path

from graph.edits import MoveNodes, RenameNode, RenameProject, SetParams
from tests.graph.builders import five_nodes, state


def test_steps_of_one_gesture_are_undone_together():
    doc = five_nodes()
    before = state(doc)
    for size in range(1, 2001):
        doc.apply(SetParams("n2", {"out_channels": size}), merge_key="typing")
    assert doc.undo_label == "Set out_channels"
    doc.undo()
    assert state(doc) == before
    assert doc.undo_label is None
    doc.redo()
    assert doc.graph.nodes["n2"].params["out_channels"] == 2000


def test_a_gesture_ends_with_another_edit_a_save_or_an_undo():
    doc = five_nodes()
    for between in (
        lambda: doc.apply(RenameProject("Other")),
        doc.mark_saved,
        lambda: (doc.undo(), doc.redo()),
    ):
        steps = 0
        doc.apply(MoveNodes({"n1": (1.0, 1.0)}), merge_key="drag")
        between()
        doc.apply(MoveNodes({"n1": (2.0, 2.0)}), merge_key="drag")
        doc.undo()
        assert doc.graph.nodes["n1"].position == (1.0, 1.0)
        while doc.undo_label:
            doc.undo()
            steps += 1
        assert steps


def test_a_gesture_can_be_taken_back_as_if_it_had_never_been():
    doc = five_nodes()
    doc.apply(RenameNode("n3", "a"))
    doc.mark_saved()
    before, changes = state(doc), []
    for size in (8, 9, 10):
        doc.apply(SetParams("n2", {"out_channels": size}), merge_key="drag")
    doc.subscribe(changes.append)
    assert doc.take_back("drag").updated == ("n2",)
    assert state(doc) == before
    assert (doc.undo_label, doc.redo_label, doc.is_dirty) == ("Rename to a", None, False)
    assert [change.updated for change in changes] == [("n2",)]


def test_what_has_ended_is_not_taken_back():
    doc = five_nodes()
    doc.apply(SetParams("n2", {"out_channels": 9}), merge_key="drag")
    doc.apply(RenameNode("n3", "a"))
    before = state(doc)
    for key in ("drag", "other", None):
        doc.take_back(key)
    assert state(doc) == before


def test_dirty_means_that_the_file_is_behind():
    doc = five_nodes()
    assert not doc.is_dirty
    doc.apply(RenameNode("n3", "a"))
    assert doc.is_dirty
    doc.mark_saved(Path("five.netloom"))
    assert doc.path == Path("five.netloom")
    assert not doc.is_dirty
    doc.undo()
    assert doc.is_dirty
    doc.redo()
    assert not doc.is_dirty
    doc.undo()
    doc.apply(RenameNode("n3", "b"))
    doc.undo()
    assert doc.is_dirty  # the saved state lies on a branch that is gone
    doc.mark_saved()
    assert doc.path == Path("five.netloom")
    assert not doc.is_dirty


def test_undo_with_nothing_to_undo_does_nothing():
    doc = five_nodes()
    told = []
    doc.subscribe(told.append)
    doc.undo()
    doc.redo()
    assert told == []
    assert (doc.undo_label, doc.redo_label) == (None, None)


def test_a_new_edit_ends_what_could_be_redone():
    doc = five_nodes()
    doc.apply(RenameNode("n3", "a"))
    doc.undo()
    assert doc.redo_label == "Rename to a"
    doc.apply(RenameNode("n3", "b"))
    assert doc.redo_label is None
