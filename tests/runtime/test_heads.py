"""Several Outputs, each with a loss, a target and a weight of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.control import Control
from runtime.data.prepared import HeadData, TrainData
from runtime.events import EpochEnded, Event, RunStarted, StepsRecorded
from runtime.heads import Head, heads_of
from runtime.options import PlanError
from runtime.plan import TrainingPlan
from tests.runtime.training import (
    HELD_BACK,
    SAMPLES,
    TickingClock,
    Trunk,
    events_of,
    make_data,
    make_plan,
    of_type,
)

OUTPUTS = {
    "kind": {"loss": {"type": "CrossEntropyLoss", "label_smoothing": 0.1}, "weight": 0.5},
    "again": {"loss": "MSELoss", "target": "input", "weight": 2},
    "pair": {"loss": {"type": "CrossEntropyLoss", "weight": [1, 3]}, "groups": [0, 1, 1]},
}


def parted(plan: TrainingPlan) -> TrainData:
    """Data whose targets are those of three Outputs."""
    data = make_data()
    kind, again, pair = heads_of(plan, [(name, name) for name in OUTPUTS])
    return replace(
        data,
        heads=(
            HeadData(kind, data.train_y, data.val_y, 3),
            HeadData(again, data.train_x, data.val_x, None, target="input"),
            HeadData(pair, data.train_y.clamp(max=1), data.val_y.clamp(max=1), 2),
        ),
    )


def losses_by_hand(outputs: tuple[Tensor, ...], x: Tensor, y: Tensor) -> list[Tensor]:
    kind, again, pair = outputs
    weighted = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 3.0]))
    return [
        nn.CrossEntropyLoss(label_smoothing=0.1)(kind, y),
        nn.MSELoss()(again, x),
        weighted(pair, y.clamp(max=1)),
    ]


def train_by_hand(model: nn.Module, plan: TrainingPlan, data: TrainData) -> dict[str, list[float]]:
    """The loop of any tutorial, with a sum of losses; gives every number of every step."""
    assert isinstance(data.train_x, Tensor)
    torch.manual_seed(plan.seed)
    order = torch.Generator().manual_seed(plan.seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)
    told: dict[str, list[float]] = {name: [] for name in ("loss", "norm", *OUTPUTS)}
    model.train()
    for _ in range(plan.epochs):
        for rows in torch.randperm(SAMPLES, generator=order).split(plan.batch_size):
            optimizer.zero_grad()
            x, y = data.train_x[rows], data.train_y[rows]
            kind, again, pair = losses_by_hand(model(x), x, y)
            loss = 0.5 * kind + 2 * again + pair
            loss.backward()
            told["norm"].append(clip_grad_norm_(model.parameters(), float("inf")).item())
            optimizer.step()
            for name, value in zip(("loss", *OUTPUTS), (loss, kind, again, pair), strict=True):
                told[name].append(value.item())
    return told


def test_the_weighted_sum_trains_as_a_loop_written_by_hand() -> None:
    plan = make_plan(epochs=3, outputs=OUTPUTS)
    data, ours, theirs = parted(plan), Trunk(), Trunk()
    events = list(events_of(ours, plan, data))
    told = train_by_hand(theirs, plan, data)
    records = of_type(events, StepsRecorded)
    assert [loss for record in records for loss in record.losses] == told["loss"]
    assert [norm for record in records for norm in record.grad_norms] == told["norm"]
    for name in OUTPUTS:
        assert [loss for record in records for loss in record.parts[name]] == told[name], name
    for name, weight in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], weight), name


def test_every_epoch_tells_the_figures_of_every_output() -> None:
    plan = make_plan(epochs=1, outputs=OUTPUTS)
    data, model = parted(plan), Trunk()
    events = list(events_of(model, plan, data))
    (ended,) = of_type(events, EpochEnded)
    assert isinstance(data.val_x, Tensor)
    with torch.inference_mode():
        outputs = model.eval()(data.val_x)
        means = [loss.item() for loss in losses_by_hand(outputs, data.val_x, data.val_y)]
    figures = ended.figures
    assert [figures[f"val_loss.{name}"] for name in OUTPUTS] == pytest.approx(means, rel=1e-6)
    assert figures["val_loss"] == pytest.approx(0.5 * means[0] + 2 * means[1] + means[2], rel=1e-6)
    right = (outputs[2].argmax(1) == data.val_y.clamp(max=1)).float().mean().item()
    assert figures["val_accuracy.pair"] == pytest.approx(right)
    assert {"train_accuracy.kind", "val_f1.kind", "val_rmse.again", "train_loss.again"} <= figures.keys()
    assert not {"train_accuracy.again", "val_accuracy.again"} & set(figures)
    for name in ("train_accuracy", "val_accuracy"):
        assert figures[name] == pytest.approx((figures[f"{name}.kind"] + figures[f"{name}.pair"]) / 2)
    assert sum(map(sum, ended.confusion)) == HELD_BACK
    steps = of_type(events, StepsRecorded)
    sizes = [min(plan.batch_size, SAMPLES - start) for start in range(0, SAMPLES, plan.batch_size)]
    losses = [loss for record in steps for loss in record.parts["again"]]
    mean = sum(loss * size for loss, size in zip(losses, sizes, strict=True)) / SAMPLES
    assert figures["train_loss.again"] == pytest.approx(mean)


def test_a_metric_of_an_output_can_tell_the_best_epoch() -> None:
    settings = {"outputs": OUTPUTS, "monitor": "val_accuracy.kind", "epochs": 2}
    plan = make_plan(**settings, early_stopping={"patience": 3, "metric": "val_loss.again"})
    events = list(events_of(Trunk(), plan, parted(plan)))
    first, second = of_type(events, EpochEnded)
    one, other = ((each.figures["val_accuracy.kind"], -each.figures["val_loss"]) for each in (first, second))
    assert (first.is_best, second.is_best) == (True, other > one), "the loss of all Outputs decides a tie"
    wrong = make_plan(outputs=OUTPUTS, monitor="val_accuracy.again")
    with pytest.raises(PlanError, match=r"val_accuracy.kind"):
        list(events_of(Trunk(), wrong, parted(wrong)))


def test_steps_of_several_batches_tell_whole_losses() -> None:
    plan = make_plan(epochs=1, outputs=OUTPUTS, accumulate_steps=2, batch_size=8)
    events = list(events_of(Trunk(), plan, parted(plan)))
    for record in of_type(events, StepsRecorded):
        for loss, kind, again, pair in zip(record.losses, *record.parts.values(), strict=True):
            assert loss == pytest.approx(0.5 * kind + 2 * again + pair, rel=1e-6)
    (ended,) = of_type(events, EpochEnded)
    assert 0 <= ended.figures["train_accuracy.kind"] <= 1


def test_stopped_and_resumed_is_as_never_stopped(tmp_path: Path) -> None:
    plan = make_plan(epochs=2, outputs=OUTPUTS)
    whole, resumed = Trunk(), Trunk()
    expected = list(events_of(whole, plan, parted(plan), clock=TickingClock()))
    control, first = Control(), []
    for event in events_of(Trunk(), plan, parted(plan), control, clock=TickingClock(), run_dir=tmp_path):
        first.append(event)
        if isinstance(event, StepsRecorded) and event.first_step == 5:
            control.request_stop()
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    rest = list(events_of(resumed, plan, parted(plan), clock=TickingClock(), checkpoint=checkpoint))
    assert _numbers(first) + _numbers(rest) == _numbers(expected)
    for name, weight in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], weight), name


def _numbers(events: list[Event]) -> list[Any]:
    steps = [
        row
        for record in of_type(events, StepsRecorded)
        for row in zip(record.losses, *record.parts.values(), strict=True)
    ]
    return [*steps, *(each.figures for each in of_type(events, EpochEnded))]


def test_a_head_names_its_figures():
    plan = TrainingPlan.from_mapping({"outputs": {"n7": {}}})
    (head,) = heads_of(plan, [("n7", "logits")])
    assert isinstance(head, Head)
    assert (head.path, head.figure("val_loss")) == ("outputs.n7", "val_loss.logits")


def test_names_of_classes_are_those_of_the_output_that_the_matrix_is_about() -> None:
    outputs = {"yes": {"loss": "BCEWithLogitsLoss"}, "kind": {"loss": "CrossEntropyLoss"}}
    plan = make_plan(epochs=1, outputs=outputs)
    data = make_data()
    yes, kind = heads_of(plan, [(name, name) for name in outputs])
    truth = [(y > 0).float()[:, None] for y in (data.train_y, data.val_y)]
    named = HeadData(kind, data.train_y, data.val_y, 3, ("a", "b", "c"))

    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.yes, self.kind = nn.Linear(6, 1), nn.Linear(6, 3)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return self.yes(x), self.kind(x)

    def told(*parts: HeadData) -> tuple[tuple[str, ...], int]:
        events = list(events_of(Two(), plan, replace(data, heads=parts)))
        (started,), (ended,) = of_type(events, RunStarted), of_type(events, EpochEnded)
        return started.class_names, len(ended.confusion)

    assert told(HeadData(yes, *truth, None), named) == ((), 2)
    assert told(HeadData(yes, *truth, None, ("no", "yes")), named) == (("no", "yes"), 2)
