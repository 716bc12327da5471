"""Steps are timed in a process that can be ended; what is recommended follows from the figures alone."""

import json
import sys

import pytest

from graph import custom_shapes
from graph.project import Project
from graph.storage import save
from runtime import compiling, speed, speed_child
from runtime.control import Control
from runtime.events import DataProgress
from runtime.failure import TrainingFailure
from runtime.speed import PLAIN, SpeedStarted, Way, WayTimed, judged, measure_speed
from tests.graph.builders import chain
from tests.runtime.training import spiral_project

LAID_OUT, COMPILED = Way(channels_last=True), Way(compile=True)
STARTED = SpeedStarted("cpu", 1000, PLAIN, (LAID_OUT, COMPILED))
ADOPTED = SpeedStarted("cpu", 1000, LAID_OUT, (LAID_OUT,))
FASTEST = "As it is the run is as fast as it gets"


def timed(way, share, *, noise=0.01, compiling=0.0, fault=""):
    return WayTimed(way, 100.0, 100.0 * share, share - noise, share + noise, compiling, fault)


@pytest.mark.parametrize(
    ("started", "ways", "best", "text"),
    [
        (STARTED, [timed(LAID_OUT, 0.5), timed(COMPILED, 0.8)], LAID_OUT,
         "With channels last the run of 1,000 steps takes about 51 s in place of 100 s, 2 times as fast."),
        (STARTED, [timed(LAID_OUT, 0.99), timed(COMPILED, 0.6, compiling=20)], COMPILED, "about 81 s in"),
        (STARTED, [timed(LAID_OUT, 0.96, noise=0.05)], None, FASTEST),
        (STARTED, [timed(LAID_OUT, 0.99, noise=0)], None, "It makes no difference."),
        (STARTED, [timed(COMPILED, 0.6, compiling=60)], None,
         "torch.compile pays for its 60 s of compiling after 1,538 steps, and the run has 1,000."),
        (STARTED, [timed(LAID_OUT, 1.4)], None, FASTEST),
        (ADOPTED, [timed(LAID_OUT, 0.5)], None, FASTEST),
        (ADOPTED, [timed(LAID_OUT, 1.5)], PLAIN, "With plain the run"),
        (SpeedStarted("cpu", 9, COMPILED, (LAID_OUT, COMPILED)),
         [timed(LAID_OUT, 1.0), timed(COMPILED, 1, fault="there is no compiler")], PLAIN,
         "The plan asks for torch.compile, which was not to be had: there is no compiler"),
        (SpeedStarted("cpu", 9, COMPILED, (COMPILED,)), [timed(COMPILED, 1, fault="none")], PLAIN, "none"),
        (SpeedStarted("cpu", 9, COMPILED, (LAID_OUT, COMPILED)), [timed(LAID_OUT, 1)], None, "It makes no"),
        (STARTED, [timed(COMPILED, 1, fault="there is no compiler")], None, "Nothing could be measured"),
    ],
)  # fmt: skip
def test_the_recommendation_follows_from_the_figures(started, ways, best, text):
    found = judged(started, ways)
    assert found.way == best
    assert text in found.text


def test_figures_and_faults_are_told_in_words():
    assert timed(LAID_OUT, 0.5).text == "50 ms a step, 50% of 100 ms without"
    assert timed(COMPILED, 0.5, compiling=7.3).text == "50 ms a step, 50% of 100 ms without; 7.3 s to compile"
    assert timed(COMPILED, 1, fault="No compiler.").text == "No compiler."


@pytest.fixture
def images(tmp_path):
    """A project file with a convolution."""
    training = {"data": {"source": "digits"}, "batch_size": 32, "epochs": 2, "device": "cpu"}
    layers = (("Conv2d", {"out_channels": 4}), "ReLU", "Flatten", ("Linear", {"out_features": 10}))
    graph = chain(("Input", {"shape": [1, 8, 8]}), *layers, "Output")
    save(Project("Images", graph, training=training), tmp_path / "images.netloom")
    return tmp_path / "images.netloom"


