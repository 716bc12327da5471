"""A Dataset of the user's own that is wrong, or a path that is: each ends in a sentence, not in Python's."""

import numpy as np
import pytest
import torch
from PIL import Image

from runtime.data.own_file import own_file
from runtime.data.raw import DataError

PIECES = """
import numpy as np, sys, torch
from PIL import Image
class Dataset:
    def __init__(self, train=True): self.train = train
    def __len__(self): return {count}
    def __getitem__(self, index): return {sample}
"""


@pytest.fixture
def load_own(load, tmp_path, monkeypatch):
    """Gives a function that writes code, trusts it and loads the Dataset in it."""
    monkeypatch.setattr("runtime.data.own_dataset.TrustStore.is_trusted", lambda self, source: True)

    def load_now(sample="torch.ones(3), index % 2", count="8", before=""):
        text = before + PIECES.format(count=count, sample=sample)
        (tmp_path / "data.py").write_bytes(text if isinstance(text, bytes) else text.encode("latin-1"))
        return load({"source": "python", "path": "data.py", "workers": 0}, folder=tmp_path)

    return load_now


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ({"before": "import sys; sys.exit(3)"}, r"data\.py cannot be run \(SystemExit: 3\)\."),
        ({"sample": "sys.exit(3)"}, r"data\.py: sample 0 fails \(SystemExit: 3\)\."),
        ({"count": "-1"}, r"data\.py, Dataset: its length fails \(ValueError: .*Correct __len__\."),
        ({"count": "3.5"}, r"data\.py, Dataset: its length fails \(TypeError: .*Correct __len__\."),
        ({"count": "len(self)"}, r"data\.py, Dataset: its length fails \(RecursionError"),
        ({"before": "# é"}, r"data\.py cannot be read \(.*Expected Python code in UTF-8\. Save it so"),
        (
            {"sample": "torch.ones(3, dtype=torch.complex64), 1"},
            r"sample 0 fails \(TypeError: complex",
        ),
        (
            {"sample": "torch.ones(3) if index else torch.ones(3, dtype=torch.uint8), 1"},
            r"sample 0 has inputs of uint8, but sample 1 of float32\. Expected one kind",
        ),
        (
            {"sample": "torch.ones(3) if self.train else torch.ones(3, dtype=torch.uint8), 1"},
            r"has inputs of float32 with train=True, but of uint8 with train=False\.",
        ),
    ],
)
def test_mistakes_are_explained(load_own, code, text):
    with pytest.raises(DataError, match=text):
        load_own(**code)


@pytest.mark.parametrize(
    ("image", "pixel"),
    [
        ("image.quantize(4)", [255, 0, 0]),
        ("image.convert('1')", [0]),
        ("Image.fromarray(np.full((2, 2), 700, np.uint16))", [2]),
        ("image.convert('L')", [76]),
        ("image", [255, 0, 0]),
    ],
)
def test_images_are_given_as_they_look(load_own, image, pixel):
    before = "from PIL import Image\nimage = Image.new('RGB', (2, 2), 'red')\n"
    data = load_own(sample=f"({image}), index % 2", before=before)
    found = (data.train_x[0] * 255).round()
    assert found.shape == (len(pixel), 2, 2)
    assert torch.equal(found[:, 0, 0], torch.tensor(pixel, dtype=torch.float32)) or image.endswith("('1')")
    assert set(found.unique().tolist()) <= {0.0, 2.0, 76.0, 255.0}


SOURCES = ("csv", "sequences", "text", "arrays", "python")


@pytest.mark.parametrize("source", SOURCES)
def test_a_folder_is_no_file(load, tmp_path, source):
    with pytest.raises(DataError, match=r" is a folder\. Expected an? .*\. Name a file in data\.path\."):
        load({"source": source, "path": "."}, folder=tmp_path)


def test_a_file_is_no_folder(load, tmp_path):
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(tmp_path / "one.png")
    with pytest.raises(DataError, match=r"one\.png is a file\. Expected a folder of images\. Name a folder"):
        load({"source": "image_folder", "root": "one.png"}, folder=tmp_path)


@pytest.mark.parametrize("path", ["~nobody-is-called-so/x", "a" * 300])
@pytest.mark.parametrize("source", [*SOURCES, "image_folder", "torchvision:MNIST", "torchvision:DTD"])
def test_a_path_that_cannot_be_is_refused(load, tmp_path, source, path):
    key = "path" if source in SOURCES else "root"
    with pytest.raises(DataError, match=rf"^{path} cannot be looked up \(.*of the data of {source}\."):
        load({"source": source, key: path}, folder=tmp_path)


def test_the_home_of_nobody_is_no_file_to_trust(tmp_path):
    plan = {"data": {"source": "python", "path": "~nobody-is-called-so/x.py"}}
    assert own_file(plan, tmp_path) == tmp_path / "~nobody-is-called-so/x.py"
