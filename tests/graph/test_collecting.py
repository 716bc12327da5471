"""Python's search for garbage is held off while a network's results are made, and only then."""

import gc
import threading
from weakref import ref

import pytest

from graph.catalog import CATALOG
from graph.collecting import HOLD, set_aside, without_collecting
from graph.document import Document, Project
from graph.edits import SetParams
from graph.inference import Inference
from tests.graph.builders import chain


@pytest.fixture(autouse=True)
def _python_collects():
    """As outside the tests, where Python collects by itself."""
    gc.enable()
    yield
    gc.disable()


@pytest.fixture
def seen(monkeypatch):
    """Whether Python collected, each time that a Linear layer's shape was worked out."""
    found = []
    infer = CATALOG["Linear"].infer

    def noted(inputs, params):
        found.append(gc.isenabled())
        return infer(inputs, params)

    monkeypatch.setitem(CATALOG["Linear"].__dict__, "infer", noted)
    return found


def linear_network():
    return chain(("Input", {"shape": [4]}), ("Linear", {"out_features": 8}), "Output")


def test_it_is_held_off_while_a_whole_network_is_looked_at(seen):
    Inference(linear_network())
    assert seen == [False]
    assert gc.isenabled()


def test_it_is_held_off_while_an_edit_is_followed(seen):
    document = Document(Project(graph=linear_network()))
    inference = Inference(document.graph)
    inference.update(document.apply(SetParams("n1", {"shape": [5]})))
    assert seen == [False, False]
    assert gc.isenabled()


def test_it_goes_on_whatever_happens():
    with pytest.raises(RuntimeError, match="stopped"), without_collecting():
        raise RuntimeError("stopped")
    assert gc.isenabled()


def test_who_had_it_off_before_gets_it_back_so():
    gc.disable()
    with without_collecting():
        pass
    assert not gc.isenabled()


def test_it_stays_off_until_the_last_of_all_threads_lets_go():
    taken, let_go = threading.Event(), threading.Event()

    def hold():
        with without_collecting():
            taken.set()
            let_go.wait(10)

    with without_collecting():
        thread = threading.Thread(target=hold)
        thread.start()
        assert taken.wait(10)
    assert not gc.isenabled()
    let_go.set()
    thread.join(10)
    assert gc.isenabled()


def test_one_holder_can_have_it_turned_on_once_all_have_let_go():
    gc.disable()
    HOLD.take()
    HOLD.take()
    HOLD.release(resumes=True)
    assert not gc.isenabled()
    HOLD.release()
    assert gc.isenabled()


class Circle:
    """Garbage that only a search finds, once nobody holds it."""

    def __init__(self):
        self.own = self


def test_garbage_is_gone_before_the_rest_is_set_aside():
    garbage, held = Circle(), Circle()
    is_there, is_held = ref(garbage), ref(held)
    del garbage
    before = gc.get_freeze_count()
    set_aside()
    assert is_there() is None
    assert is_held() is held
    assert gc.get_freeze_count() > before
    gc.unfreeze()


def test_nothing_is_searched_for_garbage_while_that_is_held_off():
    garbage = Circle()
    is_there = ref(garbage)
    del garbage
    with without_collecting():
        set_aside()
    assert is_there() is not None
    gc.unfreeze()
