"""What a resumed run had measured before comes first; where it cannot be read, the run is shown without."""

import logging
from dataclasses import replace

from PySide6.QtCore import QObject

from builder.past import Past
from tests.builder.run_events import START, steps


def test_where_the_past_cannot_be_read_what_comes_is_shown_all_the_same(tmp_path, qtbot, caplog):
    folder, told, parent = tmp_path / "0001", [], QObject()
    folder.mkdir()
    (folder / "run.json").write_text("{")
    past = Past(folder, told.extend, parent)
    resumed, first, second = replace(START, start_step=2), steps(3, 1), steps(4, 2)
    with caplog.at_level(logging.WARNING, "netloom.run"):
        past.take([resumed, first])
        assert told == [], "the past comes first"
        past.take([second])
        qtbot.waitUntil(lambda: past.is_over)
    assert told == [resumed, first, second]
    (record,) = caplog.records
    assert "measured before it was resumed cannot be shown" in record.getMessage()
    assert str(folder) in record.getMessage()
    caplog.clear()
