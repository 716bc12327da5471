"""`netloom trust`, and the commands that run nothing without it."""

import io
import json

import pytest

from builder.cli import main
from graph import custom_shapes
from graph.document import Project
from graph.storage import load, save
from runtime.custom_trust import TrustStore
from tests.graph.custom_layers import between, forward


@pytest.fixture
def marked(tmp_path):
    """A project whose code leaves a file behind when it runs; the project's path, and that file's."""
    marker, path = tmp_path / "ran", tmp_path / "p.netloom"
    source = (
        f"import pathlib\n\nfrom torch import nn\n\nRAN = pathlib.Path({str(marker)!r}).touch()\n\n\n"
        + forward("return x * 2")
    )
    save(Project(graph=between(source)), path)
    return path, marker


def source_of(path):
    return load(path).graph.nodes["n2"].params["source"]


def test_nothing_runs_before_it_is_trusted(marked, tmp_path, capsys):
    path, marker = marked
    commands = [
        ["check", path],
        ["check", path, "--json"],
        ["export", path, "--to", "python", "-o", tmp_path / "net.py", "--verify"],
        ["export", path, "--to", "onnx", "-o", tmp_path / "net.onnx"],
        ["train", path, "--run-dir", tmp_path / "run"],
    ]
    for command in commands:
        assert main([str(word) for word in command]) == 1
        said = capsys.readouterr()
        assert "custom1: the code is not trusted" in said.out + said.err
    assert main(["fix", str(path), "--all", "-o", str(tmp_path / "q.netloom")]) == 1
    assert source_of(tmp_path / "q.netloom") == source_of(path)
    assert not marker.exists()
    assert custom_shapes.NOBODY is custom_shapes.ask_from_now_on(custom_shapes.NOBODY)


def test_trusted_code_is_checked_and_exported(marked, tmp_path, capsys):
    path, marker = marked
    assert main(["trust", str(path), "--yes"]) == 0
    assert "trusted from now on" in capsys.readouterr().out
    assert not marker.exists()
    assert main(["check", str(path), "--json"]) == 0
    node = json.loads(capsys.readouterr().out)["nodes"][1]
    assert node["outputs"] == {"out": {"shape": ["N", 8], "dtype": "float32"}}
    assert (node["parameters"], node["flops"]) == (0, None)
    assert marker.exists()
    assert main(["export", str(path), "--to", "python", "-o", str(tmp_path / "net.py"), "--verify"]) == 0


@pytest.mark.parametrize(
    ("answer", "code", "trusted"),
    [("y\n", 0, True), ("YES\n", 0, True), ("n\n", 1, False), ("\n", 1, False), ("", 1, False)],
)
def test_it_shows_the_code_and_asks(marked, capsys, monkeypatch, answer, code, trusted):
    path, _ = marked
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert main(["trust", str(path)]) == code
    said = capsys.readouterr().out
    for line in source_of(path).splitlines():
        assert line in said
    assert "can do anything that you can" in said
    assert "[y/N]" in said
    assert TrustStore().is_trusted(source_of(path)) is trusted


def test_trust_is_given_once_and_can_be_taken_back(marked, capsys):
    path, _ = marked
    TrustStore().trust(source_of(path))
    assert main(["trust", str(path)]) == 0
    assert "custom1: trusted already." in capsys.readouterr().out
    assert main(["trust", str(path), "--revoke"]) == 0
    assert "no longer trusted" in capsys.readouterr().out
    assert not TrustStore().is_trusted(source_of(path))


def test_code_that_could_not_run_is_not_trusted_and_not_shown(tmp_path, capsys):
    path = tmp_path / "p.netloom"
    save(Project(graph=between("x = '\x1b[2J'")), path)
    assert main(["trust", str(path), "--yes"]) == 1
    said = capsys.readouterr()
    assert "line 1: it has the character U+001B" in said.err
    assert "\x1b" not in said.out + said.err


def test_a_name_cannot_move_the_cursor_of_a_terminal(tmp_path, capsys):
    graph = between(forward("return x"))
    graph.replace_node(graph.nodes["n2"].with_(name="a\x1b[8m"))
    save(Project(graph=graph), tmp_path / "p.netloom")
    assert main(["trust", str(tmp_path / "p.netloom"), "--yes"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_project_without_code_needs_no_trust(tmp_path, capsys):
    save(Project(), tmp_path / "p.netloom")
    assert main(["trust", str(tmp_path / "p.netloom")]) == 0
    assert "there is no custom code in it" in capsys.readouterr().out
    assert main(["trust", str(tmp_path / "none.netloom")]) == 2


def test_a_list_that_cannot_be_written_is_told(marked, capsys, monkeypatch, tmp_path):
    path, _ = marked
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr("runtime.custom_trust.user_folder", lambda: tmp_path / "file")
    assert main(["trust", str(path), "--yes"]) == 1
    assert "not written" in capsys.readouterr().err


@pytest.fixture
def with_data(tmp_path):
    """A project that takes its data from a Python file; the project's path, and that file's."""
    own, path = tmp_path / "own.py", tmp_path / "p.netloom"
    own.write_text("class Dataset:\n    pass\n", encoding="utf-8")
    save(Project(training={"data": {"source": "python", "path": "own.py"}}), path)
    return path, own


def test_the_file_of_the_data_is_shown_and_trusted(with_data, capsys):
    path, own = with_data
    assert main(["trust", str(path), "--yes"]) == 0
    assert "    1  class Dataset:" in capsys.readouterr().out
    assert TrustStore().is_trusted(own.read_text(encoding="utf-8"))
    assert main(["trust", str(path), "--revoke"]) == 0
    assert not TrustStore().is_trusted(own.read_text(encoding="utf-8"))


def test_a_file_of_data_that_is_not_there_is_told(with_data, capsys):
    path, own = with_data
    own.unlink()
    assert main(["trust", str(path), "--yes"]) == 2
    assert "own.py: not read:" in capsys.readouterr().err
