"""A plot by itself: what stands at a mark is read, wherever the mark and the curves are."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap

from builder.panels.axes import AxesStyle
from builder.panels.history import Mark
from builder.panels.live_plot import MARKER_SIZE, LivePlot, Pens
from builder.theme import font


@pytest.fixture
def fine_pixels(monkeypatch):
    """A screen with two pixels where others have one."""
    monkeypatch.setattr(LivePlot, "devicePixelRatioF", lambda plot: 2.0)


class Flood:
    """A curve that covers the whole plot."""

    def paint(self, painter, since=-math.inf):
        painter.fillRect(QRectF(0, 0, 100, 1), QColor("red"))

    def set_ratio(self, ratio):
        pass


def plotted(qtbot, *curves):
    """A white plot from 0 to 100 and from 0 to 1."""
    plot = LivePlot(curves)
    qtbot.addWidget(plot)
    plot.setBackground("white")
    plot.resize(400, 200)
    plot.setRange(xRange=(0, 100), yRange=(0, 1), padding=0)
    plot.set_looks(
        AxesStyle(QColor("black"), QColor("black"), font("caption")), grid=QColor(), cursor=QColor()
    )
    plot.show()
    return plot


def test_what_happened_at_a_step_is_read_across_curves(qtbot):
    plot = plotted(qtbot, Flood())
    place = plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(50, 1))) + QPoint(3, 2)
    assert plot.viewport().grab().toImage().pixelColor(place) == QColor("red")
    plot.set_marks([Mark(50, "resumed")])
    veiled = plot.viewport().grab().toImage().pixelColor(place)
    assert QColor("red").lightness() < veiled.lightness() < plot.backgroundBrush().color().lightness()


def test_what_happened_late_is_written_before_its_line(qtbot):
    plot = plotted(qtbot)
    before = plot.viewport().grab().toImage()
    plot.set_marks([Mark(97, "resumed")])
    after = plot.viewport().grab().toImage()
    place = plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(97, 1)))
    area = [(x, y) for x in range(place.x() - 50, place.x() - 3) for y in range(place.y(), place.y() + 15)]
    assert any(before.pixelColor(x, y) != after.pixelColor(x, y) for x, y in area)


@pytest.mark.parametrize("ratio", [1, 2, 3])
def test_lines_and_dots_are_as_large_on_a_screen_with_smaller_pixels(qapp, ratio):
    pens, picture = Pens(), QPixmap(100 * ratio, 40 * ratio)
    pens.set_color(QColor("black"))
    pens.set_ratio(ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(QColor("white"))
    painter = QPainter(picture)
    gap = np.array([20.0, 20.0, math.nan, 20.0, 20.0])
    pens.paint(painter, np.array([0.0, 30.0, 40.0, 50.0, 100.0]), gap, dots=True)
    painter.end()
    image = picture.toImage()

    def black(x):
        return sum(image.pixelColor(x * ratio, y) == QColor("black") for y in range(image.height()))

    assert (black(15), black(50), black(40)) == (ratio, MARKER_SIZE * ratio, 0)


def test_a_curve_of_no_numbers_shows_nothing(qapp):
    pens, picture = Pens(), QPixmap(40, 40)
    pens.set_color(QColor("black"))
    picture.fill(QColor("white"))
    painter = QPainter(picture)
    pens.paint(painter, np.array([5.0, 20.0]), np.array([math.nan, math.nan]), dots=True)
    painter.end()
    image = picture.toImage()
    assert {image.pixel(x, y) for x in range(40) for y in range(40)} == {QColor("white").rgb()}


def test_lines_at_marks_and_under_the_mouse_are_as_wide_as_grid_and_axes(qtbot, fine_pixels):
    plot = plotted(qtbot)
    black, clear = QColor("black"), QColor("white")
    plot.set_looks(AxesStyle(clear, clear, font("caption")), grid=clear, cursor=black)
    plot.set_marks([Mark(30, "")])
    plot.cursor = 70.0
    picture = QPixmap(plot.viewport().size() * 2)
    picture.setDevicePixelRatio(2)
    plot.viewport().render(picture)
    image = picture.toImage()
    columns = [
        x for x in range(image.width()) if any(image.pixelColor(x, y) == black for y in range(image.height()))
    ]
    places = [2 * plot.getViewBox().mapViewToScene(QPointF(step, 0)).x() for step in (30, 70)]
    assert len(columns) == 4
    assert all(abs(column - place) <= 2 for column, place in zip(columns, sorted(2 * places), strict=True))
