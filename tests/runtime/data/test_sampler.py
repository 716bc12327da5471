"""The order of an epoch: shuffled, as it lies, or every class equally often."""

import pytest
import torch

from runtime.data.feed import Feed
from runtime.data.prepared import TrainData
from runtime.data.raw import DataError
from runtime.data.sampler import class_numbers, order_by

RARE = torch.tensor([0] * 90 + [1] * 9 + [2])


def data(y: torch.Tensor) -> TrainData:
    x = torch.arange(len(y), dtype=torch.float32).unsqueeze(1)
    return TrainData(x, y, x[:0], y[:0], (1,), 3)


def epoch_of(y: torch.Tensor, sampler: str, number: int = 1, skip: int = 0) -> list[int]:
    feed = Feed(data(y), 8, seed=4, sampler=sampler)
    return [int(value) for batch in feed.train(number, skip=skip) for value in batch.x]


def test_sequential_takes_samples_as_they_lie():
    assert epoch_of(RARE, "sequential", 2) == list(range(100))


def test_weighted_draws_every_class_equally_often():
    order = order_by("weighted", RARE.repeat(50))
    drawn = RARE.repeat(50)[order(torch.Generator().manual_seed(0))]
    assert len(drawn) == 5000
    for count in drawn.bincount().tolist():
        assert count == pytest.approx(5000 / 3, rel=0.1)


def test_weighted_is_fixed_by_seed_and_epoch_and_goes_on_where_it_stopped():
    first = epoch_of(RARE, "weighted", 3)
    assert first != epoch_of(RARE, "weighted", 2)
    assert first[16:] == epoch_of(RARE, "weighted", 3, skip=2)


@pytest.mark.parametrize(
    "y", [torch.rand(100), torch.rand(100, 2), -RARE], ids=["values", "several", "negative"]
)
def test_weighted_needs_classes(y):
    with pytest.raises(DataError, match=r"sampler is weighted, but the targets are no classes\. .* shuffle"):
        Feed(data(y), 8, sampler="weighted")


def test_yes_and_no_as_numbers_are_classes_too():
    assert class_numbers(torch.tensor([[0.0], [1.0], [1.0]])).tolist() == [0, 1, 1]
