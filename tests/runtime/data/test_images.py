"""Folders of images: by class, with their own split, by a table, and every way they can be wrong."""

import numpy as np
import pytest
import torch
from PIL import Image

from runtime.data.raw import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 6, 5, 3), dtype=np.uint8)


def write(path, index=0, size=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(PIXELS[index % len(PIXELS)])
    (image.resize(size) if size else image).save(path)


@pytest.fixture
def by_class(tmp_path):
    """Gives a folder of two classes with six images each."""
    for index in range(12):
        write(tmp_path / ("cat", "dog")[index % 2] / f"{index:02d}.png", index)
    return tmp_path


def plan(**settings):
    return {"source": "image_folder", "root": ".", **settings}


def test_a_folder_is_a_class(load, by_class):
    data = load(plan(val_fraction=0), folder=by_class)
    assert (data.input_shape, data.class_names, data.kind) == ((3, 6, 5), ("cat", "dog"), "image")
    expected = torch.from_numpy(PIXELS[[0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]]).permute(0, 3, 1, 2)
    assert torch.equal(data.train_x, expected.float() / 255)
    assert data.train_y.tolist() == [0] * 6 + [1] * 6


def test_train_and_val_folders_are_the_split(load, tmp_path):
    for index in range(8):
        write(tmp_path / ("train", "validation")[index >= 6] / ("a", "b")[index % 2] / f"{index}.jpg", index)
    data = load(plan(), folder=tmp_path)
    assert (len(data.train_x), len(data.val_x), data.class_names) == (6, 2, ("a", "b"))
    assert data.val_y.tolist() == [0, 1]


def test_the_folders_may_have_capitals(load, tmp_path):
    for index in range(8):
        write(tmp_path / ("Train", "TEST")[index >= 6] / ("a", "b")[index % 2] / f"{index}.png", index)
    data = load(plan(), folder=tmp_path)
    assert (len(data.train_x), len(data.val_x), data.class_names) == (6, 2, ("a", "b"))


def test_some_of_a_train_folder_are_held_back_where_there_is_no_other(load, tmp_path):
    for index in range(10):
        write(tmp_path / "train" / ("a", "b")[index % 2] / f"{index}.png", index)
    data = load(plan(), folder=tmp_path)
    assert (len(data.train_x), len(data.val_x), data.class_names) == (8, 2, ("a", "b"))
    assert "no folder of validation images: some of train are held back" in data.notes[0]


@pytest.mark.parametrize("inside", ["", "steam"])
def test_a_train_beside_other_classes_is_one_of_them(load, tmp_path, inside):
    for index in range(10):
        kind = ("train", "plane")[index % 2]
        write(tmp_path / kind / inside / f"{index}.png", index)
    data = load(plan(), folder=tmp_path)
    assert (data.class_names, data.num_classes) == (("plane", "train"), 2)


def test_a_table_gives_the_labels(load, by_class):
    rows = "\n".join(f"cat/{index:02d}.png,{('x', 'y')[index % 4 // 2]}" for index in range(0, 12, 2))
    (by_class / "labels.csv").write_text(f"file,label\n{rows}\n")
    data = load(plan(labels="labels.csv", val_fraction=0), folder=by_class)
    assert (data.class_names, data.train_y.tolist()) == (("x", "y"), [0, 1, 0, 1, 0, 1])


@pytest.mark.parametrize("ending", [".png", ""])
def test_names_may_stand_behind_labels_and_lack_their_ending(load, by_class, ending):
    rows = "\n".join(f"{('x', 'y')[index % 4 // 2]},cat/{index:02d}{ending}" for index in range(0, 12, 2))
    (by_class / "labels.csv").write_text(f"label,id\n{rows}\n")
    data = load(plan(labels="labels.csv", val_fraction=0), folder=by_class)
    assert (data.class_names, data.train_y.tolist()) == (("x", "y"), [0, 1, 0, 1, 0, 1])


def test_a_table_can_give_numbers_to_predict(load, by_class):
    rows = "\n".join(f"cat/{index:02d}.png,{index}.5" for index in range(0, 12, 2))
    (by_class / "labels.csv").write_text(f"file,age\n{rows}\n")
    data = load(plan(labels="labels.csv", val_fraction=0), folder=by_class, target="value")
    assert (data.num_classes, data.train_y.flatten().tolist()) == (None, [0.5, 2.5, 4.5, 6.5, 8.5, 10.5])


def test_grey_images_can_be_asked_for(load, by_class):
    assert load(plan(mode="L"), folder=by_class).input_shape == (1, 6, 5)


def test_sizes_that_differ_need_a_resize(load, by_class):
    write(by_class / "dog" / "99.png", size=(9, 4))
    with pytest.raises(DataError, match=r"is \(3, 6, 5\) and .*99\.png is \(3, 4, 9\) once .*Add a Resize"):
        load(plan(val_fraction=0), folder=by_class)
    one_edge = {"train": [{"type": "Resize", "size": 4}]}
    with pytest.raises(DataError, match=r"Expected all samples to have one shape"):
        load(plan(val_fraction=0, transforms=one_edge), folder=by_class)
    both_edges = {"train": [{"type": "Resize", "size": [8, 8]}]}
    assert load(plan(transforms=both_edges), folder=by_class).input_shape == (3, 8, 8)


def test_one_odd_size_among_many_is_named(load, tmp_path):
    for index in range(50):
        write(tmp_path / "a" / f"{index:02d}.png", index, size=(9, 4) if index == 7 else None)
    with pytest.raises(DataError, match=r"07\.png is \(3, 4, 9\)"):
        load(plan(val_fraction=0), folder=tmp_path)


def test_a_damaged_file_names_itself(load, by_class):
    broken = by_class / "dog" / "03.png"
    broken.write_bytes(broken.read_bytes()[:40])
    with pytest.raises(DataError, match=r"dog.03\.png cannot be read as an image .* Replace it, or move it"):
        load(plan(), folder=by_class)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"root": None}, r"data\.root is empty, .* Set data\.root"),
        ({"root": "nowhere"}, r"nowhere was not found\. Expected a folder of images there"),
        ({"root": "empty"}, r"empty holds no images\. Expected a folder of images for each class"),
        ({"root": "cat"}, r"cat holds images, but no folders\. .* table of labels in data\.labels"),
        ({"root": "parts"}, r"val has the class 'c', which .*train has not"),
        ({"labels": "none.csv"}, r"none\.csv was not found\. Expected a table of file names and labels"),
        ({"labels": "wrong.csv"}, r"wrong\.csv, row 3 names cat/77\.png, which is not in"),
        ({"labels": "narrow.csv"}, r"narrow\.csv has only the column 'file'"),
    ],
)
def test_wrong_folders_are_explained(load, by_class, settings, text):
    (by_class / "empty").mkdir()
    (by_class / "wrong.csv").write_text("file,label\ncat/00.png,x\ncat/77.png,y\n")
    (by_class / "narrow.csv").write_text("file\ncat/00.png\n")
    for part in ("train/a", "train/b", "val/a", "val/c"):
        write(by_class / "parts" / part / "1.png")
    with pytest.raises(DataError, match=text):
        load(plan(**settings), folder=by_class)
