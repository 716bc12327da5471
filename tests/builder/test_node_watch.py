"""While a network trains, the canvas and the inspector show what its nodes do, and only when asked."""

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from builder.canvas.heat import ramp_color
from builder.canvas.legend import Legend
from graph.templates import template
from runtime.events import NodeFigures, NodesInspected

TRAIN = 60_000  # milliseconds


@pytest.fixture
def project():
    project = template("TabularMLP").project()
    project.training = {**project.training, "epochs": 400}
    return project


@pytest.fixture
def open_window(window, project, qtbot):
    window.files.new_project(project)
    yield window
    window.controller.stop()
    qtbot.waitUntil(lambda: not window.controller.is_active, timeout=TRAIN)


def choose(window, name):
    window.actions_[f"view.overlay_{name}"].trigger()


def legend_of(window):
    return window.canvas.findChild(Legend)


def told(window):
    return {i for i in window.session.graph.nodes if window.watch.figures(i) is not None}


def test_a_run_is_looked_into_only_while_an_overlay_is_chosen(open_window, qtbot):
    window, looks = open_window, []
    window.controller.events.connect(
        lambda events: looks.extend(event for event in events if isinstance(event, NodesInspected))
    )
    window.runs.train()
    qtbot.waitUntil(lambda: window.training.dashboard.figures.step > 20, timeout=TRAIN)
    assert not looks
    choose(window, "time")
    assert legend_of(window).note.text() == "Waiting for the first steps..."
    qtbot.waitUntil(lambda: len(looks) >= 2, timeout=TRAIN)
    assert told(window) == {"n2", "n3", "n4"}
    assert legend_of(window).note.text().startswith("step ")
    choose(window, "none")
    assert legend_of(window).isHidden()
    assert window.canvas.graph_scene.heat is None
    count, step = len(looks), window.training.dashboard.figures.step
    qtbot.waitUntil(lambda: window.training.dashboard.figures.step > step + 200, timeout=TRAIN)
    assert len(looks) <= count + 1  # one may have been under way


def test_inside_a_block_its_own_figures_are_seen(open_window, qtbot):
    window = open_window
    choose(window, "dead")
    assert legend_of(window).note.text() == "Press Train (Ctrl+Enter) to see it."
    window.runs.train()
    qtbot.waitUntil(lambda: bool(told(window)), timeout=TRAIN)
    assert legend_of(window).note.text() == "Nothing here has such a figure."
    assert window.session.enter("n2")
    heat = window.canvas.graph_scene.heat
    assert heat.node_ids == ["n4"]  # its ReLU
    assert heat.text("n4").endswith(" % dead")
    assert legend_of(window).high.text() == "100 %"


def test_the_inspector_tells_of_the_selected_node_and_asks_for_it(open_window, qtbot):
    window = open_window
    section = window.inspector.node_page.live.section
    window.runs.train()
    qtbot.waitUntil(lambda: window.training.dashboard.figures.step > 5, timeout=TRAIN)
    assert not told(window)
    window.session.select(("n4",))
    qtbot.waitUntil(section.isVisible, timeout=TRAIN)
    assert " a step" in section.facts.text("Time")
    assert float(section.facts.text("Gradient norm").replace("−", "-")) > 0
    assert "±" in section.facts.text("Output")
    assert not section.facts.text("Dead units")  # a linear layer has none
    window.session.select(())
    assert not window.controller._thread.control.watches_nodes


@pytest.fixture
def marked(open_window):
    """A window whose nodes have figures without a run."""
    window = open_window
    figures = {("n2",): NodeFigures(1e-3, 0.2), ("n3",): NodeFigures(4e-3, 0.8)}
    window.watch._trained = window.session.document
    window.watch._nodes, window.watch.step = figures, 1_234
    choose(window, "time")
    return window


def color_at(window, node_id, offset):
    canvas, scene = window.canvas, window.canvas.graph_scene
    corner = QPointF(*scene.geometry.corner(node_id))
    at = canvas.mapFromScene(corner + offset)
    return canvas.viewport().grab().toImage().pixelColor(at)


def test_a_card_carries_its_figure_in_its_colour(marked):
    window = marked
    heat, card = window.canvas.graph_scene.heat, window.canvas.graph_scene.nodes["n3"].card
    assert (heat.text("n2"), heat.text("n3")) == ("20 %", "80 %")
    assert heat.level("n3") == 1.0
    in_pill = QPointF(12, card.height())  # left of its text
    assert color_at(window, "n3", in_pill) == ramp_color(window.themes.theme, 1.0)
    assert legend_of(window).note.text() == "step 1,234"
    assert (legend_of(window).low.text(), legend_of(window).high.text()) == ("0 %", "80 %")
    choose(window, "none")
    assert color_at(window, "n3", in_pill) != ramp_color(window.themes.theme, 1.0)


def test_far_out_the_blocks_have_the_colour(marked):
    window = marked
    for factor in (0.4, 0.3):  # with names, and too small for any
        window.canvas.zoom_by(factor)
        card = window.canvas.graph_scene.nodes["n3"].card
        seen = color_at(window, "n3", QPointF(card.width() * 0.9, card.height() * 0.9))
        assert close(seen, ramp_color(window.themes.theme, 1.0))
        neutral = window.canvas.look.family_of("").color
        assert close(color_at(window, "n4", QPointF(card.width() * 0.9, card.height() * 0.9)), neutral)


def close(one, other):
    parts = (QColor.red, QColor.green, QColor.blue)
    return max(abs(part(one) - part(other)) for part in parts) <= 4


def test_the_overlay_follows_the_theme(marked):
    marked.themes.set_mode("dark")
    card = marked.canvas.graph_scene.nodes["n3"].card
    assert color_at(marked, "n3", QPointF(12, card.height())) == ramp_color(marked.themes.theme, 1.0)
    assert marked.themes.theme.is_dark


def test_another_project_has_no_figures_of_this_one(marked):
    marked.files.new_project(template("MLP").project())
    assert not told(marked)
    assert marked.canvas.graph_scene.heat is None
    assert legend_of(marked).note.text() == "Press Train (Ctrl+Enter) to see it."


def test_the_menu_ticks_the_overlay_that_is_on(open_window):
    names = ("none", "time", "gradient", "dead", "activation")
    for name in names:
        choose(open_window, name)
        checked = [each for each in names if open_window.actions_[f"view.overlay_{each}"].isChecked()]
        assert checked == [name]
        assert getattr(open_window.watch.overlay, "id", "none") == name
