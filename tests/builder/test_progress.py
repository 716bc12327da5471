"""What the command line says of a run while it goes on, and when it is over."""

from dataclasses import replace
from io import StringIO

import pytest

from builder.commands.progress import Progress
from runtime.events import RunEnded
from tests.builder.run_events import START, epoch_end


@pytest.fixture
def stream():
    return StringIO()


def test_a_run_that_left_out_most_steps_ends_with_a_warning(stream):
    progress = Progress(stream)
    for event in (
        START,
        replace(epoch_end(1, 10), skipped_steps=8),
        replace(epoch_end(2, 20), skipped_steps=3),
        RunEnded("finished", step=20),
    ):
        progress.show(event)
    end, warning = stream.getvalue().splitlines()[-2:]
    assert end.startswith("finished after 20 steps")
    assert warning.startswith("warning: 11 of 20 steps were left out")
    assert "lower the learning rate" in warning


def test_a_run_that_left_out_a_few_does_not(stream):
    progress = Progress(stream)
    for event in (START, replace(epoch_end(1, 20), skipped_steps=10), RunEnded("finished", step=20)):
        progress.show(event)
    assert stream.getvalue().splitlines()[-1].startswith("finished after 20 steps")
