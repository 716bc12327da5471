"""Broken and huge files, full disks, no network, signals: a clear message each, and nothing is lost."""

from __future__ import annotations

import copy
import errno
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from builder.cli import main
from codegen.source import GenerationError, generate
from graph import storage
from graph.atomic import write_atomic
from graph.inference import Inference
from graph.storage import StorageError, from_bytes, load, save, to_bytes
from graph.templates import template
from runtime import keeper, launch
from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.control import Control
from runtime.events import EpochEnded, RunEnded
from runtime.plan import PlanError, TrainingPlan, lr_curve
from runtime.runs import METRICS_FILE, read_run
from tests.runtime.training import spiral_project

ROOT = Path(__file__).resolve().parents[1]
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs a device or a signal of Linux")
LINEAR = json.loads(to_bytes(template("LinearModel").project()))
NODE = {"id": "n1", "type": "ReLU"}


def project_bytes(**top: Any) -> bytes:
    return json.dumps(LINEAR | top).encode()


def graph_bytes(nodes: Any, edges: Any = ()) -> bytes:
    return project_bytes(graph={"nodes": nodes, "edges": list(edges) if isinstance(edges, tuple) else edges})


def layer_bytes(type_name: str, **params: Any) -> bytes:
    """Input -> layer -> Output."""
    kinds = [("Input", {"shape": [4]}), (type_name, params), ("Output", {})]
    nodes = [{"id": f"n{i}", "type": kind, "params": values} for i, (kind, values) in enumerate(kinds)]
    return graph_bytes(nodes, [{"from": f"n{i}.out", "to": f"n{i + 1}.in"} for i in range(2)])


def nested(depth: int) -> Any:
    return json.loads("[" * depth + "]" * depth)


# What is wrong with a file, and what the message says of it. The window's tests take it from here.
REFUSED = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\t", "the file is empty"),
    "no JSON": (b"hello", "line 1, column 1: Expecting value"),
    "a list": (b"[1, 2]", "this is not a Netloom project"),
    "other JSON": (b'{"name": "npm"}', "this is not a Netloom project"),
    "binary": (bytes(range(256)), "byte 128 is not UTF-8 text"),
    "UTF-16": ('{"format": "netloom"}'.encode("utf-16"), "byte 0 is not UTF-8 text"),
    "zeros": (bytes(5000), "line 1, column 1"),
    "future": (project_bytes(version=2), "made by a newer Netloom"),
    "far future": (project_bytes(version=10**400), "version an integer of about 400 digits, made by"),
    "version as text": (project_bytes(version="1"), "version is '1'. Expected 1."),
    "version true": (project_bytes(version=True), "version is True. Expected 1."),
    "version 0": (project_bytes(version=0), "version is 0. Expected 1."),
    "no graph": (json.dumps({"format": "netloom", "version": 1}).encode(), "graph: is missing"),
    "graph null": (project_bytes(graph=None), "graph: input should be"),
    "nodes as object": (graph_bytes({"n1": NODE}), "graph.nodes: input should be a valid list"),
    "node as text": (graph_bytes(["ReLU"]), "graph.nodes[0]: input should be"),
    "node without id": (graph_bytes([{"type": "ReLU"}]), "graph.nodes[0].id: is missing"),
    "id as number": (graph_bytes([NODE | {"id": 1}]), "nodes[0].id: input should be a valid string, not 1"),
    "same id twice": (graph_bytes([NODE, NODE]), "graph.nodes[1].id: 'n1' is also the id of nodes[0]"),
    "params as list": (graph_bytes([NODE | {"params": [1]}]), "nodes[0].params: input should be a valid"),
    "position far off": (graph_bytes([NODE | {"position": [1e300, 0]}]), "nodes[0].position[0]: input"),
    "position huge": (graph_bytes([NODE | {"position": [10**400, 0]}]), "nodes[0].position[0]: input"),
    "edge to nowhere": (graph_bytes([NODE], [{"from": "n1.out", "to": "n2.in"}]), "'n2.in' names no node"),
    "edge as text": (graph_bytes([NODE], ["n1.out"]), "graph.edges[0]: input should be"),
    "edge without dot": (graph_bytes([NODE], [{"from": "n1", "to": "n1.in"}]), "'n1' is not of the form"),
    "training as text": (project_bytes(training="fast"), "training: input should be a valid dict"),
    "name of a million": (project_bytes(name="x" * 10**6), "name: string should have at most 80 characters"),
    "half a character": (project_bytes(name="\ud800"), "name: input should be a valid string"),
    "not a number": (project_bytes(training={"lr": float("nan")}), "NaN is not a JSON number"),
    "infinity": (project_bytes(training={"lr": float("inf")}), "Infinity is not a JSON number"),
    "1e999": (project_bytes(training={"lr": "#"}).replace(b'"#"', b"1e999"), "1e999 is too large a number"),
    "5000 digits": (
        project_bytes(training={"lr": "#"}).replace(b'"#"', b"1" + b"0" * 5000),
        "an integer of 5,001 digits is too large a number",
    ),
    "deep": (project_bytes(training={"a": nested(200)}), "nested too deeply. Expected at most 100"),
    "deep in a parameter": (layer_bytes("ReLU", inplace=nested(200)), "nested too deeply"),
    "deep in unknown keys": (project_bytes(colours=nested(200)), "nested too deeply"),
    "very deep": (b"[" * 10**6, "nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "text"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_no_project_is_explained_and_left_alone(capsys, tmp_path, content, text):
    path = tmp_path / "net.netloom"
    path.write_bytes(content)
    for words in (["check", "--json", path], ["fix", path, "-o", path], ["open", path]):
        assert main([str(word) for word in words]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"netloom: {path}: ")
        assert text in err
        assert len(err) < 500
        assert "Traceback" not in err
        assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["LinearModel", "SmallCNN"])
