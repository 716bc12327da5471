"""No image is left out of a folder, or taken for another, without a word."""

import pandas as pd
import pytest
from PIL import Image

from runtime.data.raw import DataError


@pytest.fixture
def write(tmp_path):
    """Gives a function that writes images of these names."""

    def write_now(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (3, 3)).save(path, format="JPEG")

    return write_now


@pytest.fixture
def notes(load, tmp_path):
    """Gives a function that loads the images and returns what is told of them."""

    def load_now(**settings):
        data = load({"source": "image_folder", "root": ".", "workers": 0, **settings}, folder=tmp_path)
        return [note for note in data.notes if "memory" not in note]

    return load_now


@pytest.fixture
def table(write, tmp_path, notes):
    """Gives a function that labels eight images, 000.jpg to 007.jpg, by a table."""
    write(*(f"{index:03d}.jpg" for index in range(8)))

    def load_now(names, labels=None):
        frame = pd.DataFrame({"id": names, "label": labels or ["a", "b"] * (len(names) // 2)})
        frame.to_csv(tmp_path / "labels.csv", index=False)
        return notes(labels="labels.csv")

    return load_now


def by_class(*folders, count=4):
    return [f"{folder}/{index}.jpg" for folder in folders for index in range(count)]


def test_nothing_is_told_where_nothing_is_lost(write, notes, tmp_path):
    write(*by_class("cat", "dog"))
    for name in ("cat/notes.txt", "cat/.hidden.heic", "readme.md"):
        (tmp_path / name).write_text("")
    assert notes() == []


def test_a_folder_without_images_is_told(write, notes, tmp_path):
    write(*by_class("cat", "dog"))
    (tmp_path / "bird").mkdir()
    (tmp_path / "bird" / "1.heic").write_bytes(b"x")
    assert notes() == [
        "The folder bird holds no images that can be read, so it is no class.",
        "1 files are images of a kind that is not read, such as bird/1.heic: left out. "
        "Save them as PNG or JPEG.",
    ]


def test_images_beside_the_classes_are_told(write, notes, tmp_path):
    write(*by_class("cat", "dog"), "top.jpg")
    assert notes() == [f"1 images lie in {tmp_path.name} beside the folders of classes: left out."]


def test_jpegs_of_another_ending_are_read(write, notes, load, tmp_path):
    write(*by_class("cat"), "dog/1.jfif", "dog/2.jpe")
    data = load({"source": "image_folder", "root": ".", "val_fraction": 0, "workers": 0}, folder=tmp_path)
    assert data.train_y.tolist() == [0] * 4 + [1] * 2


def test_a_part_that_is_not_used_is_told(write, notes):
    write(*by_class("train/cat", "train/dog", "val/cat", "test/cat", count=2))
    assert notes() == ["The folder test is not used: val is validated on."]


def test_names_of_numbers_keep_their_zeros(table):
    assert table([f"{index:03d}" for index in range(8)]) == []


def test_images_without_a_row_are_told(table):
    assert table([f"{index:03d}.jpg" for index in range(6)]) == [
        "2 images have no row in labels.csv: left out."
    ]


def test_rows_that_name_the_same_image_are_told(table):
    names = [f"{index % 8:03d}.jpg" for index in range(10)]
    assert table(names) == [
        "2 rows of labels.csv name an image that another row names, too: it may be trained on and validated "
        "on."
    ]


def test_a_name_that_may_be_two_images_is_refused(write, table):
    write("000.png")
    assert table([f"{index:03d}.jpg" for index in range(8)]) == [
        "1 images have no row in labels.csv: left out."
    ]
    with pytest.raises(
        DataError, match=r"row 2 names 000, which may be 000\.jpg or 000\.png in .*its ending"
    ):
        table([f"{index:03d}" for index in range(8)])


def test_a_row_without_a_name_is_refused(table):
    with pytest.raises(
        DataError, match=r"labels\.csv, row 5 names no image\. Expected an image file in every"
    ):
        table(["000.jpg", "001.jpg", "002.jpg", None])


def test_a_folder_that_may_not_be_looked_through_is_refused(notes, tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.iterdir", refuse)
    with pytest.raises(DataError, match=r"cannot be looked through \(.*denied.*Check its rights\."):
        notes()
