"""More of torchvision's data sets, from small files in the formats of the real ones."""

import bz2
import gzip
import hashlib
import json
import struct
import tarfile
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from codegen.compat import import_torchvision
from runtime.data.choices import SOURCES
from runtime.data.raw import DataError
from tests.runtime.data.files import idx_bytes

RNG = np.random.default_rng(3)
IMAGES = RNG.integers(0, 256, (12, 28, 28), dtype=np.uint8)
LABELS = (np.arange(12) % 10).astype(np.uint8)


def datasets():
    return import_torchvision("torchvision.datasets")


def as_torchvision(dataset) -> tuple[torch.Tensor, list[int]]:
    """The samples as torchvision's own class reads them."""
    transform = import_torchvision("torchvision.transforms").ToTensor()
    pairs = [(transform(image), int(label)) for image, label in dataset]
    return torch.stack([image for image, _ in pairs]), [label for _, label in pairs]


def test_kmnist(load, tmp_path):
    raw = tmp_path / "KMNIST" / "raw"
    raw.mkdir(parents=True)
    for part, stop in (("train", 12), ("t10k", 5)):
        (raw / f"{part}-images-idx3-ubyte").write_bytes(idx_bytes(IMAGES[:stop]))
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(idx_bytes(LABELS[:stop]))
    data = load({"source": "torchvision:KMNIST", "root": "."}, folder=tmp_path)
    x, y = as_torchvision(datasets().KMNIST(tmp_path, train=True))
    assert torch.equal(data.train_x, x)
    assert (data.train_y.tolist(), len(data.val_x), data.class_names[0]) == (y, 5, "o")


@pytest.mark.parametrize(("split", "classes"), [("letters", 27), ("digits", 10), ("balanced", 47)])
def test_emnist(load, tmp_path, split, classes):
    raw = tmp_path / "EMNIST" / "raw"
    raw.mkdir(parents=True)
    for part, stop in (("train", 12), ("test", 5)):
        for kind, array in (("images-idx3", IMAGES[:stop]), ("labels-idx1", LABELS[:stop])):
            (raw / f"emnist-{split}-{part}-{kind}-ubyte").write_bytes(idx_bytes(array))
    data = load({"source": "torchvision:EMNIST", "root": ".", "split": split}, folder=tmp_path)
    x, y = as_torchvision(datasets().EMNIST(tmp_path, split, train=True))
    assert torch.equal(data.train_x, x)
    assert (data.train_y.tolist(), data.num_classes, len(data.val_x)) == (y, classes, 5)


def test_qmnist(load, tmp_path):
    raw = tmp_path / "QMNIST" / "raw"
    raw.mkdir(parents=True)
    for part, stop in (("train", 12), ("test", 5)):
        info = np.stack([LABELS[:stop]] * 8, axis=1).astype(">i4")
        info[:, 1:] = 300
        header = struct.pack(">HBB2I", 0, 0x0C, 2, stop, 8)
        (raw / f"qmnist-{part}-images-idx3-ubyte").write_bytes(idx_bytes(IMAGES[:stop]))
        (raw / f"qmnist-{part}-labels-idx2-int.gz").write_bytes(gzip.compress(header + info.tobytes()))
        (raw / f"qmnist-{part}-labels-idx2-int").write_bytes(header + info.tobytes())
    data = load({"source": "torchvision:QMNIST", "root": "."}, folder=tmp_path)
    x, y = as_torchvision(datasets().QMNIST(tmp_path, train=True))
    assert torch.equal(data.train_x, x)
    assert (data.train_y.tolist(), len(data.val_x)) == (y, 5)


def matlab_element(kind: int, content: bytes) -> bytes:
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


def matlab_matrix(name: str, array: np.ndarray) -> bytes:
    flags = matlab_element(6, struct.pack("<II", 9, 0))
    shape = matlab_element(5, struct.pack(f"<{array.ndim}i", *array.shape))
    small_name = struct.pack("<HH", 1, len(name)) + name.encode().ljust(4, b"\0")
    return matlab_element(14, flags + shape + small_name + matlab_element(2, array.tobytes(order="F")))


def matlab_file(is_compressed: bool, **arrays: np.ndarray) -> bytes:
    header = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM"
    body = b""
    for name, array in arrays.items():
        matrix = matlab_matrix(name, array)
        packed = zlib.compress(matrix)
        body += struct.pack("<II", 15, len(packed)) + packed if is_compressed else matrix
    return header + body


