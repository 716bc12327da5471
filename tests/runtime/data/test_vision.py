"""torchvision's data sets: found, read, missing, damaged and downloaded, all without a network."""

import hashlib
import tarfile
from urllib.error import URLError

import numpy as np
import pytest
import torch

from codegen.compat import import_torchvision
from runtime.data import download as download_module
from runtime.data.choices import DataPlan
from runtime.data.download import default_root, download
from runtime.data.idx import FILES, read_idx
from runtime.data.load import load_data
from runtime.data.raw import DataError
from tests.runtime.data.files import idx_bytes

FASHION = {"source": "torchvision:FashionMNIST"}


@pytest.fixture
def offline(monkeypatch):
    """Takes the network away, and says what was asked for."""
    asked = []

    def refuse(request, timeout):
        asked.append(request.full_url)
        raise URLError("Name or service not known")

    monkeypatch.setattr(download_module.urllib.request, "urlopen", refuse)
    return asked


@pytest.fixture
def mirror(tmp_path, write_idx, monkeypatch):
    """Gives FashionMNIST a mirror on this machine."""
    folder = tmp_path / "mirror"
    write_idx(folder, ".gz")
    names = [f"{name}.gz" for name in FILES]
    dataset = import_torchvision("torchvision.datasets").FashionMNIST
    sums = [(name, hashlib.md5((folder / name).read_bytes()).hexdigest()) for name in names]
    monkeypatch.setattr(dataset, "resources", sums)
    monkeypatch.setattr(dataset, "mirrors", [f"{folder.as_uri()}/"])
    return folder


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("place", ["FashionMNIST/raw", "raw", "."])
def test_idx_files_are_found_and_read(load, write_idx, idx_arrays, tmp_path, suffix, place, progress):
    write_idx(tmp_path / place, suffix)
    data = load({**FASHION, "root": "."}, folder=tmp_path)
    images, labels, val_images, val_labels = (torch.from_numpy(idx_arrays[name]) for name in FILES)
    assert torch.equal(data.train_x, images.unsqueeze(1).float() / 255)
    assert torch.equal(data.val_x, val_images.unsqueeze(1).float() / 255)
    assert (data.train_y.tolist(), data.val_y.tolist()) == (labels.tolist(), val_labels.tolist())
    assert (data.input_shape, data.num_classes, data.class_names[9]) == ((1, 4, 5), 10, "Ankle boot")
    assert (progress[0].text, progress[0].total) == ("Reading FashionMNIST", 4)


def test_idx_files_are_read_as_torchvision_reads_them(write_idx, tmp_path):
    write_idx(tmp_path / "FashionMNIST" / "raw")
    theirs = import_torchvision("torchvision.datasets").FashionMNIST(tmp_path, train=False)
    ours = read_idx(tmp_path / "FashionMNIST" / "raw" / FILES[2])
    assert torch.equal(ours, theirs.data)


def test_a_fraction_is_cut_from_the_training_part(load, write_idx, tmp_path):
    write_idx(tmp_path)
    data = load({**FASHION, "root": str(tmp_path), "val_fraction": 0.25})
    assert (len(data.train_x), len(data.val_x)) == (9, 3)


def test_missing_files_are_explained(load, tmp_path, offline):
    with pytest.raises(DataError) as caught:
        load({**FASHION, "root": "here"}, folder=tmp_path)
    text = str(caught.value)
    root = tmp_path / "here"
    assert text.startswith(
        f"FashionMNIST was not found: looked in {root}/FashionMNIST/raw, {root}/raw, {root}. "
    )
    assert "Expected train-images-idx3-ubyte, " in text
    for way_out in ("Set data.root to the folder", "data.download = true", "data.source = digits"):
        assert way_out in text
    assert offline == []


def test_the_usual_folder_is_taken_when_none_is_set(load, write_idx, tmp_path, monkeypatch):
    monkeypatch.setenv("NETLOOM_DATA", str(tmp_path))
    write_idx(tmp_path / "MNIST" / "raw")
    assert len(load("torchvision:MNIST").train_x) == 12
    monkeypatch.delenv("NETLOOM_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert default_root() == tmp_path / "cache" / "netloom" / "data"


def cut(content: bytes) -> bytes:
    return content[:-7]


@pytest.mark.parametrize(
    ("suffix", "damage", "text"),
    [
        ("", cut, r"promises 240 bytes \(12, 4, 5\), it holds 233\. Expected a whole idx file\. Delete it"),
        ("", lambda content: content + b"x", r"its header promises 240 bytes \(12, 4, 5\), it holds more"),
        ("", lambda content: content[:3], "is damaged: "),
        ("", lambda content: b"\0\0\x08\x03" + b"\xff" * 12, "its header promises [0-9,]+ bytes"),
        ("", lambda content: b"<html>not found</html>", "does not start like an idx file"),
        (".gz", cut, "is damaged: "),
        (".gz", lambda content: b"<html>not found</html>", "is damaged: Not a gzipped file"),
    ],
)  # fmt: skip
def test_damaged_files_are_explained(load, write_idx, tmp_path, suffix, damage, text):
    write_idx(tmp_path, suffix)
    path = tmp_path / f"{FILES[0]}{suffix}"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=text) as caught:
        load({**FASHION, "root": str(tmp_path)})
    assert str(caught.value).startswith(f"{path} is damaged")


