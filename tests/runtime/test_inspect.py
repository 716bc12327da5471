"""What the nodes do while they train is told, and telling it changes no number of the run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from codegen.exporting.samples import Samples
from codegen.live import LiveModel, build
from graph.document import Project
from graph.templates import template
from runtime import inspect, launch
from runtime.control import Control
from runtime.events import Event, NodeFigures, NodesInspected, StepsRecorded
from runtime.inspect import Inspector
from tests.codegen.networks import ALL
from tests.runtime.training import CPU, of_type, spiral_project


def watching() -> Control:
    control = Control()
    control.watches_nodes = True
    return control


@pytest.fixture
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps are looked at as often as they are taken."""
    monkeypatch.setattr(inspect, "INTERVAL", 0.0)
    monkeypatch.setattr(inspect, "COST", math.inf)


def run(project: Project, folder: Path, control: Control) -> list[Event]:
    return list(launch.run(project, folder, control))


def numbers_of(events: list[Event]) -> list[tuple[float, ...]]:
    records = of_type(events, StepsRecorded)
    return [row for record in records for row in zip(record.losses, record.grad_norms, strict=True)]


def looked_at(project: Project) -> tuple[LiveModel, list[Tensor], dict[tuple[str, ...], NodeFigures]]:
    """The network, what it gave for a batch, and what was seen of that."""
    live = build(project, seed=1)
    inspector = Inspector(live, project, watching(), CPU)
    torch.manual_seed(8)
    with inspector.look() as probe:
        results = outputs_of(live.module, Samples(project).inputs(4))
        sum(result.sum() for result in results).backward()  # type: ignore[union-attr]
    norms = {
        name: float(parameter.grad.norm())
        for name, parameter in live.module.named_parameters()
        if parameter.grad is not None
    }
    return live, results, dict(inspector.figures(probe, 1, norms).nodes)


def outputs_of(module: nn.Module, inputs: tuple[Tensor, ...]) -> list[Tensor]:
    outputs = module(*inputs)
    return list(outputs) if isinstance(outputs, tuple) else [outputs]


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_a_look_changes_no_bit_and_sees_every_node(make: Any) -> None:
    project = make()
    live, results, nodes = looked_at(project)
    plain = build(project, seed=1).module
    torch.manual_seed(8)
    expected = outputs_of(plain, Samples(project).inputs(4))
    sum(result.sum() for result in expected).backward()  # type: ignore[union-attr]
    for one, other in zip(results, expected, strict=True):
        assert torch.equal(one, other)
    for one, other in zip(live.module.parameters(), plain.parameters(), strict=True):
        assert torch.equal(one.grad, other.grad)  # type: ignore[arg-type]
    for one, other in zip(live.module.buffers(), plain.buffers(), strict=True):
        assert torch.equal(one, other)
    assert {path[0] for path in nodes} >= set(live.source.attribute_of)
    assert sum(figures.time_share for path, figures in nodes.items() if len(path) == 1) == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "training"),
    [
        ("MLP", {"batch_size": 256}),
        ("TinyRNN", {"batch_size": 256, "clip_grad_norm": 0.1}),
        ("TabularMLP", {}),  # blocks, batch norm, dropout
        ("MLP", {"batch_size": 256, "precision": "amp-bfloat16"}),
    ],
)
def test_a_run_that_is_watched_has_the_same_numbers(
    name: str, training: dict[str, Any], tmp_path: Path, every_step: None
) -> None:
    project = template(name).project()
    project.training = {**project.training, **training, "epochs": 1}
    alone = run(project, tmp_path / "alone", Control())
    watched = run(project, tmp_path / "watched", watching())
    assert numbers_of(watched) == numbers_of(alone)
    steps = [event.step for event in of_type(watched, NodesInspected)]
    assert steps == list(range(1, len(numbers_of(alone)) + 1))
    assert not of_type(alone, NodesInspected)


def test_what_is_told_of_a_layer_is_what_it_computed() -> None:
    project = template("MLP").project()
    live, _, nodes = looked_at(project)
    fc1 = live.module.get_submodule("fc1")
    (images,) = Samples(project).inputs(4)
    before = fc1(images.flatten(1)).detach()
    after = before.relu()
    assert nodes["n3",].mean == pytest.approx(float(before.mean()), abs=1e-6)
    assert nodes["n3",].std == pytest.approx(float(before.std(correction=0)), rel=1e-5)
    assert nodes["n4",].mean == pytest.approx(float(after.mean()), rel=1e-5)
    dead = (after == 0).all(dim=0)
    assert 0 < int(dead.sum()) < len(dead)
    assert nodes["n4",].dead == pytest.approx(float(dead.float().mean()))
    assert nodes["n3",].dead is None  # a linear layer has no units that can die
    squares = sum(float(parameter.grad.norm()) ** 2 for parameter in fc1.parameters())
    assert nodes["n3",].grad_norm == pytest.approx(math.sqrt(squares))
    assert nodes["n4",].grad_norm is None  # nothing to learn
    assert all(figures.seconds > 0 for figures in nodes.values())


