"""Applies remedies to the open document, and silences what the user does not want to see."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from builder.session import Session
from graph.block_edits import made_inside
from graph.document import Edit
from graph.edits import Batch
from graph.problems import Fix, Problem
from graph.scopes import LocatedProblem
from graph.silence import Silence

MAX_FIXES = 1000
_rounds = count(1)


def fix_problem(session: Session, fix: Fix, block: str | None) -> bool:
    """Applies a remedy as one undo step; False if the document refused it, or if the user is asked first.

    Args:
        session: what is edited.
        fix: a remedy.
        block: in whose graph its problem is; None for the main graph.
    """
    if fix.review is not None:
        session.review_asked.emit(fix.review)
        return False
    return _make(session, Batch(fix.label, fix.edits), block)


def fix_all(session: Session) -> int:
    """Applies the best remedy of every error, also of those that come to light, as one undo step.

    Where no error has a remedy, those of warnings and hints are applied.

    Returns:
        how many remedies were applied.
    """
    tried: set[str] = set()
    key, fixed = ("fix all", next(_rounds)), 0
    with_findings = not mends_errors(each.problem for each in session.all_problems)
    while len(tried) < MAX_FIXES:
        wanted = (each for each in session.all_problems if each.problem.is_error or with_findings)
        found = _next_remedy(wanted, tried)
        if found is None:
            break
        fix, block = found
        edit = made_inside(Batch("Fix all problems", fix.edits), block)
        fixed += session.apply_to_project(edit, key)
        if with_findings:
            session.settle()
    session.settle()
    return fixed


def mends_errors(problems: Iterable[Problem]) -> bool:
    """Whether there is an error with a remedy, which comes before what only could be better."""
    return any(problem.is_error and problem.remedy for problem in problems)


def silence(session: Session, problem: Problem, block: str | None) -> bool:
    """Stops showing a warning at its node, as one undo step.

    Args:
        session: what is edited.
        problem: the warning.
        block: in whose graph it is; None for the main graph.
    """
    return _make(session, Silence(problem.node, problem.code), block)


def show_again(session: Session, node_id: str | None, code: str) -> bool:
    """Takes a silence in the graph that is shown back, as one undo step."""
    return _make(session, Silence(node_id, code, on=False), session.block)


def _make(session: Session, edit: Edit, block: str | None) -> bool:
    is_applied = session.apply_to_project(made_inside(edit, block))
    session.settle()
    return is_applied


def _next_remedy(problems: Iterable[LocatedProblem], tried: set[str]) -> tuple[Fix, str | None] | None:
    """The best remedy of the first problem that was not tried yet, and its block; notes that it is tried."""
    for located in problems:
        remedy = located.problem.remedy
        if located.problem.message not in tried and remedy is not None:
            tried.add(located.problem.message)
            return remedy, located.block
    return None
