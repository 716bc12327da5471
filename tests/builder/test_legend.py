"""The line above a chart, and what becomes of its names where it is narrow."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetricsF

from builder.panels.legend import Legend, Value, fitted
from builder.theme import font


@pytest.fixture
def metrics(qapp):
    return QFontMetricsF(font("caption"))


def width(names, metrics):
    return sum(map(metrics.horizontalAdvance, names))


def test_names_that_fit_are_whole(metrics):
    names = ["step", "validation loss"]
    assert fitted(names, width(names, metrics) + 1, metrics) == names


def test_long_names_are_shortened_first_and_each_has_its_share(metrics):
    names = ["kind", "a very long name of an Output", "another very long name"]
    room = width(names, metrics) / 2
    shown = fitted(names, room, metrics)
    assert shown[0] == "kind"
    assert all("…" in name for name in shown[1:])
    assert width(shown, metrics) <= room


def test_where_there_is_no_room_at_all_only_dots_are_left(metrics):
    assert fitted(["kind", "size"], -5.0, metrics) == ["", ""]
    assert fitted([], 0.0, metrics) == []


def plain(legend):
    return legend.text().replace("\u00a0", " ").replace("\u2009", " ")


def told(*texts, widest="0.08888"):
    colors = ("#ff0000", "#0000ff", "#00ff00")
    return [Value(color, "val", text, widest) for color, text in zip(colors, texts, strict=False)]


@pytest.fixture
def legend(qtbot):
    legend = Legend()
    qtbot.addWidget(legend)
    legend.resize(300, 20)
    legend.show_entries("Loss", [])
    legend.show()
    return legend


def seen_at(legend, color):
    """From where to where there are pixels of a colour."""
    image = legend.grab().toImage()
    places = [(x, y) for x in range(image.width()) for y in range(image.height())]
    hits = [x for x, y in places if image.pixelColor(x, y) == QColor(color)]
    return min(hits), max(hits)


def test_what_stands_behind_a_value_stays_where_it_is_whatever_the_value(legend):
    places = set()
    for text in ("0.1", "1.191", "0.05782"):
        legend.show_values(told(text, "0.25", "1"))
        places.add((tuple(legend.places()), *seen_at(legend, "#0000ff")))
    assert len(places) == 1


def test_whether_names_are_told_does_not_hang_on_the_digits_of_a_moment(legend):
    def names_at(width, text):
        legend.resize(width, 20)
        legend.show_values(told(text, text))
        return "val" in plain(legend)

    short, long = ([names_at(width, text) for width in range(60, 300)] for text in ("1", "0.05782"))
    assert short == long
    assert (short[0], short[-1]) == (False, True)


def test_a_line_that_is_read_from_the_right_begins_there(legend):
    legend.show_values(told("0.1", "0.2"))
    left_to_right = seen_at(legend, "#ff0000")
    legend.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert seen_at(legend, "#0000ff")[1] < seen_at(legend, "#ff0000")[0]
    assert seen_at(legend, "#ff0000")[1] == pytest.approx(299 - left_to_right[0], abs=1)


def test_a_narrow_legend_shows_every_curve_and_tells_the_whole_names(qtbot):
    legend = Legend()
    qtbot.addWidget(legend)
    legend.show_entries("Losses", [("#ff0000", "classification"), ("#0000ff", "<reconstruction>")])
    legend.resize(600, 20)
    legend.show()
    assert plain(legend) == "Losses ● classification ● <reconstruction>"
    assert not legend.toolTip()
    legend.resize(170, 20)
    assert plain(legend).startswith("Losses")
    assert plain(legend).count("●") == plain(legend).count("…") == 2
    assert legend.toolTip() == "Losses, classification, <reconstruction>"
    legend.resize(600, 20)
    assert "classification" in plain(legend)


def test_a_title_is_cut_last(qtbot):
    legend = Legend()
    qtbot.addWidget(legend)
    legend.show_entries("Update / weight", [("#ff0000", "all")])
    legend.resize(40, 20)
    legend.show()
    assert "…" in plain(legend)
    assert plain(legend).count("●") == 1
