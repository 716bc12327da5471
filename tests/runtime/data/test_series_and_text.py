"""Windows over series and blocks of text: what is seen, what is predicted, and that nothing leaks."""

import numpy as np
import pandas as pd
import pytest
import torch

from runtime.data.raw import DataError

STEPS = 100


@pytest.fixture
def load_series(load, tmp_path):
    """Gives a function that writes a table as CSV and loads windows over it."""

    def write_and_load(frame, settings=None, **options):
        frame.to_csv(tmp_path / "series.csv", index=False)
        plan = {
            "source": "sequences",
            "path": "series.csv",
            "window": 5,
            "standardize": False,
            **(settings or {}),
        }
        return load(plan, folder=tmp_path, **{"target": "value", **options})

    return write_and_load


def ramp(**columns) -> pd.DataFrame:
    return pd.DataFrame({"time": [f"2020-01-01 {step // 4:02d}:{step % 4 * 15:02d}" for step in range(STEPS)],
                         "level": np.arange(STEPS, dtype=float), **columns})  # fmt: skip


def test_a_window_predicts_what_comes_next(load_series):
    data = load_series(ramp())
    assert (data.input_shape, data.kind) == ((5, 1), "sequence")
    assert data.train_x[0].flatten().tolist() == [0, 1, 2, 3, 4]
    assert data.train_y[0].tolist() == [5]
    assert torch.equal(data.train_y, data.train_x[:, -1] + 1)


def test_later_moments_are_held_back_and_never_seen_in_training(load_series):
    data = load_series(ramp(), {"val_fraction": 0.3})
    assert float(data.train_y.max()) == 69
    assert float(data.val_x.min()) == 70
    assert (len(data.train_x), len(data.val_x)) == (65, 25)


def test_horizon_and_stride(load_series):
    data = load_series(ramp(), {"horizon": 3, "stride": 10, "val_fraction": 0})
    assert data.train_x[:, 0, 0].tolist() == [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert data.train_y[1].tolist() == [15, 16, 17]
    assert len(data.val_x) == 0


def test_columns_to_see_and_to_predict(load_series):
    frame = ramp(other=np.arange(STEPS) * -1.0)
    data = load_series(frame, {"columns": ["level"], "target_columns": ["level", "other"], "horizon": 2})
    assert data.input_shape == (5, 1)
    assert data.train_y[0].tolist() == [5, -5, 6, -6]
    assert load_series(frame).input_shape == (5, 2)


def test_a_label_of_the_last_moment_can_be_predicted(load_series):
    frame = ramp(state=["low" if step < 50 else "high" for step in range(STEPS)])
    data = load_series(frame, {"label": "state", "columns": ["level"]}, target="class")
    assert data.class_names == ("high", "low")
    assert torch.equal(data.train_y == 1, data.train_x[:, -1, 0] < 50)


def test_groups_are_series_of_their_own(load_series):
    frame = ramp(sensor=["b" if step % 2 else "a" for step in range(STEPS)])
    data = load_series(frame, {"group": "sensor", "columns": ["level"]})
    assert set((data.train_x[:, 1:] - data.train_x[:, :-1]).flatten().tolist()) == {2.0}
    assert len(data.train_x) == 2 * (40 - 5)


def test_short_series_are_left_out_or_begun_with_zeros(load_series):
    frame = ramp(sensor=["a"] * 4 + ["b"] * (STEPS - 4))
    settings = {"group": "sensor", "columns": ["level"], "val_fraction": 0}
    plain = load_series(frame, settings)
    padded = load_series(frame, {**settings, "padding": "zeros"})
    assert len(padded.train_x) == len(plain.train_x) + 1
    assert padded.train_x[0].tolist() == [[0, 0], [0, 0], [0, 1], [1, 1], [2, 1]]
    assert padded.train_y[0].tolist() == [3]


def test_nothing_to_validate_on_is_told(load_series):
    settings = {"columns": ["level"], "val_fraction": 0.05}
    data = load_series(ramp(), settings)
    assert (len(data.val_x), "nothing is validated" in data.notes[0]) == (0, True)
    assert not load_series(ramp(), {**settings, "val_fraction": 0}).notes


def test_scaling_is_measured_on_the_training_moments(load_series):
    data = load_series(ramp(), {"standardize": True, "val_fraction": 0.5})
    assert data.columns[0].text == "mean 24.5, std 14.43"
    assert float(data.train_x[0, 0, 0]) == pytest.approx(-24.5 / 14.43, rel=1e-3)


def test_a_gap_takes_the_value_before_it(load_series):
    frame = ramp()
    frame.loc[[3, 4], "level"] = None
    data = load_series(frame)
    assert data.train_x[0].flatten().tolist() == [0, 1, 2, 2, 2]
    assert data.notes == ("Column 'level': 2 gaps took the value before them.",)


def test_an_array_is_a_series(load, tmp_path):
    np.save(tmp_path / "series.npy", np.arange(40).reshape(20, 2))
    plan = {"source": "sequences", "path": "series.npy", "window": 3, "standardize": False}
    data = load(plan, folder=tmp_path, target="value")
    assert data.train_x[0].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert data.train_y[0].tolist() == [6, 7]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"window": 200},
            r"at most 80 moments in a row to train on\. Expected at least 201 .* Lower data\.window",
        ),
        ({"columns": ["depth"]}, r"has no column 'depth', which data\.columns names"),
        ({"columns": ["time"]}, r"row 2, column 'time' holds .*Expected a number"),
        ({"label": "x"}, r"has no column 'x', which data\.label names"),
    ],
)
def test_series_that_do_not_suit_are_explained(load_series, settings, text):
    with pytest.raises(DataError, match=text):
        load_series(ramp(), settings)


