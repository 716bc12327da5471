"""Tables and texts as other programs write them: other letters, decimal commas, headers in doubt."""

from datetime import date

import pandas as pd
import pytest
import torch

from runtime.data.raw import DataError

ROWS = 30
FRAME = pd.DataFrame({
    "größe": [150.5 + row for row in range(ROWS)],
    "stadt": [("Köln", "Rom")[row % 2] for row in range(ROWS)],
    "art": [("a", "b", "c")[row % 3] for row in range(ROWS)],
})  # fmt: skip


@pytest.fixture
def load_text(load, tmp_path):
    """Gives a function that loads a table from the bytes of its file."""

    def write_and_load(content: str | bytes, settings=None, name="table.csv"):
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        return load({"source": "csv", "path": name, **(settings or {})}, folder=tmp_path)

    return write_and_load


@pytest.mark.parametrize(
    ("encoding", "note"),
    [("utf-8", ""), ("utf-8-sig", ""), ("utf-16", ""), ("cp1252", "it is read as Windows-1252. Save it")],
)
def test_the_letters_are_found_out(load_text, encoding, note):
    plain = load_text(FRAME.to_csv(index=False))
    data = load_text(FRAME.to_csv(index=False).encode(encoding))
    assert torch.equal(data.train_x, plain.train_x)
    assert [column.name for column in data.columns] == ["größe", "stadt", "art"]
    assert data.columns[1].text == "Köln, Rom"
    assert note in " ".join(data.notes)
    assert bool(data.notes) is bool(note)


def test_bytes_that_are_no_letters_are_refused(load_text):
    with pytest.raises(DataError, match=r"table\.csv is not UTF-8 text \(byte 4\)\. .*Save it as UTF-8"):
        load_text(b"a,b\n\x81\x8d,1\n")
    with pytest.raises(DataError, match=r"is not UTF-8 text \(byte 4\)"):
        load_text(b"a,b\n\xff\x00\xe9,1\n")
    with pytest.raises(DataError, match=r"is no text in utf-16 \(byte"):
        load_text(b"\xff\xfea,b\n1,2\n"[:-1])


def test_a_letter_cut_in_two_between_two_looks_is_one(load_text, monkeypatch):
    monkeypatch.setattr("runtime.data.text_files.CHUNK", 3)
    assert not load_text(FRAME.to_csv(index=False)).notes


def test_decimal_commas_are_numbers(load_text):
    plain = load_text(FRAME.to_csv(index=False))
    data = load_text(FRAME.to_csv(index=False, sep=";", decimal=","))
    assert torch.equal(data.train_x, plain.train_x)
    assert data.notes == ("The commas in größe are read as decimal points.",)


def test_thousands_may_have_points_beside_decimal_commas(load_text):
    rows = "\n".join(f"1.{row:03},5;{'xy'[row % 2]}" for row in range(ROWS))
    data = load_text(f"pay;kind\n{rows}\n", {"standardize": False, "val_fraction": 0})
    assert data.train_x.flatten().tolist() == [1000.5 + row for row in range(ROWS)]


def test_commas_in_words_stay(load_text):
    rows = "\n".join(f"{row};{('1,2', 'one, two')[row % 2]};{'xy'[row % 3 % 2]}" for row in range(ROWS))
    data = load_text(f"number;words;kind\n{rows}\n")
    assert (data.columns[1].kind, data.notes) == ("categorical", ())


def test_the_index_that_a_table_was_saved_with_is_not_seen(load_text):
    plain, data = load_text(FRAME.to_csv(index=False)), load_text(FRAME.to_csv())
    assert torch.equal(data.train_x, plain.train_x)
    assert data.notes == ("Column 'Unnamed: 0' is left out: it is empty, names single rows, or holds lists.",)
    assert load_text(FRAME.to_csv(), {"types": {"Unnamed: 0": "numeric"}}).train_x.shape[1] == 4


def test_a_separator_behind_the_header_makes_no_target(load_text):
    rows = "\n".join(f"{row},{'xy'[row % 2]}," for row in range(ROWS))
    data = load_text(f"a,b,\n{rows}\n")
    assert (data.class_names, data.input_shape) == (("x", "y"), (1,))


def test_names_that_stand_there_twice_are_told(load_text):
    rows = "\n".join(f"{row},{row % 3},{'xy'[row % 2]}" for row in range(ROWS))
    data = load_text(f"a,a,b\n{rows}\n")
    assert [column.name for column in data.columns] == ["a", "a.1", "b"]
    assert data.notes == (
        "table.csv has several columns called a: behind the first of them a number is added to the name.",
    )


def test_words_that_hardly_are_categories_are_told(load_text):
    rows = "\n".join(f"{1 + row % 30:02}.01.2020,{'abc'[row % 3]},{'xy'[row % 2]}" for row in range(ROWS))
    text = (
        "Column 'day' is taken for categories, though most of them stand in one row only. If they are dates"
    )
    (note,) = load_text(f"day,word,kind\n{rows}\n").notes
    assert note.startswith(text)
    assert not load_text(f"day,word,kind\n{rows}\n", {"types": {"day": "categorical"}}).notes