def test_every_truncation_is_refused_and_most_are_recognised(name):
    whole = to_bytes(template(name).project())
    for length in range(len(whole.rstrip())):
        with pytest.raises(StorageError, match=r"cut off|is empty|line \d+, column \d+: "):
            from_bytes(whole[:length])
    assert to_bytes(from_bytes(whole.rstrip())) == whole


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_told_as_such_at_the_command_line(capsys, tmp_path, share):
    whole = to_bytes(template("SmallCNN").project())
    path = tmp_path / "net.netloom"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert main(["train", str(path), "--run-dir", str(tmp_path / "run")]) == 2
    assert "The file seems to be cut off; restore it from a copy." in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_file_over_the_limit_is_not_even_parsed(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "MAX_BYTES", 1000)
    path = tmp_path / "net.netloom"
    path.write_bytes(b"{" * 1001)
    assert main(["check", str(path)]) == 2
    assert "the file is too large. A project has at most 1,000 bytes." in capsys.readouterr().err


@ON_LINUX
def test_a_device_without_end_is_no_project(monkeypatch):
    monkeypatch.setattr(storage, "MAX_BYTES", 1000)
    with pytest.raises(StorageError, match="the file is too large"):
        load(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (layer_bytes("Linear", out_features=10**400), "out_features is an integer of about 400 digits"),
        (layer_bytes("Linear", out_features="x" * 10**6), "out_features is 'xxx"),
        (layer_bytes("Linear", **{"x" * 10**6: 1}), "Linear has no parameter called 'xxx"),
        (layer_bytes("Linear", out_features=10**9), "it would learn"),
        (layer_bytes("Linear", in_features=10**9, out_features=10**9), "in_features is 1000000000, but"),
        (layer_bytes("Reshape", shape=[10**9, 10**9]), "1000000000"),
        (layer_bytes("Dropout", p=10**400), "p is an integer of about 400 digits"),
        (layer_bytes("x" * 200), "there is no layer type 'xxx"),
        (layer_bytes("Linear", out_features=nested(50)), "out_features is [["),
    ],
)
def test_a_huge_value_is_a_problem_in_few_words(capsys, tmp_path, content, text):
    content = content.replace(b'"out_features": 1000000000}', b'"out_features": 1000000000000}')
    path = tmp_path / "net.netloom"
    path.write_bytes(content)
    assert main(["check", str(path), "--json"]) == 1
    messages = [problem["message"] for problem in json.loads(capsys.readouterr().out)["problems"]]
    assert any(text in message for message in messages), messages
    assert max(map(len, messages)) < 500


