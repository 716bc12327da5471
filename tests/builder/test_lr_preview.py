"""The learning rate is drawn before anything is trained."""

import pytest
from PySide6.QtGui import QColor

from builder.panels.lr_preview import STEPS_PER_EPOCH, LrPreview
from builder.panels.plan_form import PlanForm
from builder.session import Session
from builder.theme import light
from graph.document import Document
from graph.edits import SetTraining
from graph.templates import template
from runtime.plan import TrainingPlan, lr_at, lr_curve


def plan(**settings):
    return TrainingPlan.from_mapping({"optimizer": {"type": "SGD", "lr": 0.1}, "epochs": 10, **settings})


@pytest.fixture
def preview(qtbot):
    preview = LrPreview()
    qtbot.addWidget(preview)
    preview.set_theme(light())
    preview.resize(300, 140)
    preview.show()
    return preview


def show(preview, plan):
    preview.show_curve(lr_curve(plan, STEPS_PER_EPOCH), plan.epochs)


def height_at(preview, epoch, epochs):
    """Where the curve is drawn at an epoch, as a share of the plot's height from its foot."""
    picture = preview.plot.grab().toImage()
    line = QColor(light().plot_lr)
    columns = range(picture.width())
    found = {x: [y for y in range(picture.height()) if near(picture.pixelColor(x, y), line)] for x in columns}
    drawn = [x for x in columns if found[x]]
    x = drawn[0] + round((drawn[-1] - drawn[0]) * epoch / epochs)
    lows = [max(rows) for rows in found.values() if rows]
    return (max(lows) - min(found[x])) / (max(lows) - min(min(rows) for rows in found.values() if rows))


def near(color, other):
    return all(abs(a - b) < 60 for a, b in zip(color.getRgb(), other.getRgb(), strict=True))


def test_the_curve_is_that_of_the_plan(preview):
    cosine = plan(scheduler={"type": "CosineAnnealingLR", "warmup_epochs": 2})
    show(preview, cosine)
    for epoch in (1, 2, 6):
        expected = lr_at(cosine, epoch * STEPS_PER_EPOCH, STEPS_PER_EPOCH) / 0.1
        assert height_at(preview, epoch, 10) == pytest.approx(expected, abs=0.06)
    assert "reaches 0.1" in preview.plot.accessibleDescription()


def test_a_constant_rate_is_drawn_too(preview):
    show(preview, plan())
    assert preview.plot.accessibleDescription() == "Starts at 0.1, reaches 0.1, ends at 0.1."
    assert not preview.note.isVisible()


def test_what_the_run_decides_is_said(preview):
    show(preview, plan(scheduler={"type": "ReduceLROnPlateau"}))
    assert preview.note.isVisible()
    assert "val_loss" in preview.note.text()


def test_it_follows_the_plan_and_hides_while_that_is_broken(qtbot):
    session = Session(Document(template("MLP").project()))
    form = PlanForm(session)
    qtbot.addWidget(form)
    before = form.lr_preview.plot.accessibleDescription()
    session.apply(SetTraining({**session.project.training, "optimizer": {"type": "SGD", "lr": 0.5}}, "lr"))
    assert form.lr_preview.plot.accessibleDescription() != before
    assert not form.lr_preview.isHidden()
    session.apply(SetTraining({**session.project.training, "epochs": -1}, "epochs"))
    assert form.lr_preview.isHidden()
