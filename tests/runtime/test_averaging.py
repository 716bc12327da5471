"""The moving average of the weights: PyTorch's numbers, used for validation and the best checkpoint."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from runtime.averaging import WeightAverage
from runtime.checkpoint import checkpoint_folder, load_checkpoint, load_weights
from runtime.events import EpochEnded
from tests.runtime.training import SAMPLES, events_of, make_cnn, make_data, make_plan, of_type

DECAY = 0.9
SETTINGS = {"optimizer": {"type": "SGD", "lr": 0.1}, "ema_decay": DECAY}


def averaged_by_hand(epochs: int) -> AveragedModel:
    """PyTorch's average over the loop one writes by hand."""
    plan, data, model = make_plan(epochs=epochs, **SETTINGS), make_data((1, 5, 5)), make_cnn()
    torch.manual_seed(plan.seed)
    order = torch.Generator().manual_seed(plan.seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, fused=True)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(DECAY), use_buffers=True)
    for _ in range(epochs):
        for rows in torch.randperm(SAMPLES, generator=order).split(plan.batch_size):
            optimizer.zero_grad()
            nn.CrossEntropyLoss()(model(data.train_x[rows]), data.train_y[rows]).backward()
            optimizer.step()
            average.update_parameters(model)
    return average


def test_the_average_is_pytorchs_and_validation_looks_at_it(tmp_path: Path) -> None:
    data, ours = make_data((1, 5, 5)), make_cnn()
    plan = make_plan(epochs=2, **SETTINGS)
    ended = of_type(list(events_of(ours, plan, data, run_dir=tmp_path)), EpochEnded)
    theirs = averaged_by_hand(2).module.eval()
    with torch.inference_mode():
        loss = nn.functional.cross_entropy(theirs(data.val_x[:8]), data.val_y[:8]) * 8
        for start in (8, 16):
            rows = slice(start, start + 8)
            count = len(data.val_x[rows])
            loss += nn.functional.cross_entropy(theirs(data.val_x[rows]), data.val_y[rows]) * count
    torch.testing.assert_close(torch.tensor(ended[-1].val_loss), loss / len(data.val_x))
    assert ended[-1].is_best
    best = load_weights(checkpoint_folder(tmp_path, "best"))
    for name, weight in theirs.state_dict().items():
        if weight.is_floating_point():
            assert torch.equal(best[name], weight), name


def test_training_goes_on_from_the_weights_and_not_from_their_average(tmp_path: Path) -> None:
    with_average, without = make_cnn(), make_cnn()
    list(events_of(with_average, make_plan(**SETTINGS), make_data((1, 5, 5)), run_dir=tmp_path))
    list(events_of(without, make_plan(**SETTINGS | {"ema_decay": None}), make_data((1, 5, 5))))
    last = load_weights(checkpoint_folder(tmp_path, "last"))
    for name, weight in without.state_dict().items():
        assert torch.equal(with_average.state_dict()[name], weight), name
        assert torch.equal(last[name], weight), name


def test_an_average_goes_on_from_its_saved_state(tmp_path: Path) -> None:
    data = make_data((1, 5, 5))
    list(events_of(make_cnn(), make_plan(epochs=1, **SETTINGS), data, run_dir=tmp_path))
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    plan = make_plan(epochs=2, **SETTINGS)
    list(events_of(make_cnn(), plan, data, run_dir=tmp_path, checkpoint=checkpoint))
    best = load_weights(checkpoint_folder(tmp_path, "best"))
    for name, weight in averaged_by_hand(2).module.state_dict().items():
        if weight.is_floating_point():
            assert torch.equal(best[name], weight), name


def test_what_a_saved_average_does_not_have_begins_at_the_weights() -> None:
    model = nn.Linear(2, 2)
    average = WeightAverage(model, DECAY)
    average.load_state_dict({"weight": torch.full((2, 2), 5.0)})
    state = average.state_dict()
    assert torch.equal(state["weight"], torch.full((2, 2), 5.0))
    assert torch.equal(state["bias"], model.bias)


def test_before_the_first_step_there_is_nothing_to_apply() -> None:
    model = nn.Linear(2, 2)
    average, before = WeightAverage(model, DECAY), model.weight.clone()
    assert average.state_dict() == {}
    with average.applied():
        assert torch.equal(model.weight, before)


def test_the_average_is_taken_out_again() -> None:
    model = nn.Linear(2, 2)
    average = WeightAverage(model, 0.5)
    average.update()
    first = model.weight.detach().clone()
    with torch.no_grad():
        model.weight.add_(2.0)
    average.update()
    with average.applied():
        torch.testing.assert_close(model.weight.detach(), first + 1)
    torch.testing.assert_close(model.weight.detach(), first + 2)
    torch.testing.assert_close(average.state_dict()["weight"], first + 1)
