"""The steps that prepare samples: added, set, moved and removed in the plan's form."""

import pytest

from builder.panels.chain_edits import chain_problems, following_steps, has_own_eval, steps_of, with_own_eval
from builder.panels.chain_form import STEADY
from builder.session import Session
from graph.document import Document, Project
from graph.edits import SetTraining
from graph.templates import template
from runtime.data.transform_choices import TRANSFORMS
from runtime.plan import TrainingPlan
from tests.builder.plan_forms import shown_form

CROP = {"type": "RandomCrop", "size": 8, "padding": 1}
NORMALIZE = {"type": "Normalize", "mean": [0.25], "std": [0.75]}


def plan(train=(), **more):
    return {"data": {"source": "digits", "transforms": {"train": list(train), **more}}}


@pytest.fixture
def session(qapp):
    project = template("SmallCNN").project()
    project.training = plan([CROP, NORMALIZE])
    return Session(Document(project))


@pytest.fixture
def form(qtbot, session):
    with shown_form(qtbot, session) as form:
        form.transforms.header.click()
        yield form


def chain(session, split="train"):
    return session.project.training["data"].get("transforms", {}).get(split)


def action(form, split, name):
    return next(each for each in form.transforms.chains[split].menu.actions() if each.text() == name)


def test_the_steps_are_shown_in_their_order(form):
    crop, normalize = form.transforms.chains["train"].forms
    assert form.transforms.summary.text() == "RandomCrop, Normalize"
    assert (crop.type_field.accessibleName(), crop.type_field.currentText()) == ("Step 1", "RandomCrop")
    assert crop.form.field("size").text() == "8"
    assert normalize.form.field("mean").text() == "0.25"
    assert form.transforms.following.text() == "Validation samples: CenterCrop, Normalize."
    assert not form.transforms.chains["eval"].isVisible()


def test_a_step_is_added_and_taken_back(session, form):
    action(form, "train", "RandomHorizontalFlip").trigger()
    assert chain(session) == [CROP, NORMALIZE, {"type": "RandomHorizontalFlip"}]
    session.undo()
    assert chain(session) == [CROP, NORMALIZE]
    assert len(form.transforms.chains["train"].forms) == 2


def test_typing_in_a_step_is_one_edit(qtbot, session, form):
    field = form.transforms.chains["train"].forms[0].form.field("padding")
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    qtbot.keyClicks(field, "12")
    assert chain(session)[0]["padding"] == 12
    session.undo()
    assert chain(session) == [CROP, NORMALIZE]


def test_steps_are_moved_and_removed(session, form):
    first, second = form.transforms.chains["train"].forms
    assert not first.up.isEnabled()
    assert first.up.toolTip() == "It is the first step."
    assert second.down.toolTip() == "It is the last step."
    first.down.click()
    assert chain(session) == [NORMALIZE, CROP]
    second.up.click()
    assert chain(session) == [CROP, NORMALIZE]
    first.remove.click()
    assert chain(session) == [NORMALIZE]
    assert [each.type_field.currentText() for each in form.transforms.chains["train"].forms] == ["Normalize"]


def test_another_type_keeps_what_both_know(session, form):
    form.transforms.chains["train"].forms[0].retyped.emit("CenterCrop")
    assert chain(session)[0] == {"type": "CenterCrop", "size": 8}


def test_validation_may_have_steps_of_its_own(session, form):
    form.transforms.own_eval.click()
    assert chain(session, "eval") == [{"type": "CenterCrop", "size": 8}, NORMALIZE]
    assert form.transforms.chains["eval"].isVisible()
    menu = [each.text() for each in form.transforms.chains["eval"].menu.actions()]
    assert menu == list(STEADY)
    assert "RandomCrop" not in menu
    form.transforms.own_eval.click()
    assert chain(session, "eval") is None


def test_what_is_wrong_is_marked_and_unfolds(session, form):
    form.transforms.header.click()
    assert not form.transforms.chains["train"].isVisible()
    session.apply(SetTraining(plan([{**CROP, "size": -3}]), "Set data"))
    assert form.transforms.chains["train"].isVisible()
    assert form.transforms.chains["train"].forms[0].form.problem_text("size").startswith("Expected")
    assert form.error.isVisible()


def test_steps_for_images_are_only_for_images(session, form):
    assert action(form, "train", "RandomCrop").isEnabled()
    session.load(Document(template("TabularMLP").project()))
    assert not action(form, "train", "RandomCrop").isEnabled()
    assert action(form, "train", "RandomCrop").toolTip() == "Only for images: the Input takes none."
    assert action(form, "train", "GaussianNoise").isEnabled()


@pytest.mark.parametrize("steps", [3, [3], [{"size": 3}], [{"type": []}], [{"type": "Foo"}]])
def test_whatever_a_file_holds_the_form_can_show_it(session, form, steps):
    training = {"data": {"source": "digits", "transforms": {"train": steps, "eval": steps}}}
    session.load(Document(Project(training=training)))
    assert form.error.isVisible()
    assert following_steps(training) == ()


@pytest.mark.parametrize("name", TRANSFORMS)
def test_every_step_can_be_added(name):
    training = plan([{"type": name}])
    assert chain_problems(training) == {}
    assert len(TrainingPlan.from_mapping(training).data.train_transforms) == 1


def test_nothing_is_changed_in_place():
    training = plan([CROP])
    own = with_own_eval(training, True)
    assert has_own_eval(own)
    assert not has_own_eval(training)
    assert steps_of({"data": "digits"}, "train") == []
    assert steps_of(plan(["Resize"]), "train") == [{"type": "Resize"}]
    assert with_own_eval({"data": "digits"}, False) == {"data": {"source": "digits"}}
    assert with_own_eval({"data": {"source": 3}}, True)["data"]["transforms"] == {"eval": []}
