"""Tables: kinds of columns, gaps, classes, and what only the training rows may decide."""

import math

import pandas as pd
import pytest
import torch

from runtime.data.choices import DataPlan
from runtime.data.raw import DataError

ROWS = 40


def table(**columns: list[object]) -> pd.DataFrame:
    rows = range(ROWS)
    return pd.DataFrame({
        "age": [20.5 + row for row in rows],
        "town": [("Rome", "Paris", "Oslo")[row % 3] for row in rows],
        "member": [("yes", "no")[row % 2] for row in rows],
        "joined": [f"2020-01-{row % 28 + 1:02d}" for row in rows],
        "label": [("cat", "dog")[row % 2] for row in rows],
        **columns,
    })  # fmt: skip


@pytest.fixture
def load_table(load, tmp_path):
    """Gives a function that writes a table as CSV and loads it."""

    def write_and_load(frame, settings=None, name="table.csv", **options):
        path = tmp_path / name
        if name.endswith(".parquet"):
            frame.to_parquet(path)
        else:
            frame.to_csv(path, index=False, sep="\t" if name.endswith(".tsv") else ",")
        return load({"source": "csv", "path": name, **(settings or {})}, folder=tmp_path, **options)

    return write_and_load


def kinds(data) -> dict[str, str]:
    return {column.name: column.kind for column in data.columns}


@pytest.mark.parametrize("name", ["table.csv", "table.tsv", "table.txt", "table.parquet"])
def test_every_format_gives_the_same_samples(load_table, name):
    first, other = load_table(table()), load_table(table(), name=name)
    assert torch.equal(first.train_x, other.train_x)
    assert torch.equal(first.train_y, other.train_y)
    assert (other.class_names, other.kind) == (("cat", "dog"), "row")


def test_kinds_are_guessed(load_table):
    data = load_table(table())
    assert kinds(data) == {
        "age": "numeric", "town": "categorical", "member": "boolean", "joined": "datetime", "label": "target",
    }  # fmt: skip
    assert (
        sum(column.width for column in data.columns if column.kind != "target") == data.train_x.shape[1] == 6
    )


def test_rows_and_not_words_tell_a_column_of_numbers_with_mistakes_in_it(load_table):
    ages: list[object] = ["7"] * 38 + ["seven", "eight"]  # most rows are numbers, most words are not
    with pytest.raises(DataError, match=r"row 40, column 'age' holds 'seven'\. Expected a number"):
        load_table(table(age=ages))


def test_a_kind_can_be_changed(load_table):
    frame = table(code=[row % 4 for row in range(ROWS)])[["code", "age", "label"]]
    assert kinds(load_table(frame))["code"] == "numeric"
    data = load_table(frame, {"types": {"code": "categorical", "age": "skip"}})
    assert (kinds(data)["code"], data.input_shape) == ("categorical", (4,))


def test_scaling_is_measured_on_training_rows_alone(load_table):
    frame = table(part=["train"] * 30 + ["val"] * 10)[["age", "part", "label"]]
    data = load_table(frame, {"split_column": "part"})
    assert (len(data.train_x), len(data.val_x)) == (30, 10)
    assert float(data.train_x.mean()) == pytest.approx(0, abs=1e-6)
    assert float(data.train_x.std(correction=0)) == pytest.approx(1, abs=1e-6)
    mean, std = 20.5 + 14.5, math.sqrt((30**2 - 1) / 12)
    assert data.val_x.flatten().tolist() == pytest.approx(
        [(20.5 + row - mean) / std for row in range(30, 40)]
    )
    assert data.columns[0].text == "mean 35, std 8.655"


def test_words_that_training_rows_lack_are_no_column(load_table):
    frame = table(town=["Rome", "Paris"] * 15 + ["Oslo"] * 10, part=["train"] * 30 + ["test"] * 10)
    data = load_table(frame[["town", "part", "label"]], {"split_column": "part"})
    assert data.train_x.tolist()[:2] == [[0, 1], [1, 0]]  # Paris, Rome
    assert float(data.val_x.abs().sum()) == 0


def test_categories_can_be_codes_for_an_embedding(load_table):
    frame = table(town=["Rome", "Paris"] * 15 + ["Oslo"] * 10, part=["train"] * 30 + ["test"] * 10)
    settings = {"split_column": "part", "categories": "codes"}
    data = load_table(frame[["town", "part", "label"]], settings, input_dtype="int64")
    assert (data.train_x.dtype, data.train_x[:2].tolist()) == (torch.int64, [[1], [0]])
    assert data.val_x.unique().tolist() == [2]


