"""One run at a time, in its thread, and its end under every circumstance."""

import gc
import json
import threading
from time import perf_counter

import pytest

from builder.run_controller import AFTERMATH, FRAME, LONGEST_FRAME, SHARE, SHORT, RunController
from builder.turns import MOMENT
from graph.edits import SetParams
from graph.storage import to_bytes
from runtime.events import RunEnded, RunStarted, StateChanged, StepsRecorded
from runtime.thread import TrainingThread
from tests.builder.small_networks import spirals

PATIENCE = 60_000  # milliseconds; PyTorch may have to be loaded


@pytest.fixture
def script(monkeypatch):
    """Puts these events in the place of a training; then the thread waits for the stop, or just ends."""

    def use(*events, waits=True):
        def run(thread):
            for event in events:
                thread._mailbox.put(event)
            thread.changed.emit()
            if waits:
                wait_for_stop(thread.control)
                thread._mailbox.put(RunEnded("stopped", step=7))

        monkeypatch.setattr(TrainingThread, "run", run)

    return use


def wait_for_stop(control):
    gate = threading.Event()
    while not control.stopped:
        gate.wait(0.005)


@pytest.fixture
def controller(qapp):
    controller = RunController()
    yield controller
    controller.shut_down()


STARTED = RunStarted("/tmp", "cpu", "float32", 3, 5, 15, 72, 18, 51)


def test_a_run_from_start_to_finish(qtbot, controller, tmp_path):
    document = spirals()
    states, events = [], []
    controller.state_changed.connect(states.append)
    controller.events.connect(events.extend)
    with qtbot.waitSignal(controller.ended, timeout=PATIENCE) as ended:
        controller.start(document.project, tmp_path / "run")
        assert controller.is_active
    assert ended.args[0].state == "finished"
    assert states == ["preparing", "running", "idle"]
    steps = [step for event in events if isinstance(event, StepsRecorded) for step in event.losses]
    assert len(steps) == 15
    assert isinstance(events[-1], RunEnded)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["state"] == "finished"
    assert not controller.is_active


def test_pause_resume_and_stop(qtbot, controller, tmp_path, script):
    script(STARTED)
    states = []
    controller.state_changed.connect(states.append)
    controller.start(spirals().project, tmp_path)
    qtbot.waitUntil(lambda: controller.state == "running")
    controller.toggle_pause()
    assert controller.state == "paused"
    controller.toggle_pause()
    with qtbot.waitSignal(controller.ended) as ended:
        controller.stop()
    assert ended.args[0] == RunEnded("stopped", step=7)
    assert states == ["preparing", "running", "paused", "running", "stopping", "idle"]


def test_python_collects_no_garbage_in_the_training_thread(qtbot, controller, tmp_path, script):
    script(STARTED)
    gc.enable()
    try:
        controller.start(spirals().project, tmp_path)
        qtbot.waitUntil(lambda: controller.state == "running")
        assert not gc.isenabled()
        with qtbot.waitSignal(controller.ended):
            controller.stop()
        assert gc.isenabled()
    finally:
        gc.disable()


def test_word_from_before_the_stop_does_not_look_like_running_on(qtbot, controller, tmp_path, script):
    script(STARTED, StateChanged("running"))
    controller.start(spirals().project, tmp_path)
    states = []
    controller.state_changed.connect(states.append)
    controller.stop()
    qtbot.waitUntil(lambda: controller.state == "idle")
    assert states == ["stopping", "idle"]


def test_shutting_down_stops_saves_and_waits(qtbot, controller, tmp_path, script):
    script(STARTED)
    controller.start(spirals().project, tmp_path)
    ended = []
    controller.ended.connect(ended.append)
    assert controller.shut_down()
    assert not controller.is_active
    assert [end.state for end in ended] == ["stopped"]


def test_shutting_down_gives_up_after_its_time_and_can_be_asked_again(
    qtbot, controller, tmp_path, monkeypatch
):
    gate = threading.Event()
    monkeypatch.setattr(TrainingThread, "run", lambda thread: gate.wait(20))
    controller.start(spirals().project, tmp_path)
    assert not controller.shut_down(timeout=0.05)
    assert controller.is_active
    gate.set()
    assert controller.shut_down()