CORNERS = [10**400, -(2**63), 2**63, -1, 0, 1e-320, "n1.out", "n2.in", "Input", "float32", "T", "N"]
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text() | st.sampled_from(CORNERS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value within."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


def damage(draw: st.DrawFn, content: Any) -> None:
    """Replaces a few values within, takes them out, repeats them or adds some."""
    for _ in range(draw(st.integers(1, 4))):
        *way, last = draw(st.sampled_from(places(content)[1:]))
        holder = content
        for key in way:
            holder = holder[key]
        match draw(st.sampled_from(["replace", "replace", "remove", "repeat", "add"])):
            case "replace":
                holder[last] = draw(JSON)
            case "remove":
                del holder[last]
            case "repeat" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[last]))
            case _ if isinstance(holder, dict):
                holder[draw(st.text(max_size=8))] = draw(JSON)


@st.composite
def damaged_projects(draw: st.DrawFn) -> bytes:
    """A template in which some values are others, missing or there twice."""
    name = draw(st.sampled_from(["LinearModel", "MLP", "CNN", "SmallCNN", "TinyRNN"]))
    content = json.loads(to_bytes(template(name).project()))
    damage(draw, content)
    return json.dumps(content).encode()


PLAN = {
    "data": {"source": "arrays", "path": "x.npz", "transforms": {"train": [{"type": "Resize", "size": 8}]}},
    "optimizer": {"type": "AdamW", "lr": 0.1, "betas": [0.9, 0.99]},
    "loss": {"type": "CrossEntropyLoss", "label_smoothing": 0.1},
    "scheduler": {"type": "StepLR", "step_size": 1, "gamma": 0.5},
    "epochs": 3, "batch_size": 8, "precision": "float32", "clip_grad_norm": 1.0, "seed": 1, "device": "cpu",
}  # fmt: skip


@st.composite
def damaged_plans(draw: st.DrawFn) -> dict[str, Any]:
    plan = copy.deepcopy(PLAN)
    damage(draw, plan)
    return plan


@given(damaged_plans())
@example({"optimizer": {"type": "Adam", "betas": [10**400, 0]}})
@example({"scheduler": {"type": "StepLR", "step_size": 1, "gamma": 1e300}})
@example({"precision": "x" * 10**6})
def test_any_plan_is_refused_in_words_or_written_back(mapping):
    try:
        plan = TrainingPlan.from_mapping(mapping)
    except PlanError as error:
        refusal = error
    else:
        assert TrainingPlan.from_mapping(plan.to_mapping()) == plan
        assert len(lr_curve(plan, steps_per_epoch=7, max_points=50).points) > 1
        return
    assert len(refusal.problem) < 300
    assert refusal.hint


@given(damaged_projects())
@example(layer_bytes("Reshape", shape=[2**62] * 16))
@example(layer_bytes("Linear", **{"\ud800": "\ud800"}))
def test_any_damage_is_refused_or_read_and_what_is_read_can_be_checked_and_saved(content):
    try:
        project = from_bytes(content)
    except StorageError:
        return
    for problem in Inference(project.graph).problems():
        assert problem.message
        json.dumps(problem.to_json(), allow_nan=False)
    with suppress(GenerationError):
        compile(generate(project).text, "net.py", "exec")
    written = to_bytes(project)
    assert to_bytes(from_bytes(written)) == written


@given(st.data())
def test_any_bytes_are_refused_or_read(data):
    content = bytearray(to_bytes(template("MLP").project()))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        project = from_bytes(bytes(content))
    except StorageError:
        return
    assert to_bytes(from_bytes(to_bytes(project))) == to_bytes(project)


# Saving


def fail_with(number: int) -> Any:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_new_on_a_full_disk_leaves_the_earlier_file_and_nothing_beside_it(
    capsys, tmp_path, monkeypatch, call
):
    path = tmp_path / "net.netloom"
    save(template("CNN").project(), path)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail_with(errno.ENOSPC))
        assert main(["new", "--template", "MLP", "-o", str(path)]) == 1
    assert capsys.readouterr().err == (
        f"netloom: {path}: not saved: No space left on device. Free some space or choose another place; "
        "nothing on disk was changed.\n"
    )
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["net.netloom"]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("no/net.netloom", "No such file or directory. Make the folder or choose another place"),
        ("file/net.netloom", "Not a directory. Choose another place"),
        ("folder", "Is a directory. Choose another place"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_with_what_to_do(capsys, tmp_path, place, text):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    assert main(["new", "--template", "MLP", "-o", str(tmp_path / place)]) == 1
    assert text in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "kept"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]


