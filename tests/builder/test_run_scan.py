"""Runs are looked for in a thread; what goes wrong there is told, and the next look is made all the same."""

import logging

import pytest

from builder import run_scan
from builder.run_scan import RunScan
from runtime.run_summary import run_folders


@pytest.fixture
def scan(qtbot):
    scan = RunScan()
    yield scan
    scan.end()


def test_a_look_that_fails_is_told_and_followed_by_another(scan, tmp_path, monkeypatch, caplog, qtbot):
    def fails(place):
        raise OSError("the disk is gone")

    (tmp_path / "0001").mkdir()
    (tmp_path / "0001" / "run.json").write_text("{")
    monkeypatch.setattr(run_scan, "run_folders", fails)
    with caplog.at_level(logging.WARNING, logger="netloom"):
        scan.set_places([tmp_path])
        qtbot.waitUntil(lambda: "cannot be listed: the disk is gone" in caplog.text)
    assert scan.runs == ()
    monkeypatch.setattr(run_scan, "run_folders", run_folders)
    with qtbot.waitSignal(scan.scanned):
        scan.look()
    assert [run.status for run in scan.runs] == ["damaged"]