def with_gaps() -> pd.DataFrame:
    frame = table()[["age", "town", "label"]]
    frame.loc[3, "age"] = None
    frame.loc[[4, 5], "town"] = None
    return frame


def test_gaps_take_median_and_most_frequent_word(load_table):
    data = load_table(with_gaps(), {"standardize": False, "val_fraction": 0})
    median = sorted(20.5 + row for row in range(ROWS) if row != 3)[(ROWS - 2) // 2]
    assert float(data.train_x[3, 0]) == median
    assert data.train_x[4, 1:].tolist() == data.train_x[0, 1:].tolist()  # Rome is most frequent


def test_gaps_can_be_told_in_a_column(load_table):
    data = load_table(with_gaps(), {"missing": "indicate", "val_fraction": 0})
    assert data.input_shape == (6,)
    assert data.train_x[:, 1].nonzero().flatten().tolist() == [3]
    assert data.train_x[:, 5].nonzero().flatten().tolist() == [4, 5]


def test_rows_with_gaps_can_be_dropped(load_table):
    assert len(load_table(with_gaps(), {"missing": "drop", "val_fraction": 0}).train_x) == ROWS - 3


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["b", "a"] * 20, ("a", "b")),
        ([2, 10] * 20, ("2", "10")),
        ([True, False] * 20, ("False", "True")),
        ([row * 0.5 for row in range(ROWS)], ()),
        (list(range(ROWS)), ()),
    ],
    ids=["words", "whole numbers", "truths", "fractions", "many numbers"],
)
def test_the_task_is_guessed(load_table, values, classes):
    data = load_table(table(label=values), target="class" if classes else "value")
    assert data.class_names == classes
    assert data.num_classes == (len(classes) or None)


def test_the_task_can_be_changed(load_table):
    frame = table(label=[row % 3 for row in range(ROWS)])
    assert load_table(frame).num_classes == 3
    data = load_table(frame, {"task": "regression"}, target="value")
    assert (data.num_classes, data.train_y.shape) == (None, (32, 1))
    assert load_table(table(label=list(range(ROWS))), {"task": "classification"}).num_classes == ROWS


def test_a_number_to_predict_can_be_standardised(load_table):
    frame = table(label=[row * 7.5 for row in range(ROWS)])
    data = load_table(frame, {"standardize_target": True}, target="value")
    assert float(data.train_y.mean()) == pytest.approx(0, abs=1e-6)
    assert float(data.train_y.std(correction=0)) == pytest.approx(1, abs=1e-6)
    assert data.columns[-1].text.startswith("mean ")


def test_several_columns_can_be_predicted(load_table):
    frame = table(height=[row * 1.5 for row in range(ROWS)])
    settings = {"target_columns": ["age", "height"], "val_fraction": 0}
    data = load_table(frame, settings, target="value")
    assert data.train_y[3].tolist() == [23.5, 4.5]
    assert {"age", "height"}.isdisjoint({column.name for column in data.columns if column.kind != "target"})


def test_columns_can_be_left_out(load_table):
    data = load_table(table(), {"leave_out": "town, joined", "label": "member"})
    assert kinds(data) == {"age": "numeric", "label": "categorical", "member": "target"}
    assert data.class_names == ("no", "yes")


def test_a_column_that_names_rows_is_left_out_and_told(load_table):
    frame = pd.concat([table()] * 5, ignore_index=True)
    data = load_table(
        frame.assign(name=[f"person {row}" for row in range(len(frame))])[["name", "age", "label"]]
    )
    assert data.notes == ("Column 'name' is left out: it is empty, names single rows, or holds lists.",)


def test_bundled_tables_can_be_learned(load):
    flowers = load("iris")
    assert (flowers.input_shape, flowers.class_names) == ((4,), ("setosa", "versicolor", "virginica"))
    means = torch.stack([flowers.train_x[flowers.train_y == label].mean(dim=0) for label in range(3)])
    assert (torch.cdist(flowers.val_x, means).argmin(dim=1) == flowers.val_y).float().mean() > 0.8
    assert load("wine").input_shape == (13,)
    patients = load("diabetes", target="value")
    slope = torch.linalg.lstsq(patients.train_x, patients.train_y).solution
    assert float((patients.val_x @ slope - patients.val_y).square().mean()) < 0.75


