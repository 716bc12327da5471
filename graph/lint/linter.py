"""Findings kept up to date: after an edit design rules look again only from where they can see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from graph.document import Change, EditError, Graph, Node, Project, apply_all
from graph.flow import CHUNK
from graph.lint.context import LintContext
from graph.lint.rule import LayerRule, NetworkRule, Rule
from graph.problems import Fix, Problem
from graph.silence import is_silenced

About = Callable[[LintContext, Node], bool]


class Linter:
    """What design rules find in a graph.

    At first, and after every `follow`, `look` is to be called before `problems` are up to date again.

    Args:
        context: the graph.
        rules: in the order in which their findings at one node are told.
    """

    def __init__(self, context: LintContext, rules: tuple[Rule, ...]) -> None:
        self.context = context
        self._place = {rule.code: place for place, rule in enumerate(rules)}
        self._at_layers = [rule for rule in rules if isinstance(rule, LayerRule)]
        self._of_network = [rule for rule in rules if isinstance(rule, NetworkRule)]
        self._reaches = {rule.reach for rule in self._at_layers}
        self._known_rules: dict[frozenset[str], tuple[LayerRule, ...]] = {}  # by traits
        self._edition = 0  # another after every change
        self._told: tuple[Problem, ...] = ()
        self._is_arranged = False  # whether that is what was found
        self._begin()

    @property
    def is_due(self) -> bool:
        """Whether there is something to look at."""
        return bool(self._changed or self._stale or self._is_network_stale) or not self._is_arranged

    def follow(self, change: Change, touched: Iterable[str]) -> None:
        """Takes note of a change of the graph that inference has followed.

        Args:
            change: what happened.
            touched: ids of the nodes about which something else is known now; all of them are there.
        """
        self._edition += 1
        self._is_network_stale = True
        if self.context.renew() or change.touches_blocks:
            self._begin()
            return
        if change.is_structural:
            self._is_arranged = False  # the data flow may be in another order
        edges = (*change.connected, *change.disconnected)
        ends = (ref.node for edge in edges for ref in (edge.source, edge.target))
        nodes = self.context.graph.nodes
        seen = {*change.added, *change.removed, *change.updated, *change.moved, *ends}
        gone = seen.difference(nodes)
        for node_id in gone:
            self._drop(node_id)
        self._changed.update(dict.fromkeys(seen - gone))
        self._changed.update(dict.fromkeys(touched))

    def set_plan(
        self, training: Mapping[str, Any] | None, num_classes: int | None, device: str = "cpu"
    ) -> None:
        """Has rules look at the graph trained otherwise; arguments as of `LintContext`."""
        self.context.set_plan(training, num_classes, device)
        self._is_network_stale = True

    def look(self) -> Iterator[None]:
        """Looks at what is due, bit by bit; changes may be followed between two bits."""
        while self.is_due:
            if self._changed:
                yield from self._spread()
            elif self._stale:
                self._look_from(self._stale.popitem()[0])
            elif self._is_network_stale:
                self._look_at_network()
            else:
                yield from self._arrange()
            yield

    def problems(self) -> tuple[Problem, ...]:
        """What was found once nothing is due, along the data flow, without what the user has silenced.

        The very same tuple as before where nothing else was found.
        """
        assert not self.is_due
        return self._told

    def _begin(self) -> None:
        """Forgets everything."""
        nodes = self.context.graph.nodes
        self._asked_for: dict[About, dict[str, None]] = {rule.about: {} for rule in self._of_network}
        self._changed = dict.fromkeys(nodes)
        self._stale = dict.fromkeys(nodes)  # from where layer rules are to look anew
        self._is_network_stale = True
        self._found: dict[str, tuple[Problem, ...]] = {}  # by the layer that rules looked from
        self._found_in_network: tuple[Problem, ...] = ()
        self._is_arranged = False
        self._trial: Project | None = None

    def _arrange(self) -> Iterator[None]:
        """Puts what was found in its order: along the data flow, then as the rules are; ends at a change."""
        edition = self._edition
        at: dict[str | None, list[Problem]] = {None: []}
        for number, problems in enumerate([self._found_in_network, *self._found.values()]):
            for problem in problems:
                at.setdefault(problem.node, []).append(problem)
            if not number % CHUNK:
                yield
                if edition != self._edition:
                    return
        told: list[Problem] = []
        for number, node_id in enumerate([None, *self.context.inference.order()]):
            if node_id in at:
                told += sorted(at[node_id], key=lambda problem: self._place[problem.code])
            if not number % CHUNK:
                yield
                if edition != self._edition:
                    return
        if self._told != (found := tuple(told)):
            self._told = found
        self._is_arranged = True

    def _drop(self, node_id: str) -> None:
        """Forgets a node that is gone, with what was found at it."""
        self.context.forget(node_id)
        self._keep(node_id, ())
        for node_ids in (self._changed, self._stale, *self._asked_for.values()):
            node_ids.pop(node_id, None)

    def _spread(self) -> Iterator[None]:
        """Has rules look anew from everywhere that they see a changed node from; begins anew at a change."""
        edition, nodes = self._edition, self.context.graph.nodes
        changed = dict(self._changed)
        for node_id in changed:
            self._file(nodes[node_id])
            yield
            if edition != self._edition:
                return
        if 2 * len(changed) > len(nodes):
            self._stale = dict.fromkeys(nodes)
        else:
            self._stale |= changed
            for reach in self._reaches:
                for node_id in reach.seen_from(self.context, changed):
                    self._stale[node_id] = None
                    yield
                    if edition != self._edition:
                        return
        self._changed.clear()

    def _file(self, node: Node) -> None:
        """Puts a node with those that rules for networks ask for, if it is one of them."""
        self.context.forget(node.id)
        for about, node_ids in self._asked_for.items():
            if about(self.context, node):
                node_ids[node.id] = None
            else:
                node_ids.pop(node.id, None)

    def _look_from(self, node_id: str) -> None:
        node = self.context.graph.nodes[node_id]
        spec = self.context.spec(node)
        found = [
            rule.problem(finding)
            for rule in self._rules_for(spec.traits if spec else frozenset())
            for finding in rule.find(self.context, node)
        ]
        self._keep(node_id, self._to_tell(found))

    def _keep(self, node_id: str, found: tuple[Problem, ...]) -> None:
        if found == self._found.get(node_id, ()):
            return
        self._is_arranged = False
        if found:
            self._found[node_id] = found
        else:
            del self._found[node_id]

    def _look_at_network(self) -> None:
        self._is_network_stale = False
        found = [
            rule.problem(finding)
            for rule in self._of_network
            for finding in rule.find(self.context, self._asked_for[rule.about])
        ]
        told = self._to_tell(found)
        if told != self._found_in_network:
            self._found_in_network, self._is_arranged = told, False

    def _rules_for(self, traits: frozenset[str]) -> tuple[LayerRule, ...]:
        """The rules that are about layers with these traits."""
        known = self._known_rules.get(traits)
        if known is None:
            known = tuple(rule for rule in self._at_layers if not rule.at or not traits.isdisjoint(rule.at))
            self._known_rules[traits] = known
        return known

    def _to_tell(self, found: list[Problem]) -> tuple[Problem, ...]:
        """Those that are to be seen, with the fixes that can be made in the graph as it is drawn."""
        context = self.context
        shown = [problem for problem in found if not is_silenced(context.graph, problem)]
        if context.graph is context.drawn:
            return tuple(shown)
        return tuple(replace(each, fixes=tuple(filter(self._suits, each.fixes))) for each in shown)

    def _suits(self, fix: Fix) -> bool:
        """Whether a fix can be made though other nodes may stand between those it speaks of."""
        if self._trial is None:
            self._trial = _copy_of(self.context.drawn)
        try:
            back = apply_all(self._trial, fix.edits, fix.label).apply(self._trial)
        except EditError:
            return False
        back.apply(self._trial)
        return True


def _copy_of(graph: Graph) -> Project:
    """A project with a graph of its own to try edits on."""
    project = Project(graph=graph.copy())
    project.graph.catalog = graph.catalog
    return project
