"""Embeddings with sparse gradients learn as with dense ones, by every optimizer that takes them."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from runtime.control import Control
from runtime.data.feed import Feed
from runtime.data.prepared import TrainData
from runtime.engine import train
from runtime.events import EpochEnded, Event, RunEnded, StepsRecorded
from runtime.failure import NonFiniteError, TrainingFailure
from runtime.guard import HostGuard, guard_of
from runtime.optim import build_optimizer, sparse_weights
from runtime.optimizer_choices import OPTIMIZERS
from runtime.plan import PlanError, TrainingPlan
from tests.runtime.training import CPU

WORDS, LENGTH, CLASSES = 40, 5, 3
SAME_AS_DENSE: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 0.5},
    "SGD with momentum": {"type": "SGD", "lr": 0.1, "momentum": 0.9},
    "SGD that looks ahead": {"type": "SGD", "lr": 0.1, "momentum": 0.9, "nesterov": True},
    "Adagrad": {"lr": 0.1, "lr_decay": 0.01},
}
PLANS: dict[str, dict[str, Any]] = {
    "plain": {},
    "clipped": {"clip_grad_norm": 0.2},
    "clipped twice": {"clip_grad_norm": 0.2, "clip_grad_value": 0.05},
    "averaged and scheduled": {"ema_decay": 0.9, "scheduler": "CosineAnnealingLR"},
    "accumulated": {"accumulate_steps": 2},
    "scaled": {"precision": "amp-float16"},
}


class Reader(nn.Module):
    """Looks words up in two ways and says what class they are."""

    def __init__(self, *, sparse: bool = True) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.words = nn.Embedding(WORDS, 6, padding_idx=0, sparse=sparse)
        self.bags = nn.EmbeddingBag(WORDS, 4, sparse=sparse)
        self.head = nn.Linear(10, CLASSES)

    def forward(self, tokens: Tensor) -> Tensor:
        read = torch.cat([self.words(tokens).mean(dim=1), self.bags(tokens)], dim=1)
        answer: Tensor = self.head(read.relu())
        return answer


def make_data() -> TrainData:
    """Sentences that often have a word twice."""
    generator = torch.Generator().manual_seed(5)
    x = torch.randint(0, WORDS, (40, LENGTH), generator=generator)
    x[:, 1] = x[:, 0]
    y = x[:, 0] % CLASSES
    return TrainData(x, y, x[:10], y[:10], (LENGTH,), CLASSES)


def make_plan(optimizer: dict[str, Any], **settings: Any) -> TrainingPlan:
    return TrainingPlan.from_mapping({
        "optimizer": optimizer, "sampler": "sequential", "batch_size": 8, "epochs": 3, "device": "cpu",
        **settings,
    })  # fmt: skip


def run(plan: TrainingPlan, model: nn.Module, data: TrainData | None = None) -> list[Event]:
    feed = Feed(data or make_data(), plan.batch_size, device=CPU, sampler=plan.sampler)
    return list(train(model, plan, feed, Control(), device=CPU))


def recorded(events: list[Event], name: str) -> list[float]:
    return [each for event in events if isinstance(event, StepsRecorded) for each in getattr(event, name)]


@pytest.mark.parametrize("settings", PLANS.values(), ids=PLANS)
@pytest.mark.parametrize("name", SAME_AS_DENSE)
def test_weights_learn_as_by_dense_gradients(name: str, settings: dict[str, Any]) -> None:
    optimizer = {"type": name} | SAME_AS_DENSE[name]
    plan, sparse, dense = make_plan(optimizer, **settings), Reader(), Reader(sparse=False)
    found, expected = run(plan, sparse), run(plan, dense)
    for column in ("losses", "grad_norms"):
        torch.testing.assert_close(recorded(found, column), recorded(expected, column), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(sparse.state_dict(), dense.state_dict(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["plain", "clipped twice"])
def test_so_they_do_by_lbfgs_which_rounding_leads_astray_on_several_batches(name: str) -> None:
    plan = make_plan({"type": "LBFGS", "lr": 0.1, "max_iter": 3}, batch_size=40, **PLANS[name])
    sparse, dense = Reader(), Reader(sparse=False)
    found, expected = (recorded(run(plan, model), "losses") for model in (sparse, dense))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)
    assert found[-1] < found[0]


def by_hand(plan: TrainingPlan, model: Reader, data: TrainData) -> None:
    """The loop that PyTorch's documentation of SparseAdam asks for: an optimizer for each kind of weight."""
    tables = [model.words.weight, model.bags.weight]
    options = {"lr": 0.02, "betas": (0.8, 0.99)}
    optimizers = [
        torch.optim.SparseAdam(tables, **options),
        torch.optim.Adam(model.head.parameters(), fused=True, **options),
    ]
    for _ in range(plan.epochs):
        batches = zip(data.train_x.split(plan.batch_size), data.train_y.split(plan.batch_size), strict=True)
        for x, y in batches:
            nn.functional.cross_entropy(model(x), y).backward()
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad()


