"""The training plan's form."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel

from builder.panels.field_text import UNSET
from builder.panels.plan_edits import (
    NO_SCHEDULER,
    PARTS,
    part_value,
    value_problems,
    with_part_type,
    with_part_value,
    with_setting,
)
from builder.session import Session
from graph.document import Document, Project
from graph.edits import SetTraining
from graph.templates import template, templates
from runtime.plan import TABLES, TrainingPlan
from tests.builder.plan_forms import shown_form

RESIZED = {
    "data": {
        "source": "digits",
        "transforms": {
            "train": [{"type": "Resize", "size": 28}, {"type": "Normalize", "mean": [0.5], "std": [0.5]}],
            "eval": [{"type": "Resize", "size": 28}],
        },
    },
}


@pytest.fixture
def session(qapp):
    return Session(
        Document(Project("Demo", training={"epochs": 3, "optimizer": {"type": "Adam", "lr": 0.01}}))
    )


@pytest.fixture
def form(qtbot, session):
    with shown_form(qtbot, session, height=1200) as form:
        yield form


def training(session):
    return session.project.training


def type_into(qtbot, field, text):
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    line = field.lineEdit() if hasattr(field, "lineEdit") else field
    line.selectAll()
    qtbot.keyClicks(field, text)


def choose(qtbot, combo, text):
    combo.setFocus()
    qtbot.waitUntil(combo.hasFocus)
    qtbot.keyClicks(combo, text)
    assert combo.currentText().startswith(text)


def test_the_data_speaks_and_pytorch_keeps_its_keywords(form):
    labels = {label.text() for label in form.findChildren(QLabel)}
    assert {"Validation fraction", "Resize", "Batch size", "lr", "weight_decay", "betas"} <= labels


def test_the_form_shows_the_plan(form):
    assert form.parts["optimizer"].type_field.currentText() == "Adam"
    assert form.parts["optimizer"].form.field("lr").text() == "0.01"
    assert form.parts["scheduler"].type_field.currentText() == "None"
    assert form.settings.field("epochs").lineEdit().text() == "3"
    assert form.settings.field("batch_size").lineEdit().placeholderText() == "64"
    assert not form.error.isVisible()


def test_typing_is_one_step(qtbot, session, form):
    type_into(qtbot, form.parts["optimizer"].form.field("lr"), "0.005")
    assert training(session)["optimizer"]["lr"] == 0.005
    session.undo()
    assert training(session)["optimizer"]["lr"] == 0.01
    assert session.document.undo_label is None


def test_another_optimizer_keeps_what_both_share(qtbot, session, form):
    choose(qtbot, form.parts["optimizer"].type_field, "SGD")
    assert training(session)["optimizer"] == {"type": "SGD", "lr": 0.01}
    assert "momentum" in form.parts["optimizer"].form.names
    session.undo()
    assert form.parts["optimizer"].type_field.currentText() == "Adam"
    assert "betas" in form.parts["optimizer"].form.names


def test_a_loss_tells_what_it_needs_the_way_it_is_set(session, form):
    session.load(Document(Project(training={"loss": {"type": "FocalLoss"}})))
    loss = form.parts["loss"]
    assert "Takes logits (N, classes, ...); compares with class numbers" in loss.help.text()
    session.apply(SetTraining({"loss": {"type": "FocalLoss", "task": "binary"}}, "Set loss task"))
    assert "Takes logits (N, ...); compares with 0 for no to 1 for yes" in loss.help.text()


def test_class_weights_are_typed_or_balanced(qtbot, session, form):
    field = form.parts["loss"].form.field("weight")
    type_into(qtbot, field, "balanced")
    assert training(session)["loss"] == {"type": "CrossEntropyLoss", "weight": "balanced"}
    type_into(qtbot, field, "1, 0.5, 2")
    assert training(session)["loss"]["weight"] == [1, 0.5, 2]
    assert not form.error.isVisible()


def test_settings_stand_in_the_groups_that_they_are_declared_in(form):
    labels = {label.text() for label in form.findChildren(QLabel)}
    assert {"Run", "Precision", "Gradient", "Early stopping", "Checkpoints"} <= labels
    assert set(form.settings.groups["Early stopping"].form.names) == {
        "early_stopping.patience",
        "early_stopping.metric",
        "early_stopping.min_delta",
    }
    assert form.settings.field("monitor").placeholderText() == "val_loss"


def test_early_stopping_is_a_part_of_its_own_that_comes_and_goes(qtbot, session, form):
    type_into(qtbot, form.settings.field("early_stopping.patience"), "3")
    assert training(session)["early_stopping"] == {"patience": 3}
    type_into(qtbot, form.settings.field("early_stopping.min_delta"), "-1")
    assert form.settings.problem_text("early_stopping.min_delta") == "Expected a number of at least 0."
    session.undo()
    session.undo()
    assert "early_stopping" not in training(session)
    assert with_setting({"early_stopping": {"patience": 3}}, "early_stopping.patience", UNSET) == {}
    assert with_setting({"early_stopping": 4}, "early_stopping.patience", 2)["early_stopping"] == {
        "patience": 2
    }


@pytest.mark.parametrize(
    ("data", "is_used"),
    [
        ({"source": "digits"}, False),
        ({"source": "csv", "feed": "memory"}, False),
        ({"source": "digits", "feed": "stream"}, True),
        ({"source": "torchvision:DTD"}, True),
        ({"source": "image_folder"}, True),
    ],
    ids=str,
)
def test_processes_are_asked_for_where_they_have_something_to_do(session, form, data, is_used):
    session.apply(SetTraining({"data": data}))
    form.refresh()
    field = form.parts["data"].form.field("workers")
    assert field.isEnabled() == is_used
    assert ("nothing to decode" in field.toolTip()) != is_used


@pytest.mark.parametrize(
    ("changes", "offered", "left_out"),
    [
        ({}, {"val_loss", "val_accuracy", "val_f1.logits", "val_accuracy.parity"}, {"val_r2.logits"}),
        ({"outputs": {}}, {"val_loss", "val_accuracy", "val_f1"}, {"val_r2", "val_f1.logits"}),
        ({"outputs": {}, "loss": "MSELoss"}, {"val_loss", "val_r2"}, {"val_accuracy", "train_accuracy"}),
    ],
    ids=["an Output each", "one loss for all", "numbers"],
)
def test_metrics_that_a_run_will_tell_are_offered(qtbot, qapp, changes, offered, left_out):
    session = Session(Document(template("MultiHead").project()))
    with shown_form(qtbot, session) as form:
        session.apply(SetTraining({**training(session), **changes}))
        for name in ("monitor", "early_stopping.metric"):
            words = form.settings.field(name).completer().model().stringList()
            assert offered <= set(words)
            assert left_out.isdisjoint(words)


def test_a_metric_that_is_offered_is_taken(qtbot, session, form):
    field = form.settings.field("monitor")
    type_into(qtbot, field, "ACC")
    qtbot.waitUntil(field.completer().popup().isVisible)
    qtbot.keyClick(field.completer().popup(), Qt.Key.Key_Down)
    qtbot.keyClick(field.completer().popup(), Qt.Key.Key_Return)
    assert training(session)["monitor"] == field.text() == "train_accuracy"
    assert not field.completer().popup().isVisible()


def test_a_scheduler_can_be_chosen_and_taken_away(qtbot, session, form):
    choose(qtbot, form.parts["scheduler"].type_field, "StepLR")
    assert training(session)["scheduler"] == {"type": "StepLR"}
    qtbot.keyClick(form.parts["scheduler"].type_field, Qt.Key.Key_Home)
    assert "scheduler" not in training(session)


def test_a_wrong_value_is_kept_marked_and_explained(qtbot, session, form):
    type_into(qtbot, form.settings.field("batch_size"), "many")
    assert training(session)["batch_size"] == "many"
    assert form.settings.problem_text("batch_size") == "Expected an integer of at least 1."
    assert form.error.isVisible()
    assert 'batch_size is "many"' in form.error.label.text()
    session.undo()
    assert not form.error.isVisible()


def test_what_is_wrong_is_called_as_the_form_calls_it(qtbot, session, form):
    session.apply(SetTraining({**training(session), "data": {"source": "digits", "val_fraction": 0.999}}))
    assert form.error.label.text().startswith("“Validation fraction” is 0.999. ")


def test_the_name_of_a_changed_setting_is_not_cut_in_the_middle_of_a_letter(session, form):
    settings = form.parts["data"].form
    name = "val_fraction"
    for value in (None, 0.25):
        change = {} if value is None else {name: value}
        session.apply(SetTraining({**training(session), "data": {"source": "digits", **change}}))
        label = settings.label(name)
        assert label.font().bold() is (value is not None)
        assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width()


def test_values_that_do_not_go_together_are_marked(qtbot, session, form):
    choose(qtbot, form.parts["optimizer"].type_field, "SGD")
    form.parts["optimizer"].form.field("nesterov").click()
    assert "momentum above 0" in form.parts["optimizer"].form.problem_text("nesterov")


def test_images_are_resized_by_a_number_in_the_form(qtbot, session, form):
    type_into(qtbot, form.parts["data"].form.field("resize"), "28")
    assert training(session)["data"]["transforms"]["train"] == [{"type": "Resize", "size": 28}]
    assert TrainingPlan.from_mapping(training(session)).data.train_transforms[0].params.size == 28


def test_a_folder_is_chosen_with_a_dialog(qtbot, session, form, monkeypatch):
    choose(qtbot, form.parts["data"].type_field, "MNIST")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "/data/mnist")
    field = form.parts["data"].form.field("root")
    button = next(child for child in field.children() if child.__class__.__name__ == "QToolButton")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert training(session)["data"] == {"source": "torchvision:MNIST", "root": "/data/mnist"}


def test_unknown_types_of_a_file_are_shown_and_not_lost(session, form):
    session.load(Document(Project(training={"optimizer": {"type": "Lion", "lr": 1}})))
    assert form.parts["optimizer"].type_field.currentText() == "Lion"
    assert form.error.isVisible()
    assert training(session) == {"optimizer": {"type": "Lion", "lr": 1}}


@pytest.mark.parametrize(
    "broken",
    [
        {"optimizer": 3},
        {"data": []},
        {"data": {"transforms": 4}},
        {"data": {"transforms": {"train": 3}}},
        {"loss": {"type": []}},
        {"epochs": None},
    ],
)
def test_whatever_a_file_holds_the_form_can_show_it(session, form, broken):
    session.load(Document(Project(training=broken)))
    assert form.error.isVisible()


@pytest.mark.parametrize("part", PARTS)
def test_every_choice_gives_a_plan_that_can_be_used(part):
    for name in TABLES[part]:
        plan = TrainingPlan.from_mapping(with_part_type({"epochs": 3}, part, name))
        assert getattr(plan, part).source.type == name if part == "data" else getattr(plan, part).type == name


def test_every_template_has_a_plan_without_problems():
    for each in templates():
        assert value_problems(each.project().training) == {}


def test_resizing_keeps_the_other_steps_in_both_chains():
    changed = with_part_value(RESIZED, "data", "resize", [32, 32])
    assert part_value(changed, "data", "resize") == [32, 32]
    assert [step["type"] for step in changed["data"]["transforms"]["train"]] == ["Resize", "Normalize"]
    assert changed["data"]["transforms"]["eval"] == [{"type": "Resize", "size": [32, 32]}]
    without = with_part_value(changed, "data", "resize", UNSET)
    assert without["data"]["transforms"]["eval"] == []
    assert [step["type"] for step in without["data"]["transforms"]["train"]] == ["Normalize"]


def test_the_source_can_change_without_losing_the_preparation():
    changed = with_part_type(RESIZED, "data", "torchvision:MNIST")
    assert changed["data"]["transforms"] == RESIZED["data"]["transforms"]


def test_steps_for_images_do_not_follow_to_data_that_has_none():
    steps = {"train": [{"type": "Resize", "size": 8}, {"type": "GaussianNoise"}], "eval": None}
    table = with_part_type({"data": {"source": "digits", "transforms": steps}}, "data", "csv")
    assert table["data"]["transforms"] == {"train": [{"type": "GaussianNoise"}], "eval": None}
    arrays = with_part_type({"data": {"source": "digits", "transforms": steps}}, "data", "arrays")
    assert arrays["data"]["transforms"] == steps, "arrays may be images"


def test_a_type_is_typed_without_losing_what_those_on_the_way_do_not_know(qtbot, session, form):
    steps = {"train": [{"type": "Resize", "size": 8}], "eval": None}
    session.apply(SetTraining({"data": {"source": "digits", "transforms": steps}}, "Set data"))
    choose(qtbot, form.parts["data"].type_field, "Image")  # by way of "Iris flowers"
    assert training(session)["data"] == {"source": "image_folder", "transforms": steps}
    session.undo()
    assert training(session)["data"]["source"] == "iris"


def test_nothing_is_changed_in_place():
    before = {"epochs": 3, "optimizer": {"type": "SGD", "lr": 0.1}}
    with_part_value(before, "optimizer", "lr", 0.2)
    with_setting(before, "epochs", UNSET)
    with_part_type(before, "scheduler", NO_SCHEDULER)
    assert before == {"epochs": 3, "optimizer": {"type": "SGD", "lr": 0.1}}
