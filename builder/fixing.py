"""Applies remedies to the open document, and silences what the user does not want to see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from shiboken6 import delete

from builder.session import Session
from builder.texts import later
from graph.block_edits import made_inside
from graph.document import Document, Edit, Project
from graph.edits import Batch
from graph.problems import Fix, Problem
from graph.scopes import LocatedProblem
from graph.silence import Silence

MAX_FIXES = 1000
FIX_ALL = later("Fix all problems")


@dataclass(frozen=True)
class Step:
    """A remedy among many.

    Attributes:
        located: its problem.
        fix: the remedy.
        edit: what it does, as an edit of the project.
    """

    located: LocatedProblem
    fix: Fix
    edit: Edit

    @property
    def key(self) -> str:
        """What it is known by, also where it is tried out on a copy."""
        return key_of(self.located)


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


def fix_all(session: Session, skipped: Collection[str] = ()) -> int:
    """Applies the best remedy of every error, also of those that come to light, as one undo step.

    Where no error has a remedy, those of warnings and hints are applied.

    Args:
        session: what is edited.
        skipped: keys of steps that are left out.

    Returns:
        how many remedies were applied.
    """
    with trial_of(session.project.copy()) as trial:  # so that the window follows once, not at every remedy
        edits = [step.edit for step in mended(trial, skipped)]
    return apply_fixes(session, edits)


def apply_fixes(session: Session, edits: Sequence[Edit]) -> int:
    """Makes the edits of remedies one undo step; returns how many remedies were applied."""
    is_done = bool(edits) and session.apply_to_project(Batch(FIX_ALL, edits))
    session.settle()
    return len(edits) if is_done else 0


@contextmanager
def trial_of(project: Project) -> Iterator[Session]:
    """A session of its own on a copy, gone afterwards."""
    session = Session(Document(project))
    try:
        yield session
    finally:
        delete(session)


def mended(trial: Session, skipped: Collection[str] = ()) -> Iterator[Step]:
    """Applies the best remedy of one problem after the other, and tells each that could be applied.

    Errors alone, as long as one of them has a remedy; without any, warnings and hints.
    """
    with_findings = not mends_errors(each.problem for each in trial.all_problems)
    for step in _remedies(trial, skipped, with_findings):
        if trial.apply_to_project(step.edit):
            yield step
        if with_findings:
            trial.settle()


def _remedies(session: Session, skipped: Collection[str], with_findings: bool) -> Iterator[Step]:
    """The best remedy of one problem after the other, the next when this one was applied."""
    tried = set(skipped)
    for _ in range(MAX_FIXES):
        wanted = (each for each in session.all_problems if each.problem.is_error or with_findings)
        found = next((each for each in wanted if each.problem.remedy and key_of(each) not in tried), None)
        if found is None or found.problem.remedy is None:
            return
        tried.add(key_of(found))
        fix = found.problem.remedy
        yield Step(found, fix, made_inside(Batch(FIX_ALL, fix.edits), found.block))


def key_of(located: LocatedProblem) -> str:
    """What a problem is known by: what it says, and in which block."""
    return f"{located.block or ''}: {located.problem.message}"


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
