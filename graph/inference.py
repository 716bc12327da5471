"""What flows through every edge: shapes, dtypes, costs and problems, kept up to date edit by edit."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from math import inf

from graph.catalog.params import Value
from graph.catalog.spec import LayerSpec
from graph.collecting import without_collecting
from graph.custom_clashes import name_clashes
from graph.dead_ends import DeadEnds
from graph.dims import Dim
from graph.document import Change, Edge, Graph, Node, PortRef, Project
from graph.flow_order import FlowOrder
from graph.layer_results import bound, bypassed, computed
from graph.mistakes import Site, cycle, missing_ends, unknown_type
from graph.node_result import NodeResult
from graph.passing import without_passed
from graph.problems import Problem
from graph.shapes import TensorSpec
from graph.sheets import Sheet, Sheets
from graph.sums import Sums


class Inference:
    """Results for every node of a graph; `update` redoes only what a change can have touched.

    Where that takes long, `note` and `spread` do the same bit by bit. Whoever asks for anything meanwhile
    gets the whole truth, for which the rest is then done at once; only `known` tells what there is.

    Args:
        graph: read, never written.
        bindings: what Inputs give, by their id, where the graph is a block's and somebody else feeds it.
        env: what the names in expressions stand for: the block's parameters.
    """

    def __init__(
        self,
        graph: Graph,
        bindings: Mapping[str, TensorSpec] | None = None,
        env: Mapping[str, Value] | None = None,
    ) -> None:
        self._graph = graph
        self._bindings: Mapping[str, TensorSpec] = bindings or {}
        self._env: Mapping[str, Value] = env or {}
        self._results: dict[str, NodeResult] = {}
        self._faulty: set[str] = set()  # nodes with problems
        self._passing: set[str] = set()  # nodes that nothing is computed for
        self._placed: dict[str, tuple[Node, Sheet]] = {}
        self._sheets = Sheets(self._env)
        self._flow = FlowOrder(graph)
        self._waiting: set[str] = set()  # nodes that are to be looked at
        self._heap: list[tuple[float, str]] | None = (
            None  # the same in their order; None if that is to be made
        )
        self._touched: set[str] = set()
        self._computed: Graph | None = None
        self._problems: list[Problem] | None = None
        self._sums: Sums | None = None
        self._dead_ends = DeadEnds(graph)
        self.rebuild()

    @property
    def env(self) -> Mapping[str, Value]:
        """What the names in expressions stand for."""
        return self._env

    def result(self, node_id: str) -> NodeResult:
        """What is known about a node."""
        self.finish()
        return self._results[node_id]

    def known(self, node_id: str) -> NodeResult:
        """What is known about a node by now: that it is pending where an edit may reach it yet."""
        result = self._results.get(node_id)
        if result is not None and not self.is_stale(node_id):
            return result
        if result is None:
            spec = self._graph.catalog.get(self._graph.nodes[node_id].type)
            return NodeResult(outputs=dict.fromkeys(spec.output_names if spec else ()), pending=True)
        return NodeResult(dict.fromkeys(result.inputs), dict.fromkeys(result.outputs), pending=True)

    def is_stale(self, node_id: str) -> bool:
        """Whether a change that was noted may still make a node's result another."""
        flow, heap = self._flow, self._heap
        return self.is_due and (flow.is_due or not heap or flow.rank.get(node_id, inf) >= heap[0][0])

    def output(self, ref: PortRef) -> TensorSpec | None:
        """What an output port gives; None while unknown."""
        self.finish()
        result = self._results.get(ref.node)
        return result.outputs.get(ref.port) if result else None

    def lacks_output(self, ref: PortRef) -> bool:
        """Whether a node certainly has no such output, as another parameter or input can leave an edge."""
        self.finish()
        return self._lacks_output(ref)

    def _lacks_output(self, ref: PortRef) -> bool:
        result = self._results.get(ref.node)
        spec = self._graph.catalog.get(self._graph.nodes[ref.node].type)
        if result is None or spec is None or ref.port in result.outputs:
            return False
        port = spec.output_port(ref.port)
        return port is None or not port.variadic or result.params is not None

    def order(self) -> list[str]:
        """Node ids, each after everything it depends on; nodes of a cycle last."""
        self.finish()
        return list(self._flow.exact)

    @property
    def ranks(self) -> Mapping[str, float]:
        """Where each node stands in `order`."""
        self.finish()
        return self._flow.exact

    @property
    def computed(self) -> Graph:
        """The graph without the nodes that nothing is computed for; the very same one if it has none."""
        self.finish()
        if self._computed is None:
            results = ((node_id, self._results[node_id]) for node_id in self._passing)
            passes = {i: result.passes for i, result in results if result.passes is not None}
            self._computed = without_passed(self._graph, self.order(), passes) if passes else self._graph
        return self._computed

    def problems(self) -> list[Problem]:
        """Every root cause: the graph's own, then node by node along the data flow."""
        self.finish()
        if self._problems is None:
            if not self._dead_ends.are_known:
                deque(self._dead_ends.find(self.computed), maxlen=0)
            found = [*missing_ends(self._graph, self.order), *name_clashes(self._graph)]
            ranks = self.ranks if self._faulty else {}
            for node_id in sorted(self._faulty, key=ranks.__getitem__):
                found += self._results[node_id].problems
            self._problems = found + self._dead_ends.problems(self._faulty)
        return list(self._problems)

    @property
    def pending(self) -> list[str]:
        """Ids of the nodes whose shape is still being computed."""
        return [node_id for node_id in self.order() if self._results[node_id].pending]

    @property
    def total_parameters(self) -> int:
        """Learned numbers of all nodes whose count is known."""
        return self.sums().parameters

    @property
    def total_flops(self) -> Dim:
        """Floating-point operations for a batch of one, of all nodes whose count is known."""
        return self.sums().flops

    def sums(self) -> Sums:
        """What all nodes come to; added up when first asked for, and kept up to date from then on."""
        self.finish()
        if self._sums is None:
            self._sums = Sums(self._results.values())
        return self._sums

    def rebuild(self) -> set[str]:
        """Computes everything anew; returns the ids of all nodes."""
        self._results, self._placed, self._sheets, self._computed = {}, {}, Sheets(self._env), None
        self._faulty, self._passing = set(), set()
        self._problems = self._sums = None
        self._dead_ends.forget()
        self._flow, self._heap = FlowOrder(self._graph), None
        self._waiting.clear()
        self._touched.clear()
        with without_collecting():
            deque(self._flow.sorting(), maxlen=0)
            for node_id in self._flow.rank:
                self._keep(node_id, self._infer(node_id))
        return set(self._flow.rank)

    def update(self, change: Change) -> set[str]:
        """Follows a change of the graph; returns the ids of the nodes whose result is now another."""
        self.note(change)
        return self.take_touched()

    @property
    def is_due(self) -> bool:
        """Whether `spread` has something to do."""
        return bool(self._waiting) or self._flow.is_due

    def note(self, change: Change) -> None:
        """Takes note of a change of the graph, for `spread` to follow."""
        self._computed = self._problems = None
        if not self._is_flow_kept(change):
            self._dead_ends.forget()
        for node_id in change.removed:
            gone = self._results.pop(node_id, None)
            if gone is not None and self._sums is not None:
                self._sums.add(gone, -1)
            self._placed.pop(node_id, None)
            self._faulty.discard(node_id)
            self._passing.discard(node_id)
        self._waiting.difference_update(change.removed)
        self._touched.difference_update(change.removed)
        others = self._of_other_type() if change.touches_blocks else []
        self._flow.follow(change)
        touched = [*change.added, *change.updated, *others, *self._flow.cyclic]
        edges = (*change.connected, *change.disconnected)
        touched += [edge.target.node for edge in edges]
        touched += [edge.source.node for edge in edges if self._is_bypassed(edge.source.node)]
        known = [node_id for node_id in change.updated if node_id in self._graph.nodes]
        # A renamed node appears by name in the messages of the nodes it feeds.
        touched += [reader for node_id in known for reader in self._readers(node_id)]
        self._have_looked_at(touched)

    def spread(self) -> Iterator[None]:
        """Follows what was noted bit by bit; after a change between two bits it goes on with that too."""
        while self.is_due:
            if self._flow.is_due:
                yield from self._flow.sorting()
                self._have_looked_at(() if self._flow.is_due else self._flow.cyclic)
            else:
                self._look_at_next()
                yield

    def finish(self) -> None:
        """Follows at once what was noted."""
        if self._waiting or self._flow.is_due:
            with without_collecting():
                deque(self.spread(), maxlen=0)

    def prepare(self) -> Iterator[None]:
        """Works out bit by bit what `problems` takes longest for; to be begun anew after a change."""
        if not self._flow.is_exact:
            yield from self._flow.sorting()
        if not self._dead_ends.are_known:
            yield from self._dead_ends.find(self.computed)
        yield from self._dead_ends.tell(self._faulty)

    @property
    def touched_by_now(self) -> frozenset[str]:
        """What `take_touched` would give if nothing else became another."""
        return frozenset(self._touched)

    def take_touched(self) -> set[str]:
        """Ids of the nodes whose result has become another since this was asked last."""
        self.finish()
        touched, self._touched = self._touched, set()
        return touched

    def _readers(self, node_id: str) -> Iterator[str]:
        """The nodes that an edge leads to, and those behind nodes that only pass on what they are given."""
        queue = [node_id]
        for each in queue:  # which grows meanwhile
            for reader in self._graph.successors(each):
                yield reader
                result = self._results.get(reader)
                if result is not None and result.passes is not None and reader not in queue:
                    queue.append(reader)

    def _is_bypassed(self, node_id: str) -> bool:
        node = self._graph.nodes.get(node_id)
        return node is not None and node.bypassed

    def _of_other_type(self) -> list[str]:
        """Nodes whose type now means something else, or nothing, and those that read from them."""
        found = []
        for node in self._graph.nodes.values():
            spec, placed = self._graph.catalog.get(node.type), self._placed.get(node.id)
            if spec is None or placed is None or placed[1].spec is not spec:
                found += [node.id, *self._graph.successors(node.id)]
        return found

    def retry(self, node_ids: Iterable[str]) -> set[str]:
        """Asks anew what nodes give that nothing in the graph decides, such as a custom layer's code.

        Returns:
            The ids of the nodes whose result is now another.
        """
        self._computed = self._problems = None
        known = [node_id for node_id in node_ids if node_id in self._graph.nodes]
        for node_id in known:
            self._placed.pop(node_id, None)
        self._have_looked_at(known)
        return self.take_touched()

    def _have_looked_at(self, node_ids: Iterable[str]) -> None:
        self._waiting.update(node_id for node_id in node_ids if node_id in self._graph.nodes)
        self._heap = None

    def _look_at_next(self) -> None:
        """Looks at the first node that waits, and has those looked at that read another output now."""
        rank = self._flow.rank
        if self._heap is None:
            self._heap = [(rank[node_id], node_id) for node_id in self._waiting]
            heapify(self._heap)
        heap, waiting, cyclic = self._heap, self._waiting, self._flow.cyclic
        _, node_id = heappop(heap)
        waiting.discard(node_id)
        before, after = self._results.get(node_id), self._infer(node_id)
        if before is after or before == after:
            return
        self._keep(node_id, after)
        self._touched.add(node_id)
        if before is None or before.outputs != after.outputs:
            for successor in self._graph.successors(node_id):
                if successor not in waiting and successor not in cyclic:
                    waiting.add(successor)
                    heappush(heap, (rank[successor], successor))

    def _keep(self, node_id: str, result: NodeResult) -> None:
        before = self._results.get(node_id)
        if before is not None and before.passes is not result.passes and before.passes != result.passes:
            self._dead_ends.forget()
        self._results[node_id] = result
        if self._sums is not None:
            self._sums.add(result)
            if before is not None:
                self._sums.add(before, -1)
        if result.problems:
            self._faulty.add(node_id)
        elif self._faulty:
            self._faulty.discard(node_id)
        if result.passes is not None:
            self._passing.add(node_id)
        elif self._passing:
            self._passing.discard(node_id)

    def _is_flow_kept(self, change: Change) -> bool:
        """Whether no more than parameters of nodes changed, so that everything leads where it led."""
        return not (change.is_structural or change.touches_blocks) and all(map(self._is_kept, change.updated))

    def _is_kept(self, node_id: str) -> bool:
        """Whether a node is what it was, but for its parameters."""
        before, node = self._placed.get(node_id), self._graph.nodes[node_id]
        kept = before and (before[0].type, before[0].name, before[0].bypassed)
        return kept == (node.type, node.name, node.bypassed)

    def _infer(self, node_id: str) -> NodeResult:
        node = self._graph.nodes[node_id]
        spec = self._graph.catalog.get(node.type)
        if spec is None or node_id in self._flow.cyclic:
            return self._outside_flow(node, spec)
        sheet = self._sheet(node, spec)
        if node_id in self._bindings and not node.bypassed:
            return bound(sheet, self._bindings[node_id])
        incoming, results, is_known = self._graph.incoming(node_id), self._results, True
        given: dict[str, TensorSpec | None] = {}
        for port, edge in incoming.items():
            source = results.get(edge.source.node)
            given[port] = tensor = source.outputs.get(edge.source.port) if source else None
            is_known = is_known and tensor is not None
        if node.bypassed:
            read = {edge.source.port for edge in self._graph.outgoing(node_id)}
            return bypassed(self._site(node, spec), sheet, given, self._lacking(incoming), read)
        question = (sheet, *given, *given.values())
        lacking = {} if is_known else self._lacking(incoming)
        result = None if lacking else self._sheets.known(question)
        if result is None:
            result = computed(self._site(node, spec), sheet, given, lacking)
            if sheet.is_shared and not (lacking or result.problems or result.pending):
                self._sheets.keep(question, result)
        return result

    def _sheet(self, node: Node, spec: LayerSpec) -> Sheet:
        """A node's parameters, kept for as long as the node stays the same."""
        before, sheet = self._placed.get(node.id, (None, None))
        if sheet is None or before is not node or sheet.spec is not spec:
            sheet = self._sheets.of(node, spec, self._site)
            self._placed[node.id] = node, sheet
        return sheet

    def _site(self, node: Node, spec: LayerSpec) -> Site:
        return Site(self._graph, node, spec, bool(self._bindings))

    def _outside_flow(self, node: Node, spec: LayerSpec | None) -> NodeResult:
        """What is known about a node that nothing can be computed for, whatever comes in."""
        self._placed.pop(node.id, None)
        if node.id in self._flow.cyclic:
            members, outputs = (
                self._flow.cycles.get(node.id),
                dict.fromkeys(spec.output_names if spec else ()),
            )
            problems = (cycle(self._graph, node, members),) if members else ()
            return NodeResult(outputs=outputs, problems=problems)
        return NodeResult(problems=(unknown_type(node, self._graph.catalog),))

    def _lacking(self, incoming: Mapping[str, Edge]) -> dict[str, tuple[str, ...]]:
        """Ports fed from an output that is not there, each with the outputs that are."""
        return {
            port: tuple(self._results[edge.source.node].outputs)
            for port, edge in incoming.items()
            if self._lacks_output(edge.source)
        }


def check(project: Project) -> Inference:
    """Everything that can be said about a project without running it."""
    return Inference(project.graph)
