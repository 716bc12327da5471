"""Every design rule, and a graph looked at by all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from types import MappingProxyType

from graph.lint import loss_rules, order_rules, precision_rules, size_rules, sparse_rules, training_rules
from graph.lint.context import LintContext
from graph.lint.linter import Linter
from graph.lint.rule import Rule
from graph.problems import Problem

FAMILIES = (loss_rules, order_rules, size_rules, training_rules, precision_rules, sparse_rules)
RULES: tuple[Rule, ...] = tuple(rule for family in FAMILIES for rule in family.RULES)
BY_CODE: Mapping[str, Rule] = MappingProxyType({rule.code: rule for rule in RULES})


def linter(context: LintContext) -> Linter:
    """What keeps the findings of all rules up to date."""
    return Linter(context, RULES)


def lint(context: LintContext) -> list[Problem]:
    """What the design rules find, along the data flow, without what the user has silenced."""
    made = linter(context)
    deque(made.look(), maxlen=0)
    return list(made.problems())
