"""What people see of their data before they train, and the ends of a network that suit it."""

import numpy as np
import pytest
import torch
from PIL import Image

from runtime.data.choices import SOURCES, DataPlan
from runtime.data.ends import suggest_ends
from runtime.data.feed import Feed
from runtime.data.images import ImageFiles
from runtime.data.preview import Preview, preview, spelled
from runtime.data.raw import DataError
from runtime.loss_choices import LOSSES

STEPS = [
    {"type": "RandomCrop", "size": 8, "padding": 2},
    {"type": "Normalize", "mean": "auto", "std": "auto"},
]
BUNDLED = ("digits", "iris", "wine", "diabetes", "alice", "sunspots")


def look(mapping: object, **options: object) -> Preview:
    looking = preview(DataPlan.from_mapping(mapping), **options)
    while True:
        try:
            next(looking)
        except StopIteration as end:
            return end.value


def test_images_are_shown_with_their_classes():
    seen = look("digits", count=5)
    assert (seen.kind, seen.input_shape, seen.input_dtype) == ("image", (1, 8, 8), "float32")
    assert (seen.inputs.shape, seen.targets.shape) == ((5, 1, 8, 8), (5,))
    assert (seen.train_samples, seen.val_samples, sum(seen.class_counts)) == (1438, 359, 1438)
    assert seen.target_text(0) == str(int(seen.targets[0]))
    assert (len(seen.mean), len(seen.std)) == (1, 1)
    assert seen.place.kind == "memory"
    assert "fit into memory" in seen.place.reason


def test_samples_are_those_of_training(load):
    mapping = {"source": "digits", "transforms": {"train": STEPS}}
    seen, data = look(mapping, count=1438, seed=3), load(mapping, seed=3)
    feed = Feed(data, 1438, seed=3, sampler="sequential")
    batch = next(feed.train(1))
    assert torch.equal(seen.inputs, batch.x)
    assert torch.equal(seen.targets, batch.y)
    assert not torch.equal(seen.plain_inputs, seen.inputs)


def test_the_mean_is_that_of_what_the_model_gets():
    seen = look({"source": "digits", "transforms": {"train": STEPS}})
    assert seen.mean[0] == pytest.approx(0, abs=1e-5)
    assert seen.std[0] == pytest.approx(1, abs=1e-5)
    assert seen.notes[-1].startswith("Normalize: mean 0.3")


def test_later_samples_can_be_shown():
    assert torch.equal(look("digits", start=4, count=3).inputs, look("digits", count=7).inputs[4:])
    assert len(look("digits", start=5000).inputs) == 0


def test_classes_that_lie_one_behind_the_other_are_mixed(tmp_path):
    y = np.repeat([0, 1, 2], 30)
    np.savez(tmp_path / "sorted.npz", x=np.arange(90.0)[:, None], y=y)
    plan = {"source": "arrays", "path": "sorted.npz", "val_fraction": 0}
    first, second = (look(plan, folder=tmp_path, start=start, count=45) for start in (0, 45))
    assert set(first.targets[:16].tolist()) == {0, 1, 2}
    assert sorted([*first.inputs.flatten().tolist(), *second.inputs.flatten().tolist()]) == list(range(90))
    np.savez(tmp_path / "sorted.npz", x=np.arange(90.0)[:, None], y=y[::-1])
    assert look(plan, folder=tmp_path, count=3).inputs.flatten().tolist() == [0, 1, 2]


def test_a_series_is_measured_by_column(tmp_path):
    rows = "\n".join(f"{step % 2},{step % 2 * 10}" for step in range(100))
    (tmp_path / "series.csv").write_text(f"a,b\n{rows}\n")
    plan = {"source": "sequences", "path": "series.csv", "window": 4, "standardize": False}
    found = look(plan, folder=tmp_path)
    assert found.mean == pytest.approx((0.5, 5))
    assert found.std == pytest.approx((0.5, 5))


def test_rows_tell_their_columns():
    seen = look("iris")
    assert seen.kind == "row"
    assert (seen.columns[0].name, seen.columns[0].kind) == ("sepal_length", "numeric")
    assert seen.target_text(0) in seen.class_names


def test_text_is_shown_as_text():
    seen = look({"source": "alice", "block_length": 20})
    assert (seen.kind, seen.input_dtype, seen.mean) == ("text", "int64", ())
    assert spelled(seen.inputs[3], seen.vocabulary)[1:] == seen.target_text(3)[:-1]
    words = look({"source": "alice", "tokens": "words"})
    assert spelled(words.inputs[0], words.vocabulary).startswith("ALICE'S ADVENTURES IN")


def test_a_text_is_shown_without_what_fills_it_up(tmp_path):
    rows = "\n".join(f"{('good fun', 'bad')[row % 2]},{('up', 'down')[row % 2]}" for row in range(40))
    (tmp_path / "reviews.csv").write_text(f"review,mood\n{rows}\n")
    plan = {"source": "text", "path": "reviews.csv", "task": "class", "tokens": "words", "block_length": 8}
    seen = look(plan, folder=tmp_path)
    assert {spelled(each, seen.vocabulary) for each in seen.inputs} == {"good fun", "bad"}
    assert "Begin with an Embedding of 5 tokens with padding_idx = 0." in suggest_ends(seen).hints


