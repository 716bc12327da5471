"""Samples that are trained on and validated on alike: when they are told, and when not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from runtime.data import shared_samples
from runtime.data.choices import DataPlan
from runtime.data.images import ImageFiles
from runtime.data.preview import preview
from runtime.data.raw import RawData, Samples
from runtime.data.shared_files import file_keys
from runtime.data.shared_samples import shared_notes
from tests.runtime.data.conftest import Load

SOME = "of 20 validation samples have the same input as a training sample"
TOO_GOOD = "so the validation figures are too good for new data."
OWN = "Expected samples of their own."


def random_rows(count: int, columns: int = 4, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, columns)).astype(np.float32)


@pytest.fixture
def load_arrays(load: Load, tmp_path: Path):
    """Gives a function that tells the notes on 80 training and 20 validation samples in a file."""

    def load_now(x: np.ndarray, y: np.ndarray | None = None, settings: dict | None = None):
        y = np.arange(100) % 2 if y is None else y
        np.savez(tmp_path / "data.npz", x=x[:80], y=y[:80], x_val=x[80:], y_val=y[80:])
        return load({"source": "arrays", "path": "data.npz", **(settings or {})}, folder=tmp_path).notes

    return load_now


def repeated(x: np.ndarray, count: int) -> np.ndarray:
    """The samples, of the validation samples as many as training samples as that."""
    result = x.copy()
    result[80 : 80 + count] = x[:count]
    return result


def test_repeated_samples_are_told_with_what_to_do(load_arrays):
    (note,) = load_arrays(repeated(random_rows(100), 5))
    assert note == f"5 {SOME}, {TOO_GOOD} {OWN} Remove repeated samples from the data."


def test_samples_that_differ_in_one_bit_are_not_the_same(load_arrays):
    x = repeated(random_rows(100), 5)
    x[80:85, 3] = np.nextafter(x[80:85, 3], np.float32(9))
    assert load_arrays(x) == ()


@pytest.mark.parametrize("shape", [(3,), (1, 5, 5), (3, 8, 8), (7, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int64])
def test_samples_of_all_shapes_and_kinds_are_compared(load_arrays, shape, dtype):
    rng = np.random.default_rng(1)
    x = (rng.random((100, *shape)) * 250).astype(dtype)
    assert load_arrays(x) == ()
    (note,) = load_arrays(repeated(x, 6))
    assert note.startswith(f"6 {SOME}")


def test_samples_that_differ_in_their_highest_bits_alone_are_not_the_same(load_arrays):
    assert load_arrays(np.arange(100)[:, None].repeat(2, axis=1) << 56) == ()


def test_few_of_many_are_no_news(load_arrays):
    x = random_rows(100)
    assert load_arrays(repeated(x, 2)) == ()
    assert load_arrays(repeated(x, 3))[0].startswith("3 of 20")


def test_a_share_below_one_percent_is_no_news():
    x = torch.from_numpy(random_rows(2000))
    y = torch.zeros(1000, dtype=torch.int64)

    def notes(count: int) -> tuple[str, ...]:
        val = torch.cat([x[:count], x[1000 + count :]])
        return shared_notes(
            DataPlan.from_mapping("digits"), RawData(Samples(x, y)), Samples(x[:1000], y), Samples(val, y)
        )

    assert notes(9) == ()
    assert notes(10)[0].startswith("10 of 1,000")


def test_another_target_is_told(load_arrays):
    x, y = repeated(random_rows(100), 5), np.arange(100) % 2
    y[80:82] = 1 - y[80:82]
    (note,) = load_arrays(x, y)
    assert note.startswith(
        f"5 {SOME}, 2 of them with another target: no model can be right on both, and the validation figures "
        f"are too good for the others. {OWN}"
    )


def test_another_target_than_one_of_several_equal_samples_is_none(load_arrays):
    x, y = repeated(random_rows(100), 5), np.arange(100) % 2
    x[40:45], y[40:45] = x[:5], 1 - y[:5]  # trained on with both targets
    (note,) = load_arrays(x, y)
    assert "another target" not in note


def test_nothing_but_other_targets_is_a_matter_of_the_targets(load_arrays):
    x, y = repeated(random_rows(100), 5), np.arange(100) % 2
    y[80:85] = 1 - y[80:85]
    (note,) = load_arrays(x, y)
    assert note == (
        f"5 {SOME}, but another target: no model can be right on both. Expected one target for an input. "
        "Correct the targets, or give the model what tells these samples apart."
    )


def test_targets_that_are_no_labels_are_not_compared(load, tmp_path):
    x = repeated(random_rows(100), 5)
    np.savez(tmp_path / "data.npz", x=x[:80], y=np.arange(80.0), x_val=x[80:], y_val=-np.ones(20))
    plan = {"source": "arrays", "path": "data.npz", "target": "input"}
    (note,) = load(plan, folder=tmp_path, target="value", loss="MSELoss").notes
    assert note.startswith(f"5 {SOME}, {TOO_GOOD}")


def test_random_transforms_hide_nothing(load_arrays):
    x = (np.random.default_rng(0).random((100, 1, 6, 6)) * 255).astype(np.uint8)
    flips = {"transforms": {"train": [{"type": "RandomHorizontalFlip", "p": 1.0}], "eval": []}}
    (note,) = load_arrays(repeated(x, 5), settings=flips)
    assert note.startswith(f"5 {SOME}")


@pytest.fixture
def table(load: Load, tmp_path: Path):
    """Gives a function that tells the notes on a table, and on a look at it."""

    def load_now(frame: pd.DataFrame, **settings: object) -> tuple[str, ...]:
        frame.to_csv(tmp_path / "table.csv", index=False)
        plan = {"source": "csv", "path": "table.csv", **settings}
        return load(plan, folder=tmp_path).notes

    return load_now


def measures(count: int = 100) -> pd.DataFrame:
    frame = pd.DataFrame(random_rows(count), columns=list("abcd"))
    return frame.assign(kind=np.where(frame.a > 0, "high", "low"))


def test_repeated_rows_of_a_table_are_told(table):
    frame = measures()
    assert table(frame) == ()
    (note,) = table(pd.concat([frame, frame]))
    assert f"of 40 validation samples have the same input as a training sample, {TOO_GOOD}" in note
    assert note.endswith("Drop repeated rows from the file, or keep them together with data.split_column.")


def test_rows_with_empty_cells_are_compared(table):
    frame = measures()
    frame.loc[::2, "b"] = np.nan
    (note,) = table(pd.concat([frame, frame]))
    assert "validation samples have the same input" in note


def test_a_column_that_is_left_out_tells_no_rows_apart(table):
    frame = pd.concat([measures(), measures()]).assign(number=np.arange(200.0))[["number", *"abcd", "kind"]]
    assert table(frame) == ()
    (note,) = table(frame, leave_out=["number"])
    assert "validation samples have the same input" in note


def test_rows_of_few_values_are_alike_by_chance(table):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.integers(0, 4, 400) for name in "abc"}).assign(kind=["x", "y"] * 200)
    assert table(frame) == ()


def test_texts_are_compared_as_tokens(load, tmp_path):
    texts = [f"text {word} and {word * 7 % 31}" for word in range(100)]
    frame = pd.DataFrame({"text": texts, "kind": ["a", "b"] * 50})
    plan = {"source": "text", "path": "texts.csv", "task": "class", "block_length": 30}
    frame.to_csv(tmp_path / "texts.csv", index=False)
    assert load(plan, folder=tmp_path, input_dtype="int64").notes == ()
    pd.concat([frame, frame]).to_csv(tmp_path / "texts.csv", index=False)
    (note,) = load(plan, folder=tmp_path, input_dtype="int64").notes
    assert "validation samples have the same input as a training sample" in note


def test_windows_of_a_series_or_a_text_may_be_alike(load, tmp_path):
    np.save(tmp_path / "wave.npy", np.tile(random_rows(16, 1), (20, 1)))
    series = {"source": "sequences", "path": "wave.npy", "window": 8}
    assert load(series, folder=tmp_path, target="value").notes == ()
    (tmp_path / "text.txt").write_text("All work and no play. " * 99)
    text = {"source": "text", "path": "text.txt", "block_length": 22}
    assert load(text, folder=tmp_path, input_dtype="int64").notes == ()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    "source", ["digits", "iris", "wine", "diabetes", "synthetic:parity", "synthetic:xor"]
)
def test_data_that_comes_with_netloom_is_not_told_of(load, source, seed):
    target = "value" if source == "diabetes" else "class"
    assert not any("same input" in note for note in load({"source": source}, seed=seed, target=target).notes)


def test_inputs_that_take_too_much_are_left_out_with_the_reason():
    x = torch.zeros(1, 1).expand(500_000_000, 1)
    samples = Samples(x, torch.zeros(1).expand(len(x)))
    assert shared_notes(DataPlan.from_mapping("digits"), RawData(samples), samples, samples) == (
        "Whether validation samples are training samples, too, was not looked at: the inputs take 4,000 MB, "
        "and no more than 2,000 MB are compared.",
    )


@pytest.fixture
def load_images(load: Load, tmp_path: Path):
    """Gives a function that tells the notes on 20 training images and as many for validation as are given."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 48, 48, 3), dtype=np.uint8)

    def load_now(val: list[int], labels: str = "ab", suffix: str = "png", **settings: object) -> list[str]:
        numbers = [("train", number, "ab"[number % 2]) for number in range(20)]
        numbers += [("val", number, labels[number % 2]) for number in val]
        for place, (part, number, label) in enumerate(numbers):
            path = tmp_path / part / label / f"{place}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels[number]).save(path)
        plan = {"source": "image_folder", "root": ".", "workers": 0, **settings}
        return [note for note in load(plan, folder=tmp_path).notes if "memory" not in note]

    return load_now


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp"])
def test_repeated_image_files_are_told(load_images, suffix):
    assert load_images([20, 21, 22, 23], suffix=suffix) == []
    (note,) = load_images([0, 1, 2, 3, 20, 21], suffix=suffix)
    assert note == (
        "4 of 6 validation samples have the same input as a training sample, so the validation figures are "
        "too good for new data. Expected samples of their own. Remove repeated samples from the data."
    )


