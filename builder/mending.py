"""Remedies tried out on a copy of a project, one after the other. Needs no window."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from builder.findings import Findings
from builder.first_look import loud
from builder.texts import later
from graph.block_edits import made_inside
from graph.document import Edit, EditError, Project
from graph.edits import Batch
from graph.problems import Fix, Problem
from graph.scopes import LocatedProblem, Scope

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


class Trial:
    """A project that remedies are tried out on, and what is wrong with it.

    Args:
        project: becomes what remedies make of it; nobody else may edit it.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._scope = Scope(project)
        self._findings: Findings | None = None

    def mistakes(self) -> list[LocatedProblem]:
        """What is wrong, root causes only, without what was silenced; all errors are among it."""
        return loud(self.project, self._scope)

    def problems(self) -> list[LocatedProblem]:
        """The same, then what design rules find, which are asked when this is first called."""
        if self._findings is None:
            self._findings = Findings(self.project, self._scope)
        if self._findings.is_due:
            deque(self._findings.look(), maxlen=0)
        return [*self.mistakes(), *self._findings.everywhere.located]

    def apply(self, edit: Edit) -> bool:
        """Makes an edit; False if it does not suit."""
        try:
            edit.apply(self.project)
        except EditError:
            return False
        finally:
            change = self.project.take_change()
        touched = self._scope.follow(change)
        if self._findings is not None:
            self._findings.follow(change, touched)
        return True


def mended(trial: Trial, skipped: Collection[str] = ()) -> Iterator[Step]:
    """Applies the best remedy of one problem after the other, and tells each that could be applied.

    Errors alone, as long as one of them has a remedy; without any, warnings and hints.

    Args:
        trial: what they are applied to.
        skipped: keys of the remedies that are left out.
    """
    errors_only = mends_errors(each.problem for each in trial.mistakes())
    tried = set(skipped)
    for _ in range(MAX_FIXES):
        wanted = _errors(trial) if errors_only else trial.problems()
        step = next((step for step in _steps(wanted) if step.key not in tried), None)
        if step is None:
            return
        tried.add(step.key)
        if trial.apply(step.edit):
            yield step


def _errors(trial: Trial) -> Iterator[LocatedProblem]:
    return (each for each in trial.mistakes() if each.problem.is_error)


def _steps(problems: Iterable[LocatedProblem]) -> Iterator[Step]:
    """The best remedy of each problem that has one."""
    for each in problems:
        fix = each.problem.remedy
        if fix is not None:
            yield Step(each, fix, made_inside(Batch(FIX_ALL, fix.edits), each.block))


def key_of(located: LocatedProblem) -> str:
    """What a problem is known by: what it says, and in which block."""
    return f"{located.block or ''}: {located.problem.message}"


def mends_errors(problems: Iterable[Problem]) -> bool:
    """Whether there is an error with a remedy, which comes before what only could be better."""
    return any(problem.is_error and problem.remedy for problem in problems)