def test_numbers_are_shown_as_numbers():
    seen = look("sunspots")
    assert (seen.kind, seen.num_classes, seen.class_counts, seen.imbalance) == ("sequence", None, (), None)
    assert float(seen.target_text(0)) == pytest.approx(float(seen.targets[0, 0]), rel=1e-3)


def test_the_input_as_target_is_shown():
    seen = look({"source": "digits", "target": "input"})
    assert torch.equal(seen.targets, seen.inputs)
    assert (seen.num_classes, seen.target_text(0)) == (None, "1 × 8 × 8 numbers")


def test_numbers_of_classes_in_arrays_are_counted(tmp_path):
    np.savez(tmp_path / "data.npz", x=np.zeros((60, 2)), y=np.repeat([0, 1, 2], [50, 9, 1]))
    seen = look({"source": "arrays", "path": "data.npz", "val_fraction": 0}, folder=tmp_path)
    assert (seen.num_classes, seen.class_counts, seen.imbalance) == (3, (50, 9, 1), 50)
    assert any("set sampler = weighted" in hint for hint in suggest_ends(seen).hints)


@pytest.fixture
def folder(tmp_path):
    """Gives a folder of 30 images, one of another size than the rest."""
    for index in range(30):
        path = tmp_path / ("a", "b")[index % 2] / f"{index:02d}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (9 if index == 5 else 8, 8), (index, 2, 3)).save(path)
    return tmp_path


def test_files_need_not_all_be_read(folder, monkeypatch):
    read = []
    one = ImageFiles.read
    monkeypatch.setattr("runtime.data.preview.MOST_MEASURED", 4)
    monkeypatch.setattr("runtime.data.pending.FEW_TO_COMPARE", 2)
    monkeypatch.setattr(ImageFiles, "read", lambda self, row: read.append(self.names[row]) or one(self, row))
    resize = {"train": [{"type": "Resize", "size": [6, 6]}]}
    seen = look({"source": "image_folder", "root": ".", "transforms": resize}, count=3, folder=folder)
    assert (seen.input_shape, seen.place.kind) == ((3, 6, 6), "memory")
    assert len(set(read)) < 15


def test_sizes_that_differ_are_explained_here_too(folder):
    with pytest.raises(DataError, match=r"05\.png is \(3, 8, 9\) once prepared\. .* Add a Resize"):
        look({"source": "image_folder", "root": ".", "val_fraction": 0}, count=30, folder=folder)


@pytest.mark.parametrize(
    ("mapping", "shape", "dtype", "outputs", "loss"),
    [
        ("digits", (1, 8, 8), "float32", (10,), "CrossEntropyLoss"),
        ("iris", (4,), "float32", (3,), "CrossEntropyLoss"),
        ("diabetes", (10,), "float32", (1,), "MSELoss"),
        ("sunspots", (36, 1), "float32", (1,), "MSELoss"),
        ({"source": "sunspots", "horizon": 6}, (36, 1), "float32", (6,), "MSELoss"),
        ({"source": "alice", "block_length": 32}, (32,), "int64", (71, 32), "CrossEntropyLoss"),
        ({"source": "digits", "target": "input"}, (1, 8, 8), "float32", (1, 8, 8), "MSELoss"),
        ("synthetic:sine", (1,), "float32", (1,), "MSELoss"),
        ("synthetic:parity", (8,), "float32", (2,), "CrossEntropyLoss"),
    ],
)
def test_ends_suit_the_data(mapping, shape, dtype, outputs, loss):
    ends = suggest_ends(look(mapping))
    assert (ends.input_shape, ends.input_dtype, ends.output_shape, ends.loss) == (shape, dtype, outputs, loss)
    assert ends.outputs == outputs[0]
    assert {ends.loss, *ends.other_losses} <= set(LOSSES)
    assert ends.reason


def test_yes_and_no_and_counts_are_told_apart(tmp_path):
    for name, y in (("yes", np.eye(3)[np.arange(30) % 3]), ("count", np.arange(30.0)[:, None])):
        np.savez(tmp_path / f"{name}.npz", x=np.zeros((30, 2)), y=y)
    losses = {}
    for name in ("yes", "count"):
        seen = look({"source": "arrays", "path": f"{name}.npz"}, folder=tmp_path)
        losses[name] = suggest_ends(seen)
    assert (losses["yes"].loss, losses["yes"].output_shape) == ("BCEWithLogitsLoss", (3,))
    assert losses["count"].other_losses[0] == "PoissonNLLLoss"


def test_nothing_held_back_is_told():
    assert "raise data.val_fraction" in suggest_ends(look({"source": "iris", "val_fraction": 0})).hints[-1]


@pytest.mark.parametrize("source", [*BUNDLED, *(name for name in SOURCES if name.startswith("synthetic:"))])
def test_whatever_comes_with_netloom_can_be_looked_at_and_told_how_to_learn(source, load):
    ends = suggest_ends(look(source))
    target = "class" if ends.loss == "CrossEntropyLoss" else "value"
    data = load(source, target=target, input_dtype=ends.input_dtype)
    assert data.input_shape == ends.input_shape