def test_image_files_in_the_folder_of_another_class_are_told(load_images):
    (note,) = load_images([0, 1, 2, 20], labels="ba")
    assert note.startswith("3 of 4 validation samples have the same input as a training sample, but another")


def test_images_are_compared_as_files_before_they_are_decoded(load_images, monkeypatch):
    decoded = []
    read = ImageFiles.read
    monkeypatch.setattr(ImageFiles, "read", lambda files, row: decoded.append(row) or read(files, row))
    load_images([20, 21, 22, 23])
    without = len(decoded)
    decoded.clear()
    load_images([0, 1, 2, 3])
    assert len(decoded) == without


def test_too_many_image_files_are_left_out_with_the_reason(load_images, monkeypatch):
    monkeypatch.setattr(shared_samples, "MOST_FILES", 7)
    assert load_images([20, 21, 22], suffix="bmp") == [
        "Whether validation samples are training samples, too, was not looked at: 23 files would have to be "
        "read, and no more than 7 are."
    ]


def test_files_of_one_size_that_differ_anywhere_are_not_alike(tmp_path):
    paths = [tmp_path / str(number) for number in range(5)]
    for place, path in enumerate(paths):
        content = bytearray(60_000)
        content[place * 14_999] = 1
        path.write_bytes(content)
    names = [str(path) for path in paths]
    keys = file_keys(names, names, most=10)
    assert isinstance(keys, tuple)
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == 5


