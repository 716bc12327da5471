"""What several nodes have in common, found out piece by piece so that no selection is too large."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from builder.panels.field_text import SEVERAL, UNSET, same, shown_default
from builder.panels.fields import SEVERAL_TEXT
from builder.panels.form_row import FieldState
from builder.panels.param_states import computed_text, spatial_dims
from builder.session import Session
from builder.texts import tr, tr_made
from graph.catalog.params import Choice, ParamSpec, Value
from graph.dims import Dim
from graph.document import Edit, Node
from graph.edits import SetParams

PIECE = 2000  # nodes that are looked at in one go
MOST_KEPT = 32  # sets of parameters of a type that are known to have been looked at


class Survey:
    """Looks at the selected nodes; complete once `run` has ended.

    Args:
        session: whose selection it is. A change of the document calls for another survey.

    Attributes:
        node_ids: the selected nodes.
        types: how many nodes there are of each type.
        parameters: how many numbers they learn together, as far as that is known.
        unknown: how many nodes there are whose costs are not known.
        params: what can be set for all of them.
        settings: likewise, of how they are trained.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.node_ids = session.selection
        self.types: Counter[str] = Counter()
        self.parameters = self.unknown = 0
        self.params: tuple[ParamSpec, ...] = ()
        self.settings: tuple[ParamSpec, ...] = ()
        self._flops: Counter[Dim] = Counter()
        self._seen: dict[str, list[Mapping[str, Value]]] = {}
        self._defaults: dict[tuple[str, str], Value] = {}
        self._values: dict[str, tuple[Value, Value]] = {}  # what was set, and what that comes to
        self._open: dict[str, ParamSpec] = {}  # parameters that no two nodes differ in so far
        self._problems: dict[str, str] = {}

    @property
    def flops(self) -> Dim:
        """Floating-point operations of one sample, of all nodes whose count is known."""
        total: Dim = 0
        for flops, count in self._flops.items():
            total = total + flops * count
        return total

    def run(self) -> Iterator[None]:
        """Works in pieces, with a pause after each."""
        for _ in self._pieces(self._count):
            yield
        self._find_shared()
        for _ in self._pieces(self._compare):
            yield
        self._find_problems()

    def nodes(self) -> Iterator[Node]:
        """The selected nodes that are there."""
        nodes = self._session.graph.nodes
        return (nodes[node_id] for node_id in self.node_ids if node_id in nodes)

    def state(self, param: ParamSpec) -> FieldState:
        """What a form shows for a shared parameter."""
        value, effective = self._values[param.name]
        problem = self._problems.get(param.name, "")
        if value is SEVERAL:
            return FieldState(value, tr(SEVERAL_TEXT), None, problem)
        if param.inferred is not None:
            state = FieldState(value, tr("inferred"), None, problem)
        else:
            state = FieldState(value, shown_default(replace(param, default=effective)), effective, problem)
        first = next(self.nodes())
        num_dims = spatial_dims(self._session.result(first.id))
        return replace(state, computed=computed_text(self._session, value), num_dims=num_dims)

    def common(self, params: Iterable[ParamSpec]) -> dict[str, Value]:
        """Values that all nodes were given alike."""
        values = {param.name: self._values[param.name][0] for param in params}
        return {name: value for name, value in values.items() if value not in (UNSET, SEVERAL)}

    def edits(self, name: str, value: Value) -> list[Edit]:
        """What gives a value to all nodes that do not have it; UNSET takes theirs away."""
        if value is UNSET:
            return [SetParams(node.id, reset=(name,)) for node in self.nodes() if name in node.params]
        return [
            SetParams(node.id, {name: value})
            for node in self.nodes()
            if name not in node.params or not _is_same(node.params[name], value)
        ]

    def _pieces(self, look: Callable[[Node], None]) -> Iterator[None]:
        nodes = self.nodes()
        while piece := list(islice(nodes, PIECE)):
            for node in piece:
                look(node)
            yield

    def _count(self, node: Node) -> None:
        result = self._session.result(node.id)
        self.types[node.type] += 1
        self.parameters += result.parameters or 0
        self.unknown += result.parameters is None or result.flops is None
        if result.flops:
            self._flops[result.flops] += 1

    def _find_shared(self) -> None:
        specs = [self._session.graph.catalog.get(name) for name in self.types]
        if not specs or not all(specs):
            return
        self.params = shared([spec.params for spec in specs if spec])
        self.settings = shared([spec.settings for spec in specs if spec])
        self._open = {param.name: param for param in (*self.params, *self.settings)}
        for spec in (spec for spec in specs if spec):
            for param in (param for param in spec.all_params if param.name in self._open):
                left_out = UNSET if param.inferred is not None else param.default
                self._defaults[spec.type, param.name] = left_out

    def _compare(self, node: Node) -> None:
        seen = self._seen.setdefault(node.type, [])
        if node.params in seen:
            return
        if len(seen) < MOST_KEPT:
            seen.append(node.params)
        for param in list(self._open.values()):
            self._take(param, node)

    def _take(self, param: ParamSpec, node: Node) -> None:
        name, value = param.name, node.params.get(param.name, UNSET)
        effective = self._defaults[node.type, name] if value is UNSET else value
        if name not in self._values:
            self._values[name] = value, effective
            return
        first, first_effective = self._values[name]
        if not _is_same(effective, first_effective) and not same(param, effective, first_effective):
            self._values[name] = SEVERAL, SEVERAL
            del self._open[name]
        elif first is UNSET:
            self._values[name] = value, effective

    def _find_problems(self) -> None:
        names, ids = set(self._values), set(self.node_ids)
        for problem in self._session.shown_errors:
            if problem.param in names and problem.node in ids:
                node = self._session.graph.nodes[problem.node]
                text = (
                    tr("{name}: expected {expected}.", name=node.name, expected=tr_made(problem.expected))
                    if problem.expected
                    else tr_made(problem.message)
                )
                self._problems.setdefault(problem.param, text)


def shared(groups: Sequence[Sequence[ParamSpec]]) -> tuple[ParamSpec, ...]:
    """The parameters that every group has under the same name and of the same kind."""
    first, *others = groups
    by_name = [{param.name: param for param in other} for other in others]
    found = (_common(param, [other.get(param.name) for other in by_name]) for param in first)
    return tuple(param for param in found if param is not None)


def _common(param: ParamSpec, others: Sequence[ParamSpec | None]) -> ParamSpec | None:
    """A parameter as it stands for all of them; None if they have nothing in common."""
    if param.kind == "source" or not all(other is not None and other.kind == param.kind for other in others):
        return None
    if not isinstance(param, Choice):
        return param
    lists = [other.choices for other in others if isinstance(other, Choice)]
    choices = tuple(choice for choice in param.choices if all(choice in listed for listed in lists))
    return replace(param, choices=choices) if choices else None


def _is_same(one: Value, other: Value) -> bool:
    return one is other or (type(one) is type(other) and bool(one == other))
