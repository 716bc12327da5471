"""Workflow 1: the first start, offline, from the welcome page to a curve that falls."""

import socket

import pytest
from PySide6.QtTest import QTest

from tests.builder.workflows.walking import NO_KEY, Key, stop_button


@pytest.fixture
def offline(monkeypatch):
    """A machine that reaches no other."""

    def refuse(_socket, address):
        raise AssertionError(f"something called {address}")

    for way in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, way, refuse)


def test_first_start_template_by_keyboard_and_a_falling_curve(person, offline):
    window = person.window
    QTest.keyClicks(window.focusWidget() or window.welcome, "tiny")
    assert window.welcome.gallery.search.text() == "tiny"
    person.press(Key.Key_Down, NO_KEY)
    assert window.focusWidget().text() == "TinyRNN"
    person.press(Key.Key_Return, NO_KEY)
    assert window.canvas.hasFocus()
    assert window.session.project.name == "TinyRNN"
    assert window.status.validity.text() == "Valid"

    dashboard = window.training.dashboard
    person.press(Key.Key_Return)
    person.wait(lambda: len(dashboard.series("val_loss")[0]) >= 2)
    assert dashboard.isVisible(), "the curves come to the front by themselves"
    assert dashboard.charts["loss"].isVisible()
    person.wait(lambda: has_fallen(dashboard.series("loss")[1]))
    person.click(stop_button(window))
    person.wait(lambda: not window.controller.is_active)


def has_fallen(losses):
    return len(losses) >= 20 and sum(losses[-10:]) < 0.7 * sum(losses[:10])
