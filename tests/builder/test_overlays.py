"""The figures of an overlay: how they read, and which colour they have."""

import math

import pytest
from PySide6.QtGui import QColor

from builder.canvas.heat import contrast, ramp_color, text_color
from builder.overlays import OVERLAYS, Scale, percent, scale_of, short
from builder.theme import dark, light
from runtime.events import NodeFigures

BY_ID = {spec.id: spec for spec in OVERLAYS}
RELU = NodeFigures(seconds=2e-3, time_share=0.123, mean=-0.5, std=1.25, dead=0.25)
LINEAR = NodeFigures(seconds=8e-3, time_share=0.004, grad_norm=0.031, mean=0.1, std=2.0)


@pytest.mark.parametrize(
    ("overlay", "figures", "value", "text"),
    [
        ("time", RELU, 0.123, "12 %"),
        ("time", LINEAR, 0.004, "<1 %"),
        ("gradient", RELU, None, None),
        ("gradient", LINEAR, 0.031, "0.031"),
        ("dead", RELU, 0.25, "25 % dead"),
        ("dead", LINEAR, None, None),
        ("activation", RELU, 1.25, "−0.5 ± 1.2"),
    ],
)
def test_what_a_card_says(overlay, figures, value, text):
    assert BY_ID[overlay].value(figures) == value
    if value is not None:
        assert BY_ID[overlay].text(figures) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.4249, "0.42"), (1.3e-5, "1.3e−05"), (12_480, "12,480"), (math.nan, "nan")]
)
def test_figures_are_short(value, text):
    assert short(value) == text


def test_shares_that_are_nearly_nothing_are_not_called_nothing():
    assert [percent(share) for share in (0, 0.001, 0.01, 0.999, 1)] == [
        "0 %",
        "<1 %",
        "1 %",
        "100 %",
        "100 %",
    ]


def test_the_largest_share_of_the_time_has_the_strongest_colour():
    scale = scale_of(BY_ID["time"], [0.1, 0.4])
    assert (scale.level(0.0), scale.level(0.1), scale.level(0.4)) == (0.0, 0.25, 1.0)


def test_dead_units_are_measured_against_all():
    assert scale_of(BY_ID["dead"], [0.1, 0.2]).level(0.2) == pytest.approx(0.2)


def test_gradients_are_told_apart_by_their_size_not_their_difference():
    scale = scale_of(BY_ID["gradient"], [1e-4, 1e-2, 1.0, 0.0, math.inf])
    assert (scale.low, scale.high) == (1e-4, 1.0)
    assert scale.level(1e-2) == pytest.approx(0.5)
    assert (scale.level(0.0), scale.level(math.inf)) == (0.0, 1.0)  # vanished, and exploded


def test_nearly_equal_gradients_look_alike():
    scale = scale_of(BY_ID["gradient"], [0.9, 1.0])
    assert scale.level(1.0) - scale.level(0.9) < 0.1


def test_without_figures_there_is_still_a_scale():
    for spec in OVERLAYS:
        assert scale_of(spec, []).high > 0
    assert Scale(1.0, 1.0).level(1.0) == 0.0


@pytest.mark.parametrize("theme", [light(), dark()], ids=["light", "dark"])
def test_every_colour_can_be_read_and_lightness_alone_orders_them(theme):
    colors = [ramp_color(theme, level / 50) for level in range(51)]
    assert all(contrast(text_color(color), color) >= 4.5 for color in colors)
    ground = QColor(theme.canvas)
    distances = [contrast(color, ground) for color in colors]
    assert distances == sorted(distances)
    assert distances[-1] > 4 * distances[0]
