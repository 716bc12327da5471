"""Inside the instances that somebody enters: what is known there, and what is wrong at any depth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from graph.block_params import Each, param_spec
from graph.blocks import IN_BLOCK, Body, block_ports
from graph.catalog.code import BlockCode
from graph.catalog.params import ParamError
from graph.document import Block, Change, Graph, Node, Project
from graph.expressions import ExpressionError, computed
from graph.inference import Inference
from graph.problems import Problem

if TYPE_CHECKING:
    from graph.catalog.params import Value
    from graph.shapes import TensorSpec

Path = tuple[str, ...]  # ids of the instances entered, one after the other; none for the main graph


class LocatedProblem(NamedTuple):
    """A problem with where it is. A tuple, as a large graph has tens of thousands.

    Args:
        path: the instances to enter.
        block: whose graph is there; None for the main graph.
        problem: of a node of that graph; its fixes are edits of that graph.
    """

    path: Path
    block: str | None
    problem: Problem


@dataclass(frozen=True)
class _Level:
    """The graph of one instance, what it is given, and what is known about it then."""

    block: str | None
    graph: Graph
    bindings: Mapping[str, TensorSpec]
    env: Mapping[str, Value]
    inference: Inference


class Scope:
    """The graph inside an instance as that instance runs it, or the main graph; follows changes.

    Of a repeated instance the first repetition is seen. Where it is not known what comes in, the Inputs
    inside give their samples.

    Args:
        project: read, never written.
        path: of instances; it ends before the first id that is none.

    Attributes:
        path: of instances, that leads there.
        touched_outside: ids of the nodes of the main graph that the last change made others.
    """

    def __init__(self, project: Project, path: Path = ()) -> None:
        self._project = project
        self._levels = [_main_level(project)]
        self.path: Path = ()
        self.touched_outside: frozenset[str] = frozenset()
        for node_id in path:
            if not self.enter(node_id):
                break

    @property
    def block(self) -> str | None:
        """Whose graph it is; None for the main graph."""
        return self._levels[-1].block

    @property
    def graph(self) -> Graph:
        """The graph inside."""
        return self._levels[-1].graph

    @property
    def inference(self) -> Inference:
        """What is known about the graph inside."""
        return self._levels[-1].inference

    @property
    def main(self) -> Inference:
        """What is known about the main graph."""
        return self._levels[0].inference

    def enter(self, node_id: str) -> bool:
        """Goes into an instance of the graph inside; False if the node is none."""
        level = _level_inside(self._project, self._levels[-1], node_id)
        if level is None:
            return False
        self._levels.append(level)
        self.path = (*self.path, node_id)
        return True

    def leave(self) -> None:
        """Goes back to the graph that the instance is in; does nothing in the main graph."""
        if self.path:
            self._levels.pop()
            self.path = self.path[:-1]

    def go(self, path: Path) -> bool:
        """Goes where a path leads to; False, and nowhere, if it leads to no graph."""
        levels, before = list(self._levels), self.path
        while self.path != path[: len(self.path)]:
            self.leave()
        if all(self.enter(node_id) for node_id in path[len(self.path) :]):
            return True
        self._levels, self.path = levels, before
        return False

    def follow(self, change: Change) -> set[str]:
        """Brings everything up to date; where an instance is no more, its path ends.

        Returns:
            the ids of the nodes inside whose result is now another; all, where they were computed anew.
        """
        touched = self.main.update(change)
        self.touched_outside = frozenset(touched)
        levels, path = self._levels, self.path
        self._levels, self.path = levels[:1], ()
        for level, node_id in zip(levels[1:], path, strict=True):
            now = _level_inside(self._project, self._levels[-1], node_id, level, change)
            if now is None:
                return set(self.graph.nodes)
            touched = set(now.graph.nodes)
            if now.block is not None and now.inference is level.inference:
                touched = now.inference.update(change.inside(now.block))
            self._levels.append(now)
            self.path = (*self.path, node_id)
        return touched

    def note(self, change: Change) -> None:
        """Takes note of a change while the main graph is shown; its inference is to follow bit by bit."""
        assert not self.path
        self.main.note(change)

    def take_touched(self) -> frozenset[str]:
        """Has what was noted followed.

        Returns:
            the ids of the nodes whose result is another since this was asked last.
        """
        self.touched_outside = frozenset(self.main.take_touched())
        return self.touched_outside

    def retry(self, node_ids: Iterable[str]) -> set[str]:
        """Asks anew what nodes inside give that nothing in the graph decides, such as a custom layer's code.

        Returns:
            as `follow`.
        """
        outside = [level.inference.retry(level.graph.nodes) for level in self._levels[:-1]]
        touched = self.follow(Change()) if self.path else set()
        touched |= self.inference.retry(node_ids)
        self.touched_outside = frozenset(outside[0] if outside else touched)
        return touched

    def all_problems(self) -> list[LocatedProblem]:
        """Every root cause in the main graph and inside blocks, each once."""
        found = _located(self._project, self._levels[0], (), set())
        unique = {(each.block, each.problem.node, each.problem.message): each for each in reversed(found)}
        return list(reversed(unique.values()))


def leads_to(project: Project, path: Path) -> str | None:
    """The block in whose graph a path ends; None for the main graph, or where it leads nowhere."""
    block = None
    for node_id in path:
        node = project.graph_of(block).nodes.get(node_id)
        if node is None or node.type not in project.blocks:
            return None
        block = node.type
    return block


def path_to(project: Project, block: str | None) -> Path | None:
    """The instances to enter, as few as there can be, to see the graph of a block; None if it has none."""
    ways: dict[str | None, Path] = {None: ()}
    queue: list[str | None] = [None]
    for scope in queue:  # which grows meanwhile
        for node in project.graph_of(scope).nodes.values():
            if node.type in project.blocks and node.type not in ways:
                ways[node.type] = (*ways[scope], node.id)
                queue.append(node.type)
    return ways.get(block)


def changed_graphs(change: Change) -> list[str | None]:
    """The graphs that a change was made in, the main graph as None, likeliest first.

    A change inside a block may have moved edges around it; for a block that came its surroundings matter.
    """
    main = change.is_structural or change.updated or change.moved or change.touches_annotations
    came = [name for name in change.blocks_added if name not in change.blocks]
    return [*change.blocks, *([None] if main else []), *came]


def _main_level(project: Project) -> _Level:
    graph = project.graph_of(None)
    return _Level(None, graph, {}, {}, Inference(graph))


def _level_inside(
    project: Project, outer: _Level, node_id: str, earlier: _Level | None = None, change: Change | None = None
) -> _Level | None:
    """The graph of an instance; None if the node is none.

    Args:
        project: whose blocks they are.
        outer: where the instance is.
        node_id: the instance.
        earlier: what was known before a change; its inference is kept where it only has to follow.
        change: what happened since.
    """
    node = outer.graph.nodes.get(node_id)
    if node is None or node.type not in project.blocks:
        return None
    block = project.blocks[node.type]
    given = outer.inference.result(node_id).inputs
    entrances, _ = block_ports(block.graph)
    bindings = {end: tensor for end, port in entrances.items() if (tensor := given.get(port)) is not None}
    env = _values(node, block, outer.env)
    if earlier is not None and change is not None and block.name not in change.blocks_added:
        before = (earlier.graph, earlier.bindings, _told_apart(earlier.env))
        if before == (block.graph, bindings, _told_apart(env)):
            return replace(earlier, block=block.name)
    return _Level(block.name, block.graph, bindings, env, Inference(block.graph, bindings, env))


def _values(node: Node, block: Block, env: Mapping[str, Value]) -> dict[str, Value]:
    """The parameters of an instance's first repetition; the default for one whose value is bad."""
    values = {}
    for param in block.params:
        try:
            value = param_spec(param).check(computed(node.params.get(param.name, param.default), env))
        except (ParamError, ExpressionError):
            value = param.default
        values[param.name] = value.values[0] if isinstance(value, Each) else value
    return values


