"""The line above a chart, and what becomes of its names where it is narrow."""

import pytest
from PySide6.QtGui import QFontMetricsF, QTextDocumentFragment

from builder.panels.legend import Legend, fitted
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
    text = QTextDocumentFragment.fromHtml(legend.text()).toPlainText()
    return text.replace("\u00a0", " ").replace("\u2009", " ")


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
