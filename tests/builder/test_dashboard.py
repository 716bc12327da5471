"""The dashboard: every step kept, every event shown, repainted only while data comes."""

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPointF, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QWidget

from builder.panels.dashboard import Dashboard
from builder.panels.history import History
from builder.panels.other_runs import OtherRun
from builder.theme import dark, light
from runtime.events import DataProgress, EpochEnded, RunEnded, RunStarted
from tests.builder.dashboards import drawn, shown_dashboard
from tests.builder.run_events import START, epoch_end, steps

SEAM = 40  # levels of 255 that antialiasing may differ by where a line is drawn in two pieces


@pytest.fixture
def dashboard(qtbot):
    return shown_dashboard(qtbot)


def parted(first, *outputs):
    recorded = steps(first, 50)
    return replace(recorded, parts=dict.fromkeys(outputs, recorded.losses))


def test_each_output_with_a_loss_of_its_own_is_a_curve(dashboard, qtbot):
    dashboard.feed([START, parted(1, "logits", "mask")])
    drawn(dashboard, qtbot)
    chart = dashboard.charts["output_loss"]
    assert chart.isVisible()
    assert [curve.series for curve in chart.spec.curves] == [
        "smoothed_loss.logits", "val_loss.logits", "smoothed_loss.mask", "val_loss.mask"
    ]  # fmt: skip
    assert len({curve.color for curve in chart.spec.curves}) == 2
    assert not dashboard.charts.get("output_accuracy")
    dashboard.feed([EpochEnded(1, 50, 0.4, None, 0.5, {"loss.mask": 0.3, "accuracy.logits": 0.8}, 2.0, True)])
    qtbot.waitUntil(lambda: "output_accuracy" in dashboard.charts)
    assert dashboard.series("val_accuracy.logits")[1].tolist() == [0.8]


def test_the_next_run_has_the_curves_of_its_own_outputs(dashboard, qtbot):
    dashboard.feed([START, parted(1, "logits", "mask")])
    drawn(dashboard, qtbot)
    before = dashboard.charts["output_loss"]
    dashboard.reset()
    dashboard.feed([START, parted(1, "logits", "edges")])
    qtbot.waitUntil(lambda: dashboard.charts["output_loss"] is not before)
    names = [curve.series for curve in dashboard.charts["output_loss"].spec.curves]
    assert names[2] == "smoothed_loss.edges"
    dashboard.reset()
    dashboard.feed([START, steps(1, 50)])
    qtbot.waitUntil(lambda: not dashboard.charts["output_loss"].isVisible())


def test_without_a_run_it_says_what_to_do(dashboard):
    texts = [label.text() for label in dashboard.findChildren(QLabel) if label.isVisible()]
    assert any("Press Train (Ctrl+Enter)" in text for text in texts)


def difference(one, other):
    """Largest difference of two pictures in any colour of any pixel, of 255."""
    pixels = [np.frombuffer(image.constBits(), np.uint8).astype(int) for image in (one, other)]
    return np.abs(pixels[0] - pixels[1]).max()


def test_a_growing_curve_looks_as_if_drawn_in_one_go(dashboard, qtbot):
    random = Random(1)
    dashboard.feed([RunStarted("runs/1", "cpu", "float32", 2, 4000, 8000, 3200, 800, 1234), steps(1, 3)])
    drawn(dashboard, qtbot)
    step, epoch, patched = 4, 1, 0
    while step < 3_000:  # past the points where thinning sets in and gets coarser
        count = random.randint(1, 200)
        before = {name: chart.plot.viewRange() for name, chart in dashboard.charts.items()}
        dashboard.feed([steps(step, count, loss=lambda step: 1 + math.sin(step) * 50 / (50 + step))])
        step += count
        for _ in range(random.choice((0, 1, 1, 30))):  # dots, and then too many for dots
            dashboard.feed([epoch_end(epoch, step - 1 + epoch / 1000, 0.9 - 0.1 / epoch)])
            epoch += 1
        qtbot.waitUntil(lambda: dashboard.is_idle)
        for name, chart in dashboard.charts.items():
            grown = chart.plot.grab().toImage()
            patched += chart.plot.viewRange() == before[name]
            chart.plot.redraw()
            assert difference(grown, chart.plot.grab().toImage()) < SEAM, (name, step)
    assert patched > 40  # most pictures were patched: nothing but the curves had changed


def test_every_step_arrives_and_is_drawn(dashboard, qtbot):
    dashboard.feed([START, steps(1, 60), steps(61, 40), epoch_end(1, 100), steps(101, 5, epoch=2)])
    x, y = dashboard.series("loss")
    assert x.tolist() == list(range(1, 106))
    assert y.tolist() == [2 / step for step in range(1, 106)]
    assert dashboard.series("val_loss")[0].tolist() == [100]
    assert dashboard.series("val_accuracy")[1].tolist() == pytest.approx([0.8])
    drawn(dashboard, qtbot)
    shown = dashboard.charts["loss"].plot.getViewBox().viewRange()
    assert shown[0][0] <= 1
    assert shown[0][1] >= 105
    assert shown[1][1] >= 2.0