def test_sparse_adam_and_adam_are_bit_equal_to_a_loop_by_hand() -> None:
    plan = make_plan({"type": "SparseAdam", "lr": 0.02, "betas": [0.8, 0.99]})
    ours, theirs = Reader(), Reader()
    run(plan, ours)
    by_hand(plan, theirs, make_data())
    for name, weights in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], weights), name


@pytest.mark.parametrize("settings", PLANS.values(), ids=PLANS)
def test_sparse_adam_learns_with_every_plan(settings: dict[str, Any]) -> None:
    model, before = Reader(), Reader().state_dict()
    events = run(make_plan({"type": "SparseAdam", "lr": 0.02}, **settings), model)
    assert isinstance(events[-1], RunEnded)
    assert events[-1].state == "finished"
    first, *_, last = (event.train_loss for event in events if isinstance(event, EpochEnded))
    assert last < first
    assert all(not torch.equal(before[name], weights) for name, weights in model.state_dict().items())


def test_rows_that_no_batch_has_read_stay_as_they_are() -> None:
    data, model = make_data(), Reader()
    data.train_x.clamp_(max=WORDS // 2)
    before = model.words.weight.detach().clone()
    run(make_plan({"type": "SparseAdam", "lr": 0.02}), model, data)
    unread = slice(WORDS // 2 + 1, None)
    assert torch.equal(model.words.weight[unread], before[unread])
    assert not torch.equal(model.words.weight[1 : WORDS // 2], before[1 : WORDS // 2])


def test_without_sparse_embeddings_sparse_adam_is_adam() -> None:
    ours, theirs = Reader(sparse=False), Reader(sparse=False)
    run(make_plan({"type": "SparseAdam", "lr": 0.02}), ours)
    run(make_plan({"type": "Adam", "lr": 0.02}), theirs)
    for name, weights in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], weights), name


@pytest.mark.parametrize("layer", ["words", "bags"])
def test_there_may_be_sparse_weights_alone(layer: str) -> None:
    model = getattr(Reader(), layer)
    optimizer = build_optimizer(make_plan({"type": "SparseAdam"}), model)
    before = model.weight.detach().clone()
    model(make_data().train_x).sum().backward()
    optimizer.step()
    assert not torch.equal(model.weight, before)


def test_a_schedule_moves_the_rate_and_betas_of_both() -> None:
    model = Reader()
    optimizer = build_optimizer(make_plan({"type": "SparseAdam"}), model)
    torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=10)
    told = [(group["moved_by"], group["lr"], group["betas"][0]) for group in optimizer.param_groups]
    assert told == [
        ("SparseAdam, sparse", pytest.approx(0.1 / 25), 0.95), ("Adam", pytest.approx(0.1 / 25), 0.95)
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["SGD", "Adagrad"])
def test_dense_weights_beside_sparse_ones_keep_their_fused_kernel(name: str) -> None:
    groups = build_optimizer(make_plan({"type": name}), Reader()).param_groups
    told = {group["moved_by"]: group["fused"] for group in groups}
    assert told == {f"{name}, sparse": False, name: True}


@pytest.mark.parametrize("name", [name for name, spec in OPTIMIZERS.items() if not spec.takes_sparse])
def test_an_optimizer_that_does_not_take_them_is_refused(name: str) -> None:
    with pytest.raises(
        PlanError, match=rf"{name} does not take .* layer words .*SparseAdam.* for words"
    ) as told:
        build_optimizer(make_plan({"type": name}), Reader())
    assert told.value.path == "optimizer"
    model = Reader()
    for each in (model.words, model.bags):
        each.weight.requires_grad_(False)
    build_optimizer(make_plan({"type": name}), model)


def test_pytorch_refuses_them_too() -> None:
    for name, spec in OPTIMIZERS.items():
        table = nn.Embedding(WORDS, 2, sparse=True)
        optimizer = getattr(torch.optim, name)(table.parameters(), lr=0.1)

        def closure(table: nn.Embedding = table) -> Tensor:
            table.zero_grad()
            loss: Tensor = table(torch.tensor([1, 2])).square().sum()
            loss.backward()
            return loss.detach()

        if spec.takes_sparse:
            optimizer.step(closure)
        else:
            with pytest.raises(RuntimeError, match="sparse gradients"):
                optimizer.step(closure)


@pytest.mark.parametrize("name", ["SGD", "Adagrad"])
def test_their_weights_cannot_decay(name: str) -> None:
    plan = make_plan({"type": name, "weight_decay": 0.1})
    with pytest.raises(
        PlanError, match=r"weight_decay is 0\.1, but .* layer words.* Expected 0\. Set"
    ) as told:
        build_optimizer(plan, Reader())
    assert told.value.path == "optimizer.weight_decay"
    build_optimizer(plan, Reader(sparse=False))


@pytest.mark.parametrize("layer", [nn.Embedding, nn.EmbeddingBag])
def test_their_frequencies_are_refused_before_pytorch_does(layer: type[nn.Module]) -> None:
    table = layer(5, 2, sparse=True, scale_grad_by_freq=True)
    with pytest.raises(PlanError, match=r"words has sparse .* Set sparse or scale_grad_by_freq to false for"):
        build_optimizer(make_plan({"type": "SparseAdam"}), nn.ModuleDict({"words": table}))
    with pytest.raises(RuntimeError, match="not supported with sparse gradients"):
        table(torch.tensor([[1, 2]])).sum().backward()


def test_nobody_is_warned_of_tensors_that_pytorch_does_not_check() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("Adagrad", "SparseAdam", "SGD"):
            run(make_plan({"type": name}), Reader())


def test_a_gradient_that_is_no_number_ends_the_run_before_the_weights_are_touched() -> None:
    model = Reader()
    with torch.no_grad():
        model.words.weight[7] = math.inf
    before = model.head.weight.detach().clone()
    data = make_data()
    data.train_x[:, 2] = 7
    with pytest.raises(NonFiniteError):
        run(make_plan({"type": "SparseAdam"}), model, data)
    assert torch.equal(model.head.weight, before)


def test_steps_that_are_no_numbers_can_be_left_out() -> None:
    data, model = make_data(), Reader()
    bad = data.train_x[11, 0]
    model.words.weight.register_hook(lambda gradient: spoiled(gradient, int(bad)))
    events = run(make_plan({"type": "SparseAdam", "lr": 0.02}, on_nonfinite="skip"), model, data)
    batches = data.train_x.split(8)
    expected = sum(bool((batch == bad).any()) for batch in batches) * 3
    assert 0 < expected < 3 * len(batches)
    assert sum(event.skipped_steps for event in events if isinstance(event, EpochEnded)) == expected
    assert all(weights.isfinite().all() for weights in model.state_dict().values())


def test_a_loss_that_is_no_number_leaves_a_scaled_step_out_though_the_batch_is_all_padding() -> None:
    values = torch.ones(40, 1)
    values[:8] = 3e38  # the sum is infinite, the gradients are not
    data = replace(make_data(), train_y=values, val_y=torch.ones(10, 1), num_classes=None)
    data.train_x[:8] = 0
    settings = {"loss": {"type": "L1Loss"}, "precision": "amp-float16", "on_nonfinite": "skip"}
    plan, models = make_plan({"type": "SGD", "lr": 0.05}, **settings), (Reader(), Reader(sparse=False))
    for model in models:
        model.head = nn.Linear(10, 1)
        model.head.load_state_dict({"weight": torch.ones(1, 10) / 10, "bias": torch.zeros(1)})
        events = run(plan, model, data)
        assert [event.skipped_steps for event in events if isinstance(event, EpochEnded)] == [1, 1, 1]
    sparse, dense = (model.state_dict() for model in models)
    torch.testing.assert_close(sparse, dense, rtol=1e-4, atol=1e-5)


def spoiled(gradient: Tensor, row: int) -> Tensor:
    """A sparse gradient with no numbers in one of its rows."""
    is_row = gradient._indices()[0] == row
    values = torch.where(is_row[:, None], math.nan, gradient._values())
    return torch.sparse_coo_tensor(gradient._indices(), values, gradient.shape, check_invariants=False)


def test_on_a_gpu_the_host_looks_at_the_norm_as_it_waits_for_the_rows_anyway() -> None:
    plan, model = make_plan({"type": "SparseAdam"}, on_nonfinite="skip"), Reader()
    optimizer = build_optimizer(plan, model)
    assert type(guard_of(plan, model, optimizer, torch.device("cuda"), is_scaled=False)) is HostGuard


class Tied(nn.Module):
    """An embedding whose weight is used a second time."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, 6, sparse=True)
        self.head = nn.Linear(6, CLASSES)

    def forward(self, tokens: Tensor) -> Tensor:
        answer: Tensor = self.head(self.words(tokens).mean(dim=1)) + self.words.weight.mean()
        return answer


class Undeclared(nn.Module):
    """A table that is no embedding layer."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(WORDS, CLASSES))

    def forward(self, tokens: Tensor) -> Tensor:
        answer: Tensor = nn.functional.embedding(tokens, self.table, sparse=True).mean(dim=1)
        return answer


def test_a_weight_that_is_used_elsewhere_too_has_a_dense_gradient_which_sgd_takes() -> None:
    with pytest.raises(TrainingFailure, match=r"layer of words\.weight is sparse, but .* or choose SGD\."):
        run(make_plan({"type": "SparseAdam"}), Tied())
    assert isinstance(run(make_plan({"type": "SGD", "momentum": 0.9}), Tied())[-1], RunEnded)


@pytest.mark.parametrize("name", ["SGD", "AdamW", "SparseAdam", "LBFGS"])
def test_a_sparse_gradient_of_no_embedding_layer_is_refused_in_words(name: str) -> None:
    with pytest.raises(TrainingFailure, match=r"gradient of table is sparse, but .* or do not set sparse\."):
        run(make_plan({"type": name}), Undeclared())


def test_the_sparse_weights_of_a_network_are_known_by_name() -> None:
    model = nn.Sequential(Reader(), nn.Embedding(3, 2))
    assert sparse_weights(model) == {"0.words.weight", "0.bags.weight"}
    assert sparse_weights(model[0].words) == {"weight"}
    model[0].words.weight.requires_grad_(False)
    assert sparse_weights(model) == {"0.bags.weight"}
