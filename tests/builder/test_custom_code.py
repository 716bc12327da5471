"""Custom layers in the window: their code is read and trusted there, their shapes are found out behind it."""

import threading
from threading import Event, Thread

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from builder.custom_code import ShapeQueue
from builder.panels.fields import make_field
from builder.panels.source_field import SourceEditor
from builder.review_dialog import ReviewDialog
from builder.theme import dark, light
from builder.trust import WARNING
from graph import custom_shapes
from graph.catalog.custom import CUSTOM
from graph.custom_shapes import NOBODY, Found, Question
from graph.document import Document, Project
from graph.edits import SetParams
from graph.shapes import BATCH, TensorSpec
from runtime.custom_probe import ShapeProbe
from runtime.custom_trust import TrustStore
from tests.builder.fixing_hands import fix_all
from tests.graph.custom_layers import GATE, GATE_ARGUMENTS, between, forward
from tests.runtime.custom_runs import Everything, Here

CONTROL = Qt.KeyboardModifier.ControlModifier
QUESTION = Question(GATE, "", '{"channels": 8}', (TensorSpec((BATCH, 8)),))


def load(window):
    """Opens a project with one custom layer and selects it."""
    window.session.load(Document(Project("Net", between(GATE, arguments=GATE_ARGUMENTS))))
    window._show_project()
    window.session.select(("n2",))
    return window.inspector.node_page


@pytest.fixture
def page(window, monkeypatch):
    """The inspector's page of a custom layer whose code nobody trusts yet."""
    monkeypatch.setattr(ShapeProbe, "_exit_code_of_child", Here._exit_code_of_child)
    return load(window)


def shape_of(window):
    return str(window.session.result("n2").outputs["out"])


def test_code_runs_only_after_it_was_shown_and_trusted(window, page, answers, qtbot):
    field = page.form.field("source")
    assert "Not trusted" in field.state.text()
    assert field.button.text() == "Review and trust..."
    qtbot.mouseClick(field.button, Qt.MouseButton.LeftButton)
    assert answers.asked[-1] == "review custom1"
    assert answers.reviewed == [GATE]
    assert [problem.code for problem in window.session.problems] == ["untrusted-code"]
    assert not TrustStore().is_trusted(GATE)
    answers.review_answer = True
    (button,) = page.problems.cards[0].fix_buttons
    assert button.text() == "Review and trust"
    assert "before anything runs" in button.toolTip()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert "Trusted" in field.state.text()
    assert window.session.problems == ()
    qtbot.waitUntil(lambda: shape_of(window) == "(N, 8)", timeout=30_000)
    assert page.cost.facts.text("Parameters") == "72"
    assert page.cost.facts.text("FLOPs") == "unknown"
    assert TrustStore().is_trusted(GATE)


def test_a_shape_that_is_being_computed_is_no_problem(window, page, qtbot, monkeypatch):
    may_answer, answered = Event(), Here._exit_code_of_child

    def wait(self, folder):
        assert may_answer.wait(30)
        return answered(self, folder)

    monkeypatch.setattr(ShapeProbe, "_exit_code_of_child", wait)
    TrustStore().trust(GATE)
    window.session.retry(["n2"])
    assert page.shapes.facts.text("Output") == "being computed..."
    assert page.cost.facts.text("Parameters") == "being computed..."
    assert window.session.problems == ()
    window.docks["Code"].raise_()
    qtbot.waitUntil(lambda: "still being computed" in window.code.pane.explanation())
    may_answer.set()
    qtbot.waitUntil(lambda: "class Gate" in window.code.pane.source(), timeout=30_000)
    assert page.shapes.facts.text("Output").startswith("(N, 8)")


@pytest.mark.timeout(300)
def test_the_shape_comes_from_a_process_of_its_own(window, qtbot):
    TrustStore().trust(GATE)
    load(window)
    qtbot.waitUntil(lambda: shape_of(window) == "(N, 8)", timeout=200_000)


def test_closing_the_window_ends_the_process(window, qtbot, monkeypatch):
    has_started, closed = Event(), []

    def hang(self, folder):
        has_started.set()
        closed.append(self._closed.wait(30))
        return 0

    monkeypatch.setattr(ShapeProbe, "_exit_code_of_child", hang)
    TrustStore().trust(GATE)
    load(window)
    assert has_started.wait(30)
    window.session.document.mark_saved()
    window.close()
    assert closed == [True]
    assert custom_shapes.ask_from_now_on(NOBODY) is NOBODY


def test_fixing_everything_trusts_nothing(window, page, answers):
    assert fix_all(window.session) == 0
    assert answers.asked == []
    assert not window.problems.fix_all_button.isEnabled()
    assert window.session.graph.nodes["n2"].params["source"] == GATE


