"""What fixing everything would do is worked out in a thread, and shown with a choice."""

import pytest
from PySide6.QtCore import Qt

from builder.fix_all_dialog import FixAllDialog
from builder.fix_planning import FixPlanning
from builder.fix_preview import plan_fixes
from graph.edits import SetParams
from tests.builder.fixing_hands import flawed_session

Key = Qt.Key


@pytest.fixture
def session(qapp):
    return flawed_session()


@pytest.fixture
def planning(qtbot, session):
    planning = FixPlanning(session.project, session)
    yield planning
    planning.end()


def test_a_plan_is_made_of_the_project_as_it_was(qtbot, session, planning):
    expected = plan_fixes(session.project)
    with qtbot.waitSignal(planning.planned) as signal:
        planning.ask()
        session.apply(SetParams("n2", reset=("nonsense",)))
    assert signal.args == [expected]
    assert planning.plan() == expected


def test_only_what_was_asked_for_last_is_told(qtbot, session, planning):
    told = []
    planning.planned.connect(told.append)
    first, second = (fix.key for fix in plan_fixes(session.project).fixes)
    for key in (first, second):
        planning.ask(frozenset({key}))
    qtbot.waitUntil(lambda: told != [])
    planning.ask(frozenset({second}))
    assert [[fix.key for fix in plan.fixes] for plan in told] == 2 * [[first]]


def test_a_plan_that_nobody_waits_for_any_more_is_not_finished(session):
    assert plan_fixes(session.project, should_stop=lambda: True) is None


@pytest.fixture
def dialog(qtbot, session, planning):
    with qtbot.waitSignal(planning.planned):
        planning.ask()
    dialog = FixAllDialog(planning)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    return dialog


def wait_for_plan(qtbot, dialog):
    qtbot.waitUntil(lambda: "worked out" not in dialog.apply_button.toolTip())


def test_nothing_can_be_applied_that_is_not_worked_out_yet(qtbot, dialog):
    list(dialog.rows.values())[1].box.click()
    assert not dialog.apply_button.isEnabled()
    assert "worked out" in dialog.apply_button.toolTip()
    wait_for_plan(qtbot, dialog)
    assert dialog.apply_button.isEnabled()


def test_the_dialog_lists_every_remedy_with_what_it_changes(dialog):
    assert dialog.heading.text() == "2 remedies for errors"
    texts = [(row.box.text(), row.changes.text()) for row in dialog.rows.values()]
    assert texts == [
        ("conv1: Remove 'nonsense'", "Unsets nonsense of conv1, which was 1."),
        ("fc: Insert Flatten", "Inserts flatten1 (Flatten) between conv1 and fc."),
    ]
    assert dialog.left.text() == "Then no problem is left."
    assert dialog.apply_button.text() == "Apply 2 remedies"


def test_unticking_a_remedy_works_out_what_is_left(qtbot, dialog):
    first, _second = dialog.rows.values()
    first.box.setFocus()
    qtbot.keyClick(first.box, Key.Key_Space)
    wait_for_plan(qtbot, dialog)
    assert dialog.left.text() == "Then 1 error is left."
    assert first.isVisible(), "it can be ticked again"
    assert dialog.skipped == {next(iter(dialog.rows))}
    qtbot.keyClick(first.box, Key.Key_Space)
    wait_for_plan(qtbot, dialog)
    assert dialog.left.text() == "Then no problem is left."


def test_with_nothing_ticked_there_is_nothing_to_apply(qtbot, dialog):
    for row in list(dialog.rows.values()):
        if row.isVisible():
            row.box.click()
    wait_for_plan(qtbot, dialog)
    assert not dialog.apply_button.isEnabled()
    assert "Tick one" in dialog.apply_button.toolTip()


def test_enter_applies_and_escape_does_not(qtbot, dialog):
    qtbot.keyClick(dialog, Key.Key_Return)
    assert dialog.result() == FixAllDialog.DialogCode.Accepted
    dialog.show()
    qtbot.keyClick(dialog, Key.Key_Escape)
    assert dialog.result() == FixAllDialog.DialogCode.Rejected
