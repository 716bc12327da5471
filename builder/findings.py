"""Everything there is to say about a project: its mistakes, and what design rules find in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from builder.gathered import Found
from graph.document import Change, Graph, Project
from graph.inference import Inference
from graph.lint.blocks import lint_blocks
from graph.lint.check import linter
from graph.lint.context import LintContext
from graph.lint.linter import Linter
from graph.problems import Problem
from graph.scopes import Scope
from graph.silence import is_silenced
from runtime.auto_device import auto_device
from runtime.data.choices import DataPlan
from runtime.options import PlanError
from runtime.processor import processor


def all_problems(project: Project, inference: Inference) -> list[Problem]:
    """Mistakes and findings that the user has not silenced, mistakes first."""
    return mistakes(project.graph, inference) + findings(project, inference)


def mistakes(graph: Graph, inference: Inference) -> list[Problem]:
    """What keeps a graph from running, and what is left out of it."""
    return [problem for problem in inference.problems() if not is_silenced(graph, problem)]


def findings(project: Project, inference: Inference) -> list[Problem]:
    """What design rules find in a graph and the plan that it is trained with, and inside its blocks."""
    made = _of_main(project, inference)
    deque(made.look(), maxlen=0)
    return [*made.problems(), *lint_blocks(project, inference)]


class Findings:
    """What design rules find in a project, kept up to date as it is edited.

    Args:
        project: read, never written.
        scope: the graph of it that is shown, which it goes on with.

    Attributes:
        everywhere: what was found in the whole project when everything had been looked at last.
        shown: likewise in the graph that was shown then, which is not trained by itself if it is a block's;
            the very same as everywhere if it was the main graph.
    """

    def __init__(self, project: Project, scope: Scope) -> None:
        self._project, self._scope = project, scope
        self._main = _of_main(project, scope.main)
        self._inner: Linter | None = None
        self.everywhere = self.shown = Found()
        self.is_due = True
        self.enter()

    def enter(self) -> None:
        """Takes note that another graph is shown."""
        graph, inference = self._scope.graph, self._scope.inference
        self._inner = linter(LintContext(graph, inference)) if self._scope.block is not None else None
        self.is_due = True

    def follow(self, change: Change, touched: Iterable[str]) -> None:
        """Takes note of a change of the project that its scope has followed.

        Args:
            change: what happened.
            touched: ids of the nodes of the graph shown about which something else is known now.
        """
        self.is_due = True
        block, inner = self._scope.block, self._inner
        self._main.follow(change, touched if block is None else self._scope.touched_outside)
        if "training" in change.fields:
            training = self._project.training
            self._main.set_plan(training, num_classes(training), auto_device())
        if block is not None and inner is not None and inner.context.inference is self._scope.inference:
            inner.follow(change.inside(block), touched)
        elif block is not None or inner is not None:
            self.enter()

    def look(self) -> Iterator[None]:
        """Looks at what is due, bit by bit; after a change that comes between two bits, begin it anew."""
        yield from self._main.look()
        if self._inner is not None:
            yield from self._inner.look()
        in_blocks = lint_blocks(self._project, self._scope.main) if self._project.blocks else []
        yield
        found, inner = self._main.problems(), self._inner
        everywhere = yield from self.everywhere.renewed((*found, *in_blocks) if in_blocks else found)
        shown = everywhere if inner is None else (yield from self.shown.renewed(inner.problems()))
        self.everywhere, self.shown = everywhere, shown
        yield  # what is to be done about it can have a turn of its own
        self.is_due = False


def _of_main(project: Project, inference: Inference) -> Linter:
    classes = num_classes(project.training)
    context = LintContext(
        project.graph_of(None), inference, project.training, classes, auto_device(), processor()
    )
    return linter(context)


def num_classes(training: Mapping[str, Any]) -> int | None:
    """How many classes the plan's data has; None where that is not known, or no data is chosen yet."""
    if "data" not in training:
        return None
    try:
        return DataPlan.from_mapping(training["data"]).num_classes
    except PlanError:
        return None