@pytest.mark.parametrize(
    ("missing", "titles"),
    [
        ("fill", ["age", "town = Oslo", "town = Paris", "town = Rome", "member"]),
        (
            "indicate",
            ["age", "age is empty", "town = Oslo", "town = Paris", "town = Rome", "town is empty", "member",
             "member is empty"],
        ),
    ],
)  # fmt: skip
def test_gaps_and_every_number_of_a_row_have_a_name(load_table, missing, titles):
    frame = table(age=[None, None, *(20.5 + row for row in range(2, ROWS))])[
        ["age", "town", "member", "label"]
    ]
    frame.loc[[3, 4, 6], "town"], frame.loc[5, "member"] = None, None
    data = load_table(frame, {"missing": missing, "val_fraction": 0})
    assert [title for column in data.columns if column.kind != "target" for title in column.titles] == titles
    assert data.input_shape == (len(titles),)
    texts = [column.text for column in data.columns]
    assert texts[0].endswith("; 2 empty cells filled with 40.5")
    assert texts[1:3] == ["Oslo, Paris, Rome; 3 empty cells filled with Oslo", "1 empty cell filled with 1"]


BROKEN = {
    "ragged.csv": "a,b\n1,2\n3,4,5,6\n",
    "empty.csv": "",
    "header.csv": "a,b\n",
    "twice.csv": "a,a ,b\n1,2,3\n",
    "one.csv": "a\n1\n2\n",
    "word.csv": "a,b\n" + "\n".join(f"{row},{row}.5" for row in range(30)) + "\nabc,1.5\n",
    "inf.csv": "a,b\n1,2.5\ninf,3.5\n",
    "gap.csv": "a,b\n1,x\n2,\n3,y\n",
    "blank.csv": "a,b\n,x\n,y\n",
    "split.csv": "a,part,b\n1,train,x\n2,tset,y\n",
    "table.parquet": b"no parquet",
}


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, r"data\.path is empty, so the source csv has no file\. Expected a CSV.*Set data\.path"),
        ({"path": "none.csv"}, r"none\.csv was not found\. Expected a CSV, TSV or Parquet file there"),
        ({"path": "ragged.csv"}, r"ragged\.csv cannot be read as a table \(.*line 3.*Mend that row"),
        ({"path": "empty.csv"}, r"empty\.csv is empty\. Expected a header and rows"),
        ({"path": "header.csv"}, r"header\.csv has no rows below its header"),
        ({"path": "twice.csv"}, r"twice\.csv has several columns called 'a'\. .* Rename all but one"),
        ({"path": "one.csv"}, r"one\.csv has only the column a\. Expected columns to see.*data\.separator"),
        ({"path": "word.csv"}, r"word\.csv, row 32, column 'a' holds 'abc'\. Expected a number\. Correct"),
        ({"path": "inf.csv"}, r"inf\.csv, row 3, column 'a' is infinite\. Expected a finite number"),
        ({"path": "gap.csv"}, r"gap\.csv, row 3, column 'b' is empty\. Expected a target"),
        ({"path": "blank.csv"}, r"blank\.csv has no column for the model to see: a left out"),
        (
            {"path": "blank.csv", "types": {"a": "numeric"}, "missing": "drop"},
            r"empty cell in every row",
        ),
        ({"path": "split.csv", "split_column": "part"}, r"row 3 says 'tset'\. Expected train or one of val"),
        ({"path": "table.parquet"}, r"table\.parquet cannot be read \(.*Expected a Parquet file"),
        ({"path": "gap.csv", "label": "c"}, r"no column 'c', which data\.label names\. Expected one of a, b"),
        ({"path": "word.csv", "types": {"aa": "skip"}}, r"no column 'aa', which data\.types names"),
    ],
)
def test_wrong_tables_are_explained(load, tmp_path, settings, text):
    for name, content in BROKEN.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=text):
        load({"source": "csv", **settings}, folder=tmp_path)


def test_parquet_without_its_package_is_explained(load_table, monkeypatch):
    monkeypatch.setattr("runtime.data.frames.importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"needs the package pyarrow\. .*`pip install pyarrow`, or"):
        load_table(table(), name="table.parquet")


def test_a_plan_of_a_table_round_trips():
    mapping = {
        "source": "csv", "path": "x.csv", "leave_out": ["a"], "types": {"b": "categorical"},
        "missing": "drop", "stratify": True, "target": "label", "feed": "cache", "workers": 0, "memory_mb": 9,
    }  # fmt: skip
    plan = DataPlan.from_mapping(mapping)
    written = plan.to_mapping()
    assert DataPlan.from_mapping(written) == plan
    assert written == {key: value for key, value in mapping.items() if key != "target"}
