"""A monkey at the window: whatever it does, nothing breaks, and undo takes all of it back."""

import pytest

from graph.document import Document
from graph.edits import SetParams
from graph.inference import Inference
from graph.templates import template
from tests.monkey import Outcome, torment, watched
from tests.monkey_watch import stale

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


def test_a_monkey_notices_what_is_known_no_more(window, monkeypatch):
    window.files.show(Document(template("SmallCNN").project()))
    assert not list(stale(window.session))
    monkeypatch.setattr(Inference, "note", lambda inference, change: None)
    conv = window.session.graph.by_name("conv2")
    window.session.apply(SetParams(conv.id, {"out_channels": 7}))
    assert "stale: what is known of a Conv2d in the main graph" in list(stale(window.session))
