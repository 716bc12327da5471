"""Memory, a file and decoding anew: three places for samples, and not one number of difference."""

import errno
import os
import shutil
import subprocess
import sys
from io import FileIO
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from runtime.data.cache import cache_root
from runtime.data.feed import Feed
from runtime.data.raw import DataCancelled, DataError
from runtime.data.rows import FileRows
from runtime.data.stream import Decoder, StreamRows, suited_workers
from tests.failing import fail_with

SAMPLES = 40
# Each loads PyTorch anew: 3 s alone, and no limit holds where other work has the processors.
FRESH_PROCESSES = pytest.mark.timeout(0)
STEPS = [
    {"type": "Resize", "size": [8, 8]},
    {"type": "RandomCrop", "size": 8, "padding": 2},
    {"type": "RandomHorizontalFlip"},
    {"type": "ColorJitter"},
    {"type": "Normalize", "mean": "auto", "std": "auto"},
    {"type": "RandomErasing"},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Gives a folder of images of two classes and different sizes."""
    rng = np.random.default_rng(2)
    for index in range(SAMPLES):
        path = tmp_path / ("a", "b")[index % 2] / f"{index:02d}.png"
        path.parent.mkdir(exist_ok=True)
        size = (9 + index % 3, 10, 3)
        Image.fromarray(rng.integers(0, 256, size, dtype=np.uint8)).save(path)
    return tmp_path


def plan(**settings):
    return {"source": "image_folder", "root": ".", "workers": 0, "transforms": {"train": STEPS}, **settings}


def epoch_of(data, number=2, skip=0):
    feed = Feed(data, 6, seed=9)
    return [(x.clone(), y.clone()) for x, y in feed.train(number, skip=skip)]


def assert_same(first, second):
    assert len(first) == len(second) > 0
    for (x, y), (other_x, other_y) in zip(first, second, strict=True):
        assert torch.equal(x, other_x)
        assert torch.equal(y, other_y)


def decoded_files():
    return sorted(cache_root().glob("*"))


@pytest.mark.parametrize("feed", ["cache", "stream"])
def test_every_place_gives_the_same_batches(load, folder, feed):
    held = load(plan(feed="memory"), folder=folder)
    other = load(plan(feed=feed), folder=folder)
    assert isinstance(other.train_x, FileRows if feed == "cache" else StreamRows)
    assert (held.place.kind, other.place.kind) == ("memory", feed)
    assert_same(epoch_of(held), epoch_of(other))
    for one, another in zip(Feed(held, 6).val(), Feed(other, 6).val(), strict=True):
        assert torch.equal(one.x, another.x)
        assert torch.equal(one.y, another.y)


@pytest.mark.parametrize("feed", ["memory", "cache", "stream"])
def test_an_epoch_goes_on_where_it_was_left(load, folder, feed):
    whole = epoch_of(load(plan(feed=feed), folder=folder), 3)
    assert_same(whole[2:], epoch_of(load(plan(feed=feed), folder=folder), 3, skip=2))


@pytest.mark.parametrize("feed", ["memory", "cache", "stream"])
def test_nothing_has_to_be_held_back(load, folder, feed):
    chains = {"train": [STEPS[0], {"type": "RandomCrop", "size": 5}]}
    data = load(plan(feed=feed, val_fraction=0, transforms=chains), folder=folder)
    assert (data.input_shape, len(data.val_x)) == ((3, 5, 5), 0)
    assert sum(len(y) for _, y in Feed(data, 6).train(1)) == SAMPLES
    assert list(Feed(data, 6).val()) == []


@pytest.mark.parametrize("feed", ["memory", "cache", "stream"])
def test_epochs_look_different_and_validation_the_same(load, folder, feed):
    data = load(plan(feed=feed), folder=folder)
    feed = Feed(data, 6)
    first, second = (torch.cat([x.clone() for x, _ in feed.train(epoch)]) for epoch in (1, 2))
    assert not torch.equal(first.sort(dim=0).values, second.sort(dim=0).values)
    once, again = (torch.cat([x.clone() for x, _ in feed.val()]) for _ in range(2))
    assert torch.equal(once, again)


@FRESH_PROCESSES
def test_other_processes_decode_the_same(load, folder):
    alone = epoch_of(load(plan(feed="stream"), folder=folder))
    data = load(plan(feed="stream", workers=2), folder=folder)
    feed = Feed(data, 6, seed=9)
    for _ in range(2):  # the processes live on from one epoch to the next
        assert_same(alone, [(x.clone(), y.clone()) for x, y in feed.train(2)])


@FRESH_PROCESSES
def test_a_damaged_file_is_named_from_another_process(load, folder):
    data = load(plan(feed="stream", workers=1), folder=folder)
    (folder / "b" / "21.png").write_bytes(b"no image")
    text = r"^\S*21\.png cannot be read as an image"
    with pytest.raises(DataError, match=text):
        epoch_of(data)


def test_after_a_damaged_file_no_further_batch_is_asked_for(load, folder, monkeypatch):
    data = load(plan(feed="stream"), folder=folder)
    (folder / "b" / "21.png").write_bytes(b"no image")
    asked, read = [], Decoder.__getitem__
    monkeypatch.setattr(Decoder, "__getitem__", lambda self, rows: asked.append(rows) or read(self, rows))
    batches = Feed(data, 1, seed=9).train(1)
    with pytest.raises(DataError, match="21\\.png"):
        list(batches)
    assert 0 < len(asked) < len(data.train_x)
    (folder / "b" / "21.png").write_bytes(next((folder / "a").glob("*.png")).read_bytes())
    assert len(list(Feed(data, 1, seed=9).train(2))) == len(data.train_x)


def test_the_place_is_chosen_by_size_and_told(load, folder):
    held = load(plan(), folder=folder)
    assert (held.place.kind, "decoded into memory once" in held.notes[-1]) == ("memory", True)
    size = SAMPLES * 3 * 8 * 8
    data = load(plan(), folder=folder, memory_budget=size - 1)
    assert (data.place.kind, data.place.size) == ("cache", size)
    assert "decoded once into a file in" in data.notes[-1]
    assert "8 kB, which is more than the 8 kB of memory set aside" in data.notes[-1]
    assert load(plan(), folder=folder, memory_budget=size).place.kind == "memory"


def test_a_full_disk_leads_to_a_stream(load, folder, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("runtime.data.cache.shutil.disk_usage", lambda path: usage)
    data = load(plan(), folder=folder, memory_budget=10)
    assert data.place.kind == "stream"
    assert "8 kB fit neither into the 0 kB of memory set aside nor on the disk" in data.notes[-1]


def test_a_file_is_written_once(load, folder, progress):
    load(plan(feed="cache"), folder=folder)
    assert any(event.text == "Preparing training samples" for event in progress)
    files = decoded_files()
    load(plan(feed="cache"), folder=folder)
    assert not any(event.text == "Preparing training samples" for event in progress)
    assert decoded_files() == files
    assert {path.suffix for path in files} == {".bin"}


@pytest.mark.parametrize("change", ["file", "transform"])
def test_what_was_changed_is_decoded_anew(load, folder, change):
    load(plan(feed="cache"), folder=folder)
    before = len(decoded_files())
    settings = {}
    if change == "file":
        for path in folder.glob("*/*.png"):
            os.utime(path, (1, 1))
    else:
        settings = {"transforms": {"train": [{"type": "Resize", "size": [6, 6]}]}}
    load(plan(feed="cache", **settings), folder=folder)
    assert len(decoded_files()) == before + 2


def test_random_transforms_do_not_change_the_file(load, folder):
    chains = {"train": STEPS, "eval": STEPS[:1]}
    load(plan(feed="cache", transforms=chains), folder=folder)
    before = decoded_files()
    load(plan(feed="cache", transforms={**chains, "train": [STEPS[0], *STEPS[2:]]}), folder=folder)
    assert decoded_files() == before


def test_an_interrupted_file_is_written_on(load, folder, monkeypatch, progress):
    monkeypatch.setattr("runtime.data.cache.CHUNK_BYTES", 5 * 3 * 8 * 8)
    expected = epoch_of(load(plan(feed="memory"), folder=folder))
    with pytest.raises(DataCancelled):
        load(plan(feed="cache"), folder=folder, stopped=lambda: bool(progress) and progress[-1].done >= 10)
    assert {path.suffix for path in decoded_files()} == {".part", ".json"}
    data = load(plan(feed="cache"), folder=folder)
    done = [event.done for event in progress if event.text == "Preparing training samples"]
    assert done[0] >= 10
    assert_same(epoch_of(data), expected)


def test_a_file_that_was_cut_off_is_told_and_made_again(load, folder):
    data = load(plan(feed="cache"), folder=folder)
    expected = epoch_of(data)
    for path in decoded_files():
        path.write_bytes(path.read_bytes()[:100])
    text = r"\.bin, the samples as they were prepared, was deleted or cut off\. .*it is made again"
    with pytest.raises(DataError, match=text):
        epoch_of(data)
    assert_same(epoch_of(load(plan(feed="cache"), folder=folder)), expected)


CUT = """
import os, sys
from pathlib import Path
import torch
from runtime.data.raw import DataError
from runtime.data.rows import FileRows

path = Path(sys.argv[1])
path.write_bytes(bytes(range(256)) * 12 * 40)
batches = FileRows(path, (40, 3, 32, 32), "uint8").batches(torch.arange(40).split(4))
next(batches)
os.truncate(path, 4096)
try:
    list(batches)
except DataError as error:
    print(error)
"""


@FRESH_PROCESSES
def test_a_file_cut_off_within_an_epoch_is_told_and_does_not_end_the_process(tmp_path):
    path = tmp_path / "rows.bin"
    command = [sys.executable, "-c", CUT, str(path)]
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == (
        f"{path}, the samples as they were prepared, was cut off. Expected the file as it was written. "
        "Start or resume the run: it is made again.\n"
    )


def test_a_disk_that_fails_within_an_epoch_is_told(tmp_path, monkeypatch):
    class Failing(FileIO):
        readinto = fail_with(errno.EIO)

    path = tmp_path / "rows.bin"
    path.write_bytes(bytes(24))
    monkeypatch.setattr(Path, "open", lambda *_, **__: Failing(path))
    text = r"rows\.bin, the samples as they were prepared, cannot be read \(Input/output error\)\. Expected"
    with pytest.raises(DataError, match=text):
        list(FileRows(path, (6, 4), "uint8").batches([torch.tensor([5, 0])]))


def test_a_file_that_another_run_writes_is_left_alone(load, folder, monkeypatch):
    load(plan(feed="cache"), folder=folder)
    for path in decoded_files():
        path.with_suffix(".lock").write_text(str(os.getppid()))
        path.unlink()
    with pytest.raises(DataError, match=r"is being written by another run\. .* set data\.feed = stream"):
        load(plan(feed="cache"), folder=folder)


def test_old_files_make_room(load, folder, monkeypatch):
    load(plan(feed="cache"), folder=folder)
    old = decoded_files()
    free = [1 << 30]  # as much as is left to others

    def usage(path):
        free[0] += 10_000 if not old[0].exists() else 0
        return type("Usage", (), {"free": free[0]})

    monkeypatch.setattr("runtime.data.cache.shutil.disk_usage", usage)
    steps = {"train": [{"type": "Resize", "size": [4, 4]}]}
    data = load(plan(transforms=steps), folder=folder, memory_budget=10)
    assert data.place.kind == "cache"
    assert not old[0].exists()


def test_arrays_can_lie_in_a_file_too(load):
    steps = {"train": [{"type": "GaussianNoise"}]}
    held, filed = (
        load({"source": "digits", "feed": feed, "transforms": steps}) for feed in ("memory", "cache")
    )
    assert filed.place.kind == "cache"
    assert_same(epoch_of(held), epoch_of(filed))


def test_the_input_as_target_is_the_same_everywhere(load, folder):
    for feed in ("memory", "cache", "stream"):
        data = load(plan(feed=feed, target="input"), folder=folder, target="value")
        assert data.train_y.shape == (32, 3, 8, 8)
        x, y = next(Feed(data, 6).train(1))
        assert torch.equal(x, y)


def test_the_clean_input_as_target_has_no_chance_in_it(load):
    steps = {"train": [{"type": "GaussianNoise", "sigma": 0.5}, {"type": "Normalize"}]}
    data = load({"source": "digits", "target": "clean input", "transforms": steps}, target="value")
    noisy = next(Feed(data, 1438).train(1))
    plain = load(
        {"source": "digits", "target": "input", "transforms": {"train": steps["train"][1:]}}, target="value"
    )
    assert torch.equal(noisy.y, next(Feed(plain, 1438).train(1)).y)
    assert not torch.equal(noisy.x, noisy.y)
    held = next(Feed(data, 359).val())
    assert torch.equal(held.x, held.y)


def test_few_samples_need_no_other_process():
    assert suited_workers(100, None) == 0
    assert suited_workers(100, 3) == 3


def test_a_generator_left_early_leaves_no_thread(load, folder):
    data = load(plan(feed="cache"), folder=folder)
    assert len(list(islice(Feed(data, 6).train(1), 2))) == 2


PEAK = """
import resource, sys
from pathlib import Path
import torch
from runtime.data.choices import DataPlan
from runtime.data.feed import Feed
from runtime.data.load import load_data

plan = {"source": "image_folder", "root": sys.argv[1], "feed": sys.argv[2], "memory_mb": 16, "workers": 0,
        "val_fraction": 0.01}
loading = load_data(DataPlan.from_mapping(plan))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    while True:
        next(loading)
except StopIteration as end:
    data = end.value
total = sum(float(x.sum()) for epoch in (1, 2) for x, _ in Feed(data, 8).train(epoch))
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(data.place.kind, grown // 1024, int(total))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory in the unit of Linux")
@pytest.mark.parametrize(("feed", "kind"), [("auto", "cache"), ("stream", "stream")])
def test_memory_does_not_grow_with_the_data(tmp_path, feed, kind):
    pixels = np.random.default_rng(1).integers(0, 256, (256, 512, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    first = tmp_path / "images" / "a" / "first.bmp"
    first.parent.mkdir(parents=True)
    image.save(first)
    for index in range(1500):  # 590 MB once decoded
        (first.parent / f"{index}.bmp").hardlink_to(first)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", PEAK, str(tmp_path / "images"), feed]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    shutil.rmtree(cache_root(), ignore_errors=True)
    place, grown, total = answer.stdout.split()
    assert (place, int(total) > 0) == (kind, True)
    assert int(grown) < 250
