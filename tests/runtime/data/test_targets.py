"""Numbers that 32 bits or a standard deviation cannot hold, and class numbers no network has room for."""

import numpy as np
import pandas as pd
import pytest
import torch

from runtime.data.raw import DataError
from runtime.options import PlanError

ROWS = 40


@pytest.fixture
def load_table(load, tmp_path):
    """Gives a function that writes columns as CSV and loads them, the last being a number to predict."""

    def write_and_load(settings=None, **columns):
        pd.DataFrame(columns).to_csv(tmp_path / "table.csv", index=False)
        return load(
            {"source": "csv", "path": "table.csv", **(settings or {})}, folder=tmp_path, target="value"
        )

    return write_and_load


@pytest.fixture
def load_arrays(load, tmp_path):
    """Gives a function that saves arrays as an .npz and loads them."""

    def save_and_load(settings=None, target="class", input_dtype="float32", **arrays):
        np.savez(tmp_path / "data.npz", **arrays)
        plan = {"source": "arrays", "path": "data.npz", **(settings or {})}
        return load(plan, folder=tmp_path, target=target, input_dtype=input_dtype)

    return save_and_load


@pytest.fixture
def wave() -> np.ndarray:
    """Gives numbers of about unit variance."""
    return np.sin(np.arange(ROWS, dtype=float))


def test_targets_far_from_zero_are_scaled_before_they_are_rounded(load_table, wave):
    plain = load_table({"standardize_target": True}, seen=wave, aim=wave)
    far = load_table({"standardize_target": True}, seen=wave, aim=1.6e9 + wave)
    assert far.train_y.dtype == torch.float32
    assert torch.allclose(far.train_y, plain.train_y, atol=1e-5)
    assert torch.allclose(far.val_y, plain.val_y, atol=1e-5)
    assert not far.notes


def test_targets_that_rounding_takes_away_are_told(load_table, load_arrays, wave):
    assert not load_table(seen=wave, aim=1000 + wave).notes
    (note,) = load_table(seen=wave, aim=1.6e9 + wave).notes
    assert note == (
        "The targets differ by little for their size, and 32 bits round that off. Set "
        "data.standardize_target = true, or subtract their mean."
    )


@pytest.mark.parametrize(("factor", "told"), [(200, "140"), (100_000, "68,000"), (0.01, "0.0068")])
def test_numbers_to_predict_that_are_learned_badly_as_they_are_are_told(load_table, wave, factor, told):
    (note,) = load_table(seen=wave, aim=factor * wave).notes
    assert note.startswith(f"The numbers to predict are about {told} apart, ")
    assert note.endswith(" Set data.standardize_target = true.")
    assert not load_table({"standardize_target": True}, seen=wave, aim=factor * wave).notes


def test_numbers_that_an_array_holds_are_not_told_of_a_setting_that_it_lacks(load_arrays, wave):
    assert not load_arrays(target="value", x=wave[:, None], y=200 * wave).notes


def test_targets_that_are_all_the_same_are_told(load_table, wave):
    assert load_table(seen=wave, aim=np.full(ROWS, 3.5)).notes == (
        "All training targets are 3.5: there is nothing to predict.",
    )
    settings = {"target_columns": ["one", "other"]}
    (note,) = load_table(settings, seen=wave, one=np.full(ROWS, 3.5), other=np.full(ROWS, 2.5)).notes
    assert note == "All training samples have the same targets: there is nothing to predict."
    assert not load_table(settings, seen=wave, one=np.full(ROWS, 3.5), other=wave).notes


def test_labels_that_no_target_is_taken_from_are_not_told_of(load_arrays, wave):
    nothing = np.zeros(ROWS)
    as_inputs, as_labels = {"target": "input"}, {"target": "label"}
    assert not load_arrays(as_inputs, target="value", x=wave[:, None], y=nothing).notes
    assert load_arrays(as_labels, target="value", x=wave[:, None], y=nothing).notes
    tokens = {"x": np.arange(2 * ROWS).reshape(ROWS, 2), "y": nothing.astype(int), "input_dtype": "int64"}
    assert not load_arrays(as_inputs, **tokens).notes
    assert load_arrays(as_labels, **tokens).notes


@pytest.mark.parametrize("settings", [{}, {"standardize": False}])
@pytest.mark.parametrize("column", ["seen", "aim"])
def test_numbers_too_large_for_32_bits_are_refused(load_table, wave, settings, column):
    columns = {"seen": wave.copy(), "aim": wave.copy()}
    columns[column][3] = -1e200
    with pytest.raises(
        DataError, match=rf"row 5, column '{column}' holds -1e\+200\. .*at most 3\.403e\+38\."
    ):
        load_table(settings, **columns)


def test_a_column_of_small_numbers_is_scaled_like_any_other(load, load_table, tmp_path, wave):
    plain, small = load_table(seen=wave, aim=wave), load_table(seen=wave * 1e-14, aim=wave)
    assert torch.allclose(small.train_x, plain.train_x, atol=1e-5)
    assert load_table(seen=np.full(ROWS, 0.1), aim=wave).train_x.abs().max() < 1e-6
    np.save(tmp_path / "series.npy", wave * 1e-14)
    plan = {"source": "sequences", "path": "series.npy", "window": 4}
    assert load(plan, folder=tmp_path, target="value").train_x.std() > 0.5


def test_a_column_that_never_changes_in_training_does_not_grow_when_it_is_measured(load_arrays, wave):
    normalize = {"transforms": {"train": [{"type": "Normalize", "mean": "auto", "std": "auto"}]}}
    x = np.stack([wave, np.full(ROWS, 0.1)], axis=1)
    x_val = x.copy()
    x_val[5, 1] = 1.1
    y = np.arange(ROWS) % 2
    data = load_arrays(normalize, x=x, y=y, x_val=x_val, y_val=y)
    assert float(data.train_x[:, 1].abs().max()) < 1e-6
    assert float(data.val_x[5, 1]) == pytest.approx(1.0)


@pytest.mark.parametrize("label", [10_000_000, 10**15, 2**63 - 1])
def test_labels_that_are_no_class_numbers_are_refused(load_arrays, wave, label):
    y = np.arange(ROWS) % 2
    y[3] = label
    with pytest.raises(DataError, match=rf"arrays: y holds the label {label}\. Expected class numbers 0, 1"):
        load_arrays(x=wave[:, None], y=y)


def test_more_classes_than_a_network_has_room_for_are_refused(load_arrays, wave):
    with pytest.raises(PlanError, match=r"data\.num_classes is 1000000000\. Expected an integer from 2 to"):
        load_arrays({"num_classes": 10**9}, x=wave[:, None], y=np.arange(ROWS) % 2)
    (note,) = load_arrays({"num_classes": 10**7}, x=wave[:, None], y=np.arange(ROWS) % 2).notes
    assert note == "No training sample is of class 2, 3, 4, ...."


def test_text_of_which_nothing_is_held_back_is_not_taken_for_one_hot_targets(load, tmp_path):
    (tmp_path / "text.txt").write_text("abcd " * 40)
    plan = {"source": "text", "path": "text.txt", "block_length": 8, "val_fraction": 0}
    data = load(plan, folder=tmp_path, input_dtype="int64")
    assert (len(data.train_x), len(data.val_x)) == (24, 0)


@pytest.mark.parametrize("kind", ["spirals", "moons", "circles", "xor", "sine"])
def test_noise_that_leaves_no_numbers_is_refused(load, kind):
    with pytest.raises(PlanError, match=r"data\.noise is 1e\+38\. Expected a number from 0 to 1000"):
        load({"source": f"synthetic:{kind}", "noise": 1e38})