def test_words_that_only_validation_rows_have_are_told(load_text):
    rows = "\n".join(
        f"{'abcd'[row // 8]},{('train', 'val')[row >= 20]},{'xy'[row % 2]}" for row in range(ROWS)
    )
    data = load_text(f"word,part,kind\n{rows}\n", {"split_column": "part"})
    assert data.columns[0].text == "a, b, c; only in validation: d"


def test_dates_may_lie_in_any_century(load_text):
    rows = "\n".join(f"{year}-01-02,{'xy'[year % 2]}" for year in (1001, 1969, 1970, 2024, 9999))
    data = load_text(f"day,kind\n{rows}\n", {"standardize": False, "val_fraction": 0})
    days = [(date(year, 1, 2) - date(1970, 1, 1)).days for year in (1001, 1969, 1970, 2024, 9999)]
    assert data.train_x.flatten().tolist() == days


def test_words_that_end_like_a_fraction_are_classes_of_their_own(load_text):
    rows = "\n".join(f"{row},{('v1', 'v1.0', 'w')[row % 3]}" for row in range(ROWS))
    assert load_text(f"number,kind\n{rows}\n").class_names == ("v1", "v1.0", "w")


def test_rows_may_end_with_a_separator(load_text):
    rows = "\n".join(f"{row},{2 * row},{'xy'[row % 2]}," for row in range(ROWS))
    data = load_text(f"a,b,c\n{rows}\n", {"standardize": False, "val_fraction": 0})
    assert data.train_x[3].tolist() == [3, 6]
    assert data.class_names == ("x", "y")


def test_a_column_without_a_name_is_told(load_text):
    with pytest.raises(DataError, match=r"has 2 names in its first line, but 3 cells in the next"):
        load_text("a,b\nr1,1,x\nr2,2,y\n")


def test_a_first_row_of_numbers_is_doubted(load_text):
    data = load_text("\n".join(f"{row},{row * row},{'xy'[row % 2]}" for row in range(ROWS)))
    assert data.notes == ("The first line of table.csv is taken for the names of the columns: 0, 0.1.",)


def test_a_row_is_named_as_in_the_file_though_others_were_dropped(load_text):
    lines = [f"{row},{row},x" for row in range(ROWS)]
    lines[2], lines[9] = ",2,x", "nine,9,x"
    text = "\n".join(["a,b,c", *lines])
    with pytest.raises(DataError, match=r"row 11, column 'a' holds 'nine'"):
        load_text(text, {"missing": "drop"})


@pytest.mark.parametrize("index", ["age", None])
def test_parquet_may_have_an_index(load, tmp_path, index):
    frame = FRAME.assign(age=[float(row) for row in range(ROWS)])[["age", *FRAME.columns]]
    stored = frame.set_index("age") if index else frame.set_axis([f"row {row}" for row in range(ROWS)])
    stored.to_parquet(tmp_path / "table.parquet")
    frame.to_csv(tmp_path / "table.csv", index=False)
    data, plain = (
        load({"source": "csv", "path": f"table.{kind}"}, folder=tmp_path) for kind in ("parquet", "csv")
    )
    assert torch.equal(data.train_x, plain.train_x)


def test_a_text_in_other_letters_is_read_and_told(load, tmp_path):
    (tmp_path / "text.txt").write_bytes(("Füße und Bäume. " * 50).encode("cp1252"))
    data = load({"source": "text", "path": "text.txt"}, folder=tmp_path, input_dtype="int64")
    assert {"ü", "ß", "ä"} <= set(data.vocabulary)
    assert "text.txt is not UTF-8" in data.notes[0]


@pytest.mark.parametrize(
    ("kinds", "note"),
    [
        (["x"] * ROWS, "All training samples are of one class, x: there is nothing to tell apart."),
        ([f"name {row}" for row in range(ROWS)], "30 classes for 24 training samples: the target hardly is"),
        (["x", "y"] * (ROWS // 2), None),
    ],
)
def test_odd_classes_are_told(load_text, kinds, note):
    data = load_text(FRAME.assign(art=kinds).to_csv(index=False))
    assert (data.notes == ()) if note is None else data.notes[0].startswith(note)


def test_a_class_that_is_only_validated_is_told(load_text):
    parts = ["train"] * 20 + ["val"] * 10
    kinds = ["x", "y"] * 10 + ["z"] * 10
    frame = FRAME.assign(part=parts, art=kinds)[["größe", "part", "art"]]
    data = load_text(frame.to_csv(index=False), {"split_column": "part"})
    assert data.notes == ("No training sample is of class z.",)


def test_few_whole_numbers_are_numbers_if_that_is_said(load, tmp_path):
    rows = "\n".join(f"{row}.5,{row % 3}" for row in range(ROWS))
    (tmp_path / "table.csv").write_text(f"a,b\n{rows}\n")
    plan = {"source": "csv", "path": "table.csv"}
    with pytest.raises(DataError, match=r"or set data\.task = regression if the label is a number\."):
        load(plan, folder=tmp_path, target="value")
    assert load({**plan, "task": "regression"}, folder=tmp_path, target="value").train_y.shape == (24, 1)
