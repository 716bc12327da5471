"""Large files: how far reading is stays to be seen, and it can be called off."""

import threading
from pathlib import Path

import pandas as pd
import pytest

from runtime.data import followed as followed_
from runtime.data.followed import followed
from runtime.data.frames import reading_frame
from runtime.data.raw import DataCancelled

LINES = 200_000
PATIENCE = 60  # seconds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "long.csv"
    file.write_text("\n".join(["number", *map(str, range(LINES))]), encoding="utf-8")
    return file


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed_, "TURN", 0.001)


def test_it_is_told_how_far_it_is(path: Path) -> None:
    gate = threading.Event()

    def read(file):
        head = file.read(100_000)
        gate.wait(PATIENCE)
        return head + file.read()

    reading = followed(read, path, "utf-8")
    told = next(event for event in reading if event.done)
    assert told.text == "Reading long.csv"
    assert 100_000 <= told.done < told.total == path.stat().st_size
    gate.set()
    *_, end = _events(reading)
    assert end == path.read_text("utf-8")


def test_called_off_it_reads_no_further(path: Path) -> None:
    pause, seen = threading.Event(), []

    def read(file):
        seen.append(file.read(100))
        while not file.buffer.raw.is_called_off:
            pause.wait(0.001)
        try:
            file.read()
        except DataCancelled as error:
            seen.append(str(error))
            raise

    reading = followed(read, path, "utf-8")
    next(event for event in reading if event.done)
    reading.close()
    assert seen[1:] == ["Reading was called off."]
    assert not [each for each in threading.enumerate() if each.name.startswith("reading")]


def test_what_goes_wrong_in_the_thread_is_raised_here(path: Path) -> None:
    def read(file):
        raise ValueError(f"nothing in {file.encoding}")

    with pytest.raises(ValueError, match="nothing in utf-8"):
        list(followed(read, path, "utf-8"))


def test_a_parquet_file_is_followed_too_and_read_as_ever(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "long.parquet"
    frame = pd.DataFrame({"number": range(LINES), "word": ["a", "b"] * (LINES // 2)})
    frame.to_parquet(path, row_group_size=LINES // 10, compression=None)
    gate, read_parquet = threading.Event(), pd.read_parquet

    def read(file):
        file.read(1000)
        gate.wait(PATIENCE)
        file.seek(0)
        return read_parquet(file)

    monkeypatch.setattr(pd, "read_parquet", read)
    reading = reading_frame(path)
    told = next(event for event in reading if event.done)
    assert (told.text, told.done, told.total) == ("Reading long.parquet", 1000, path.stat().st_size)
    gate.set()
    *_, end = _events(reading)
    pd.testing.assert_frame_equal(end, read_parquet(path))


def test_reading_a_parquet_file_can_be_called_off(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "long.parquet"
    pd.DataFrame({"number": range(LINES)}).to_parquet(path)
    pause, seen, read_parquet = threading.Event(), [], pd.read_parquet

    def read(file):
        file.read(1000)
        while not file.is_called_off:
            pause.wait(0.001)
        try:
            read_parquet(file)
        except DataCancelled as error:
            seen.append(str(error))
            raise

    monkeypatch.setattr(pd, "read_parquet", read)
    reading = reading_frame(path)
    next(event for event in reading if event.done)
    reading.close()
    assert seen == ["Reading was called off."]


def _events(reading):
    """What is told, and at the end what reading gave."""
    while True:
        try:
            yield next(reading)
        except StopIteration as end:
            yield end.value
            return


def test_a_disk_that_does_not_answer_in_time_is_told(path: Path) -> None:
    def read(file):
        raise TimeoutError("no answer")

    with pytest.raises(TimeoutError, match="no answer"):
        list(followed(read, path, "utf-8"))