def test_every_way_is_timed_beside_the_plain_one(images, monkeypatch, capsys):
    def refuse(device):
        raise TrainingFailure(
            "torch.compile cannot be used, as PyTorch finds no C++ compiler on this computer."
        )

    monkeypatch.setattr(compiling, "_require_compiler", refuse)
    monkeypatch.setattr(custom_shapes, "ask_from_now_on", lambda provider: None)
    monkeypatch.setattr(speed_child, "ROUND", 0.0)
    assert speed_child.main([str(images), str(images.parent)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    events = [speed._event(line) for line in lines]
    started = next(event for event in events if isinstance(event, SpeedStarted))
    both = Way(compile=True, channels_last=True)
    assert started == SpeedStarted("cpu", 2 * 45, PLAIN, (LAID_OUT, COMPILED, both))
    laid_out, compiled, last = (event for event in events if isinstance(event, WayTimed))
    assert laid_out.plain_ms > 0 < laid_out.step_ms
    assert 0 < laid_out.low <= laid_out.high
    assert (laid_out.way, laid_out.fault) == (LAID_OUT, "")
    assert "finds no C++ compiler" in compiled.fault
    assert (last.way, last.fault) == (both, compiled.fault)


def test_without_a_compiler_the_process_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("CXX", str(tmp_path / "none"))
    *progress, started, compiled = measure_speed(spiral_project(), Control(), tmp_path)
    assert all(isinstance(event, DataProgress) for event in progress)
    assert (started.device, started.ways) == ("cpu", (COMPILED,))
    assert "PyTorch finds no C++ compiler on this computer. Expected g++ or clang" in compiled.fault


def test_a_project_that_cannot_be_trained_is_told_in_words(tmp_path):
    project = spiral_project(data={"source": "arrays", "path": "nowhere.npz"})
    with pytest.raises(TrainingFailure, match=r"nowhere\.npz"):
        list(measure_speed(project, Control(), tmp_path))


@pytest.fixture
def ends(monkeypatch):
    """How the processes ended that were started."""
    found, end = [], speed._end

    def noted(process):
        end(process)
        found.append(process.returncode)

    monkeypatch.setattr(speed, "_end", noted)
    return found


def says(monkeypatch, *lines, then="import time; time.sleep(600)"):
    """Has a process say these lines instead, and do something then."""
    code = "".join(f"print({json.dumps(line)!r}, flush=True)\n" for line in lines)
    monkeypatch.setattr(speed, "COMMAND", (sys.executable, "-c", f"{code}{then}\n"))


BEGIN = {
    "event": "started", "device": "cpu", "total_steps": 9, "now": {"compile": False, "channels_last": False},
    "ways": [{"compile": False, "channels_last": True}, {"compile": True, "channels_last": False}],
}  # fmt: skip
FIRST = {"event": "timed", "way": {"compile": False, "channels_last": True}, "plain_ms": 2.0, "step_ms": 1.0}


def test_a_stop_ends_the_process_at_once(monkeypatch, ends):
    says(monkeypatch, BEGIN)
    control = Control()
    for event in measure_speed(spiral_project(), control):
        assert isinstance(event, SpeedStarted)
        control.request_stop()
    assert ends == [-9] or ends == [1]


def test_what_takes_too_long_is_told_and_ended(monkeypatch, ends):
    says(monkeypatch, BEGIN, FIRST)
    monkeypatch.setattr(speed.time, "monotonic", iter([0.0, *[1.0] * 3, *[99.0] * 9]).__next__)
    _, first, second = measure_speed(spiral_project(), Control(), limit=30)
    assert (first.step_ms, first.fault) == (1.0, "")
    assert (second.way, second.fault) == (COMPILED, "not through within 30 s")
    assert len(ends) == 1


def test_a_process_that_dies_is_told(monkeypatch, ends):
    says(monkeypatch, BEGIN, FIRST, then="")
    *_, last = measure_speed(spiral_project(), Control())
    assert last.fault == "the process that measured it ended"
    says(monkeypatch, then="")
    with pytest.raises(TrainingFailure, match="Nothing was measured: the process that measured it ended"):
        list(measure_speed(spiral_project(), Control()))
    assert len(ends) == 2
