"""A monkey at the window: whatever it does, nothing breaks, and undo takes all of it back."""

import pytest

from graph.document import Document
from graph.templates import template
from tests.monkey import Outcome, torment, watched

EVENTS = 600


@pytest.mark.parametrize(("name", "seed"), [("SmallCNN", 11), ("UNet", 12), ("GPT", 13)])
def test_whatever_a_monkey_does_is_taken_back(window, name, seed):
    window.files.show(Document(template(name).project()))
    outcome = Outcome()
    with watched(outcome):
        torment(window, EVENTS, seed, outcome)
    assert outcome.is_good, str(outcome)
    assert outcome.events == EVENTS


def test_a_monkey_notices_what_breaks(window, monkeypatch):
    window.files.show(Document(template("SmallCNN").project()))
    monkeypatch.setattr(Document, "undo", lambda document: 1 / 0)
    outcome = Outcome()
    with watched(outcome):
        window.actions_["edit.delete"].trigger()
        window.session.select(window.session.graph.nodes)
        window.actions_["edit.delete"].trigger()
        window.actions_["edit.undo"].trigger()
    assert any("ZeroDivisionError" in error for error in outcome.errors)
    assert not outcome.is_good
