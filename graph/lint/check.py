"""Runs the design rules over a graph."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from graph.lint import loss_rules, order_rules, size_rules, training_rules
from graph.lint.context import LintContext
from graph.lint.rule import Rule
from graph.problems import Problem
from graph.silence import is_silenced

FAMILIES = (loss_rules, order_rules, size_rules, training_rules)
RULES: tuple[Rule, ...] = tuple(rule for family in FAMILIES for rule in family.RULES)
BY_CODE: Mapping[str, Rule] = MappingProxyType({rule.code: rule for rule in RULES})


def lint(context: LintContext) -> list[Problem]:
    """What the design rules find, along the data flow, without what the user has silenced."""
    found = [rule.problem(finding) for rule in RULES for finding in rule.find(context)]
    rank = {node_id: number for number, node_id in enumerate(context.inference.order())}
    shown = [problem for problem in found if not is_silenced(context.graph, problem)]
    return sorted(shown, key=lambda problem: rank.get(problem.node or "", -1))
