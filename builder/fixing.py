"""Applies remedies to the open document, and silences what the user does not want to see."""

from __future__ import annotations

from collections.abc import Sequence

from builder.mending import FIX_ALL
from builder.session import Session
from graph.block_edits import made_inside
from graph.document import Edit
from graph.edits import Batch
from graph.problems import Fix, Problem
from graph.silence import Silence


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


def apply_fixes(session: Session, edits: Sequence[Edit]) -> int:
    """Makes the edits of remedies one undo step; returns how many remedies were applied."""
    is_done = bool(edits) and session.apply_to_project(Batch(FIX_ALL, edits))
    return len(edits) if is_done else 0


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