def _told_apart(env: Mapping[str, Value]) -> dict[str, tuple[type, str]]:
    """Values that are equal only where expressions give the same for them, as they do not for 1 and 1.0."""
    return {name: (type(value), repr(value)) for name, value in env.items()}


def _located(project: Project, level: _Level, path: Path, checked: set[str]) -> list[LocatedProblem]:
    """What is wrong in a graph and inside its instances.

    Args:
        project: whose blocks they are.
        level: the graph.
        path: that leads there.
        checked: blocks of which an instance without mistakes was looked into; more are added.
    """
    found = []
    for problem in level.inference.problems():
        inner = _inside_mistaken(project, level, path, checked, problem)
        found += inner or [LocatedProblem(path, level.block, problem)]
    for node in level.graph.nodes.values() if project.blocks else ():
        body = None if node.type in checked else _sound_body(level, node)
        if body is not None:
            checked.add(node.type)
            block = project.blocks[node.type]
            inside = _Level(block.name, block.graph, {}, body.env, body.inference)
            found += _located(project, inside, (*path, node.id), checked)
    return found


def _inside_mistaken(
    project: Project, level: _Level, path: Path, checked: set[str], problem: Problem
) -> list[LocatedProblem]:
    """The mistakes inside an instance; none if it has none in its first repetition."""
    if problem.code != IN_BLOCK or problem.node is None:
        return []
    inside = _level_inside(project, level, problem.node)
    found = _located(project, inside, (*path, problem.node), checked) if inside else []
    return found if any(each.problem.is_error for each in found) else []


def _sound_body(level: _Level, node: Node) -> Body | None:
    """What is known inside an instance without mistakes."""
    spec, result = level.graph.catalog.get(node.type), level.inference.result(node.id)
    if spec is None or not isinstance(spec.code, BlockCode) or result.params is None:
        return None
    if result.passes is not None:
        return None
    return spec.code.bodies(result.call())[0]
