"""The user's own NumPy files, and every way they can be wrong."""

import numpy as np
import pytest
import torch

from runtime.data.raw import DataError

X = np.linspace(0, 1, 40, dtype=np.float64).reshape(10, 4)
Y = np.arange(10) % 3


@pytest.fixture
def load_arrays(load, tmp_path):
    """Gives a function that saves arrays as .npz and loads them."""

    def save_and_load(options=None, settings=None, **arrays):
        np.savez(tmp_path / "data.npz", **arrays)
        plan = {"source": "arrays", "path": "data.npz", "val_fraction": 0, **(settings or {})}
        return load(plan, folder=tmp_path, **(options or {}))

    return save_and_load


def test_x_and_y_are_read(load_arrays):
    data = load_arrays(x=X, y=Y)
    assert torch.equal(data.train_x, torch.tensor(X, dtype=torch.float32))
    assert data.train_y.tolist() == Y.tolist()
    assert (data.input_shape, data.num_classes, data.class_names) == ((4,), 3, ())


def test_capital_letters_will_do(load_arrays):
    assert len(load_arrays(X=X, Y=Y).train_x) == 10


def test_an_own_validation_set_is_used(load_arrays):
    data = load_arrays(x=X, y=Y, x_val=X[:2] + 5, y_val=Y[:2], settings={"val_fraction": None})
    assert (len(data.train_x), len(data.val_x)) == (10, 2)
    assert data.val_x.min() >= 5


def test_two_npy_files_are_read(load, tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    data = load({"source": "arrays", "path": "x.npy", "target_path": "y.npy"}, folder=tmp_path)
    assert (len(data.train_x), len(data.val_x)) == (8, 2)


def test_8_bit_inputs_are_images_of_0_to_255(load_arrays):
    data = load_arrays(x=np.full((4, 1, 2, 2), 51, dtype=np.uint8), y=Y[:4])
    assert torch.equal(data.train_x, torch.full((4, 1, 2, 2), 51 / 255))


def test_whole_numbers_become_floats_or_stay_as_the_input_wants(load_arrays):
    tokens = np.arange(20, dtype=np.int32).reshape(10, 2)
    assert load_arrays(x=tokens, y=Y).train_x.dtype == torch.float32
    kept = load_arrays(x=tokens, y=Y, options={"input_dtype": "int64"})
    assert kept.train_x.tolist() == tokens.tolist()
    assert kept.train_x.dtype == torch.int64


def test_fractions_are_no_tokens(load_arrays):
    with pytest.raises(DataError, match=r"arrays gives fractional inputs.*Set Input\.dtype to float32"):
        load_arrays(x=X, y=Y, options={"input_dtype": "int64"})


def test_tokens_cannot_be_transformed(load_arrays):
    transforms = {"transforms": {"train": [{"type": "Normalize"}]}}
    with pytest.raises(DataError, match=r"data\.transforms is set, but the Input has dtype int64"):
        load_arrays(x=np.ones((10, 2), dtype=int), y=Y, options={"input_dtype": "int64"}, settings=transforms)


@pytest.mark.parametrize("y", [X[:, 0], X[:, :1], X[:, :2]], ids=["one", "column", "two"])
def test_values_to_predict_become_columns(load_arrays, y):
    data = load_arrays(x=X, y=y, options={"target": "value"})
    assert (data.train_y.dtype, data.num_classes) == (torch.float32, None)
    assert torch.equal(data.train_y, torch.tensor(y, dtype=torch.float32).reshape(10, -1))


def test_several_yes_and_no_labels_are_read(load_arrays):
    data = load_arrays(x=X, y=np.eye(10)[:, :3], options={"target": "binary"})
    assert (data.train_y.shape, data.num_classes) == ((10, 3), None)


@pytest.mark.parametrize(
    "y", [Y.astype(np.float64), Y.astype(np.uint8), Y[:, None]], ids=["float", "uint8", "column"]
)
def test_class_numbers_may_come_in_other_types(load_arrays, y):
    data = load_arrays(x=X, y=y)
    assert (data.train_y.dtype, data.train_y.tolist()) == (torch.int64, Y.tolist())


def test_classes_may_be_stated(load_arrays):
    assert load_arrays(x=X, y=Y, settings={"num_classes": 7}).num_classes == 7


def with_gap(array: np.ndarray, value: float) -> np.ndarray:
    return np.where(np.arange(array.size).reshape(array.shape) == 9, value, array)


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ({"x": X}, r"data\.npz has no array 'y'\. Expected x and y\. Save both: np\.savez"),
        ({"inputs": X, "y": Y}, r"data\.npz has no array 'x'"),
        ({"x": X, "y": Y, "x_val": X}, r"data\.npz has no array 'y_val'\. Expected x_val and y_val\."),
        ({"x": X, "y": Y[:9]}, r"npz, x has 10 samples, but .*npz, y has 9\. Expected one target a sample"),
        ({"x": X[:0], "y": Y[:0]}, r"data\.npz: x or y is empty\. Expected samples\."),
        ({"x": X, "y": Y, "x_val": X[:, :3], "y_val": Y}, r"x_val has samples \(3,\) of .* are \(4,\) of"),
        ({"x": X, "y": Y, "x_val": X > 0, "y_val": Y}, r"x_val has samples .* of int64, but .* of float32\."),
        ({"x": X, "y": Y, "x_val": X, "y_val": X}, r"y_val has samples \(4,\) of float32, .* \(\) of int64"),
        ({"x": X[:, 0], "y": Y}, r"npz, x has shape \(10,\)\. Expected \(N, \.\.\.\), the samples first"),
        ({"x": X, "y": np.array(1)}, r"data\.npz, y has shape \(\)\. Expected \(N,\) or \(N, K\)"),
        ({"x": X.astype(str), "y": Y}, r"npz, x has dtype <U\d+\. Expected numbers, such as float32"),
        ({"x": X.astype(object), "y": Y}, r"cannot be read .*objects are refused"),
        ({"x": with_gap(X, np.nan), "y": Y}, r"x has NaN or infinity in 1 of 10 samples, first in sample 2"),
        ({"x": with_gap(X, 1e300), "y": Y}, r"x has NaN or infinity in 1 of 10 samples"),
        ({"x": X, "y": with_gap(Y.astype(float), np.nan)}, r"y has NaN .* first in sample 9\. Expected"),
        ({"x": X, "y": Y - 1}, r"y holds the label -1\. Expected class numbers 0, 1, 2, .* Number the"),
        ({"x": X, "y": X[:, 1]}, r"arrays: y holds 0\.0256.*Expected whole class numbers.*Choose MSELoss"),
        ({"x": X, "y": np.eye(10)}, r"y has shape \(N, 10\)\. Expected one class.*Save y\.argmax\(1\)"),
    ],
)  # fmt: skip
def test_wrong_arrays_are_explained(load_arrays, arrays, text):
    with pytest.raises(DataError, match=text):
        load_arrays(**arrays)


