"""A Dataset of the user's own: trusted by its content, read as it gives, explained where it fails."""

import pytest
import torch

from runtime.custom_trust import TrustStore
from runtime.data.feed import Feed
from runtime.data.own_dataset import OwnItems, UntrustedDataError
from runtime.data.raw import DataError

SOURCE = """
import torch
from torch.utils.data import Dataset as TorchDataset

class Dataset(TorchDataset):
    def __init__(self, train=True):
        self.start, self.count = (0, 20) if train else (100, 6)
    def __len__(self):
        return self.count
    def __getitem__(self, index):
        return torch.full((3,), float(self.start + index)), index % 2

class Whole:
    def __len__(self):
        return 10
    def __getitem__(self, index):
        return torch.tensor([index]), float(index) / 2

class Empty(Whole):
    def __len__(self):
        return 0

class Failing(Whole):
    def __getitem__(self, index):
        return torch.zeros(3)[index], 1

class Single(Whole):
    def __getitem__(self, index):
        return torch.zeros(3)

class Ragged(Whole):
    def __getitem__(self, index):
        return torch.zeros(2 + index % 2), 1.0

class RaggedTargets(Whole):
    def __getitem__(self, index):
        return torch.zeros(2), torch.zeros(index % 2 + 1)

class Needy:
    def __init__(self, path):
        pass

class Endless:
    def __getitem__(self, index):
        return 1, 1
"""


@pytest.fixture
def load_own(load, tmp_path):
    """Gives a function that loads a class of a file that the user trusts."""
    (tmp_path / "own.py").write_text(SOURCE, encoding="utf-8")
    TrustStore().trust(SOURCE)

    def load_class(name="Dataset", settings=None, **options):
        plan = {"source": "python", "path": "own.py", "class_name": name, **(settings or {})}
        return load(plan, folder=tmp_path, **options)

    return load_class


def test_nothing_runs_before_it_is_trusted(load, tmp_path):
    marker = tmp_path / "ran"
    source = f"open({str(marker)!r}, 'w')\nclass Dataset: pass\n"
    (tmp_path / "own.py").write_text(source)
    with pytest.raises(UntrustedDataError, match=r"own\.py is Python code that is not trusted") as caught:
        load({"source": "python", "path": "own.py"}, folder=tmp_path)
    assert (caught.value.source, caught.value.path) == (source, tmp_path / "own.py")
    assert not marker.exists()


def test_trust_ends_when_the_file_changes(load_own, tmp_path):
    load_own()
    (tmp_path / "own.py").write_text(SOURCE + "\n# changed\n", encoding="utf-8")
    with pytest.raises(UntrustedDataError, match=r"or has changed since it was"):
        load_own()


def test_training_and_validation_parts(load_own):
    data = load_own()
    assert (len(data.train_x), len(data.val_x), data.input_shape) == (20, 6, (3,))
    assert (float(data.val_x.min()), data.num_classes) == (100, 2)


def test_without_parts_some_are_held_back(load_own):
    data = load_own("Whole", target="value")
    assert (len(data.train_x), len(data.val_x)) == (8, 2)
    assert torch.equal(data.train_y, data.train_x / 2)


def test_what_is_too_large_is_read_again(load_own, monkeypatch):
    held = load_own(settings={"workers": 0})
    monkeypatch.setattr("runtime.data.own_dataset.LARGEST_HELD", 10)
    for feed in ("memory", "cache", "stream"):
        data = load_own(settings={"workers": 0, "feed": feed})
        assert data.place.kind == feed
        for one, other in zip(Feed(held, 6).train(1), Feed(data, 6).train(1), strict=True):
            assert torch.equal(one.x, other.x)
            assert torch.equal(one.y, other.y)


def test_another_process_asks_for_trust_too(tmp_path):
    (tmp_path / "own.py").write_text(SOURCE + "\n# not trusted\n", encoding="utf-8")
    with pytest.raises(UntrustedDataError, match="not trusted"):
        OwnItems(str(tmp_path / "own.py"), "Whole", True, "", 10).read(0)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Datset", r"own\.py has no class 'Datset'\. Expected one of .*Did you mean 'Dataset'\?"),
        ("Empty", r"own\.py, Empty is empty\. Expected samples"),
        ("Failing", r"own\.py: sample 3 fails \(IndexError: .*Expected a pair of input and target"),
        ("Single", r"own\.py: sample 0 fails \(ValueError: .*Correct __getitem__"),
        ("Ragged", r"Ragged\[0\] is \(2,\) and .*Ragged\[1\] is \(3,\)"),
        ("RaggedTargets", r"gives targets of shapes \[\(1,\), \(2,\)\]"),
        ("Needy", r"Needy\(\) fails \(TypeError: .*Give its arguments defaults"),
        ("Endless", r"Endless has no __len__ or no __getitem__"),
    ],
)
def test_what_a_class_does_wrong_is_explained(load_own, name, text):
    with pytest.raises(DataError, match=text):
        load_own(name, {"val_fraction": 0}, target="value")


def test_what_the_class_is_derived_from_is_not_taken_for_it(load, tmp_path):
    source = "from torch.utils.data import Dataset\n\nclass Flowers(Dataset):\n    pass\n"
    (tmp_path / "own.py").write_text(source)
    TrustStore().trust(source)
    with pytest.raises(DataError, match=r"own\.py has no class 'Dataset'\. Expected one of Flowers\."):
        load({"source": "python", "path": "own.py"}, folder=tmp_path)


def test_a_file_that_does_not_run_is_explained(load, tmp_path):
    source = "import nowhere_to_be_found\n"
    (tmp_path / "own.py").write_text(source)
    TrustStore().trust(source)
    with pytest.raises(DataError, match=r"own\.py cannot be run \(ModuleNotFoundError: .*define Dataset"):
        load({"source": "python", "path": "own.py"}, folder=tmp_path)