@pytest.mark.parametrize("is_compressed", [True, False])
def test_svhn(load, tmp_path, is_compressed):
    pixels = RNG.integers(0, 256, (32, 32, 3, 6), dtype=np.uint8)
    y = np.array([[10], [1], [2], [9], [10], [5]], dtype=np.uint8)
    for part in ("train", "test"):
        (tmp_path / f"{part}_32x32.mat").write_bytes(matlab_file(is_compressed, X=pixels, y=y))
    data = load({"source": "torchvision:SVHN", "root": "."}, folder=tmp_path)
    assert torch.equal(data.train_x, torch.from_numpy(pixels).permute(3, 2, 0, 1).float() / 255)
    assert data.train_y.tolist() == [0, 1, 2, 9, 0, 5]
    assert (len(data.val_x), data.num_classes) == (6, 10)


def test_stl10(load, tmp_path):
    folder = tmp_path / "stl10_binary"
    folder.mkdir()
    (folder / "class_names.txt").write_text("\n".join(f"kind{index}" for index in range(10)) + "\n")
    pixels = RNG.integers(0, 256, (4, 3, 96, 96), dtype=np.uint8)
    for part, count in (("train", 4), ("test", 2)):
        pixels[:count].tofile(folder / f"{part}_X.bin")
        (np.arange(count, dtype=np.uint8) + 1).tofile(folder / f"{part}_y.bin")
    data = load({"source": "torchvision:STL10", "root": "."}, folder=tmp_path)
    assert torch.equal(data.train_x, torch.from_numpy(pixels).transpose(2, 3).float() / 255)
    assert (data.train_y.tolist(), data.val_y.tolist(), data.class_names[3]) == (
        [0, 1, 2, 3],
        [0, 1],
        "kind3",
    )
    inside = load({"source": "torchvision:STL10", "root": "stl10_binary"}, folder=tmp_path)
    assert torch.equal(inside.train_x, data.train_x)


def test_usps(load, tmp_path):
    values = RNG.uniform(-1, 1, (5, 256)).round(4)
    lines = [
        f"{row + 1} " + " ".join(f"{column + 1}:{value}" for column, value in enumerate(values[row]))
        for row in range(5)
    ]
    for name in ("usps.bz2", "usps.t.bz2"):
        (tmp_path / name).write_bytes(bz2.compress(("\n".join(lines) + "\n").encode()))
    data = load({"source": "torchvision:USPS", "root": "."}, folder=tmp_path)
    assert data.input_shape == (1, 16, 16)
    pixels = ((values + 1) / 2 * 255).astype(np.uint8).reshape(5, 1, 16, 16)
    assert torch.equal(data.train_x, torch.from_numpy(pixels).float() / 255)
    assert data.train_y.tolist() == [0, 1, 2, 3, 4]


def picture(path, colour):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (6, 5), (colour, 0, 0)).save(path)


def make_food(root):
    folder = root / "food-101"
    names = {"train": ["pie/1", "pie/2", "soup/3"], "test": ["soup/4"]}
    for index, name in enumerate(name for part in names.values() for name in part):
        picture(folder / "images" / f"{name}.jpg", index)
    (folder / "meta").mkdir()
    for part, each in names.items():
        grouped = {kind: [name for name in each if name.startswith(kind)] for kind in ("pie", "soup")}
        (folder / "meta" / f"{part}.json").write_text(json.dumps(grouped))


def make_textures(root):
    for part, name in (
        ("train", "dots/1.jpg"),
        ("train", "lines/2.jpg"),
        ("val", "dots/3.jpg"),
        ("val", "lines/4.jpg"),
    ):
        picture(root / "dtd" / "dtd" / "images" / name, 1)
        labels = root / "dtd" / "dtd" / "labels" / f"{part}1.txt"
        labels.parent.mkdir(parents=True, exist_ok=True)
        labels.write_text((labels.read_text() if labels.exists() else "") + f"{name}\n")


def make_pets(root):
    folder = root / "oxford-iiit-pet"
    (folder / "annotations").mkdir(parents=True)
    for name in ("Lynx_1", "pug_2", "Lynx_3"):
        picture(folder / "images" / f"{name}.jpg", 1)
    (folder / "annotations" / "trainval.txt").write_text("Lynx_1 1 1 1\npug_2 2 2 1\n")
    (folder / "annotations" / "test.txt").write_text("Lynx_3 1 1 1\n")


def make_land(root):
    for index in range(10):
        picture(root / "eurosat" / "2750" / ("Forest", "River")[index % 2] / f"{index}.jpg", index)


def make_signs(root):
    folder = root / "gtsrb"
    for index in range(2):
        picture(folder / "GTSRB" / "Training" / f"{index:05d}" / "1.ppm", index)
    picture(folder / "GTSRB" / "Final_Test" / "Images" / "00000.ppm", 5)
    (folder / "GT-final_test.csv").write_text("Filename;Width;ClassId\n00000.ppm;6;1\n")


FILE_SETS = {
    "Food101": (make_food, [0, 0, 1], [1], ("pie", "soup")),
    "DTD": (make_textures, [0, 1], [0, 1], ("dots", "lines")),
    "OxfordIIITPet": (make_pets, [0, 1], [0], ("Lynx", "Pug")),
    "EuroSAT": (make_land, None, None, ("Forest", "River")),
    "GTSRB": (make_signs, [0, 1], [1], ("0", "1")),
}