def test_the_last_events_of_a_burst_are_shown_too(dashboard, qtbot):
    dashboard.feed([START])
    for first in range(1, 100):
        dashboard.feed([steps(first, 1)])
    qtbot.waitUntil(lambda: dashboard.headline.text("Step") == "99")
    qtbot.waitUntil(lambda: dashboard.is_idle)
    assert dashboard.frames < 99


def test_it_is_idle_without_events(dashboard, qtbot):
    dashboard.feed([START, steps(1, 10)])
    assert not dashboard.is_idle
    qtbot.waitUntil(lambda: dashboard.is_idle)
    assert not any(timer.isActive() for timer in dashboard.findChildren(QTimer))


def test_hidden_it_keeps_data_and_draws_when_seen_again(qtbot):
    dashboard = Dashboard(light())
    qtbot.addWidget(dashboard)
    dashboard.feed([START, steps(1, 10)])
    qtbot.waitUntil(lambda: dashboard.is_idle)
    assert dashboard.frames == 0
    dashboard.show()
    drawn(dashboard, qtbot)
    assert len(dashboard.series("loss")[0]) == 10


def test_failure_shows_its_reason(dashboard, qtbot):
    dashboard.feed([START, steps(1, 10), RunEnded("failed", "The loss became NaN at step 11.", "n2", 10)])
    qtbot.waitUntil(lambda: dashboard.headline.text("State") == "Failed")
    assert dashboard.banner.isVisible()
    assert dashboard.banner.label.text() == "The loss became NaN at step 11."
    assert dashboard.headline.text("Time left") == "–"


@pytest.mark.parametrize(("left_out", "is_told"), [(6, True), (5, False)])
def test_a_run_that_left_out_most_steps_does_not_end_as_if_all_were_well(dashboard, qtbot, left_out, is_told):
    ended = replace(epoch_end(1, 10), skipped_steps=left_out)
    dashboard.feed([START, steps(1, 10), ended])
    drawn(dashboard, qtbot)
    assert not dashboard.banner.isVisible(), "not before it is over"
    dashboard.feed([RunEnded("finished", step=10)])
    qtbot.waitUntil(lambda: dashboard.headline.text("State") == "Finished")
    assert dashboard.banner.isVisible() == is_told
    if is_told:
        assert dashboard.banner.label.text().startswith("6 of 10 steps were left out, as their numbers were")
        assert dashboard.banner.property("role") == "warning-card"
        assert not dashboard.banner.batch_button.isVisible()


def test_a_stop_on_request_is_no_alarm(dashboard, qtbot):
    dashboard.feed([START, steps(1, 10), RunEnded("stopped", "Stopped on request.", None, 10)])
    qtbot.waitUntil(lambda: dashboard.headline.text("State") == "Stopped")
    assert not dashboard.banner.isVisible()
    assert dashboard.status_label.text().startswith("Stopped on request · cpu · float32")


def test_a_long_status_is_cut_with_an_ellipsis_and_whole_in_the_tool_tip(dashboard, qtbot):
    label = dashboard.status_label
    dashboard.feed([replace(START, device="a device with a very long name " * 8)])
    qtbot.waitUntil(lambda: label.text() != "")
    assert label.toolTip() == label.text()
    shown = label.fontMetrics().elidedText(label.text(), label.cut, label.contentsRect().width())
    assert shown.endswith("…")
    assert label.width() < dashboard.width()


def test_all_axes_follow_their_curves_though_one_does_at_a_time(dashboard, qtbot):
    dashboard.feed([START, steps(1, 100), epoch_end(1, 100)])
    drawn(dashboard, qtbot)
    high = replace(steps(101, 5, loss=lambda step: 50.0), lrs=(0.1,) * 5, grad_norms=(900.0,) * 5)
    dashboard.feed([high])
    drawn(dashboard, qtbot)
    tops = {name: chart.plot.viewRange()[1][1] for name, chart in dashboard.charts.items()}
    assert tops["loss"] >= 50
    assert tops["lr"] >= 0.1
    assert tops["grad_norm"] >= 900


class Windows(QObject):
    """Remembers every widget that was shown as a window of its own."""

    def __init__(self):
        super().__init__()
        self.shown = []

    def eventFilter(self, watched, event):
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.shown.append(watched)
        return False


def test_no_part_of_it_is_ever_a_window_of_its_own(qapp, qtbot):
    windows = Windows()
    qapp.installEventFilter(windows)
    dashboard = Dashboard(light())
    qtbot.addWidget(dashboard)
    dashboard.show_others([OtherRun(Path("0001"), "0001", "plot_run1", History())])
    dashboard.feed([START, steps(1, 10)])
    dashboard.show()
    drawn(dashboard, qtbot)
    dashboard.resize(700, 300)
    dashboard.resize(1400, 600)
    qapp.removeEventFilter(windows)
    assert windows.shown == [dashboard]


