"""How far the run is stands in the tool bar, however narrow the window and however long a text was."""

from dataclasses import replace

import pytest

from builder.panels.figures import RunFigures, duration
from builder.texts import PseudoCatalog

RUNNING = RunFigures(state="running", epochs=10, epoch=3, step=65, total_steps=230, steps_per_second=11)
READING = "Preparing the training samples of a folder with a long name: 1,200 of 1,438"


def lasting(seconds):
    """A run that takes so much longer."""
    return replace(RUNNING, epochs=2000, steps_per_second=(RUNNING.total_steps - RUNNING.step) / seconds)


@pytest.mark.parametrize("width", [1000, 1280])
def test_progress_is_there_after_a_text_that_had_no_room(small, qtbot, width):
    small.resize(width, 700)
    progress = small.run_bar.progress
    for figures in (RunFigures(text=READING), RUNNING):
        progress.show_figures(figures)
        qtbot.waitUntil(lambda: progress.isVisible() and progress.bar.isVisible())
        assert progress.geometry().right() < small.run_bar.width()
        assert progress.text.width() >= progress.bar.width()
    assert progress.text.text() == "Epoch 3 of 10 · 15 s left"


@pytest.mark.parametrize("width", [1000, 1280, 1600])
@pytest.mark.parametrize("seconds", [15, 3599, 7800, 359_940, 776_160])
def test_the_time_left_is_never_cut(small, qtbot, width, seconds):
    small.resize(width, 700)
    progress = small.run_bar.progress
    progress.show_figures(lasting(seconds))
    qtbot.waitUntil(lambda: progress.bar.isVisible() and small.width() == width)
    assert progress.geometry().right() < small.run_bar.width()
    assert duration(seconds) in progress.text.shown
    assert "…" not in progress.text.shown
    whole = f"Epoch 3 of 2,000 · {duration(seconds)} left"
    assert progress.text.toolTip() == ("" if progress.text.shown == whole else whole)
    if width > 1000:
        assert progress.text.shown == whole


def test_the_epochs_are_shortened_before_they_are_left_out(small, qtbot):
    progress = small.run_bar.progress
    progress.show_figures(lasting(7800))
    seen = []
    for room in range(400, 60, -1):
        progress.text.resize(room, 20)
        if progress.text.shown not in seen:
            seen.append(progress.text.shown)
    ways = [
        "Epoch 3 of 2,000 · 2 h 10 min left",
        "3/2,000 · 2 h 10 min left",
        "2 h 10 min left",
        "2 h 10 min",
    ]
    assert seen[:4] == ways


@pytest.mark.parametrize(("state", "text"), [("paused", "paused"), ("stopping", "stopping")])
def test_a_run_at_rest_says_so_in_the_narrowest_window(small, qtbot, state, text):
    small.resize(1000, 700)
    progress = small.run_bar.progress
    progress.show_figures(replace(RUNNING, state=state, epochs=100_000))
    qtbot.waitUntil(progress.bar.isVisible)
    assert text in progress.text.shown


def test_where_a_run_stands_is_translated(small, installed):
    installed(PseudoCatalog())
    small.run_bar.progress.show_figures(replace(RUNNING, state="paused"))
    assert small.run_bar.progress.text.text() == "⟦Epoch 3 of 10⟧ · ⟦paused⟧"