def test_an_array_of_something_else_is_refused(load, tmp_path):
    np.save(tmp_path / "series.npy", np.zeros((2, 2, 2)))
    with pytest.raises(DataError, match=r"has shape \(2, 2, 2\).*Expected finite numbers \(moments,\)"):
        load({"source": "sequences", "path": "series.npy"}, folder=tmp_path)


def test_sunspots_go_on_as_they_were(load):
    data = load("sunspots", target="value")
    assert data.input_shape == (36, 1)
    guess = data.val_x[:, -1]
    assert float((guess - data.val_y).square().mean()) < float(data.val_y.square().mean()) / 2


POEM = "the cat sat on the mat\nthe dog sat on the log\n" * 30


@pytest.fixture
def load_text(load, tmp_path):
    """Gives a function that writes a text and loads it as tokens."""

    def write_and_load(text, settings=None, name="text.txt"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        plan = {"source": "text", "path": name, "block_length": 8, **(settings or {})}
        return load(plan, folder=tmp_path, input_dtype="int64")

    return write_and_load


def test_every_place_predicts_the_next_character(load_text):
    data = load_text(POEM)
    assert (data.train_x.dtype, data.kind, data.num_classes) == (torch.int64, "text", len(data.vocabulary))
    assert "".join(data.vocabulary[token] for token in data.train_x[0]) == "the cat "
    assert "".join(data.vocabulary[token] for token in data.train_y[0]) == "he cat s"
    assert torch.equal(data.train_x[1:, 0], data.train_y[:-1, -1])


def test_words_and_marks_can_be_tokens(load_text):
    data = load_text("Don't stop, cat!\n" * 40, {"tokens": "words", "block_length": 5})
    assert [data.vocabulary[token] for token in data.train_x[0]] == ["Don't", "stop", ",", "cat", "!"]


def test_the_vocabulary_is_that_of_the_training_text(load_text):
    data = load_text("ab" * 100 + "xyz" * 10, {"val_fraction": 0.13})
    assert data.vocabulary == ("<unk>", "a", "b")
    assert data.val_x.unique().tolist() == [0]


def test_the_vocabulary_keeps_the_most_frequent(load_text):
    data = load_text("aaab" * 60 + "c", {"vocabulary_size": 2, "val_fraction": 0.2})
    assert data.vocabulary == ("<unk>", "a")


def test_lines_of_a_table_have_a_class(load_text):
    rows = "\n".join(
        f"{('good fun', 'bad dull day')[row % 2]},{('up', 'down')[row % 2]}" for row in range(40)
    )
    settings = {"task": "class", "tokens": "words", "block_length": 4}
    data = load_text(f"review,mood\n{rows}\n", settings, name="reviews.csv")
    assert (data.class_names, data.input_shape) == (("down", "up"), (4,))
    assert data.vocabulary[:2] == ("<pad>", "<unk>")
    first = [data.vocabulary[token] for token in data.train_x[0]]
    assert first == (
        ["good", "fun", "<pad>", "<pad>"] if data.train_y[0] else ["bad", "dull", "day", "<pad>"]
    )


def test_a_table_that_is_read_as_one_text_is_told(load_text):
    rows = "\n".join(f"good fun,{('up', 'down')[row % 2]}" for row in range(40))
    (note,) = load_text(f"review,mood\n{rows}\n", {"block_length": 4}, name="reviews.csv").notes
    assert note.endswith("Set data.task = class to predict a label of each row.")
    assert not load_text(rows, {"block_length": 4}, name="reviews.txt").notes


def test_tokens_need_whole_numbers(load, tmp_path):
    with pytest.raises(DataError, match=r"alice gives numbers of tokens.*Set Input\.dtype to int64"):
        load("alice")


@pytest.mark.parametrize(
    ("content", "settings", "text"),
    [
        (b"short", {}, r"text\.txt has 5 tokens, of which 20% are held back\. Expected more than 8"),
        (b"\x81\x8d\x8f", {}, r"text\.txt is not UTF-8 text \(byte 0\)"),
        (b"\xff\xfe\x00", {}, r"text\.txt is no text in utf-16 \(byte"),
        (b"a,b\n,up\n", {"task": "class"}, r"row 2, column 'a' is empty\. Expected a text in every row"),
        (b"a\nx\n", {"task": "class"}, r"both text and class in column 'a'"),
    ],
)
def test_texts_that_do_not_suit_are_explained(load, tmp_path, content, settings, text):
    (tmp_path / "text.txt").write_bytes(content)
    plan = {"source": "text", "path": "text.txt", "block_length": 8, **settings}
    with pytest.raises(DataError, match=text):
        load(plan, folder=tmp_path, input_dtype="int64")


def test_alice_is_the_whole_book(load):
    data = load("alice", input_dtype="int64")
    text = "".join(data.vocabulary[token] for token in data.train_x.flatten())
    assert "Alice was beginning to get very tired of sitting by her sister" in text
    assert 70 < data.num_classes < 75