def test_a_file_that_is_gone_is_like_no_other(tmp_path):
    (tmp_path / "there").write_bytes(b"x")
    there, gone, lost = (str(tmp_path / name) for name in ("there", "gone", "lost"))
    keys = file_keys([there, gone], [lost], most=3)
    assert isinstance(keys, tuple)
    assert not set(keys[0]) & set(keys[1])


def test_nothing_held_back_is_nothing_to_tell(load_arrays, load, tmp_path):
    np.savez(tmp_path / "data.npz", x=repeated(random_rows(100), 5), y=np.arange(100) % 2)
    assert load({"source": "arrays", "path": "data.npz", "val_fraction": 0}, folder=tmp_path).notes == ()


def test_inputs_without_numbers_are_left_to_who_refuses_them():
    samples = Samples(torch.empty(5, 0), torch.zeros(5))
    assert shared_notes(DataPlan.from_mapping("digits"), RawData(samples), samples, samples) == ()


def test_who_asks_about_training_samples_is_told_nothing(load, tmp_path):
    frame = measures()
    frame.to_csv(tmp_path / "table.csv", index=False)
    plan = {"source": "csv", "path": "table.csv"}
    assert load(plan, folder=tmp_path, asked=lambda plan, raw, train, val: train).notes == ()


def test_a_look_at_the_data_tells_it_as_the_run_does(tmp_path, load):
    frame = measures()
    pd.concat([frame, frame]).to_csv(tmp_path / "table.csv", index=False)
    plan = {"source": "csv", "path": "table.csv"}
    looking = preview(DataPlan.from_mapping(plan), folder=tmp_path)
    while True:
        try:
            next(looking)
        except StopIteration as end:
            look = end.value
            break
    assert look.notes == load(plan, folder=tmp_path).notes
    assert sum("same input" in note for note in look.notes) == 1
