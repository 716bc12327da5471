"""The window as a whole, with real keys and clicks."""

from PySide6.QtCore import Qt

from builder.preferences import Preferences
from graph.document import Document, Node, PortRef
from graph.edits import AddNodes, Connect, SetParams
from graph.storage import load, save
from graph.templates import template, templates
from tests.builder.window_hands import node_of, press

EDIT = AddNodes((Node("x1", "ReLU", "extra"),))


# -- the welcome page


def test_the_first_start_offers_templates_and_nothing_that_cannot_be_done(window, qtbot):
    qtbot.waitUntil(lambda: len(window.welcome.cards) == len(templates()))
    assert window.welcome.isVisible()
    assert not window.docks["Inspector"].isVisible()
    assert not window.run_bar.isVisible()
    assert window.windowTitle() == "Netloom"
    for action_id in ("run.train", "file.save", "file.export_python", "edit.undo"):
        assert not window.actions_[action_id].isEnabled()
        assert window.actions_.why_disabled(action_id)


def test_a_template_opens_with_a_click(window, qtbot):
    qtbot.waitUntil(lambda: bool(window.welcome.cards))
    card = next(card for card in window.welcome.cards if card.text() == "SmallCNN")
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert window.canvas.isVisible()
    assert window.session.project.name == "SmallCNN"
    assert all(not dock.isHidden() for dock in window.docks)
    assert window.windowTitle() == "SmallCNN[*] – Netloom"
    assert window.status.validity.text() == "Valid"
    assert window.status.parameters.text().strip() == "94,186 parameters"
    assert window.actions_["run.train"].isEnabled()


def test_a_recent_project_opens_with_a_click(window, qtbot, tmp_path):
    path = tmp_path / "mine.netloom"
    save(template("MLP").project(), path)
    window.files.recent.add(path)
    (button,) = window.welcome.recent_buttons
    assert button.text() == "mine"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.session.document.path == path


def test_closing_the_project_leads_back_to_the_welcome_page(cnn):
    cnn.actions_["file.close_project"].trigger()
    assert cnn.welcome.isVisible()
    assert not cnn.session.graph.nodes
    assert cnn.actions_.why_disabled("run.train") == "No project is open."


# -- actions


def test_no_action_is_dead_and_every_one_is_in_a_menu(window):
    in_menus = set()

    def collect(menu):
        for action in menu.actions():
            if action.menu():
                collect(action.menu())
            else:
                in_menus.add(action.objectName())

    for action in window.menuBar().actions():
        collect(action.menu())
    assert {spec.id for spec in window.actions_} <= in_menus


def test_undo_and_redo_tell_what_they_would_do(cnn, qtbot):
    assert cnn.actions_.why_disabled("edit.undo") == "Nothing to undo."
    cnn.session.apply(EDIT)
    assert cnn.actions_["edit.undo"].isEnabled()
    assert "extra" in cnn.actions_["edit.undo"].text() or "Add" in cnn.actions_["edit.undo"].text()
    press(qtbot, cnn, Qt.Key.Key_Z)
    assert "x1" not in cnn.session.graph.nodes
    press(qtbot, cnn, Qt.Key.Key_Y)
    assert "x1" in cnn.session.graph.nodes


def test_ctrl_z_in_a_form_takes_the_typing_back_in_one_go(cnn, qtbot):
    conv = node_of(cnn, "Conv2d")
    cnn.session.select((conv.id,))
    field = cnn.inspector.node_page.form.field("kernel_size")
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    qtbot.keyClicks(field, "5, 7")
    assert cnn.session.graph.nodes[conv.id].params["kernel_size"] == [5, 7]
    press(qtbot, cnn, Qt.Key.Key_Z)
    assert cnn.session.graph.nodes[conv.id].params == conv.params
    assert field.text() == "3"
    assert field.hasFocus()


def test_the_title_shows_unsaved_work_until_it_is_saved(cnn, qtbot, answers, tmp_path):
    assert not cnn.isWindowModified()
    cnn.session.apply(EDIT)
    assert cnn.isWindowModified()
    assert cnn.status.saved.text() == "Not saved"
    answers.save_answer = tmp_path / "saved.netloom"
    press(qtbot, cnn, Qt.Key.Key_S)
    assert not cnn.isWindowModified()
    assert cnn.status.saved.text() == "Saved"
    assert cnn.windowTitle() == "saved[*] – Netloom"
    assert "x1" in load(tmp_path / "saved.netloom").graph.nodes


# -- problems and code


def test_fix_all_is_there_when_there_is_something_to_fix(cnn, qtbot):
    conv, before = node_of(cnn, "Conv2d"), cnn.actions_["graph.fix_all"].isEnabled()
    cnn.session.apply(SetParams(conv.id, {"kernel_size": "big"}))
    assert (before, cnn.actions_["graph.fix_all"].isEnabled()) == (False, True)
    with qtbot.waitSignal(cnn.problems.fixed):
        cnn.actions_["graph.fix_all"].trigger()
    cnn.session.settle()
    assert cnn.session.problems == ()
    assert cnn.actions_.why_disabled("graph.fix_all") == "There is no problem with a remedy."


