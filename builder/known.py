"""What is known of the open document: what panels read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject

from builder.ends import Ends, ends_of
from builder.first_look import Corners, FirstLook, corners_of
from builder.inferring import Inferring
from builder.known_problems import KnownProblems
from builder.totals import Totals, not_yet, totals
from graph.cost import Cost
from graph.document import Document, Graph, PortRef, Project
from graph.inference import Inference
from graph.node_result import NodeResult
from graph.problems import Problem
from graph.scopes import LocatedProblem, Path
from graph.shapes import TensorSpec
from runtime.plan import TrainingPlan
from runtime.training_cost import training_cost, usable_plan


class Known(QObject):
    """The document, its results and problems, and what is selected; `Session` keeps them up to date.

    Attributes:
        inferring: has shapes follow edits.
    """

    inferring: Inferring

    def __init__(self, parent: QObject | None) -> None:
        super().__init__(parent)
        self._selection: tuple[str, ...] = ()
        self._selected_annotations: tuple[str, ...] = ()

    @property
    def document(self) -> Document:
        return self._document

    @property
    def project(self) -> Project:
        return self._document.project

    @property
    def scope(self) -> Path:
        """Ids of the instances that were entered, from the main graph on; none while that is shown."""
        return self._scope.path

    @property
    def block(self) -> str | None:
        """The block whose graph is shown; None for the main graph."""
        return self._scope.block

    @property
    def graph(self) -> Graph:
        """The graph that is shown."""
        return self._scope.graph

    @property
    def inference(self) -> Inference:
        """What is known about the graph that is shown."""
        return self._scope.inference

    @property
    def main_inference(self) -> Inference:
        """What is known about the main graph: the network as a whole."""
        return self._scope.main

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong in the graph shown, along the data flow; then what design rules find in it."""
        return self._known.problems

    @property
    def all_problems(self) -> tuple[LocatedProblem, ...]:
        """Everything that is wrong in the project, root causes only, also inside blocks; then findings."""
        return self._known.all_problems

    @property
    def is_blank(self) -> bool:
        """Whether no layer was drawn yet: then all that is missing is a beginning, and no mistake."""
        return not self.project.graph.nodes

    @property
    def open_problems(self) -> tuple[LocatedProblem, ...]:
        """What the window asks people to mend: all problems, but none before they have begun to draw."""
        return () if self.is_blank else self._known.all_problems

    @property
    def problem_groups(self) -> Mapping[str, Sequence[LocatedProblem]]:
        """The same by their severity; one that there is none of is left out."""
        return {} if self.is_blank else self._known.gathered.groups

    @property
    def is_mendable(self) -> bool:
        """Whether any problem, told or not, has a remedy that can be applied."""
        return self._known.gathered.is_mendable

    @property
    def num_open_problems(self) -> tuple[int, int]:
        """How many of these are errors, and how many are more than mere hints."""
        groups = self.problem_groups
        num_hints = len(groups.get("info", ()))
        return len(groups.get("error", ())), len(self.open_problems) - num_hints

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What stands in the way of training and export."""
        self.inferring.finish()
        return tuple(each.problem for each in self._known.gathered.groups.get("error", ()))

    @property
    def shown_errors(self) -> tuple[Problem, ...]:
        """What by now is known to be an error in the graph that is shown."""
        return self._known.gathered.errors

    @property
    def selection(self) -> tuple[str, ...]:
        """Ids of the selected nodes."""
        return self._selection

    @property
    def selected_annotations(self) -> tuple[str, ...]:
        """Ids of the selected frames and notes."""
        return self._selected_annotations

    @property
    def all_selected(self) -> tuple[str, ...]:
        """Ids of the selected nodes, then those of frames and notes."""
        return (*self._selection, *self._selected_annotations)

    @property
    def cost(self) -> Cost:
        """What the whole network costs as it is planned to be trained; worked out when first asked for."""
        return self._cost_of(self.project.graph, self.main_inference)

    @property
    def shown_cost(self) -> Cost:
        """What the graph that is shown costs."""
        return self._cost_of(self.graph, self.inference)

    @property
    def totals(self) -> Totals:
        """What the whole network comes to; that it is not known yet while shapes follow an edit."""
        if self.main_inference.is_due:
            return not_yet()
        if self._totals is None:
            self._totals = totals(self.main_inference)
        return self._totals

    @property
    def plan(self) -> TrainingPlan:
        """The training plan; the usual one while the project's has a mistake."""
        return usable_plan(self.project.training)

    @property
    def ends(self) -> Ends:
        """Where samples enter the network, and where it gives its results."""
        graph = self.project.graph
        if graph.version != self._version:
            self._ends, self._version = ends_of(graph), graph.version
        return self._ends

    @property
    def corners(self) -> Corners | None:
        """Where the corners of all nodes of the graph shown lie; found out anew after every change."""
        return corners_of(self.graph) if self.scope or self._corners is None else self._corners

    def result(self, node_id: str) -> NodeResult:
        """What is known about a node by now."""
        return self.inference.known(node_id)

    def output(self, ref: PortRef) -> TensorSpec | None:
        """What an output port gives; None while unknown."""
        return self.result(ref.node).outputs.get(ref.port) if ref.node in self.graph.nodes else None

    def problems_of(self, node_id: str) -> tuple[Problem, ...]:
        """What is wrong with one node, also as part of the whole graph."""
        return self._by_now(node_id, self._known.by_node)

    def marks_of(self, node_id: str) -> tuple[Problem, ...]:
        """What the canvas marks at a node: what is wrong with it, without mere hints."""
        return self._by_now(node_id, self._known.marks)

    @property
    def all_marks(self) -> Mapping[str, tuple[Problem, ...]]:
        """`marks_of` for every node that has any."""
        return self._known.marks

    def is_instance(self, node_id: str) -> bool:
        """Whether a node of the graph that is shown is of a block, which can be entered."""
        return self.graph.nodes[node_id].type in self.project.blocks

    def _hold(self, document: Document, look: FirstLook) -> None:
        """Knows of another document what a first look at it has found."""
        self._document, self._scope = document, look.scope
        self._costs: list[Cost] = []
        self._totals: Totals | None = look.totals
        self._ends, self._version = look.ends, document.graph.version
        self._corners = look.corners
        self._known, self._told = KnownProblems(look), look.gathered

    def _held(self) -> tuple[object, ...]:
        """All that is known of the document, and the document."""
        return self._document, self._scope, self._known, self._told, self._costs

    def _cost_of(self, graph: Graph, inference: Inference) -> Cost:
        for cost in self._costs:
            if cost.inference is inference:
                return cost
        self._costs.append(training_cost(graph, inference, self.plan))
        return self._costs[-1]

    def _forget_costs(self) -> None:
        self._costs.clear()
        self._totals = None

    def _by_now(self, node_id: str, known: Mapping[str, tuple[Problem, ...]]) -> tuple[Problem, ...]:
        """The problems of a node; while shapes follow an edit, of its mistakes those that are certain."""
        problems = known.get(node_id, ())
        if not self.inferring.is_due:
            return problems
        return (*self.result(node_id).problems, *(each for each in problems if not each.is_error))
