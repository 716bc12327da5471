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


def rare(count: int = 100) -> Samples:
    return Samples(torch.arange(count).float().unsqueeze(1), (torch.arange(count) % 10 == 0).long())


def test_stratified_halves_hold_the_same_share_of_every_class():
    train, val = split(RawData(rare()), 0.2, 0, "x", stratify=True)
    assert (train.y.bincount().tolist(), val.y.bincount().tolist()) == ([72, 8], [18, 2])
    assert sorted([*train.x.flatten().tolist(), *val.x.flatten().tolist()]) == list(range(100))


def test_a_class_of_one_sample_stays_in_training():
    y = torch.tensor([0] * 9 + [1])
    train, val = split(RawData(Samples(torch.zeros(10, 1), y)), 0.5, 0, "x", stratify=True)
    assert (train.y.bincount().tolist(), val.y.bincount().tolist()) == ([4, 1], [5])


@pytest.mark.parametrize("sizes", [[2] * 10, [3, 3, 3, 3], [1, 2, 97], [7, 1, 1, 1, 30], [50, 49, 3, 2]])
@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5])
def test_small_classes_give_their_part_together(sizes, fraction):
    y = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    train, val = split(RawData(Samples(torch.zeros(len(y), 1), y)), fraction, 3, "x", stratify=True)
    assert len(val) == max(round(len(y) * fraction), 1)
    assert train.y.unique().tolist() == list(range(len(sizes)))
    held_back = val.y.bincount(minlength=len(sizes)).tolist()
    assert all(abs(count - size * fraction) <= 1 for count, size in zip(held_back, sizes, strict=True))


def test_classes_of_one_sample_cannot_be_stratified():
    text = r"each class of x has only one sample\. .*Set data\.stratify = false"
    with pytest.raises(DataError, match=text):
        split(RawData(samples(10)), 0.2, 0, "x", stratify=True)


def test_the_stratified_split_is_that_of_its_seed():
    raw = RawData(rare())
    first, again, other = (split(raw, 0.2, seed, "x", stratify=True)[1].x.tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_only_classes_can_be_stratified():
    raw = RawData(Samples(torch.zeros(10, 1), torch.rand(10)))
    with pytest.raises(DataError, match=r"stratify is set, but the targets of x are no classes"):
        split(raw, 0.2, 0, "x", stratify=True)


def test_a_source_that_has_split_itself_is_left_alone():
    raw = RawData(samples(10), samples(4, start=100), is_split=True)
    assert len(split(raw, 0.5, 0, "x")[1]) == 4
    assert len(split(RawData(samples(10), is_split=True), 0.5, 0, "x")[1]) == 0
