"""What remedies would change, found out on a copy before anything happens to the project."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from builder.mending import Step, Trial, mended, mends_errors
from builder.scope_names import path_text
from builder.severities import counts_by_severity
from builder.texts import tr, tr_count, tr_made
from graph.block_edits import made_inside
from graph.differences import differences
from graph.document import Edit, EditError, Project
from graph.edits import Batch
from graph.problems import Fix, Problem

MAX_PHRASES = 4


@dataclass(frozen=True)
class PlannedFix:
    """One remedy of a plan.

    Attributes:
        key: by which it is left out of the next plan.
        label: what its button says.
        place: the node that it is about, and in which block.
        problem: what is wrong there.
        changes: what it does, in words.
        edit: what it does, as an edit of the project.
    """

    key: str
    label: str
    place: str
    problem: str
    changes: str
    edit: Edit


@dataclass(frozen=True)
class FixPlan:
    """What fixing everything would do.

    Attributes:
        fixes: the remedies, in the order in which they are applied.
        left: what is still wrong afterwards, in words.
        errors_only: whether warnings and hints are left alone.
    """

    fixes: tuple[PlannedFix, ...]
    left: str
    errors_only: bool


def preview(project: Project, fix: Fix, block: str | None, *, tells_left: bool = True) -> str:
    """What a remedy would change, and what would be left of the problems, as one or two sentences.

    Args:
        project: is not touched.
        fix: made of edits.
        block: in whose graph its problem is; None for the main graph.
        tells_left: without it there is only the first sentence, which is quick also for very many nodes.
    """
    try:
        after = tried_out(project, fix, block)
    except EditError as error:
        return tr("It cannot be applied: {error}", error=tr_made(str(error)))
    changes = _sentence(differences(project, after))
    if not tells_left:
        return changes
    return f"{changes} {left_text(each.problem for each in Trial(after).problems())}"


def tried_out(project: Project, fix: Fix, block: str | None) -> Project:
    """A copy of a project in which a remedy was applied; arguments as of `preview`.

    Raises:
        EditError: it cannot be applied.
    """
    after = project.copy()
    made_inside(Batch(fix.label, fix.edits), block).apply(after)
    return after


def plan_fixes(
    project: Project, skipped: Collection[str] = (), should_stop: Callable[[], bool] = lambda: False
) -> FixPlan | None:
    """What fixing everything would do to a project, which is not touched; from any thread.

    Args:
        project: what is mended.
        skipped: keys of the remedies that are left out.
        should_stop: asked now and then; None is given once it says so.
    """
    trial = Trial(project.copy())
    errors_only = mends_errors(each.problem for each in trial.mistakes())
    planned, before = [], trial.project.copy()
    for step in mended(trial, skipped):
        planned.append(_planned(step, before, trial.project))
        if should_stop():
            return None
        before = trial.project.copy()
    return FixPlan(tuple(planned), left_text(each.problem for each in trial.problems()), errors_only)


def _planned(step: Step, before: Project, after: Project) -> PlannedFix:
    """A remedy as part of a plan, from the project before it was applied and afterwards."""
    node = before.graph_of(step.located.block).nodes.get(step.located.problem.node or "")
    inside = path_text(before, step.located.path)
    name = node.name if node else tr("Training")
    return PlannedFix(
        step.key,
        tr_made(step.fix.label),
        tr("{name} in {block}", name=name, block=inside) if inside else name,
        tr_made(step.located.problem.message),
        _sentence(differences(before, after)),
        step.edit,
    )


def left_text(problems: Iterable[Problem]) -> str:
    """What is left, as a sentence: `Then no problem is left.` or `Then 1 error and 2 hints are left.`."""
    severities = [problem.severity for problem in problems]
    counts = counts_by_severity(severities)
    if not counts:
        return tr("Then no problem is left.")
    if len(severities) == 1:
        return tr("Then {problem} is left.", problem=counts[0])
    return tr("Then {problems} are left.", problems=_joined(counts))


def _joined(texts: list[str]) -> str:
    """`1 error, 2 warnings and 1 hint`."""
    *first, last = texts
    return tr("{first} and {last}", first=", ".join(first), last=last) if first else last


def _sentence(phrases: list[str]) -> str:
    listed = [tr_made(phrase) for phrase in phrases[:MAX_PHRASES]]
    if len(phrases) > MAX_PHRASES:
        listed.append(
            tr(
                "makes {changes}",
                changes=tr_count("{count} more change", "{count} more changes", len(phrases) - MAX_PHRASES),
            )
        )
    text = "; ".join(listed) or tr("changes nothing that can be seen")
    return f"{text[0].upper()}{text[1:]}."
