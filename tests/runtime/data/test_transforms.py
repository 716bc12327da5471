"""Decoding, resizing, normalising, and what does not fit into memory."""

import numpy as np
import pytest
import torch

from codegen.compat import import_torchvision
from runtime.data.choices import DataPlan
from runtime.data.feed import Feed
from runtime.data.raw import DataError
from runtime.data.transforms import Chain

RESIZE = {"type": "Resize", "size": 28}


def chain(*transforms: dict[str, object]) -> Chain:
    data = {"source": "digits", "transforms": {"train": list(transforms)}}
    return Chain(DataPlan.from_mapping(data).train_transforms)


@pytest.mark.parametrize("size", [28, 5, [9, 31], 8])
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 13), (3, 17, 8)])
def test_resize_is_torchvisions(size, shape):
    functional = import_torchvision("torchvision.transforms.v2.functional")
    images = torch.rand((4, *shape))
    expected = functional.resize(images, size if isinstance(size, list) else [size], antialias=True)
    assert torch.equal(chain({"type": "Resize", "size": size})(images), expected)


def test_a_chain_is_totensor_and_normalize():
    transforms = import_torchvision("torchvision.transforms")
    mean, std = [0.49, 0.48, 0.45], [0.25, 0.24, 0.26]
    pixels = torch.randint(0, 256, (5, 3, 6, 7), dtype=torch.uint8)
    by_hand = transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean, std)])
    expected = torch.stack([by_hand(image.permute(1, 2, 0).numpy()) for image in pixels])
    assert torch.equal(chain({"type": "Normalize", "mean": mean, "std": std})(pixels), expected)


def test_one_number_normalises_all_channels_and_features():
    half = {"type": "Normalize", "mean": [0.5], "std": [0.25]}
    assert torch.equal(chain(half)(torch.full((2, 3, 4, 4), 0.75)), torch.ones(2, 3, 4, 4))
    assert torch.equal(chain(half)(torch.full((2, 7), 0.75)), torch.ones(2, 7))


def test_a_chain_leaves_its_input_alone():
    batch = torch.rand(2, 3, 4, 4)
    before = batch.clone()
    chain({"type": "Normalize", "mean": [0.5], "std": [0.25]})(batch)
    assert torch.equal(batch, before)


def test_transforms_change_the_input_shape(load):
    data = load({"source": "digits", "transforms": {"train": [RESIZE]}})
    assert data.input_shape == (1, 28, 28)
    assert (data.train_x.shape, data.val_x.shape) == ((1438, 1, 28, 28), (359, 1, 28, 28))
    assert data.train_x.is_contiguous()
    assert data.train_chain is data.val_chain is None
    plain = load("digits")
    assert torch.equal(data.train_x, chain(RESIZE)(plain.train_x))
    assert torch.equal(data.val_x, chain(RESIZE)(plain.val_x))


@pytest.mark.parametrize(
    ("transforms", "text"),
    [
        (
            {"train": [{"type": "Normalize", "mean": [1, 2, 3], "std": [1, 1, 1]}]},
            r"train\[0\]: Normalize has mean \[1\.0, 2\.0, 3\.0\], but samples \(1, 8, 8\) have 1 channels",
        ),
        ({"train": [RESIZE], "eval": []}, r"become \(1, 28, 28\), but validation samples \(1, 8, 8\)"),
        (
            {"train": [], "eval": [{"type": "Normalize", "mean": [1, 2], "std": [1, 1]}]},
            r"data\.transforms\.eval\[0\]: .*Expected one number, or 1\. Correct mean and std",
        ),
    ],
)  # fmt: skip
def test_transforms_that_do_not_suit_are_explained(load, transforms, text):
    with pytest.raises(DataError, match=text):
        load({"source": "digits", "transforms": transforms})


def test_only_images_can_be_resized(load):
    text = r"train\[0\]: Resize got samples of shape \(2,\)\. Expected images \(C, H, W\)\. Remove it"
    with pytest.raises(DataError, match=text):
        load({"source": "synthetic:spirals", "transforms": {"train": [RESIZE]}})


def test_images_beyond_the_budget_stay_8_bit_and_give_the_same_batches(load, tmp_path, progress):
    pixels = np.random.default_rng(0).integers(0, 256, (50, 3, 6, 6), dtype=np.uint8)
    np.savez(tmp_path / "data.npz", x=pixels, y=np.arange(50) % 5)
    steps = [{"type": "Resize", "size": 9}, {"type": "Normalize", "mean": [0.4], "std": [0.3]}]
    plan = {"source": "arrays", "path": "data.npz", "transforms": {"train": steps}}
    small = load(plan, folder=tmp_path, memory_budget=1000)
    assert "as floats they would take 49 kB, more than the 1 kB set aside" in progress[-1].text
    assert small.notes == (progress[-1].text,)
    assert (small.train_x.dtype, small.input_shape) == (torch.uint8, (3, 9, 9))
    large = load(plan, folder=tmp_path, memory_budget=10**6)
    assert (large.train_x.dtype, large.notes) == (torch.float32, ())
    feeds = Feed(small, 16), Feed(large, 16)
    for slow, fast in zip(*(feed.train(1) for feed in feeds), strict=True):
        torch.testing.assert_close(slow.x, fast.x)
        assert torch.equal(slow.y, fast.y)
    for slow, fast in zip(*(feed.val() for feed in feeds), strict=True):
        torch.testing.assert_close(slow.x, fast.x)


def test_floats_are_never_kept_back_for_memory(load):
    assert load("digits", memory_budget=0).train_chain is None
