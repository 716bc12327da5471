"""Files that cannot be written: a clear message each, and what was there stays."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from builder.cli import main
from graph.atomic import write_atomic
from graph.storage import save
from graph.templates import template
from tests.failing import ON_LINUX, fail_with


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_new_on_a_full_disk_leaves_the_earlier_file_and_nothing_beside_it(
    capsys, tmp_path, monkeypatch, call
):
    path = tmp_path / "net.netloom"
    save(template("CNN").project(), path)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail_with(errno.ENOSPC))
        assert main(["new", "--template", "MLP", "-o", str(path)]) == 1
    assert capsys.readouterr().err == (
        f"netloom: {path}: not saved: No space left on device. Free some space or choose another place; "
        "nothing on disk was changed.\n"
    )
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["net.netloom"]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("no/net.netloom", "No such file or directory. Make the folder or choose another place"),
        ("file/net.netloom", "Not a directory. Choose another place"),
        ("folder", "Is a directory. Choose another place"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_with_what_to_do(capsys, tmp_path, place, text):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    assert main(["new", "--template", "MLP", "-o", str(tmp_path / place)]) == 1
    assert text in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "kept"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]


@ON_LINUX
def test_a_device_is_written_to_and_never_replaced(capsys, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomic(pipe, b"through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    device = Path("/dev/full")  # last: root would lose it
    assert main(["new", "--template", "MLP", "-o", str(device)]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert stat.S_ISCHR(device.stat().st_mode)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_saved_file_keeps_its_mode_and_a_new_one_has_the_usual(tmp_path):
    mask = os.umask(0o027)
    try:
        write_atomic(tmp_path / "new", b"")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o604)
    write_atomic(tmp_path / "new", b"x")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


def test_a_link_stays_a_link_to_the_file_that_is_written(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("file")
    write_atomic(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"new"
