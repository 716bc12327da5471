"""Choices in a form: none is cut, however narrow the inspector is."""

import pytest
from PySide6.QtWidgets import QStyle, QStyleOptionComboBox, QVBoxLayout, QWidget

from builder.panels.forms import SpecForm
from builder.theme import ThemeManager
from graph.catalog import CATALOG

PARAMS = CATALOG["Backbone"].params
NARROW, WIDE = 258, 420  # pixels


@pytest.fixture
def form(qtbot, qapp):
    ThemeManager(qapp, "light")
    holder = QWidget()
    form = SpecForm(PARAMS)
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(form)
    layout.addStretch(1)
    qtbot.addWidget(holder)
    holder.resize(NARROW, 400)
    holder.show()
    qtbot.waitExposed(holder)
    yield form
    holder.close()


def room(field):
    """The pixels that a box has for its text."""
    option = QStyleOptionComboBox()
    field.initStyleOption(option)
    part = QStyle.SubControl.SC_ComboBoxEditField
    return field.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, field).width()


def is_below(form, name):
    return form.field(name).y() >= form.label(name).geometry().bottom()


def test_long_choices_stand_below_their_name_where_they_would_be_cut_beside_it(form, qtbot):
    qtbot.waitUntil(lambda: is_below(form, "model"))
    assert not is_below(form, "head")
    field = form.field("model")
    for index in range(field.count()):
        field.setCurrentIndex(index)
        assert field.fontMetrics().horizontalAdvance(field.currentText()) <= room(field)


def test_in_a_wide_form_they_stand_beside_it(form, qtbot):
    qtbot.waitUntil(lambda: is_below(form, "model"))
    form.window().resize(WIDE, 400)
    qtbot.waitUntil(lambda: not is_below(form, "model"))
    field = form.field("model")
    assert field.whole_width <= field.width()
    form.window().resize(NARROW, 400)
    qtbot.waitUntil(lambda: is_below(form, "model"))