def test_a_thread_that_ends_without_a_word_is_a_failure(qtbot, controller, tmp_path, script):
    script(STARTED, waits=False)
    with qtbot.waitSignal(controller.ended) as ended:
        controller.start(spirals().project, tmp_path)
    assert ended.args[0].state == "failed"
    assert ended.args[0].reason


def test_nothing_is_drained_while_no_run_is_on(controller):
    assert not controller._timer.isActive()
    assert controller.shut_down()
    controller.stop()
    controller.toggle_pause()
    assert controller.state == "idle"


def test_editing_during_a_run_does_not_reach_it():
    document = spirals()
    copy = document.project.copy()
    before = to_bytes(copy)
    assert before == to_bytes(document.project)
    document.apply(SetParams("n2", {"out_features": 64}))
    assert to_bytes(copy) == before


def test_the_run_is_looked_at_less_often_where_a_look_takes_long(controller):
    assert controller.frame == FRAME
    for cost, expected in ((60 * SHARE - AFTERMATH, 60), (50.0, LONGEST_FRAME), (0.1, FRAME)):
        for _ in range(200):
            controller._pace(cost)
        assert controller.frame == expected
        assert (controller.turns.moment > MOMENT) is (cost < SHORT)  # cheap as a whole: in one turn


def test_a_look_has_taken_as_long_as_the_run_has_waited_for_it(qtbot, controller, tmp_path, monkeypatch):
    def run(thread):
        thread._mailbox.put(StateChanged("running"))
        thread.control.break_began = perf_counter() - 60.0  # for so long nobody had time for it
        thread.break_begun.emit()
        wait_for_stop(thread.control)

    monkeypatch.setattr(TrainingThread, "run", run)
    controller.start(spirals().project, tmp_path)
    qtbot.waitUntil(lambda: controller.frame == LONGEST_FRAME)


def test_every_look_has_the_run_take_its_break_for_the_next_one(qtbot, controller, tmp_path, monkeypatch):
    looks = []

    def run(thread):
        thread._mailbox.put(STARTED)
        gate = threading.Event()
        while not thread.control.stopped:
            thread.control.make_way()
            thread._mailbox.put(StateChanged("running"))
            gate.wait(0.001)

    monkeypatch.setattr(TrainingThread, "run", run)
    monkeypatch.setattr("builder.run_controller.PATIENCE_FOR_STEP", PATIENCE)  # no look but in a break
    controller.events.connect(looks.append)
    controller.start(spirals().project, tmp_path)
    qtbot.waitUntil(lambda: len(looks) >= 4)


def test_a_break_lasts_until_all_is_drawn_that_a_look_has_changed(qtbot, controller, tmp_path, monkeypatch):
    told = []

    def run(thread):
        gate = threading.Event()
        while not thread.control.stopped:
            thread._mailbox.put(StateChanged("running"))
            thread.control.make_way()
            told.append("step")
            gate.wait(0.001)

    def draw():
        for bit in ("first", "second", "third"):
            told.append(bit)
            yield

    monkeypatch.setattr(TrainingThread, "run", run)
    monkeypatch.setattr("builder.run_controller.PATIENCE_FOR_STEP", PATIENCE)  # no look but in a break
    monkeypatch.setattr("runtime.control.LONGEST_BREAK", 60.0)
    controller.turns.moment = 0.0  # every bit in a turn of its own
    controller.events.connect(lambda events: controller.turns.add(draw()))
    controller.start(spirals().project, tmp_path)
    qtbot.waitUntil(lambda: told.count("third") >= 3)
    for index in (index for index, each in enumerate(told) if each == "first"):
        assert told[index : index + 3] == ["first", "second", "third"][: len(told) - index]
    assert "step" in told


def test_a_run_whose_step_is_long_is_looked_at_beside_it(qtbot, controller, tmp_path, script):
    script(STARTED)  # takes no break
    looks = []
    controller.events.connect(looks.extend)
    controller.start(spirals().project, tmp_path)
    qtbot.waitUntil(lambda: STARTED in looks)
    controller._thread._mailbox.put(StateChanged("paused"))
    qtbot.waitUntil(lambda: controller.state == "paused")
