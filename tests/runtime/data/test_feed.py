"""Batches: the same, to the bit, as a loop written by hand."""

from types import SimpleNamespace

import pytest
import torch

from runtime.data.feed import Feed, _Fetched, steps_per_epoch
from runtime.data.prepared import TrainData


def data(count: int = 23, held_back: int = 10) -> TrainData:
    generator = torch.Generator().manual_seed(5)
    return TrainData(
        train_x=torch.rand(count, 3, 2, generator=generator),
        train_y=torch.arange(count),
        val_x=torch.rand(held_back, 3, 2, generator=generator),
        val_y=torch.arange(held_back),
        input_shape=(3, 2),
        num_classes=count,
    )


def copies(batches) -> list[tuple[torch.Tensor, torch.Tensor]]:
    return [(x.clone(), y.clone()) for x, y in batches]


def assert_same(first, second) -> None:
    assert len(first) == len(second)
    for (x, y), (other_x, other_y) in zip(first, second, strict=True):
        assert torch.equal(x, other_x)
        assert torch.equal(y, other_y)


def by_hand(train: TrainData, batch_size: int, seed: int, epochs: int) -> list[list[tuple]]:
    generator = torch.Generator().manual_seed(seed)
    result = []
    for _ in range(epochs):
        order = torch.randperm(len(train.train_x), generator=generator)
        result.append([(train.train_x[rows], train.train_y[rows]) for rows in order.split(batch_size)])
    return result


@pytest.mark.parametrize("batch_size", [1, 4, 23, 100])
def test_batches_are_those_of_a_loop_by_hand(batch_size):
    feed = Feed(data(), batch_size, seed=11)
    for epoch, expected in enumerate(by_hand(data(), batch_size, 11, 3), start=1):
        batches = copies(feed.train(epoch))
        assert_same(batches, expected)
        assert len(batches) == feed.steps_per_epoch


def test_an_epoch_covers_every_sample_once():
    labels = torch.cat([y.clone() for _, y in Feed(data(), 4).train(1)])
    assert sorted(labels.tolist()) == list(range(23))


def test_any_epoch_can_be_asked_for_at_any_time():
    expected = by_hand(data(), 4, 0, 4)
    feed = Feed(data(), 4)
    for epoch in (3, 1, 4, 4, 2, 3):
        assert_same(copies(feed.train(epoch)), expected[epoch - 1])


def test_an_interrupted_epoch_goes_on_where_it_was_left():
    expected = by_hand(data(), 4, 0, 2)
    first = Feed(data(), 4)
    batches = first.train(2)
    start = copies(next(batches) for _ in range(2))
    assert_same(start + copies(Feed(data(), 4).train(2, skip=2)), expected[1])
    assert copies(Feed(data(), 4).train(1, skip=6)) == []


def test_random_numbers_drawn_elsewhere_change_nothing():
    feed, expected = Feed(data(), 4), by_hand(data(), 4, 0, 2)
    copies(feed.train(1))
    torch.manual_seed(99)
    torch.rand(5)
    assert_same(copies(feed.train(2)), expected[1])
    torch.manual_seed(99)
    state = torch.get_rng_state()
    copies(feed.train(3))
    assert torch.equal(torch.get_rng_state(), state)


def test_seeds_give_different_orders():
    orders = [torch.cat([y.clone() for _, y in Feed(data(), 4, seed=seed).train(1)]) for seed in (0, 1)]
    assert not torch.equal(*orders)


def test_batches_share_one_buffer():
    places = {(x.data_ptr(), y.data_ptr()) for x, y in Feed(data(), 4).train(1)}
    assert len(places) == 1


def test_a_short_last_batch_can_be_left_out():
    feed = Feed(data(), 4, drop_last=True)
    assert [len(y) for _, y in feed.train(1)] == [4] * 5
    assert feed.steps_per_epoch == 5


def test_validation_batches_come_in_order_without_a_copy():
    source = data()
    feed = Feed(source, 4)
    batches = list(feed.val())
    assert [len(y) for _, y in batches] == [4, 4, 2]
    assert torch.equal(torch.cat([x for x, _ in batches]), source.val_x)
    assert torch.equal(torch.cat([y for _, y in batches]), source.val_y)
    assert batches[0].x.data_ptr() == source.val_x.data_ptr()


def test_without_held_back_samples_there_is_no_validation():
    feed = Feed(data(held_back=0), 4)
    assert (feed.val_samples, list(feed.val())) == (0, [])


def test_data_lies_contiguous_whatever_it_came_as():
    source = data()
    strided = TrainData(
        source.train_x.transpose(1, 2), source.train_y, source.val_x.transpose(1, 2), source.val_y, (2, 3), 23
    )
    x, _ = next(Feed(strided, 4).train(1))
    assert x.is_contiguous()
    assert next(Feed(strided, 4).val()).x.is_contiguous()


@pytest.mark.parametrize(
    ("samples", "batch_size", "drop_last", "steps"),
    [(10, 5, False, 2), (11, 5, False, 3), (11, 5, True, 2), (3, 5, True, 1), (3, 5, False, 1)],
)
def test_steps_are_counted(samples, batch_size, drop_last, steps):
    assert steps_per_epoch(samples, batch_size, drop_last=drop_last) == steps
    assert len(list(Feed(data(samples), batch_size, drop_last=drop_last).train(1))) == steps


class Sent:
    """A batch that notes how it is moved."""

    device = torch.device("cpu")

    def __init__(self):
        self.how = []

    def pin_memory(self):
        self.how.append("pinned")
        return self

    def to(self, device, *, non_blocking=False):
        self.how.append((device, non_blocking))
        return self


@pytest.mark.parametrize(
    ("device", "how"),
    [(None, [(None, False)]), ("cpu", [("cpu", False)]), ("cuda:0", ["pinned", ("cuda:0", True)])],
)
def test_a_gpu_takes_batches_without_keeping_the_host_waiting(device, how):
    place, batch = None if device is None else torch.device(device), Sent()
    rows = SimpleNamespace(batches=lambda orders: iter([batch]))
    assert list(_Fetched(rows, place).batches([])) == [batch]
    assert [each if each == "pinned" else (each[0] and str(each[0]), each[1]) for each in batch.how] == how