def test_the_problems_tab_counts_and_leads_to_the_node(cnn, qtbot):
    conv = node_of(cnn, "Conv2d")
    cnn.session.apply(SetParams(conv.id, {"kernel_size": "big"}))
    assert cnn.docks["Problems"].windowTitle() == "Problems (1)"
    assert cnn.status.validity.text() == "1 problem"
    cnn.docks.reveal("Code")
    qtbot.mouseClick(cnn.status.validity, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(cnn.problems.isVisible)
    qtbot.mouseClick(cnn.problems.cards.cards[0], Qt.MouseButton.LeftButton)
    assert cnn.session.selection == (conv.id,)


def test_code_and_canvas_follow_each_other(cnn, qtbot):
    cnn.show_code()
    qtbot.waitUntil(lambda: "class SmallCNN(nn.Module)" in cnn.code.pane.source())
    conv = node_of(cnn, "Conv2d")
    cnn.session.select((conv.id,))
    lines = cnn.code.pane.source().splitlines()
    assert {lines[number - 1].strip() for number in cnn.code.pane.view.marked()} >= {
        f"self.{conv.name} = nn.Conv2d(1, 32, kernel_size=3, padding=1, bias=False)"
    }
    linear = node_of(cnn, "Linear")
    view = cnn.code.pane.view
    number = next(n for n, line in enumerate(lines) if f"self.{linear.name} =" in line)
    block = view.document().findBlockByNumber(number)
    cursor = view.textCursor()
    cursor.setPosition(block.position())
    view.setTextCursor(cursor)
    assert cnn.session.selection == (linear.id,)


def test_code_is_written_anew_only_while_it_is_seen(cnn, qtbot):
    cnn.show_code()
    qtbot.waitUntil(lambda: bool(cnn.code.pane.source()))
    cnn.show_problems()
    qtbot.waitUntil(lambda: not cnn.code.isVisible())
    conv = node_of(cnn, "Conv2d")
    cnn.session.apply(SetParams(conv.id, {"out_channels": 48}))
    assert "48" not in cnn.code.pane.source()
    cnn.show_code()
    qtbot.waitUntil(lambda: "nn.Conv2d(1, 48" in cnn.code.pane.source())


def test_broken_graphs_have_an_explanation_in_place_of_code(cnn, qtbot):
    cnn.show_code()
    cnn.session.apply(SetParams(node_of(cnn, "Conv2d").id, {"kernel_size": "big"}))
    qtbot.waitUntil(lambda: "kernel_size is 'big'" in cnn.code.pane.explanation())


# -- looks


def test_the_theme_is_switched_everywhere_and_remembered(cnn, settings):
    for panel in ("Problems", "Training", "Code", "Log"):
        cnn.docks.reveal(panel)
    cnn.actions_["view.theme_dark"].trigger()
    assert cnn.themes.theme.is_dark
    assert Preferences(settings).theme == "dark"
    assert cnn.actions_["view.theme_dark"].isChecked()
    cnn.actions_["view.theme_light"].trigger()
    assert not cnn.themes.theme.is_dark
    assert not cnn.actions_["view.theme_dark"].isChecked()
    cnn.preferences.change(theme="dark")
    assert cnn.themes.theme.is_dark
    assert cnn.actions_["view.theme_dark"].isChecked()


def test_another_document_is_shown_by_every_panel(cnn):
    cnn.session.select((node_of(cnn, "Conv2d").id,))
    cnn.session.load(Document(template("MLP").project()))
    assert cnn.inspector.page is cnn.inspector.project_page
    assert cnn.status.parameters.text().strip() == "109,386 parameters"
    assert cnn.training.plan.parts["optimizer"].type_field.currentText() == "AdamW"


def test_a_message_too_long_for_the_status_bar_is_cut_there_and_whole_in_the_log(cnn):
    text = "very long " * 80
    cnn.session.message.emit(text)
    assert cnn.status.currentMessage().endswith("…")
    assert text.strip() in cnn.log.view.toPlainText()


def test_a_blank_project_has_no_badge_and_says_why_it_cannot_train(window):
    window.files.new_project()
    assert window.status.validity.text() == "Nothing drawn yet"
    assert window.docks["Problems"].windowTitle() == "Problems"
    assert window.inspector.project_page.facts.text("Problems") == "none"
    window.actions_["run.train"].trigger()
    assert window.status.currentMessage().startswith("Not trained: nothing is drawn yet.")
    assert not window.controller.is_active
    window.session.apply(AddNodes((Node("n1", "Input", "image"),)))
    assert window.status.validity.text() == "1 problem"
    assert window.docks["Problems"].windowTitle() == "Problems (1)"


def test_connecting_by_hand_reaches_every_panel(window):
    window.files.new_project()
    window.session.apply(AddNodes((Node("n1", "Input", "image"), Node("n2", "Flatten", "flat"))))
    window.session.apply(Connect(PortRef("n1", "out"), PortRef("n2", "in")))
    assert window.inspector.project_page.facts.text("Edges") == "1"
    assert window.docks["Problems"].windowTitle() != "Problems"


def test_what_was_said_of_one_project_does_not_stand_under_the_next(window):
    window.files.new_project(template("SmallCNN").project())
    window.session.message.emit("The run stopped.")
    assert window.status.currentMessage() == "The run stopped."
    window.files.new_project()
    assert window.status.currentMessage() == ""
