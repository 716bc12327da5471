"""Everything there is to say about a project: its mistakes, and what design rules find in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.document import Graph, Project
from graph.inference import Inference
from graph.lint.blocks import lint_blocks
from graph.lint.check import lint
from graph.lint.context import LintContext
from graph.problems import Problem
from graph.silence import is_silenced
from runtime.data.choices import DataPlan
from runtime.options import PlanError


def all_problems(project: Project, inference: Inference) -> list[Problem]:
    """Mistakes and findings that the user has not silenced, mistakes first."""
    return mistakes(project.graph, inference) + findings(project, inference)


def mistakes(graph: Graph, inference: Inference) -> list[Problem]:
    """What keeps a graph from running, and what is left out of it."""
    return [problem for problem in inference.problems() if not is_silenced(graph, problem)]


def findings(project: Project, inference: Inference) -> list[Problem]:
    """What design rules find in a graph and the plan that it is trained with, and inside its blocks."""
    context = LintContext(project.graph, inference, project.training, num_classes(project.training))
    return lint(context) + lint_blocks(project, inference)


def inner_findings(graph: Graph, inference: Inference) -> list[Problem]:
    """What design rules find in the graph of a block, which is not trained by itself."""
    return lint(LintContext(graph, inference))


def num_classes(training: Mapping[str, Any]) -> int | None:
    """How many classes the plan's data has; None where that is not known, or no data is chosen yet."""
    if "data" not in training:
        return None
    try:
        return DataPlan.from_mapping(training["data"]).num_classes
    except PlanError:
        return None