def test_reading_the_data_moves_the_progress_bar(dashboard, qtbot):
    dashboard.feed([DataProgress("Decoding images", 250, 1000)])
    qtbot.waitUntil(lambda: dashboard.status_label.text() == "Decoding images")
    assert dashboard.progress_bar.value() / dashboard.progress_bar.maximum() == pytest.approx(0.25)
    assert dashboard.headline.text("State") == "Preparing"


def test_axes_forget_the_values_of_a_run_that_is_gone(dashboard, qtbot):
    dashboard.feed([START, steps(1, 100, loss=lambda step: 1e30)])
    drawn(dashboard, qtbot)
    plot = dashboard.charts["loss"].plot
    assert plot.viewRange()[1][1] > 1e29
    dashboard.reset()
    assert plot.viewRange()[1][1] < 2


def test_reset_forgets_the_run(dashboard, qtbot):
    dashboard.feed([START, steps(1, 10), RunEnded("failed", "No.", None, 10)])
    drawn(dashboard, qtbot)
    dashboard.reset()
    assert len(dashboard.series("loss")[0]) == 0
    assert dashboard.headline.text("Train loss") == "–"
    dashboard.feed([START, steps(1, 3)])
    drawn(dashboard, qtbot)
    assert dashboard.series("loss")[0].tolist() == [1, 2, 3]
    assert not dashboard.banner.isVisible()


def test_a_loss_that_is_not_finite_breaks_no_chart(dashboard, qtbot):
    dashboard.feed(
        [START, steps(1, 20, loss=lambda step: math.nan if step > 10 else math.inf if step == 10 else 1.0)]
    )
    drawn(dashboard, qtbot)
    low, high = dashboard.charts["loss"].plot.getViewBox().viewRange()[1]
    assert math.isfinite(low)
    assert low <= 1.0 <= high


def test_regression_has_no_accuracy_chart(dashboard, qtbot):
    dashboard.feed([START, steps(1, 100), epoch_end(1, 100, accuracy=None)])
    charts = dashboard.charts
    qtbot.waitUntil(lambda: charts["loss"].isVisible() and not charts["accuracy"].isVisible())
    dashboard.reset()
    dashboard.feed([START, steps(1, 100), epoch_end(1, 100)])
    qtbot.waitUntil(lambda: charts["accuracy"].isVisible())


def test_logarithmic_axis_leaves_out_what_has_no_logarithm(dashboard, qtbot):
    dashboard.feed([START, steps(1, 100, loss=lambda step: 10.0**-step if step < 5 else 0.0)])
    drawn(dashboard, qtbot)
    chart = dashboard.charts["loss"]
    chart.log_button.click()
    low, high = chart.plot.getViewBox().viewRange()[1]
    assert low <= -4
    assert -1 <= high < 1


def test_a_constant_curve_stands_between_numbers_that_fit(dashboard, qtbot):
    recorded = steps(1, 100)
    dashboard.feed([START, replace(recorded, losses=(0.5,) * 100, grad_norms=(0.0,) * 100)])
    drawn(dashboard, qtbot)
    for name, value in (("loss", 0.5), ("grad_norm", 0.0)):
        low, high = dashboard.charts[name].plot.viewRange()[1]
        assert low <= value < high
        assert high - low >= 0.2
    dashboard.charts["loss"].log_button.click()
    low, high = dashboard.charts["loss"].plot.viewRange()[1]
    assert low < math.log10(0.5) < high


def test_a_curve_that_is_constant_but_for_rounding_has_an_axis_that_says_so(dashboard, qtbot):
    dashboard.feed([START, steps(1, 200, loss=lambda step: 0.7)])
    drawn(dashboard, qtbot)
    assert len(set(dashboard.series("smoothed_loss")[1].tolist())) > 1
    low, high = dashboard.charts["loss"].plot.viewRange()[1]
    assert high - low >= 0.2


def test_a_curve_of_one_point_is_seen(dashboard, qtbot):
    dashboard.feed([START, steps(1, 1)])
    drawn(dashboard, qtbot)
    plot = dashboard.charts["grad_norm"].plot
    place = plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(1, 0.5)))
    assert plot.viewport().grab().toImage().pixelColor(place) == QColor(light().plot_grad)


def test_theme_reaches_the_charts(dashboard, qtbot):
    dashboard.feed([START, steps(1, 100)])
    drawn(dashboard, qtbot)
    chart = dashboard.charts["loss"]
    assert chart.plot.backgroundBrush().color() == QColor(light().surface)
    dashboard.set_theme(dark())
    assert chart.plot.backgroundBrush().color() == QColor(dark().surface)
    image = chart.plot.grab().toImage()
    assert image.pixelColor(image.width() - 3, image.height() - 3) == QColor(dark().surface)


def test_making_a_dashboard_imports_no_plotting_library():
    code = (
        "import sys; from PySide6.QtWidgets import QApplication; app = QApplication([]);"
        "from builder.panels.dashboard import Dashboard; from builder.theme import light;"
        "board = Dashboard(light()); board.show(); app.processEvents();"
        "print(sorted({'pyqtgraph', 'numpy', 'torch'} & sys.modules.keys()))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
