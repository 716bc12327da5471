"""Figures of every node while a network trains: time, gradient, activations.

Now and then, while somebody wants to see them, a step is taken through the same source with probes between
its calls. It computes what any other step computes, so a run's numbers do not depend on who watches it.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from statistics import median
from types import FunctionType
from typing import Any

import torch
from torch import Tensor, nn

from codegen.blocks import block_key
from codegen.live import LiveModel
from codegen.probes import ENTERED, LEFT, ProbedClass, probed_classes
from graph.document import Graph, Node, Project
from graph.scopes import Path
from runtime.control import Control
from runtime.events import NodeFigures, NodesInspected
from runtime.meter import Clock, gradient_norms
from runtime.nonfinite import FiniteProbe, Origin
from runtime.probe import Activation, Place, Probe, watch_of

INTERVAL = 0.5  # seconds between two steps that are looked at, at least
COST = 0.015  # share of the training time that looking may take; what takes long is looked at less often
LOOKS = 7  # whose median is told as the time of a node, since other work disturbs one or the other
MEMORY = 0.7  # weight of the past in what a look costs


class Inspector:
    """Looks into the steps of one run.

    Args:
        live: the network that trains.
        project: what it was made from.
        control: says whether anyone watches.
        device: where it computes.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        live: LiveModel,
        project: Project,
        control: Control,
        device: torch.device,
        clock: Clock = time.perf_counter,
    ) -> None:
        self._live, self._project, self._control = live, project, control
        self._device, self._clock = device, clock
        self._next = -math.inf
        self._asked: float | None = None  # when the step under way began, if it is not looked at
        self._plain: float | None = None  # seconds of a step that was not looked at
        self._extra: float | None = None  # seconds that a look adds to a step, averaged
        self._seconds: dict[Path, deque[float]] = defaultdict(lambda: deque(maxlen=LOOKS))
        self._before: dict[str, Tensor] = {}  # the weights before the step that is looked at

    def is_due(self) -> bool:
        """Whether the step that begins now should be looked at."""
        if not self._control.watches_nodes:
            self._asked = None
            return False
        now = self._clock()
        if self._asked is not None:
            self._plain = now - self._asked
        self._asked = now
        return now >= self._next

    @contextmanager
    def look(self) -> Iterator[Probe]:
        """Puts probes into the network for one step, and takes them out again."""
        probe = Probe(self._places, watch_of(self._device))
        self._before = _trained(self._live.module)
        started = self._clock()
        try:
            with self._probed(probe):
                yield probe
        finally:
            self._before = {}
            self._pause(started)

    def origin(self, compute: Callable[[], object]) -> Origin | None:
        """Where the first number begins that is not finite, when a batch is computed forward and backward.

        Args:
            compute: does that; what it changes is for the caller to put back.
        """
        probe = FiniteProbe(self._places)
        with self._probed(probe):
            compute()
        found = probe.first()
        return None if found is None else Origin(*found, self._name(found[0]))

    @contextmanager
    def _probed(self, probe: Probe) -> Iterator[None]:
        forwards = {each: each.forward for each in self._classes}
        try:
            for each, probed in self._classes.items():
                each.forward = _function(probed, each, probe)
            yield
        finally:
            for each, forward in forwards.items():
                each.forward = forward
            probe.close()

    def _name(self, path: Path) -> str:
        """What the user calls a node, behind the instances it stands in."""
        graph, names = self._project.graph, []
        for node_id in path:
            node = graph.nodes[node_id]
            names.append(node.name)
            block = self._project.blocks.get(node.type)
            graph = block.graph if block is not None else graph
        return " / ".join(names)

    def figures(self, probe: Probe, step: int, norms: Mapping[str, float]) -> NodesInspected:
        """What a step that was looked at has shown.

        Args:
            probe: from the look at that step.
            step: its number.
            norms: the 2-norm of the gradient of each parameter that has one.
        """
        for path, spent in _with_instances(probe.seconds()).items():
            self._seconds[path].append(spent)
        seconds = {path: median(looks) for path, looks in self._seconds.items()}
        squares = self._by_node({name: norm * norm for name, norm in norms.items()})
        moved, sizes = map(self._by_node, self._updates())
        activations = probe.activations()
        total = sum(each for path, each in seconds.items() if len(path) == 1)
        nodes = {
            path: _figures(
                seconds.get(path, 0.0),
                total,
                squares.get(path),
                _ratio(moved.get(path), sizes.get(path)),
                activations.get(path),
            )
            for path in seconds | squares
        }
        tops = [path for path in sizes if len(path) == 1]
        whole = _ratio(sum(moved[path] for path in tops), sum(sizes[path] for path in tops))
        return NodesInspected(step, nodes, whole)

    def _by_node(self, by_parameter: Mapping[str, float]) -> dict[Path, float]:
        """Sums over the parameters of each node, the instances around it included."""
        sums: dict[Path, float] = defaultdict(float)
        for name, value in by_parameter.items():
            sums[self._owner_of[name]] += value
        return _with_instances(sums)

    def _updates(self) -> tuple[dict[str, float], dict[str, float]]:
        """The squared 2-norm of the change of each parameter in this step, and of the parameter before."""
        now = _trained(self._live.module)
        names = [name for name in self._before if name in now]
        if not names:
            return {}, {}
        old = [self._before[name] for name in names]
        changes = [now[name] - before for name, before in zip(names, old, strict=True)]
        moved, sizes = (torch.stack(gradient_norms(tensors)).square().tolist() for tensors in (changes, old))
        return dict(zip(names, moved, strict=True)), dict(zip(names, sizes, strict=True))

    def _pause(self, started: float) -> None:
        """Sets when to look again after a step that began then."""
        now = self._clock()
        seconds = now - started
        extra = seconds - (self._plain if self._plain is not None else seconds / 2)
        before = self._extra if self._extra is not None else extra
        self._extra = MEMORY * before + (1 - MEMORY) * max(extra, 0.0)
        self._next = now + max(INTERVAL, self._extra / COST)
        self._asked = None

    @cached_property
    def _places(self) -> dict[str, Place]:
        main = self._project.graph
        found = {node.id: _place(main, None, node) for node in main.nodes.values()}
        for block in self._project.blocks.values():
            for node in block.graph.nodes.values():
                found[block_key(block.name, node.id)] = _place(block.graph, block.name, node)
        return found

    @cached_property
    def _classes(self) -> dict[Any, ProbedClass]:
        """The classes of the source, which nothing but this network is made of."""
        # Not from `sys.modules`: whoever makes the same network again puts classes of their own there.
        forward = type(self._live.module).forward
        assert isinstance(forward, FunctionType)
        probed = probed_classes(self._live.source, self._live.filename)
        return {forward.__globals__[name]: each for name, each in probed.items()}

    @cached_property
    def _owner_of(self) -> dict[str, Path]:
        """The node that each parameter belongs to."""
        return dict(self._owners(self._live.module, (), ""))

    def _owners(self, module: nn.Module, path: Path, prefix: str) -> Iterator[tuple[str, Path]]:
        known = self._classes.get(type(module))

        def path_to(attribute: str) -> Path:
            key = known.nodes.get(attribute) if known is not None else None
            return path if key is None else (*path, self._places[key].node_id)

        for name, _ in module.named_parameters(recurse=False):
            yield prefix + name, path_to(name)
        for name, child in module.named_children():
            yield from self._owners(child, path_to(name), f"{prefix}{name}.")