def test_code_that_changes_is_not_trusted_any_more(window, page, qtbot):
    TrustStore().trust(GATE)
    window.session.retry(["n2"])
    field = page.form.field("source")
    assert "Trusted" in field.state.text()
    window.session.apply(SetParams("n2", {"source": f"{GATE}\n"}))
    assert "Not trusted" in field.state.text()
    assert [problem.code for problem in window.session.problems] == ["untrusted-code"]
    window.session.undo()
    assert "Trusted" in field.state.text()
    qtbot.waitUntil(lambda: shape_of(window) == "(N, 8)", timeout=30_000)


def test_running_again_asks_anew(window, page, qtbot, monkeypatch):
    TrustStore().trust(GATE)
    window.session.retry(["n2"])
    qtbot.waitUntil(lambda: shape_of(window) == "(N, 8)", timeout=30_000)
    asked, answered = [], Here._exit_code_of_child
    monkeypatch.setattr(
        ShapeProbe, "_exit_code_of_child", lambda self, folder: asked.append(1) or answered(self, folder)
    )
    field = page.form.field("source")
    assert field.button.text() == "Run again"
    qtbot.mouseClick(field.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: asked == [1] and shape_of(window) == "(N, 8)", timeout=30_000)


def test_trust_that_cannot_be_kept_is_told(window, page, answers, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    window.windows.shapes.trust.path = tmp_path / "file" / "trusted.json"
    answers.review_answer = True
    window.session.review_asked.emit(GATE)
    assert answers.errors[0].startswith("The code is not trusted: ")
    assert [problem.code for problem in window.session.problems] == ["untrusted-code"]


# The queue


def test_another_thread_waits_for_its_answer(qtbot):
    queue, found = ShapeQueue(Here(Everything())), []
    thread = Thread(target=lambda: found.append(queue.answer(QUESTION)))
    thread.start()
    thread.join()
    assert found == [Found(TensorSpec((BATCH, 8)), 72)]
    assert queue.answer(QUESTION) == found[0]
    queue.close()


def test_the_window_is_told_when_to_ask_again(qtbot):
    threads = []

    class Noting(Here):
        def _exit_code_of_child(self, folder):
            threads.append(threading.get_ident())
            return super()._exit_code_of_child(folder)

    queue = ShapeQueue(Noting(Everything()))
    with qtbot.waitSignal(queue.found, timeout=30_000):
        assert queue.answer(QUESTION) is None
        assert queue.answer(QUESTION) is None
    assert queue.answer(QUESTION) == Found(TensorSpec((BATCH, 8)), 72)
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()
    queue.close()


def test_a_fault_of_ours_is_logged_and_not_asked_for_ever(qtbot, caplog):
    class Broken(Here):
        def answer(self, question):
            raise KeyError("oops")

    queue = ShapeQueue(Broken(Everything()))
    assert queue.answer(QUESTION) is None
    qtbot.waitUntil(lambda: "could not be asked" in caplog.text)
    caplog.clear()
    queue.close()


def test_a_system_that_starts_no_process_is_a_problem(monkeypatch):
    def refuse(self, folder):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(ShapeProbe, "_exit_code_of_child", refuse)
    answer = ShapeProbe(Everything()).answer(QUESTION)
    assert answer.what == "its code could not be run: Cannot allocate memory"


# The editor


@pytest.fixture
def field(qtbot):
    holder = QWidget()
    field = make_field(CUSTOM.param("source"), holder)
    qtbot.addWidget(holder)
    holder.resize(400, 500)
    field.resize(400, 480)
    holder.show()
    qtbot.waitExposed(holder)
    holder.activateWindow()
    yield field
    holder.close()


def test_typing_is_told_line_by_line(qtbot, field):
    told = []
    field.edited.connect(lambda value, burst: told.append((value, burst)))
    field.show_value("", "", None)
    assert told == []
    assert not field.button.isEnabled()
    field.editor.setFocus()
    qtbot.keyClicks(field.editor, "class A:")
    qtbot.keyClick(field.editor, Qt.Key.Key_Return)
    qtbot.keyClicks(field.editor, "pass")
    qtbot.keyClick(field.editor, Qt.Key.Key_Return)
    qtbot.keyClick(field.editor, Qt.Key.Key_Tab)
    assert field.editor.toPlainText() == "class A:\n    pass\n        "
    assert told[-1][0] == field.editor.toPlainText()
    assert len({burst for _, burst in told}) == 3


def test_what_is_shown_from_outside_is_not_told_and_keeps_the_cursor(qtbot, field):
    told = []
    field.edited.connect(lambda value, burst: told.append(value))
    field.show_value(GATE, "", None)
    field.editor.setFocus()
    qtbot.waitUntil(field.editor.hasFocus)
    cursor = field.editor.textCursor()
    cursor.setPosition(40)
    field.editor.setTextCursor(cursor)
    field.show_value(GATE.replace("Lets", "Let"), "", None)
    field.show_value(GATE, "", None)
    assert told == []
    assert field.editor.toPlainText() == GATE
    assert field.editor.textCursor().position() == 40
    field.set_theme(dark())
    assert told == []


def test_the_source_is_reviewed_as_it_is_in_the_file(qtbot, field):
    source, asked, told = GATE.replace("\n", "\r\n") + "# \u00a0", [], []
    field.review_asked.connect(asked.append)
    field.edited.connect(lambda value, burst: told.append(value))
    field.show_value(source, "", None)
    field.set_theme(dark())
    assert told == []
    qtbot.mouseClick(field.button, Qt.MouseButton.LeftButton)
    assert asked == [source]
    field.editor.setFocus()
    qtbot.keyClicks(field.editor, "#")
    qtbot.mouseClick(field.button, Qt.MouseButton.LeftButton)
    assert asked[1] == told[-1] == field.editor.toPlainText()


def test_a_source_too_long_to_be_used_is_kept_and_not_shown(field):
    told = []
    field.edited.connect(lambda value, burst: told.append(value))
    field.show_value("x" * 10**6, "", None)
    assert field.state.text() == "1,000,000 characters are too many to be shown."
    assert not field.editor.isEnabled()
    assert not field.button.isEnabled()
    field.show_value(GATE, "", None)
    assert field.editor.isEnabled()
    assert field.editor.toPlainText() == GATE
    assert told == []


def test_an_emptied_editor_leaves_the_source_out(qtbot, field):
    told = []
    field.edited.connect(lambda value, burst: told.append(repr(value)))
    field.show_value("x", "", None)
    field.editor.setFocus()
    field.editor.selectAll()
    qtbot.keyClick(field.editor, Qt.Key.Key_Delete)
    assert told == ["UNSET"]


def test_undo_in_the_editor_is_that_of_the_document(window, page, qtbot):
    editor = page.form.field("source").editor
    editor.setFocus()
    qtbot.waitUntil(editor.hasFocus)
    qtbot.keyClicks(editor, "# a")
    assert window.session.graph.nodes["n2"].params["source"] == f"# a{GATE}"
    qtbot.keyClick(editor, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: window.session.graph.nodes["n2"].params["source"] == GATE)
    assert editor.toPlainText() == GATE


def test_escape_leaves_the_editor(qtbot, field):
    field.editor.setFocus()
    qtbot.waitUntil(field.editor.hasFocus)
    qtbot.keyClick(field.editor, Qt.Key.Key_Escape)
    assert not field.editor.hasFocus()


def test_a_new_custom_layer_works_at_once(window, qtbot, monkeypatch):
    monkeypatch.setattr(ShapeProbe, "_exit_code_of_child", Here._exit_code_of_child)
    project = Project("Net", between(CUSTOM.initial_params["source"]))
    window.session.load(Document(project))
    assert window.session.problems == ()
    qtbot.waitUntil(lambda: shape_of(window) == "(N, 8)", timeout=30_000)


# The dialog


def test_the_dialog_shows_every_line_and_enter_trusts_nothing(qtbot):
    wide = f"x = 1{' ' * 5000}# far away\n{forward('return x')}"
    dialog = ReviewDialog(["a", "b"], wide, light())
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    assert dialog.view.toPlainText() == wide
    assert dialog.view.isReadOnly()
    assert dialog.view.lineWrapMode() == QPlainTextEdit.LineWrapMode.WidgetWidth
    assert dialog.warning.text() == WARNING
    assert dialog.heading.text().startswith("a, b: 5 lines")
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.result() == ReviewDialog.DialogCode.Rejected
    dialog.show()
    qtbot.mouseClick(dialog.trust_button, Qt.MouseButton.LeftButton)
    assert dialog.result() == ReviewDialog.DialogCode.Accepted


def test_a_name_in_the_dialog_is_no_markup(qtbot):
    dialog = ReviewDialog(["<b>safe</b>"] * 9, GATE, dark())
    qtbot.addWidget(dialog)
    assert dialog.heading.textFormat() == Qt.TextFormat.PlainText
    assert dialog.heading.text().count("<b>safe</b>") == 5
    assert isinstance(dialog.view, QPlainTextEdit)
    assert not isinstance(dialog.view, SourceEditor)
