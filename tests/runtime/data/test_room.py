"""Settings that ask for more memory than there is are refused, before the system ends the process."""

import numpy as np
import pandas as pd
import pytest

from runtime.data.raw import DataError


@pytest.fixture
def kinds(tmp_path):
    """Gives a folder with a table that has a column of 60 words, and a series of 120 moments."""
    words = [f"kind {row // 2}" for row in range(120)]
    frame = pd.DataFrame({"word": words, "number": range(120), "aim": ["a", "b"] * 60})
    frame.to_csv(tmp_path / "table.csv", index=False)
    np.save(tmp_path / "series.npy", np.arange(120.0))
    frame.assign(text="a word or two").to_csv(tmp_path / "texts.csv", index=False)
    return tmp_path


SERIES = {"source": "sequences", "path": "series.npy", "window": 40}
TEXTS = {"source": "text", "task": "class", "path": "texts.csv", "text_column": "text", "label": "aim"}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            {"source": "csv", "path": "table.csv", "types": {"word": "categorical"}},
            r"Column 'word' becomes \d+ numbers a row, with which the 120 rows would take 0\.0 GB\. .* "
            r"Set data\.categories = codes, or name the column in data\.leave_out\.",
        ),
        (SERIES, r"56 windows of 40 moments would take .* Raise data\.stride, or lower data\.window\."),
        ({**TEXTS, "block_length": 64}, r"96 texts of 64 tokens would take .* Lower data\.block_length\."),
        (
            {"source": "synthetic:parity", "samples": 1000, "length": 900},
            r"1,000 sequences of 900 numbers would take .* Lower data\.samples or data\.length\.",
        ),
    ],
)
def test_what_has_no_room_is_refused(load, kinds, monkeypatch, data, text):
    target = "value" if data["source"] == "sequences" else "class"
    dtype = "int64" if data["source"] == "text" else "float32"
    load(data, folder=kinds, target=target, input_dtype=dtype)
    monkeypatch.setattr("runtime.data.memory.free_memory", lambda: 5000)
    with pytest.raises(DataError, match=text):
        load(data, folder=kinds, target=target, input_dtype=dtype)


def test_codes_need_no_room_for_every_word(load, kinds, monkeypatch):
    data = {"source": "csv", "path": "table.csv", "types": {"word": "categorical"}}
    settings = {**data, "categories": "codes", "standardize": False, "val_fraction": 0.5}
    columns = load(data | {"val_fraction": 0.5}, folder=kinds).columns
    monkeypatch.setattr("runtime.data.memory.free_memory", lambda: 5000)
    coded = load(settings, folder=kinds)
    words = columns[0].width
    assert sorted(set(coded.train_x[:, 0].tolist())) == [float(code) for code in range(words)]
    assert words in coded.val_x[:, 0].tolist()  # a word that the training rows do not have
    pairs = {(int(number) // 2, code) for code, number in coded.train_x.tolist()}
    assert len(pairs) == words


def test_a_column_that_is_empty_in_training_is_a_code_of_its_own(load, tmp_path):
    rows = [*([None] * 8), "x", "y"]
    marks = [*(["train"] * 8), "val", "val"]
    frame = pd.DataFrame({"word": rows, "number": range(10), "part": marks, "aim": ["a", "b"] * 5})
    frame.to_csv(tmp_path / "table.csv", index=False)
    settings = {"types": {"word": "categorical"}, "categories": "codes", "split_column": "part"}
    data = load({"source": "csv", "path": "table.csv", **settings}, folder=tmp_path)
    assert set(data.train_x[:, 0].tolist()) == set(data.val_x[:, 0].tolist()) == {0.0}
