"""Training and validation samples: who holds back what."""

import pytest
import torch

from runtime.data.raw import DataError, RawData, Samples
from runtime.data.split import split


def samples(count: int, start: int = 0) -> Samples:
    numbers = torch.arange(start, start + count)
    return Samples(numbers.float().unsqueeze(1), numbers)


def test_a_fifth_is_held_back_by_default():
    train, val = split(RawData(samples(10)), None, 0, "x")
    assert (len(train), len(val)) == (8, 2)
    assert sorted([*train.y.tolist(), *val.y.tolist()]) == list(range(10))
    assert torch.equal(train.x.squeeze(1).long(), train.y)


def test_the_split_is_that_of_its_seed():
    raw = RawData(samples(100))
    first, again, other = (split(raw, 0.3, seed, "x")[1].y.tolist() for seed in (1, 1, 2))
    assert first == again != other
    order = torch.randperm(100, generator=torch.Generator().manual_seed(1))
    assert first == sorted(order[:30].tolist())


def test_an_own_split_is_used_unless_a_fraction_is_given():
    raw = RawData(samples(10), samples(4, start=100))
    assert split(raw, None, 0, "x")[1].y.tolist() == [100, 101, 102, 103]
    train, val = split(raw, 0.2, 0, "x")
    assert (len(train), len(val)) == (8, 2)
    assert val.y.max() < 10


def test_nothing_can_be_held_back():
    train, val = split(RawData(samples(10)), 0, 0, "x")
    assert (train.y.tolist(), len(val)) == (list(range(10)), 0)


def test_a_small_fraction_still_holds_one_back():
    assert len(split(RawData(samples(10)), 0.01, 0, "x")[1]) == 1


def test_too_few_samples_are_refused():
    text = r"tiny has 1 training samples, too few to hold back 0\.2 of them\. Expected at least 2\. Lower"
    with pytest.raises(DataError, match=text):
        split(RawData(samples(1)), None, 0, "tiny")
