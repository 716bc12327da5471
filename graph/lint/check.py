"""Runs the design rules over a graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from graph.document import EditError, Graph, Project, apply_all
from graph.lint import loss_rules, order_rules, size_rules, training_rules
from graph.lint.context import LintContext
from graph.lint.rule import Rule
from graph.problems import Fix, Problem
from graph.silence import is_silenced

FAMILIES = (loss_rules, order_rules, size_rules, training_rules)
RULES: tuple[Rule, ...] = tuple(rule for family in FAMILIES for rule in family.RULES)
BY_CODE: Mapping[str, Rule] = MappingProxyType({rule.code: rule for rule in RULES})


def lint(context: LintContext) -> list[Problem]:
    """What the design rules find, along the data flow, without what the user has silenced."""
    found = [rule.problem(finding) for rule in RULES for finding in rule.find(context)]
    if context.graph is not context.drawn:
        found = [replace(problem, fixes=_that_suit(context.drawn, problem.fixes)) for problem in found]
    rank = {node_id: number for number, node_id in enumerate(context.inference.order())}
    shown = [problem for problem in found if not is_silenced(context.graph, problem)]
    return sorted(shown, key=lambda problem: rank.get(problem.node or "", -1))


def _that_suit(graph: Graph, fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """The fixes that can be made in a graph in which other nodes may stand between those they speak of."""
    trial = Project(graph=graph.copy())
    trial.graph.catalog = graph.catalog
    return tuple(fix for fix in fixes if _suits(trial, fix))


def _suits(project: Project, fix: Fix) -> bool:
    try:
        apply_all(project, fix.edits, fix.label).apply(project)
    except EditError:
        return False
    return True