def _function(probed: ProbedClass, original: type[nn.Module], probe: Probe) -> Callable[..., Any]:
    """`forward` of a class with a probe in it."""
    forward = original.forward
    assert isinstance(forward, FunctionType)
    names = {**forward.__globals__, ENTERED: probe.entered, LEFT: probe.left}
    exec(probed.forward, names)
    made: Callable[..., Any] = names["forward"]
    return made


def _place(graph: Graph, block: str | None, node: Node) -> Place:
    can_die = "rectifier" in graph.catalog[node.type].traits
    return Place(block, node.id, _unit_dim(graph, node) if can_die else None)


def _unit_dim(graph: Graph, node: Node | None) -> int:
    """The dim of a layer's output that counts its units: 1 behind a layer of channels, else the last."""
    while node is not None:
        spec = graph.catalog[node.type]
        layout = next((port.layout for port in spec.inputs if port.layout), "")
        if layout:
            return 1 if layout.startswith("(N, C") else -1
        edge = next(iter(graph.incoming(node.id).values()), None)
        node = graph.nodes[edge.source.node] if edge is not None else None
    return 1


def _with_instances(own: Mapping[Path, float]) -> dict[Path, float]:
    """Sums that count what is inside an instance to the instance as well."""
    found: dict[Path, float] = defaultdict(float)
    for path, value in own.items():
        for length in range(1, len(path) + 1):
            found[path[:length]] += value
    return found


def _trained(model: nn.Module) -> dict[str, Tensor]:
    """Copies of the weights that learn."""
    return {
        name: parameter.detach().clone()
        for name, parameter in model.named_parameters()
        if parameter.requires_grad and parameter.is_floating_point()
    }


def _ratio(moved: float | None, size: float | None) -> float | None:
    """How far weights moved against how long they are, from both squares; None for no weights, or zeros."""
    return math.sqrt(moved / size) if moved is not None and size and math.isfinite(moved) else None


def _figures(
    seconds: float,
    total: float,
    square: float | None,
    update_ratio: float | None,
    activation: Activation | None,
) -> NodeFigures:
    return NodeFigures(
        seconds=seconds,
        time_share=seconds / total if total else 0.0,
        grad_norm=None if square is None else math.sqrt(square) if square >= 0 else math.nan,
        update_ratio=update_ratio,
        mean=activation.mean if activation else None,
        std=activation.std if activation else None,
        dead=activation.dead if activation else None,
    )
