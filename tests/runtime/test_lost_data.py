"""Data that goes away in mid-run: the run names the file, keeps its checkpoints, and goes on later."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from graph.document import Project
from runtime import launch
from runtime.control import Control
from runtime.data.images import files_in
from runtime.events import CheckpointSaved, EpochEnded, RunEnded
from runtime.runs import read_run
from tests.runtime.test_preflight import heads, linear

SAMPLES = 24


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of images of two classes."""
    rng = np.random.default_rng(4)
    root = tmp_path / "images"
    for index in range(SAMPLES):
        path = root / ("a", "b")[index % 2] / f"{index:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)).save(path)
    return root


@pytest.fixture
def project(images: Path) -> Project:
    """Reads every image anew in each of three epochs."""
    data = {"source": "image_folder", "root": str(images), "feed": "stream", "workers": 0}
    training = {"data": data, "epochs": 3, "batch_size": 8, "device": "cpu"}
    return Project("Images", heads((3, 6, 6), ("Flatten", linear(2))), training=training)


def delete(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def checkpoints(run_dir: Path) -> dict[str, str]:
    """What every file of the checkpoints holds, as a hash."""
    files = sorted(path for path in (run_dir / "checkpoints").rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("spoil", [delete, truncate, empty])
def test_a_file_lost_in_mid_run_is_named_and_the_checkpoints_stay(
    tmp_path: Path, project: Project, images: Path, spoil: Callable[[Path], None]
) -> None:
    run_dir, kept = tmp_path / "run", dict[str, str]()
    originals = {path: path.read_bytes() for path in files_in(images)}
    is_spoiled = False
    for event in launch.run(project, run_dir, Control()):
        if isinstance(event, CheckpointSaved) and not is_spoiled:
            is_spoiled = True
            for path in originals:
                spoil(path)
        if isinstance(event, CheckpointSaved):
            kept = checkpoints(run_dir)
        ended = event
    assert isinstance(ended, RunEnded)
    assert ended.state == "failed"
    assert any(str(path) in ended.reason for path in originals), ended.reason
    assert "cannot be read as an image" in ended.reason
    assert read_run(run_dir).state == "failed"
    assert kept
    assert checkpoints(run_dir) == kept

    for path, content in originals.items():
        path.write_bytes(content)
    *_, last = events = list(launch.run(project, run_dir, Control(), resume=True))
    assert isinstance(last, RunEnded)
    assert (last.state, last.step) == ("finished", 3 * 3)
    assert [event.epoch for event in events if isinstance(event, EpochEnded)] == [2, 3]
