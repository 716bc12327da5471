"""Tensors in files of safetensors and PyTorch; the .npz is told of in test_arrays."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from runtime.data.raw import DataError

X = torch.linspace(0, 1, 40).reshape(10, 4)
Y = torch.arange(10) % 3


@pytest.fixture
def load_file(load, tmp_path):
    """Gives a function that loads a file of the folder."""
    return lambda name, **settings: load(
        {"source": "arrays", "path": name, "val_fraction": 0, **settings}, folder=tmp_path
    )


def test_safetensors_are_read(load_file, tmp_path):
    save_file({"x": X, "y": Y, "other": torch.zeros(3)}, tmp_path / "data.safetensors")
    data = load_file("data.safetensors")
    assert torch.equal(data.train_x, X)
    assert data.train_y.tolist() == Y.tolist()


@pytest.mark.parametrize("content", [{"x": X, "y": Y}, (X, Y), [X, Y]], ids=["names", "pair", "list"])
def test_pt_files_are_read(load_file, tmp_path, content):
    torch.save(content, tmp_path / "data.pt")
    data = load_file("data.pt")
    assert torch.equal(data.train_x, X)
    assert data.train_y.tolist() == Y.tolist()


def test_four_tensors_are_training_and_validation(load_file, tmp_path):
    torch.save((X, Y, X[:2] + 5, Y[:2]), tmp_path / "data.pt")
    data = load_file("data.pt", val_fraction=None)
    assert (len(data.train_x), len(data.val_x)) == (10, 2)
    assert float(data.val_x.min()) >= 5


@pytest.mark.parametrize(
    "dtype", [torch.bfloat16, torch.float16, torch.float64, torch.float8_e4m3fn, torch.float8_e5m2]
)
def test_other_floats_become_float32(load_file, tmp_path, dtype):
    save_file({"x": X.to(dtype), "y": Y}, tmp_path / "data.safetensors")
    data = load_file("data.safetensors")
    assert torch.equal(data.train_x, X.to(dtype).to(torch.float32))


def test_numbers_that_numpy_does_not_know_are_refused(load_file, tmp_path, monkeypatch):
    def read(path, **options):
        raise TypeError("Got unsupported ScalarType QInt8")

    torch.save({"x": X, "y": Y}, tmp_path / "data.pt")
    monkeypatch.setattr(torch, "load", read)
    with pytest.raises(DataError, match=r"data\.pt cannot be read \(Got unsupported ScalarType QInt8\)"):
        load_file("data.pt")


def test_numbers_that_int64_cannot_hold_are_refused(load_file, tmp_path):
    np.savez(tmp_path / "data.npz", x=np.full((10, 2), 2**64 - 1, np.uint64), y=Y.numpy())
    with pytest.raises(
        DataError, match=r"x holds 18446744073709551615\. Expected whole numbers below 2\*\*63"
    ):
        load_file("data.npz")


class Pickled:
    """An object that a file must not bring to life."""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("code.pt", r"code\.pt cannot be read .* objects are refused, since they can carry code"),
        ("list.pt", r"list\.pt cannot be read \(it holds a list, not tensors by name\)"),
        ("words.pt", r"words\.pt cannot be read \(x or y is no tensor\)"),
        ("x.pt", r"x\.pt has no array 'y'"),
        ("short.pt", r"short\.pt cannot be read"),
        ("short.safetensors", r"short\.safetensors cannot be read"),
        ("x.safetensors", r"x\.safetensors has no array 'y'"),
    ],
)
def test_wrong_files_are_explained(load_file, tmp_path, name, text):
    torch.save({"x": X, "y": Pickled()}, tmp_path / "code.pt")
    torch.save([X], tmp_path / "list.pt")
    torch.save({"x": X, "y": "words"}, tmp_path / "words.pt")
    torch.save({"x": X}, tmp_path / "x.pt")
    save_file({"x": X}, tmp_path / "x.safetensors")
    for kind in ("pt", "safetensors"):
        whole = (tmp_path / f"x.{kind}").read_bytes()
        (tmp_path / f"short.{kind}").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=text):
        load_file(name)
