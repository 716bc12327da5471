"""Broken and huge files: a clear message each, and whatever is read can be checked and saved."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from builder.cli import main
from codegen.source import GenerationError, generate
from graph import storage
from graph.inference import Inference
from graph.storage import StorageError, from_bytes, load, to_bytes
from graph.templates import template
from runtime.plan import PlanError, TrainingPlan, lr_curve
from tests.failing import ON_LINUX

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