def test_how_far_a_step_moves_the_weights_is_told() -> None:
    live = build(template("MLP").project(), seed=1)
    project = template("MLP").project()
    inspector = Inspector(live, project, watching(), CPU)
    before = {name: parameter.detach().clone() for name, parameter in live.module.named_parameters()}
    with inspector.look() as probe:
        outputs_of(live.module, Samples(project).inputs(4))[0].sum().backward()
        torch.optim.SGD(live.module.parameters(), lr=0.1).step()
        found = inspector.figures(probe, 1, {})
    moved = {name: parameter.detach() - before[name] for name, parameter in live.module.named_parameters()}
    layer = next(node for node in project.graph.nodes.values() if node.name == "fc1")
    own = [
        torch.cat([each[f"fc1.{name}"].flatten() for name in ("weight", "bias")]) for each in (moved, before)
    ]
    assert found.nodes[(layer.id,)].update_ratio == pytest.approx(
        float(own[0].norm() / own[1].norm()), rel=1e-5
    )
    whole = [torch.cat([each.flatten() for each in side.values()]).norm() for side in (moved, before)]
    assert found.update_ratio == pytest.approx(float(whole[0] / whole[1]), rel=1e-5)
    relu = next(node for node in project.graph.nodes.values() if node.type == "ReLU")
    assert found.nodes[(relu.id,)].update_ratio is None


def test_the_units_of_a_convolution_are_its_channels() -> None:
    project = template("CNN").project()
    live = build(project, seed=1)
    inspector = Inspector(live, project, watching(), CPU)
    weight, bias = live.module.get_parameter("conv1.weight"), live.module.get_parameter("conv1.bias")
    with torch.no_grad():
        weight[:4], bias[:4] = 0.0, -1.0
        weight[4:], bias[4:] = 0.0, 1.0
    with inspector.look() as probe:
        live.module(*Samples(project).inputs(2)).sum().backward()
    assert inspector.figures(probe, 1, {}).nodes["n3",].dead == pytest.approx(4 / len(weight))


def test_inside_a_block_each_instance_has_its_own() -> None:
    _, _, nodes = looked_at(template("TabularMLP").project())
    first, second = nodes["n2",], nodes["n3",]
    assert first.grad_norm != second.grad_norm
    inside = [nodes["n2", f"n{number}"] for number in range(2, 6)]
    assert first.seconds >= sum(figures.seconds for figures in inside)
    squares = sum(figures.grad_norm**2 for figures in inside if figures.grad_norm is not None)
    assert first.grad_norm == pytest.approx(math.sqrt(squares))
    assert nodes["n2", "n4"].dead is not None
    assert nodes["n2", "n4"] != nodes["n3", "n4"]
    assert (first.mean, first.std) == (nodes["n2", "n5"].mean, nodes["n2", "n5"].std)  # what leaves it


def test_repetitions_are_summed_up_in_one() -> None:
    project = template("ViT").project()
    live, _, nodes = looked_at(project)
    paths = {path for path in nodes if path[0] == "n7"}
    assert {len(path) for path in paths} == {1, 2}
    norms = [float(parameter.grad.norm()) for parameter in live.module.get_submodule("blocks").parameters()]
    assert nodes["n7",].grad_norm == pytest.approx(math.hypot(*norms), rel=1e-5)


def test_nobody_watching_costs_nothing_and_leaves_nothing_behind() -> None:
    project = spiral_project()
    live = build(project, seed=1)
    control = Control()
    inspector = Inspector(live, project, control, CPU)
    kind: Any = type(live.module)
    forward = kind.forward
    assert not inspector.is_due()
    control.watches_nodes = True
    assert inspector.is_due()
    with inspector.look():
        assert kind.forward is not forward
    assert kind.forward is forward


def test_an_error_during_a_look_names_its_node_and_ends_the_look() -> None:
    project = spiral_project()
    live = build(project, seed=1)
    kind: Any = type(live.module)
    forward = kind.forward
    inspector = Inspector(live, project, watching(), CPU)
    with pytest.raises(RuntimeError) as caught, inspector.look():
        live.module(torch.zeros(4, 3))
    node, text = live.explain(caught.value)
    assert node == "n2"
    assert text.startswith("fc1: ")
    assert kind.forward is forward


def test_watching_can_begin_and_end_while_it_trains(tmp_path: Path, every_step: None) -> None:
    control = Control()
    seen: list[bool] = []
    for event in launch.run(spiral_project(epochs=6), tmp_path, control):
        if isinstance(event, NodesInspected):
            seen.append(control.watches_nodes)
            control.watches_nodes = len(seen) < 3
        elif isinstance(event, StepsRecorded) and not seen:
            control.watches_nodes = True
    assert seen == [True] * 3


class Steps:
    """A clock for steps of one second; a look adds half of one."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def looks(self, inspector: Inspector) -> Iterator[int]:
        """The steps that are looked at."""
        step = 0
        while True:
            step += 1
            if inspector.is_due():
                with inspector.look():
                    self.now += 1.5
                yield step
            else:
                self.now += 1.0


def test_what_takes_long_is_looked_at_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect, "COST", 0.02)
    project, clock = spiral_project(), Steps()
    inspector = Inspector(build(project, seed=1), project, watching(), CPU, clock)
    looks = list(islice(clock.looks(inspector), 12))
    assert looks[0] == 1
    for earlier, later in list(pairwise(looks))[4:]:
        assert 20 <= later - earlier <= 35  # half a second of 25 to 30 is two per cent


def test_a_network_is_looked_into_although_the_same_was_made_again() -> None:
    project = spiral_project()
    live = build(project, seed=1)
    inspector = Inspector(live, project, watching(), CPU)
    build(project, seed=2)  # as somebody asks the weights that the run has saved
    with inspector.look() as probe:
        live.module(torch.zeros(4, 2)).sum().backward()
    assert probe.activations()