@ON_LINUX
def test_a_device_is_written_to_and_never_replaced(capsys, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomic(pipe, b"through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    device = Path("/dev/full")  # last: root would lose it
    assert main(["new", "--template", "MLP", "-o", str(device)]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert stat.S_ISCHR(device.stat().st_mode)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_saved_file_keeps_its_mode_and_a_new_one_has_the_usual(tmp_path):
    mask = os.umask(0o027)
    try:
        write_atomic(tmp_path / "new", b"")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o604)
    write_atomic(tmp_path / "new", b"x")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


def test_a_link_stays_a_link_to_the_file_that_is_written(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("file")
    write_atomic(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"new"


# Training


@pytest.fixture
def spirals(tmp_path) -> Path:
    path = tmp_path / "spirals.netloom"
    save(spiral_project(epochs=3), path)
    return path


def train(path: Path, *words: object) -> int:
    return main(["train", str(path), "--run-dir", str(path.parent / "run"), *map(str, words)])


def steps_of(run_dir: Path) -> list[int]:
    return [line["step"] for line in read_run(run_dir).metrics() if line["event"] == "step"]


@pytest.mark.parametrize(
    ("settings", "texts"),
    [
        (
            ["data.source=torchvision:FashionMNIST", "data.root={}/gone"],
            ["FashionMNIST was not found", "data.root", "digits"],
        ),
        (
            ["data.source=torchvision:CIFAR10", "data.root={}/gone"],
            ["CIFAR10 was not found", "cifar-10-batches-py"],
        ),
        (["data.source=arrays", "data.path={}/gone.npz"], ["gone.npz was not found", "data.path"]),
        (
            ["data.source=torchvision:MNIST", "data.download=true", "data.root={}/spirals.netloom"],
            ["could not be written: Not a directory", "data.root"],
        ),
    ],
)
def test_missing_data_is_explained_with_the_place_and_the_way_out(
    capsys, tmp_path, spirals, monkeypatch, settings, texts
):
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: open(os.devnull, "rb"))  # noqa: PTH123, SIM115
    words = [word for setting in settings for word in ("--set", setting.format(tmp_path))]
    assert train(spirals, *words) == 1
    err = capsys.readouterr().err
    for text in texts:
        assert text in err
    assert "Traceback" not in err
    assert read_run(tmp_path / "run").state == "failed"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["run", "spirals.netloom"]


@pytest.mark.parametrize(
    "error",
    [
        URLError(socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
        TimeoutError("timed out"),
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
    ],
)
def test_no_network_is_explained_and_leaves_nothing_behind(capsys, tmp_path, spirals, monkeypatch, error):
    def unreachable(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    words = ("data.source=torchvision:FashionMNIST", "data.download=true", f"data.root={tmp_path}/data")
    assert train(spirals, *(part for word in words for part in ("--set", word))) == 1
    err = capsys.readouterr().err
    assert "train-images-idx3-ubyte.gz could not be downloaded" in err
    assert "Connect and try again" in err
    assert "<urlopen" not in err
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_a_run_folder_that_cannot_be_made_is_told(capsys, spirals):
    content = spirals.read_bytes()
    for place in (spirals, spirals / "below"):
        assert main(["train", str(spirals), "--run-dir", str(place)]) == 1
        assert f"The run folder {place} cannot be made:" in capsys.readouterr().err
    assert spirals.read_bytes() == content


def test_a_full_disk_at_a_checkpoint_ends_the_run_and_resume_goes_on(capsys, tmp_path, spirals, monkeypatch):
    write, calls = keeper.save_checkpoint, []

    def full_in_the_second_epoch(*arguments: Any) -> None:
        calls.append(arguments)
        with monkeypatch.context() as patch:
            if len(calls) > 2:  # last and best of the first epoch
                patch.setattr(os, "fsync", fail_with(errno.ENOSPC))
            write(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(keeper, "save_checkpoint", full_in_the_second_epoch)
        assert train(spirals) == 1
    err = capsys.readouterr().err
    assert "No space left on device" in err
    assert "Traceback" not in err
    run = read_run(tmp_path / "run")
    assert run.state == "failed"
    assert "No space left on device" in run.reason
    last = checkpoint_folder(tmp_path / "run", "last")
    assert load_checkpoint(last).trainer["progress"]["step"] == 5
    assert sorted(folder.name for folder in last.parent.iterdir()) == ["best", "last"]
    assert train(spirals, "--resume") == 0
    assert read_run(tmp_path / "run").state == "finished"
    assert steps_of(tmp_path / "run") == list(range(1, 16))


@ON_LINUX
def test_a_full_disk_under_the_metrics_ends_the_run_as_failed(tmp_path):
    (tmp_path / METRICS_FILE).symlink_to("/dev/full")
    *_, ended = launch.run(spiral_project(), tmp_path, Control())
    assert isinstance(ended, RunEnded)
    assert (ended.state, read_run(tmp_path).state) == ("failed", "failed")
    assert "No space left on device" in ended.reason


def test_a_number_that_json_does_not_know_is_null(capsys, spirals, monkeypatch):
    events = [
        EpochEnded(1, 5, 0.5, None, float("nan"), {}, 0.1, False),
        RunEnded("finished", step=5),
    ]
    monkeypatch.setattr(launch, "run", lambda *_, **__: iter(events))
    assert train(spirals, "--json") == 0
    epoch, end = map(json.loads, capsys.readouterr().out.splitlines())
    assert (epoch["event"], epoch["val_loss"], epoch["train_loss"], end["event"]) == (
        "epoch",
        None,
        0.5,
        "end",
    )


def test_ctrl_c_outside_a_run_ends_without_a_traceback(capsys, monkeypatch):
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("builder.commands.project.templates", lambda: interrupted(None))
    assert main(["templates"]) == 130
    assert capsys.readouterr().err == "netloom: interrupted.\n"


@pytest.fixture
def endless(tmp_path) -> Path:
    path = tmp_path / "endless.netloom"
    save(spiral_project(epochs=10**6), path)
    return path


def train_until_killed(path: Path, number: int, epoch: int = 1) -> tuple[int, str]:
    """Trains in another process, which gets the signal after an epoch; its exit code and stderr."""
    command = [sys.executable, "-m", "builder.cli", "train", str(path), "--run-dir", str(path.parent / "run")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        seen = []
        for line in process.stderr:
            seen.append(line)
            if line.startswith(f"epoch {epoch:>3}"):
                process.send_signal(number)
                break
        seen.append(process.stderr.read())
    return process.returncode, "".join(seen)


def resume_for_one_epoch(path: Path) -> None:
    """Goes on with the run to the end of the epoch that it was in."""
    epoch = load_checkpoint(checkpoint_folder(path.parent / "run", "last")).trainer["progress"]["epoch"]
    assert train(path, "--resume", "--set", f"epochs={epoch}") == 0
    assert read_run(path.parent / "run").state == "finished"
    assert steps_of(path.parent / "run") == list(range(1, 5 * epoch + 1))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_a_run_that_can_be_resumed(tmp_path, endless, number, exit_code):
    code, err = train_until_killed(endless, number)
    assert code == exit_code
    assert "Traceback" not in err
    assert "stopped after" in err
    run = read_run(tmp_path / "run")
    assert (run.state, run.reason) == ("stopped", "Stopped on request.")
    assert run.ended is not None
    resume_for_one_epoch(endless)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_run_killed_without_warning_can_be_resumed(tmp_path, endless):
    code, _ = train_until_killed(endless, signal.SIGKILL, epoch=2)  # the first is saved by then
    assert code == -signal.SIGKILL
    assert read_run(tmp_path / "run").state == "running"
    with (tmp_path / "run" / METRICS_FILE).open("a") as file:
        file.write('{"event": "step", "st')  # as a kill in the midst of a line leaves it
    resume_for_one_epoch(endless)
