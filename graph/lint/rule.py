"""What a design rule declares, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from graph.document import Node
from graph.lint.context import LintContext
from graph.problems import Fix, Problem, message

Severity = Literal["warning", "info"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A place where a rule is broken.

    Args:
        node: the node at fault; None for the training plan.
        what: what happened there, with the values.
        expected: what would have been right.
        hint: what to do.
        fixes: remedies, best first; every one of them ends the finding.
        param: the parameter at fault, if one is.
    """

    node: Node | None
    what: str
    expected: str
    hint: str
    fixes: tuple[Fix, ...] = ()
    param: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One habit of good design, whole, in one place.

    Args:
        code: stable name, which projects keep when the user silences it.
        title: the habit in a few words.
        severity: `warning` where learning most likely suffers, `info` where it could be better.
        why: what is behind it, for a student.
        source: the page to read on.
        find: gives the places where a graph breaks it.
    """

    code: str
    title: str
    severity: Severity
    why: str
    source: str
    find: Callable[[LintContext], Iterable[Finding]]

    def problem(self, finding: Finding) -> Problem:
        """A finding as the user reads it."""
        name = finding.node.name if finding.node else None
        return Problem(
            code=self.code,
            severity=self.severity,
            node=finding.node.id if finding.node else None,
            param=finding.param,
            message=message(name, finding.what, finding.expected, finding.hint),
            expected=finding.expected,
            hint=finding.hint,
            fixes=finding.fixes,
            why=self.why,
            source=self.source,
        )