def test_a_label_beyond_the_stated_classes_is_refused(load_arrays):
    text = r"y holds the label 2\. Expected class numbers 0 to 1\. .* or raise data\.num_classes\."
    with pytest.raises(DataError, match=text):
        load_arrays(x=X, y=Y, settings={"num_classes": 2})


def test_a_label_only_seen_in_validation_counts(load_arrays):
    data = load_arrays(x=X, y=Y, x_val=X[:1], y_val=np.array([5]), settings={"val_fraction": None})
    assert data.num_classes == 6


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, r"data\.path is empty, so .* has no file\. Expected an \.npz.*Set data\.path\."),
        ({"path": "none.npz"}, r"none\.npz was not found\. Expected an .* there\. Correct data\.path"),
        ({"path": "x.npy"}, r"x\.npy, which holds only x\. Expected an \.npy of y.*Set data\.target_path"),
        ({"path": "x.npy", "target_path": "none.npy"}, r"none\.npy was not found.*Correct data\.target_path"),
        ({"path": "x.npy", "target_path": "xy.npz"}, r"xy\.npz cannot be read \(it holds several arrays"),
        ({"path": "text.npz"}, r"text\.npz cannot be read .*Expected an \.npz, .* file of plain numbers\."),
        ({"path": "short.npz"}, r"short\.npz cannot be read"),
        ({"path": "short.npy", "target_path": "x.npy"}, r"short\.npy cannot be read"),
        ({"path": "empty.npy", "target_path": "x.npy"}, r"empty\.npy cannot be read"),
    ],
)  # fmt: skip
def test_wrong_files_are_explained(load, tmp_path, settings, text):
    np.save(tmp_path / "x.npy", X)
    np.savez(tmp_path / "xy.npz", x=X, y=Y)
    (tmp_path / "text.npz").write_text("a,b\n1,2\n")
    (tmp_path / "short.npz").write_bytes((tmp_path / "xy.npz").read_bytes()[:-30])
    (tmp_path / "short.npy").write_bytes((tmp_path / "x.npy").read_bytes()[:-30])
    (tmp_path / "empty.npy").touch()
    with pytest.raises(DataError, match=text):
        load({"source": "arrays", **settings}, folder=tmp_path)
