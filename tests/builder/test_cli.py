"""The command line: answers, exit codes, and errors a person understands."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from builder.cli import COMMANDS, main
from builder.display import display_fault
from graph.catalog import CATALOG
from graph.storage import load, to_bytes
from graph.templates import templates

NAMES = [
    "Regression",
    "LinearModel",
    "MLP",
    "CNN",
    "SmallCNN",
    "TinyRNN",
    "ResNet18",
    "UNet",
    "ViT",
    "MobileNet",
    "Autoencoder",
    "Siamese",
    "MultiHead",
    "TabularMLP",
    "LSTMClassifier",
    "GRUClassifier",
    "GPT",
    "FrozenBackbone",
]


@pytest.fixture
def project(tmp_path):
    """Gives a function that writes a project file made from nodes `(type, params)` in a chain."""

    def write(*layers, name="p.netloom", **top):
        nodes = [{"id": f"n{i}", "type": kind, "params": params} for i, (kind, params) in enumerate(layers)]
        edges = [{"from": f"n{i}.out", "to": f"n{i + 1}.in"} for i in range(len(layers) - 1)]
        content = {"format": "netloom", "version": 1, "graph": {"nodes": nodes, "edges": edges}, **top}
        path = tmp_path / name
        path.write_text(json.dumps(content))
        return path

    return write


def answer(capsys, *words):
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def test_templates_are_listed_simplest_first(capsys):
    assert [entry.name for entry in templates()] == NAMES
    code, out, _ = answer(capsys, "templates", "--json")
    assert code == 0
    assert [entry["name"] for entry in json.loads(out)] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_new_project_is_valid_and_reads_back(capsys, tmp_path, name):
    path = tmp_path / "new.netloom"
    assert answer(capsys, "new", "--template", name, "-o", path)[0] == 0
    assert to_bytes(load(path)) == path.read_bytes()
    code, out, _ = answer(capsys, "check", path, "--json")
    report = json.loads(out)
    assert (code, report["ok"], report["problems"]) == (0, True, [])


def test_check_tells_shapes_parameters_and_flops(capsys, project):
    layers = [("Input", {"shape": [3, 32, 32]}), ("Conv2d", {"out_channels": 64}), ("Output", {})]
    code, out, _ = answer(capsys, "check", project(*layers), "--json")
    report = json.loads(out)
    assert code == 0
    assert report["total_parameters"] == 1792
    assert report["total_flops"] == 2 * 64 * 30 * 30 * 27
    assert report["nodes"][1]["outputs"] == {"out": {"shape": ["N", 64, 30, 30], "dtype": "float32"}}
    assert report["total_macs"] == 64 * 30 * 30 * 27
    assert report["nodes"][1]["parameters"] == 1792
    assert report["nodes"][1]["receptive_field"] == [3, 3]
    assert report["nodes"][1]["stride"] == [1, 1]
    assert report["nodes"][2]["outputs"] == {}


def test_check_tells_what_training_takes_as_planned(capsys, project):
    layers = [("Input", {"shape": [10]}), ("Linear", {"out_features": 100}), ("Tanh", {}), ("Linear", {})]
    plan = {"optimizer": {"type": "SGD", "momentum": 0.9}, "batch_size": 1000}
    _, out, _ = answer(capsys, "check", project(*layers, ("Output", {}), training=plan), "--json")
    report = json.loads(out)
    memory, weights = report["memory"], 4 * report["total_parameters"]
    assert memory["parameters"] == memory["gradients"] == memory["optimizer"] == weights
    assert memory["batch_size"] == 1000
    assert report["nodes"][3]["activation_bytes"] == 0
    assert report["nodes"][2]["activation_bytes"] == "400*N" == memory["activations"]
    assert memory["peak"] > 2 * weights + 400 * 1000


def test_check_prints_a_table_for_people(capsys, project):
    layers = [("Input", {"shape": [4]}), ("Linear", {"out_features": 2}), ("Output", {})]
    code, out, _ = answer(capsys, "check", project(*layers))
    assert code == 0
    assert "linear1  Linear  (N, 2)" in out
    assert "10 parameters, 16 FLOPs (8 MACs) for one sample" in out
    assert "to train with batch size 64" in out


def test_check_tells_a_plan_that_training_would_refuse(capsys, project):
    layers = [("Input", {"shape": [4]}), ("Linear", {"out_features": 2}), ("Output", {})]
    path = project(*layers, training={"optimizer": {"type": "SGD", "lr": -1}})
    text = (
        "The training plan cannot be used: optimizer.lr is -1. Expected a number of at least 0. "
        "Leave it out for the default, 0.001."
    )
    code, out, _ = answer(capsys, "check", path)
    assert code == 0, "the network is as it should be"
    assert f"warning: {text}" in out
    code, out, _ = answer(capsys, "check", path, "--json")
    (problem,) = json.loads(out)["problems"]
    assert (problem["code"], problem["severity"], problem["message"]) == ("unusable-plan", "warning", text)


def test_check_goes_on_after_an_unreadable_file(capsys, project, tmp_path):
    good = project(("Input", {"shape": [4]}), ("Output", {}))
    bad = tmp_path / "bad.netloom"
    bad.write_text("{")
    code, out, err = answer(capsys, "check", bad, good, "--json")
    assert code == 2
    assert json.loads(out)["ok"]
    assert "bad.netloom" in err
    assert "cut off" in err


def test_every_root_cause_is_reported_at_once_and_no_consequence(capsys, project):
    layers = [
        ("Input", {"shape": [1, 8, 8]}),
        ("Conv2d", {"kernel_size": "three"}),
        ("ReLU", {}),
        ("Linear", {"out_feature": 3}),
        ("Output", {}),
    ]
    code, out, _ = answer(capsys, "check", project(*layers), "--json")
    problems = json.loads(out)["problems"]
    assert code == 1
    assert [(p["code"], p["node"], p["param"]) for p in problems] == [
        ("bad-value", "n1", "kernel_size"),
        ("unknown-param", "n3", "out_feature"),
    ]
    assert "Did you mean out_features?" in problems[1]["message"]
    assert problems[1]["fixes"] == ["Rename to out_features", "Remove 'out_feature'"]


def test_fix_inserts_the_flatten(capsys, project, tmp_path):
    layers = [
        ("Input", {"shape": [1, 28, 28]}),
        ("Conv2d", {}),
        ("Linear", {"out_features": 10}),
        ("Output", {}),
    ]
    out_path = tmp_path / "fixed.netloom"
    code, out, _ = answer(capsys, "fix", project(*layers), "--all", "-o", out_path)
    assert code == 0
    assert "Insert Flatten" in out
    assert "Flatten" in {node.type for node in load(out_path).graph.nodes.values()}
    assert answer(capsys, "check", out_path)[0] == 0


def test_an_empty_project_is_no_network(capsys, project):
    code, out, _ = answer(capsys, "check", project(), "--json")
    found = json.loads(out)
    assert (code, found["ok"]) == (1, False)
    assert [problem["code"] for problem in found["problems"]] == ["no-input", "no-output"]


def test_fix_says_what_is_left(capsys, project, tmp_path):
    code, _, err = answer(capsys, "fix", project(("Linear", {})), "--all", "-o", tmp_path / "q.netloom")
    assert code == 1
    assert "left: The graph has no Input" in err


DOUBTFUL = (
    ("Input", {"shape": [1, 28, 28]}),
    ("Flatten", {}),
    ("Linear", {"out_features": 64}),
    ("BatchNorm1d", {}),
    ("ReLU", {}),
    ("Linear", {"out_features": 7}),
    ("Softmax", {"dim": -1}),
    ("Output", {}),
)


def test_check_tells_warnings_and_hints_and_is_content(capsys, project):
    code, out, err = answer(capsys, "check", project(*DOUBTFUL, training={"data": "digits"}))
    assert (code, err) == (0, "")
    lines = [line.strip() for line in out.splitlines()]
    assert [line.partition(":")[0] for line in lines[-4:]] == ["warning", "warning", "hint", "valid"]
    assert "hint: linear1: its bias has no effect" in out
    code, out, _ = answer(capsys, "check", project(*DOUBTFUL, training={"data": "digits"}), "--json")
    assert code == 0
    report = json.loads(out)
    assert report["ok"] is True
    (softmax,) = (p for p in report["problems"] if p["code"] == "softmax-before-cross-entropy")
    assert softmax["severity"] == "warning"
    assert softmax["node"] == "n6"
    assert "docs.pytorch.org" in softmax["source"]
    assert "log-softmax" in softmax["why"]


def test_check_leaves_out_what_the_file_silences(capsys, project):
    path = project(*DOUBTFUL, training={"data": "digits"})
    content = json.loads(path.read_text())
    content["graph"]["nodes"][6]["silenced"] = ["softmax-before-cross-entropy"]
    path.write_text(json.dumps(content))
    _, out, _ = answer(capsys, "check", path, "--json")
    codes = {problem["code"] for problem in json.loads(out)["problems"]}
    assert codes == {"wrong-class-count", "bias-before-batch-norm"}


def test_fix_mends_errors_and_with_all_also_what_only_could_be_better(capsys, project, tmp_path):
    path, fixed = project(*DOUBTFUL, training={"data": "digits"}), tmp_path / "fixed.netloom"
    code, out, _ = answer(capsys, "fix", path, "-o", fixed)
    assert (code, out) == (0, "")
    assert "Softmax" in {node.type for node in load(fixed).graph.nodes.values()}
    code, out, _ = answer(capsys, "fix", path, "--all", "-o", fixed)
    assert code == 0
    assert out.count("\n") == 3
    _, out, _ = answer(capsys, "check", fixed, "--json")
    assert json.loads(out)["problems"] == []
    mended = load(fixed).graph
    assert [node.params for node in mended.nodes.values() if node.type == "Linear"] == [
        {"out_features": 64, "bias": False},
        {"out_features": 10},
    ]


def test_fix_mends_every_error_without_being_asked_for_all(capsys, project, tmp_path):
    layers = [
        ("Input", {"shape": [1, 28, 28]}),
        ("Conv2d", {"strides": 2}),
        ("ReLU", {}),
        ("Linear", {"out_feature": 10}),
        ("Output", {}),
    ]
    code, out, _ = answer(capsys, "fix", project(*layers), "-o", tmp_path / "q.netloom")
    assert code == 0
    assert out.count("\n") == 3


def test_layers_lists_every_type_with_ports_and_parameters(capsys):
    code, out, _ = answer(capsys, "layers", "--json")
    layers = {layer["type"]: layer for layer in json.loads(out)}
    assert code == 0
    assert set(layers) == set(CATALOG)
    assert [port["name"] for port in layers["LSTM"]["outputs"]] == ["out", "h", "c"]
    channels = layers["Conv2d"]["params"][0]
    assert (channels["name"], channels["kind"], channels["inferred"]) == ("in_channels", "int", True)
    settings = [setting["name"] for setting in layers["Conv2d"]["settings"]]
    assert settings == ["weight_init", "init_std", "frozen", "lr_factor"]
    assert layers["ReLU"]["settings"] == []


def test_schema_accepts_templates_and_refuses_others(capsys):
    code, out, _ = answer(capsys, "schema")
    assert code == 0
    validator = jsonschema.Draft202012Validator(json.loads(out))
    for entry in templates():
        assert validator.is_valid(json.loads(to_bytes(entry.project())))
    assert not validator.is_valid(
        {"format": "netloom", "version": 1, "graph": {"nodes": [{"id": 1}], "edges": []}}
    )


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["chekc", "x"], 2, "invalid choice: 'chekc'"),
        (["check"], 2, "PROJECT"),
        (["check", "missing.netloom"], 2, "there is no such file"),
        (["open", "missing.netloom"], 2, "there is no such file"),
        (["new", "--template", "SmallCN", "-o", "x"], 2, "Did you mean SmallCNN?"),
        (["new", "--template", "MLP", "-o", "no/such/folder/x"], 1, "no/such/folder/x: not saved"),
        (["open", "--size", "3x3"], 2, "is not a size"),
    ],
)
def test_mistakes_get_a_clear_error_and_no_traceback(capsys, tmp_path, monkeypatch, words, code, text):
    monkeypatch.chdir(tmp_path)
    exit_code, _, err = answer(capsys, *words)
    assert exit_code == code
    assert text in err
    assert "Traceback" not in err


def test_the_help_lists_every_command(capsys):
    _, out, _ = answer(capsys, "--help")
    listed = [line.split()[0] for line in out.splitlines() if line.startswith("    ") and line[4] != " "]
    assert listed == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_found_without_the_others(capsys, command):
    code, out, _ = answer(capsys, command, "--help")
    assert code == 0
    assert out.startswith(f"usage: netloom {command} ")


def test_the_version_is_told(capsys):
    code, out, _ = answer(capsys, "--version")
    assert code == 0
    assert out.startswith("netloom ")


def test_a_project_alone_means_open(monkeypatch, project):
    seen = []
    monkeypatch.setattr("builder.commands.window.display_fault", lambda: "no screen")
    monkeypatch.setattr(
        "builder.cli.CommandError", type("Seen", (Exception,), {"exit_code": 1}), raising=True
    )
    monkeypatch.setattr("builder.commands.window.read_project", seen.append)
    path = project(("Input", {}))
    assert main([str(path)]) == 1
    assert seen == [path]


def test_without_a_screen_open_says_what_to_do(capsys, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    code, _, err = answer(capsys, "open")
    assert code == 1
    assert "neither DISPLAY nor WAYLAND_DISPLAY is set" in err
    assert "xvfb-run" in err


def test_a_screen_that_does_not_answer_is_noticed():
    fault = display_fault({"DISPLAY": ":4711"}, "linux")
    assert fault is not None
    assert ":4711 does not answer" in fault
    assert display_fault({"DISPLAY": ":4711", "QT_QPA_PLATFORM": "offscreen"}, "linux") is None
    assert display_fault({}, "darwin") is None


def test_the_module_runs_as_a_program():
    command = [sys.executable, "-m", "builder.cli", "templates"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0
    assert "SmallCNN" in done.stdout


def test_a_changed_project_is_resumed_only_when_asked_to(capsys, tmp_path, project):
    layers = (("Input", {"shape": [2]}), ("Linear", {"out_features": 3}), ("Output", {}))
    plan = {"data": {"source": "synthetic:spirals", "samples": 60}, "epochs": 1, "device": "cpu"}
    words = ("--run-dir", tmp_path / "run")
    assert answer(capsys, "train", project(*layers, training=plan), *words)[0] == 0
    changed = project(*layers, training=plan | {"epochs": 2, "optimizer": {"type": "AdamW", "lr": 0.01}})
    code, _, err = answer(capsys, "train", changed, *words, "--resume")
    assert code == 1
    assert "\n  optimizer.lr: 0.001 -> 0.01\n  epochs: 1 -> 2\n" in err
    assert "Accept the changes (--accept-changes)" in err
    # What is asked for in the same breath is wanted; the rest is not known to be.
    code, _, err = answer(capsys, "train", changed, *words, "--resume", "--set", "epochs=2")
    assert code == 1
    code, _, err = answer(capsys, "train", changed, *words, "--resume", "--accept-changes")
    assert code == 0
    assert "changed: optimizer.lr: 0.001 -> 0.01" in err
    code, _, err = answer(capsys, "train", changed, *words, "--resume", "--set", "epochs=3")
    assert code == 0
    assert "changed: epochs: 2 -> 3" in err
