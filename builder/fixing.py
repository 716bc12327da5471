"""Applies remedies to the open document: one, or everything that has one."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from builder.session import Session
from graph.edits import Batch
from graph.problems import Fix, Problem

MAX_FIXES = 1000
_rounds = count(1)


def fix_problem(session: Session, fix: Fix) -> bool:
    """Applies a remedy as one undo step; False if the document refused it."""
    return session.apply(Batch(fix.label, fix.edits))


def fix_all(session: Session) -> int:
    """Applies the best remedy of every problem, also of those that come to light, as one undo step.

    Returns:
        how many remedies were applied.
    """
    tried: set[str] = set()
    key, fixed = ("fix all", next(_rounds)), 0
    while len(tried) < MAX_FIXES and (fix := _next_remedy(session.problems, tried)) is not None:
        fixed += session.apply(Batch("Fix all problems", fix.edits), key)
    return fixed


def _next_remedy(problems: Iterable[Problem], tried: set[str]) -> Fix | None:
    """The best remedy of the first problem that was not tried yet; notes that it is tried now."""
    for problem in problems:
        if problem.message not in tried and problem.remedy is not None:
            tried.add(problem.message)
            return problem.remedy
    return None
