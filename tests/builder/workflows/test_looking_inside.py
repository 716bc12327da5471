"""Workflow 6: looking inside a run while it goes on."""

from PySide6.QtTest import QTest

from tests.builder.person import LEFT
from tests.builder.workflows.walking import Key, click_card, open_file, saved, stop_button, view_button


def test_a_run_is_looked_into_while_it_goes_on(person, answers, tmp_path):
    window, session = person.window, person.window.session
    open_file(person, answers, saved("MLP", tmp_path / "Digits.netloom", epochs=10_000))
    person.press(Key.Key_Return)
    dashboard = window.training.dashboard
    person.wait(lambda: len(dashboard.series("val_loss")[0]) >= 1)

    # what is taken for what
    person.click(view_button(dashboard.switch, "Classes"))
    classes = dashboard.classes
    person.wait(classes.matrix.isVisible)
    person.wait((window.runs.run_dir / "checkpoints" / "last").is_dir)
    center = classes.matrix.cell_rect((3, 3)).center()
    QTest.mouseClick(classes.matrix, LEFT, pos=center)
    answers_page = window.workspace.data.answers
    assert answers_page.title.text() == "“3” that were recognised"
    person.wait(answers_page.samples.grid.isVisible)
    assert all(each.guesses[0].name == "3" for (each,) in answers_page.answered.answers)
    person.click(answers_page.back)
    window.show_training()
    person.wait(classes.matrix.isVisible)
    assert "“3”" in classes.matrix.accessibleDescription()
    assert classes.matrix.accessibleDescription().endswith("were recognised.")
    QTest.keyClick(classes.matrix, Key.Key_Right)
    assert "were taken for “4”" in classes.matrix.accessibleDescription()
    assert classes.table.model().rowCount() == 10

    # what one layer does, and all of them
    click_card(person, "relu1")
    live = window.inspector.node_page.live.section
    person.wait(live.isVisible)
    assert live.facts.text("Dead units").endswith("%")
    assert "±" in live.facts.text("Output")
    person.click(view_button(dashboard.switch, "Layers"))
    person.wait(lambda: dashboard.layers.model.rowCount() > 0)
    names = [dashboard.layers.model.index(row, 0).data() for row in range(dashboard.layers.model.rowCount())]
    assert "fc1" in names
    window.actions_["view.overlay_dead"].trigger()
    person.wait(lambda: window.canvas.graph_scene.heat is not None)
    person.wait(lambda: bool(window.canvas.graph_scene.heat.node_ids))
    assert not session.document.is_dirty, "looking changes nothing"

    person.click(stop_button(window))
    person.wait(lambda: not window.controller.is_active)
    assert classes.table.model().rowCount() == 10, "and what was seen stays"