@pytest.mark.parametrize("name", FILE_SETS)
def test_sets_of_files(load, tmp_path, name):
    make, train, val, classes = FILE_SETS[name]
    make(tmp_path)
    data = load({"source": f"torchvision:{name}", "root": "."}, folder=tmp_path)
    assert (data.input_shape, data.class_names, data.kind) == ((3, 5, 6), classes, "image")
    if train is None:
        assert (len(data.train_x), len(data.val_x)) == (8, 2)
    else:
        assert (data.train_y.tolist(), data.val_y.tolist()) == (train, val)


MORE = ("KMNIST", "EMNIST", "QMNIST", "SVHN", "STL10", "USPS", *FILE_SETS)


@pytest.mark.parametrize("name", MORE)
def test_what_is_not_there_is_explained(load, tmp_path, name):
    with pytest.raises(
        DataError, match=rf"{name} was not found: looked in .*Set data\.root.*data\.source = digits"
    ):
        load({"source": f"torchvision:{name}", "root": str(tmp_path)})


def test_every_set_of_torchvision_is_tested():
    known = {name.partition(":")[2] for name in SOURCES if name.startswith("torchvision:")}
    assert known == {*MORE, "MNIST", "FashionMNIST", "CIFAR10", "CIFAR100"}


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("SVHN", b"no matlab", r"train_32x32\.mat is damaged: it does not start like a MATLAB file"),
        (
            "SVHN",
            matlab_file(True, X=np.zeros((32, 32, 3, 2), np.uint8))[:200],
            r"train_32x32\.mat is damaged",
        ),
        ("SVHN", matlab_file(False, y=np.zeros((2, 1), np.uint8)), r"is damaged: 'X'\. Expected the file"),
        ("USPS", b"no bz2", r"usps\.bz2 is damaged: .*Expected the file of USPS, unchanged"),
    ],
)
def test_damaged_files_are_explained(load, tmp_path, name, content, text):
    for file in ("train_32x32.mat", "test_32x32.mat", "usps.bz2", "usps.t.bz2"):
        (tmp_path / file).write_bytes(content)
    with pytest.raises(DataError, match=text):
        load({"source": f"torchvision:{name}", "root": "."}, folder=tmp_path)


def test_an_archive_is_fetched_checked_and_unpacked(load, tmp_path, monkeypatch, progress):
    make_food(tmp_path / "made")
    archive = tmp_path / "food-101.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(tmp_path / "made" / "food-101", "food-101")
    monkeypatch.setattr(datasets().Food101, "_URL", archive.as_uri())
    monkeypatch.setattr(datasets().Food101, "_MD5", hashlib.md5(archive.read_bytes()).hexdigest())
    plan = {"source": "torchvision:Food101", "root": str(tmp_path / "new"), "download": True}
    assert len(load(plan).train_x) == 3
    assert {"Downloading food-101.tar.gz", "Unpacking food-101.tar.gz"} <= {event.text for event in progress}


def test_a_wrong_archive_is_refused(load, tmp_path, monkeypatch):
    archive = tmp_path / "food-101.tar.gz"
    archive.write_bytes(b"something else")
    monkeypatch.setattr(datasets().Food101, "_URL", archive.as_uri())
    plan = {"source": "torchvision:Food101", "root": str(tmp_path / "new"), "download": True}
    with pytest.raises(DataError, match=r"could not be downloaded .*are not the expected file"):
        load(plan)


@pytest.mark.parametrize(
    ("name", "path", "content", "text"),
    [
        ("DTD", "dtd/dtd/labels/train1.txt", "", "its part train has no images"),
        ("DTD", "dtd/dtd/labels/val1.txt", "lines/4.jpg\n", "train and val have not the same classes"),
        ("Food101", "food-101/meta/test.json", '{"soup": ["soup/4"]}', "train and test have not the same cl"),
        ("OxfordIIITPet", "oxford-iiit-pet/annotations/test.txt", "", "its part test has no images"),
        ("GTSRB", "gtsrb/GT-final_test.csv", "hello\n", "its part test has no images"),
        (
            "GTSRB",
            "gtsrb/GT-final_test.csv",
            "Filename;Width;ClassId\n00000.ppm;6\n",
            r"int\(\) argument must",
        ),
    ],
)
def test_lists_of_files_that_are_cut_are_explained(load, tmp_path, name, path, content, text):
    FILE_SETS[name][0](tmp_path)
    (tmp_path / path).write_text(content)
    with pytest.raises(DataError, match=rf" is damaged: {text}.* Expected the files of {name}"):
        load({"source": f"torchvision:{name}", "root": "."}, folder=tmp_path)
