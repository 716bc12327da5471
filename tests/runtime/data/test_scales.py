"""Transforms and tokens that make training wrong without failing: each is told or refused."""

import numpy as np
import pandas as pd
import pytest

from runtime.data.choices import DataPlan
from runtime.data.raw import DataError
from runtime.options import PlanError

AUTO = {"type": "Normalize", "mean": "auto", "std": "auto"}
HALF = {"type": "Normalize", "mean": 0.5, "std": 0.5}


@pytest.fixture
def load_images(load, tmp_path):
    """Gives a function that loads 8-bit images of some channels through chains of transforms."""

    def load_now(train, evaluation=None, channels=3, dtype=np.uint8):
        x = np.random.default_rng(0).integers(0, 256, (20, channels, 4, 4)).astype(dtype)
        np.savez(tmp_path / "data.npz", x=x, y=np.arange(20) % 2)
        chains = {"train": train} | ({} if evaluation is None else {"eval": evaluation})
        return load({"source": "arrays", "path": "data.npz", "transforms": chains}, folder=tmp_path)

    return load_now


@pytest.mark.parametrize("evaluation", [[], [{**HALF, "std": 0.25}], [HALF, HALF]])
def test_a_validation_scaled_otherwise_is_told(load_images, evaluation):
    assert not load_images([HALF]).notes
    assert not load_images([HALF, {"type": "RandomHorizontalFlip"}], [HALF]).notes
    (note,) = load_images([HALF], evaluation).notes
    assert note.startswith("data.transforms.eval has another Normalize than data.transforms.train")


def test_what_is_measured_is_the_same_in_both(load_images):
    assert [note.partition(":")[0] for note in load_images([AUTO], [AUTO]).notes] == ["Normalize"]


@pytest.mark.parametrize(("train", "evaluation"), [([], [AUTO]), ([HALF], [AUTO]), ([AUTO], [AUTO, AUTO])])
def test_validation_alone_cannot_be_measured(train, evaluation):
    chains = {"train": train, "eval": evaluation}
    with pytest.raises(
        PlanError, match=r"eval\[\d\]\.mean is auto, but transforms\.train has no such Normalize"
    ):
        DataPlan.from_mapping({"source": "digits", "transforms": chains})


def test_means_of_bytes_are_told(load_images):
    bytes_mean = {"type": "Normalize", "mean": [123, 117, 104], "std": [58, 57, 57]}
    (note,) = load_images([bytes_mean]).notes
    assert note == (
        "Normalize has mean 123, 117, 104, but pixels lie from 0 to 1 when it gets them. "
        "Divide its mean and std by 255."
    )
    assert not load_images([bytes_mean], dtype=np.float32).notes


def test_transparent_images_have_no_grey(load_images):
    with pytest.raises(DataError, match=r"train\[0\]: Grayscale got images of 4 channels\. Expected 1 or 3"):
        load_images([{"type": "Grayscale"}], channels=4)
    assert load_images([{"type": "Grayscale"}], channels=1).input_shape == (1, 4, 4)


@pytest.mark.parametrize("kind", ["RandomErasing", "RandomResizedCrop"])
def test_more_than_the_area_is_refused(load_images, kind):
    with pytest.raises(
        PlanError, match=r"scale is \[2\.0, 3\.0\]\. Expected shares of the area, from 0 to 1"
    ):
        load_images([{"type": kind, "scale": [2, 3]}])


@pytest.fixture
def load_text(load, tmp_path):
    """Gives a function that loads a text, or rows of texts with a class each."""

    def load_now(content, **settings):
        if isinstance(content, str):
            (tmp_path / "text.txt").write_text(content)
            plan = {"source": "text", "path": "text.txt", "block_length": 8}
        else:
            frame = pd.DataFrame({"text": content, "kind": ["a", "b"] * (len(content) // 2)})
            frame.to_csv(tmp_path / "texts.csv", index=False)
            plan = {"source": "text", "path": "texts.csv", "task": "class", "block_length": 8}
        return load({**plan, **settings}, folder=tmp_path, input_dtype="int64").notes

    return load_now


def test_texts_that_are_cut_are_counted(load_text):
    assert load_text(["12345678"] * 20) == ()
    assert load_text(["12345678", "123456789"] * 10) == (
        "Of 10 of 20 texts only the first 8 tokens are seen; the longest has 9. Raise data.block_length to "
        "see more.",
    )


def test_tokens_that_are_not_told_apart_are_told(load_text):
    assert load_text("abcd" * 100) == ()
    (note,) = load_text("abcd" * 100 + "wxyz" * 25)
    assert note.startswith("100% of the tokens to validate on are not among the 5 that are told apart.")
    assert load_text("abcd" * 100, vocabulary_size=2)[0].startswith("75% of the tokens to train on")
    rows = [f"word{row}" for row in range(20)]
    assert "% of the tokens to validate on" in load_text(rows, tokens="words", block_length=1)[0]
