"""How far the run is stands in the tool bar, however narrow the window and however long a text was."""

import pytest

from builder.panels.figures import RunFigures

RUNNING = RunFigures(state="running", epochs=10, epoch=3, step=65, total_steps=230, steps_per_second=11)
READING = "Preparing the training samples of a folder with a long name: 1,200 of 1,438"


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
