"""Settings of a table that do not suit it: each is refused or told of, and the advice leads on."""

import numpy as np
import pandas as pd
import pytest
import torch

from runtime.data.raw import DataError
from runtime.options import PlanError

ROWS = 40


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame({
        "number": np.sin(np.arange(ROWS)), "word": ["u", "v"] * 20, "part": ["train"] * 30 + ["val"] * 10,
        "day": pd.date_range("2020-01-01", periods=ROWS).astype(str), "aim": ["p", "q", "q", "p"] * 10,
    })  # fmt: skip


@pytest.fixture
def load_table(load, tmp_path):
    """Gives a function that writes a table as CSV and loads it."""

    def write_and_load(frame, target="class", between=",", **settings):
        text = frame.to_csv(index=False, sep="\x1f").replace("\x1f", between)
        (tmp_path / "table.csv").write_text(text)
        return load({"source": "csv", "path": "table.csv", **settings}, folder=tmp_path, target=target)

    return write_and_load


@pytest.mark.parametrize("kind", ["datetime", "numeric"])
def test_a_label_of_words_is_of_no_other_kind(load_table, frame, kind):
    with pytest.raises(DataError, match=r"column 'aim' holds 'p'\. Expected a \w+\. .*= classification"):
        load_table(frame, label="aim", types={"aim": kind})


def test_advice_on_a_target_is_of_use(load_table, frame):
    with pytest.raises(DataError, match=r"column 'aim' holds 'p'\. Expected a number\. .*data\.task = class"):
        load_table(frame, label="aim", task="regression")
    with pytest.raises(DataError, match=r"column 'word' holds 'u'\. .*take the column out of"):
        load_table(frame, target_columns=["number", "word"])
    with pytest.raises(DataError, match=r"column 'day' holds '2020-01-01'\. Expected a number"):
        load_table(frame, label="day", task="regression")


def test_a_date_is_predicted_where_it_is_called_one(load_table, frame):
    data = load_table(frame, target="value", label="day", types={"day": "datetime"}, val_fraction=0)
    assert data.train_y.flatten()[:3].tolist() == [18262, 18263, 18264]


def test_words_that_stand_for_nothing_are_named(load_table, frame):
    frame["aim"] = ["None", "rain"] * 20
    with pytest.raises(DataError, match=r"'aim' is empty, and 19 more\. .* NA, None, null"):
        load_table(frame)


def test_rows_that_are_dropped_are_counted(load_table, frame):
    frame.loc[frame.index % 4 == 0, "number"] = None
    assert "10 of 40 rows have an empty cell and are dropped." in load_table(frame, missing="drop").notes
    assert not load_table(frame).notes
    assert not load_table(frame.dropna(), missing="drop").notes


@pytest.mark.parametrize(
    ("between", "separator"),
    [("\t", r"\t"), ("||", "||"), ("::", "::"), ("§", "§"), ("   ", r"\s+"), ("~", "~")],
)
def test_any_separator_divides(load_table, frame, between, separator):
    data = load_table(frame, between=between, separator=separator)
    assert torch.equal(data.train_x, load_table(frame).train_x)


def test_what_a_split_column_leaves_without_use_is_told(load_table, frame):
    assert not load_table(frame, split_column="part").notes
    (note,) = load_table(frame, split_column="part", val_fraction=0.5).notes
    assert note == "data.val_fraction is not used: column 'part' tells what is held back."
    (note,) = load_table(frame, split_column="part", stratify=True).notes
    assert note == "data.stratify is not used: which samples are held back is not drawn."
    frame.loc[35:, "part"] = "test"
    (note,) = load_table(frame, split_column="part").notes
    assert note == "Rows that say val or test are all held back for validation."
    (note,) = load_table(frame.assign(part="train"), split_column="part").notes
    assert note == "No row says val in column 'part': nothing is validated."


def test_a_part_to_validate_on_that_is_not_used_is_told(load, tmp_path):
    x, y = np.sin(np.arange(ROWS))[:, None], np.arange(ROWS) % 2
    np.savez(tmp_path / "data.npz", x=x, y=y, x_val=x[:7] / 2 + 2, y_val=y[:7])
    plan = {"source": "arrays", "path": "data.npz"}
    assert not load(plan, folder=tmp_path).notes
    (note,) = load({**plan, "val_fraction": 0.25}, folder=tmp_path).notes
    assert note.startswith("The data's own part to validate on, 7 samples, is not used: data.val_fraction")


def test_scaling_and_categories_are_those_of_the_training_rows(load_table, frame):
    frame["number"] = [*([1.0, 3.0] * 15), *([900.0] * 10)]
    frame.loc[30:, "word"] = "only later"
    data = load_table(frame, split_column="part", leave_out=["day"])
    number, word = data.columns[:2]
    assert number.text == "mean 2, std 1"
    assert data.val_x[:, 0].unique().tolist() == [898.0]
    assert word.titles == ("word = u", "word = v")
    assert data.val_x[:, 1:].unique().tolist() == [0.0]


def test_lines_that_a_stray_quotation_mark_takes_are_told(load, tmp_path):
    lines = [f"{row},{'uv'[row % 2]},{'pq'[row % 2]}" for row in range(ROWS)]
    lines[4] = '4,"u,p'
    lines[30] = '30,u",p'
    (tmp_path / "table.csv").write_text("\n".join(["number,word,aim", *lines]))
    data = load({"source": "csv", "path": "table.csv", "val_fraction": 0}, folder=tmp_path)
    assert len(data.train_x) == ROWS - 26
    assert data.notes[0] == (
        "table.csv, row 6, column 'word' holds 25 whole lines of the table, which are no rows then: a "
        "quotation mark before them is not closed, or one is too many."
    )
    lines[4], lines[30] = '4,"a text, of, commas\nand lines\nin it",p', "30,u,p"
    (tmp_path / "table.csv").write_text("\n".join(["number,word,aim", *lines]))
    assert not load({"source": "csv", "path": "table.csv"}, folder=tmp_path).notes


def test_a_column_is_named_once(load_table, frame):
    for key in ("target_columns", "leave_out"):
        with pytest.raises(PlanError, match=rf"data\.{key} is .*\. Expected a list of names, each once"):
            load_table(frame, **{key: ["number", "word", "number"]})


def test_a_table_of_which_too_much_is_left_out_says_so(load_table, frame):
    text = r"has only the column aim beside those that the plan leaves out\. .*fewer in data\.leave_out\."
    with pytest.raises(DataError, match=text):
        load_table(frame, leave_out=["number", "word", "part", "day"])
