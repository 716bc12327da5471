"""What comes with Netloom, what is computed, and the tables they stand in."""

import pytest
import torch

from runtime.data.choices import SOURCES, TRANSFORMS
from runtime.data.loaders import LOADERS
from runtime.data.raw import DataCancelled, DataError
from runtime.data.transforms import APPLY


def test_every_declaration_has_its_code():
    assert set(LOADERS) == set(SOURCES)
    assert set(APPLY) == set(TRANSFORMS)


def test_what_is_read_one_by_one_is_declared_so():
    folders = {name for name, loader in LOADERS.items() if loader.__qualname__.startswith("file_set.")}
    assert {name for name, spec in SOURCES.items() if spec.is_decoded} == {*folders, "image_folder", "python"}


def test_digits_are_the_real_ones(load):
    data = load("digits")
    assert (data.train_x.shape, data.val_x.shape) == ((1438, 1, 8, 8), (359, 1, 8, 8))
    assert (data.train_x.dtype, data.train_y.dtype) == (torch.float32, torch.int64)
    assert data.input_shape == (1, 8, 8)
    assert (data.num_classes, data.class_names) == (10, tuple("0123456789"))
    both = torch.cat((data.train_x, data.val_x))
    assert (both.min(), both.max()) == (0.0, 1.0)
    counts = torch.cat((data.train_y, data.val_y)).bincount().tolist()
    assert counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_digits_belong_to_their_labels(load):
    data = load("digits")
    means = torch.stack([data.train_x[data.train_y == label].mean(dim=0).flatten() for label in range(10)])
    nearest = torch.cdist(data.val_x.flatten(1), means).argmin(dim=1)
    assert (nearest == data.val_y).float().mean() > 0.85


def test_spirals_are_fixed_by_their_seed(load):
    settings = {"source": "synthetic:spirals", "num_classes": 4, "samples": 100, "noise": 0.2}
    first, again, other = load(settings), load(settings), load({**settings, "seed": 1})
    assert (first.input_shape, first.num_classes, len(first.class_names)) == ((2,), 4, 4)
    assert torch.equal(first.train_x, again.train_x)
    assert not torch.equal(first.train_x, other.train_x)
    assert torch.cat((first.train_y, first.val_y)).bincount().tolist() == [25, 25, 25, 25]


def test_noiseless_spirals_lie_on_their_arms(load):
    data = load({"source": "synthetic:spirals", "num_classes": 2, "noise": 0.0, "val_fraction": 0})
    radius = data.train_x.norm(dim=1)
    angle = data.train_y * torch.pi + radius * 4
    expected = torch.stack((radius * angle.sin(), radius * angle.cos()), dim=1)
    torch.testing.assert_close(data.train_x, expected)


def test_loading_does_not_touch_the_global_generator(load):
    torch.manual_seed(3)
    load("digits")
    load("synthetic:spirals")
    drawn = torch.rand(3)
    torch.manual_seed(3)
    assert torch.equal(drawn, torch.rand(3))


def test_progress_reaches_its_end(load, progress):
    load({"source": "digits", "transforms": {"train": [{"type": "Resize", "size": 12}]}})
    assert progress[0].text == "Reading digits"
    counted = [(event.text, event.done, event.total) for event in progress if event.total]
    assert counted == [
        ("Preparing training samples", 0, 1438),
        ("Preparing training samples", 1438, 1438),
        ("Preparing validation samples", 0, 359),
        ("Preparing validation samples", 359, 359),
    ]


def test_loading_can_be_stopped(load, progress):
    with pytest.raises(DataCancelled, match="Loading the data was stopped"):
        load("digits", stopped=lambda: bool(progress))
    assert len(progress) == 1


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("value", r"digits gives one of 10 classes a sample\. The loss expects numbers\."),
        ("binary", r"digits: y holds 2\. The loss expects 0 or 1\. Choose CrossEntropyLoss"),
    ],
)  # fmt: skip
def test_a_loss_that_cannot_be_meant_is_refused(load, target, text):
    with pytest.raises(DataError, match=text):
        load("digits", target=target)


def test_two_classes_can_be_yes_and_no(load):
    data = load({"source": "synthetic:spirals", "num_classes": 2}, target="binary")
    assert (data.train_y.dtype, data.train_y.shape, data.num_classes) == (torch.float32, (720, 1), 2)
    assert data.train_y.unique().tolist() == [0.0, 1.0]
