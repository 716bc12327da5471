"""Applies remedies to the open document, and silences what the user does not want to see."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from builder.session import Session
from graph.edits import Batch
from graph.problems import Fix, Problem
from graph.silence import Silence

MAX_FIXES = 1000
_rounds = count(1)


def fix_problem(session: Session, fix: Fix) -> bool:
    """Applies a remedy as one undo step; False if the document refused it, or if the user is asked first."""
    if fix.review is not None:
        session.review_asked.emit(fix.review)
        return False
    is_applied = session.apply(Batch(fix.label, fix.edits))
    session.settle()
    return is_applied


def fix_all(session: Session) -> int:
    """Applies the best remedy of every error, also of those that come to light, as one undo step.

    Where no error has a remedy, those of warnings and hints are applied.

    Returns:
        how many remedies were applied.
    """
    tried: set[str] = set()
    key, fixed = ("fix all", next(_rounds)), 0
    with_findings = not mends_errors(session.problems)
    while len(tried) < MAX_FIXES:
        wanted = (problem for problem in session.problems if problem.is_error or with_findings)
        fix = _next_remedy(wanted, tried)
        if fix is None:
            break
        fixed += session.apply(Batch("Fix all problems", fix.edits), key)
        if with_findings:
            session.settle()
    session.settle()
    return fixed


def mends_errors(problems: Iterable[Problem]) -> bool:
    """Whether there is an error with a remedy, which comes before what only could be better."""
    return any(problem.is_error and problem.remedy for problem in problems)


def silence(session: Session, problem: Problem) -> bool:
    """Stops showing a warning at its node, as one undo step."""
    is_applied = session.apply(Silence(problem.node, problem.code))
    session.settle()
    return is_applied


def show_again(session: Session, node_id: str | None, code: str) -> bool:
    """Takes a silence back, as one undo step."""
    is_applied = session.apply(Silence(node_id, code, on=False))
    session.settle()
    return is_applied


def _next_remedy(problems: Iterable[Problem], tried: set[str]) -> Fix | None:
    """The best remedy of the first problem that was not tried yet; notes that it is tried now."""
    for problem in problems:
        if problem.message not in tried and problem.remedy is not None:
            tried.add(problem.message)
            return problem.remedy
    return None
