"""What most likely was not meant stands at its setting while the plan is typed, before any run."""

import pytest
from PySide6.QtWidgets import QLabel

from builder.panels.plan_edits import SETTING
from builder.session import Session
from builder.theme import ThemeManager, dark, light
from graph.document import Document, Project
from graph.edits import SetTraining
from runtime.plan import TrainingPlan
from tests.builder.plan_forms import shown_form
from tests.builder.test_plan_form import type_into

NARROW = 280  # pixels; the narrowest that the plan is beside the charts


@pytest.fixture
def session(qapp):
    return Session(Document(Project("Demo", training={"epochs": 4, "optimizer": {"type": "SGD", "lr": 0.1}})))


@pytest.fixture
def form(qtbot, session):
    with shown_form(qtbot, session, height=1400) as form:
        yield form


def set_plan(session, **changes):
    session.apply(SetTraining({**session.project.training, **changes}))


def optimizer(form):
    return form.parts["optimizer"].form


def told(form):
    """What is warned of, by path."""
    texts = {name: form.settings.warning_text(name) for name in SETTING}
    for part, shown in form.parts.items():
        texts |= {f"{part}.{name}": shown.form.warning_text(name) for name in shown.form.names}
        texts[f"{part}.type"] = shown.warning.text()
    return {path: text for path, text in texts.items() if text}


def test_it_stands_below_the_field_while_it_is_typed(qtbot, session, form):
    field = optimizer(form).field("momentum")
    type_into(qtbot, field, "1")
    text = optimizer(form).warning_text("momentum")
    assert text.startswith("optimizer.momentum is 1, so no gradient is ever forgotten")
    assert text.endswith("Set optimizer.momentum = 0.9.")
    (label,) = [each for each in form.findChildren(QLabel) if each.text() == text]
    assert label.isVisible()
    assert label.mapTo(form, label.rect().topLeft()).y() >= field.mapTo(form, field.rect().bottomLeft()).y()
    type_into(qtbot, field, "0.9")
    assert optimizer(form).warning_text("momentum") == ""
    assert not label.isVisible()


def test_it_is_no_error(qtbot, session, form):
    type_into(qtbot, optimizer(form).field("momentum"), "1")
    field = optimizer(form).field("momentum")
    assert (bool(field.property("doubtful")), bool(field.property("invalid"))) == (True, False)
    assert optimizer(form).problem_text("momentum") == ""
    assert not form.error.isVisible()
    assert TrainingPlan.from_mapping(session.project.training).optimizer.params.momentum == 1


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"optimizer": {"type": "Adam", "eps": 0}}, "optimizer.eps"),
        ({"optimizer": {"type": "SGD", "lr": 0}}, "optimizer.lr"),
        ({"clip_grad_norm": 1e-20}, "clip_grad_norm"),
        ({"clip_grad_value": 1e-20}, "clip_grad_value"),
        ({"ema_decay": 1}, "ema_decay"),
    ],
)
def test_each_is_told_at_its_own_setting(session, form, changes, path):
    assert told(form) == {}
    set_plan(session, **changes)
    ((where, text),) = told(form).items()
    assert where == path
    assert text.startswith(f"{path} is ")
    session.undo()
    assert told(form) == {}


def test_a_schedule_that_stops_learning_is_told_at_its_type(session, form):
    set_plan(session, scheduler={"type": "LinearLR", "total_iters": 1})
    scheduler = form.parts["scheduler"]
    assert scheduler.warning.isVisible()
    assert "LinearLR as set leaves a learning rate of 0 for 75% of the run" in scheduler.warning.text()
    assert scheduler.type_field.property("doubtful")
    assert scheduler.type_field.accessibleDescription() == scheduler.warning.text()
    assert not form.lr_preview.note.isVisible(), "told once"
    set_plan(session, scheduler={"type": "LinearLR", "total_iters": 4})
    assert not scheduler.warning.isVisible()


def test_it_does_not_come_and_go_while_something_else_is_typed(qtbot, session, form):
    set_plan(session, optimizer={"type": "SGD", "momentum": 1})
    before = optimizer(form).warning_text("momentum")
    for text in ("1e", "many", "-3"):
        type_into(qtbot, form.settings.field("clip_grad_norm"), text)
        assert form.settings.problem_text("clip_grad_norm") or text == "1e"
        assert optimizer(form).warning_text("momentum") == before != ""


def test_what_is_wrong_is_told_in_its_place(session, form):
    for ema_decay, is_wrong in ((1, False), (2, True), (1, False)):
        set_plan(session, ema_decay=ema_decay)
        assert bool(form.settings.problem_text("ema_decay")) is is_wrong
        assert bool(form.settings.warning_text("ema_decay")) is not is_wrong
        assert bool(form.settings.field("ema_decay").property("doubtful")) is not is_wrong


@pytest.mark.parametrize("changes", [{"ema_decay": 1}, {"ema_decay": 2}])
def test_a_screen_reader_hears_what_stands_below(session, form, changes):
    field = form.settings.field("ema_decay")
    usual = field.accessibleDescription()
    set_plan(session, **changes)
    told = form.settings.problem_text("ema_decay") or form.settings.warning_text("ema_decay")
    assert field.accessibleDescription() == f"{usual} {told}"
    session.undo()
    assert field.accessibleDescription() == usual


@pytest.mark.parametrize("mode", [light, dark])
def test_it_is_coloured_as_warnings_are(qtbot, qapp, session, form, mode):
    ThemeManager(qapp, mode().name)
    set_plan(session, ema_decay=1)
    (label,) = [each for each in form.findChildren(QLabel) if each.text().startswith("ema_decay is 1")]
    qtbot.waitUntil(lambda: label.palette().windowText().color().name() == mode().warning)


def test_it_is_read_whole_in_a_narrow_panel(qtbot, session, form):
    set_plan(session, ema_decay=1, optimizer={"type": "Adam", "eps": 0})
    form.window().resize(NARROW, 2400)
    for text in told(form).values():
        (label,) = [each for each in form.findChildren(QLabel) if each.text() == text]
        qtbot.waitUntil(lambda label=label: label.height() >= label.heightForWidth(label.width()))
        assert label.mapTo(form, label.rect().topRight()).x() <= form.width()
