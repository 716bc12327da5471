"""What a design rule declares, how far it looks, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from graph.document import Node
from graph.lint.context import LintContext
from graph.lint.reach import ITSELF, Reach
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
    """

    code: str
    title: str
    severity: Severity
    why: str
    source: str

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


@dataclass(frozen=True, kw_only=True)
class LayerRule(Rule):
    """A rule that a layer and those near it keep or break, whatever the rest of the graph and the plan are.

    Args:
        at: traits; the rule is about layers that have one of them, or about all without any.
        reach: how far from its layer the rule looks. An edit beyond that changes nothing that it finds.
        find: gives the places near a layer where it is broken; each place is found from one layer alone.
    """

    at: tuple[str, ...] = ()
    reach: Reach = ITSELF
    find: Callable[[LintContext, Node], Iterable[Finding]]


@dataclass(frozen=True, kw_only=True)
class NetworkRule(Rule):
    """A rule that a network as a whole keeps or breaks, with the plan that it is trained with.

    Args:
        about: picks the layers that the rule asks for, by what is known about each alone. A rule that asks
            for few costs little, however large the network is.
        find: gives the places where it is broken, from the ids of those layers.
    """

    about: Callable[[LintContext, Node], bool]
    find: Callable[[LintContext, Collection[str]], Iterable[Finding]]