@pytest.mark.parametrize(
    ("name", "array", "text"),
    [
        (FILES[1], np.zeros(11, np.uint8), r"train-images-\S+ has shape \(12, 4, 5\) and train-\S+ \(11,\)"),
        (FILES[1], np.zeros((12, 2), np.uint8), r"Expected images \(N, H, W\) and as many labels \(N,\)"),
        (FILES[3], np.full(5, 10, np.uint8), r"t10k-labels-\S+ holds the label 10\. Expected 0 to 9\. Put"),
    ],
)  # fmt: skip
def test_files_that_do_not_match_are_explained(load, write_idx, tmp_path, name, array, text):
    write_idx(tmp_path)
    (tmp_path / name).write_bytes(idx_bytes(array))
    with pytest.raises(DataError, match=text):
        load({**FASHION, "root": str(tmp_path)})


def test_missing_files_are_downloaded_once(load, mirror, tmp_path, progress):
    root = tmp_path / "root"
    plan = {**FASHION, "root": str(root), "download": True}
    first = load(plan)
    sizes = {name: (mirror / f"{name}.gz").stat().st_size for name in FILES}
    ends = {(event.text, event.done, event.total) for event in progress}
    assert {(f"Downloading {name}.gz", size, size) for name, size in sizes.items()} <= ends
    assert sorted(path.name for path in root.rglob("*ubyte*")) == sorted(f"{name}.gz" for name in FILES)
    assert torch.equal(load(plan).train_x, first.train_x)
    assert not any(event.text.startswith("Downloading") for event in progress)


def test_only_what_is_missing_is_downloaded(load, mirror, write_idx, tmp_path, progress):
    folder = tmp_path / "root" / "FashionMNIST" / "raw"
    write_idx(folder)
    (folder / FILES[3]).unlink()
    load({**FASHION, "root": str(tmp_path / "root"), "download": True})
    fetched = {event.text for event in progress if "Downloading" in event.text}
    assert fetched == {f"Downloading {FILES[3]}.gz"}


def test_no_network_is_explained(load, tmp_path, offline):
    text = (
        r"train-images-idx3-ubyte\.gz could not be downloaded \(http.*Name or service not known.*\)\. "
        r"Expected to reach it over the internet\. Connect and try again, or put the file into .*raw "
        r"yourself, or set data\.source = digits"
    )
    with pytest.raises(DataError, match=text):
        load({**FASHION, "root": str(tmp_path), "download": True})
    assert offline
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_stopped_download_leaves_nothing_behind(mirror, tmp_path):
    plan = DataPlan.from_mapping({**FASHION, "root": str(tmp_path / "root"), "download": True})
    loading = load_data(plan)
    assert next(loading).text == f"Downloading {FILES[0]}.gz"  # before it is reached
    assert next(loading).done == 0
    assert list((tmp_path / "root").rglob("*.part"))
    loading.close()
    assert not [path for path in (tmp_path / "root").rglob("*") if path.is_file()]


def test_the_next_address_is_tried_after_a_wrong_file(tmp_path):
    wrong, right = tmp_path / "wrong", tmp_path / "right"
    wrong.write_bytes(b"an error page")
    right.write_bytes(b"the data")
    md5 = hashlib.md5(b"the data").hexdigest()
    list(download([wrong.as_uri(), right.as_uri()], tmp_path / "got", md5))
    assert (tmp_path / "got").read_bytes() == b"the data"
    text = r"new could not be downloaded \(file:.*wrong: the 13 bytes received are not the expected file\)"
    with pytest.raises(DataError, match=text):
        list(download([wrong.as_uri()], tmp_path / "new", md5))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("place", [".", "cifar-10-batches-py"])
def test_cifar_is_read(load, cifar, place):
    data = load({"source": "torchvision:CIFAR10", "root": str(cifar / place)})
    assert (data.train_x.shape, data.val_x.shape) == ((6, 3, 32, 32), (2, 3, 32, 32))
    assert (data.train_y.tolist(), data.val_y.tolist()) == ([0, 1, 2, 3, 0, 1], [0, 1])
    assert (data.num_classes, data.class_names[3]) == (10, "kind 3")
    pixels = np.random.default_rng(0).integers(0, 256, (4, 3, 32, 32), dtype=np.uint8)
    assert torch.equal(data.train_x[:4], torch.from_numpy(pixels).float() / 255)


def test_missing_cifar_is_explained(load, tmp_path):
    text = r"CIFAR100 was not found: looked in .*cifar-100-python\. Expected the files of cifar-100"
    with pytest.raises(DataError, match=text):
        load({"source": "torchvision:CIFAR100", "root": str(tmp_path)})


def test_a_changed_cifar_file_is_refused_unread(load, cifar):
    (cifar / "cifar-10-batches-py" / "test_batch").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    text = r"cifar-10-batches-py is damaged \(.*corrupted.*\)\. Expected .*unchanged\. Delete the folder"
    with pytest.raises(DataError, match=text):
        load({"source": "torchvision:CIFAR10", "root": str(cifar)})


def test_cifar_is_downloaded_and_unpacked(load, cifar, tmp_path, monkeypatch, progress):
    dataset = import_torchvision("torchvision.datasets").CIFAR10
    archive = tmp_path / "archive.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(cifar / dataset.base_folder, dataset.base_folder)
    monkeypatch.setattr(dataset, "url", archive.as_uri())
    monkeypatch.setattr(dataset, "tgz_md5", hashlib.md5(archive.read_bytes()).hexdigest())
    root = tmp_path / "new"
    data = load({"source": "torchvision:CIFAR10", "root": str(root), "download": True})
    assert len(data.train_x) == 6
    assert f"Unpacking {dataset.filename}" in {event.text for event in progress}
