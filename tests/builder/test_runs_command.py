"""The run table and the comparison on the command line."""

import json

import pytest

from builder.cli import main
from graph.storage import save
from tests.runtime.training import spiral_project


@pytest.fixture
def project(tmp_path):
    """A project with two runs, of which the second is wider."""
    path = tmp_path / "spirals.netloom"
    for number, width in (("0001", 16), ("0002", 24)):
        project = spiral_project()
        project.graph.replace_node(project.graph.nodes["n2"].with_(params={"out_features": width}))
        save(project, path)
        folder = tmp_path / "spirals.runs" / number
        assert main(["train", str(path), "--run-dir", str(folder)]) == 0
    return path


def answer(capsys, *words):
    capsys.readouterr()
    code = main([str(word) for word in words])
    return code, *capsys.readouterr()


def test_runs_of_a_project_or_a_folder_are_listed(project, capsys):
    code, out, _ = answer(capsys, "runs", project)
    assert code == 0
    header, *rows = out.splitlines()
    assert header.split()[:4] == ["run", "state", "started", "epochs"]
    assert [row.split()[:2] for row in rows] == [["0001", "finished"], ["0002", "finished"]]
    assert answer(capsys, "runs", project.with_suffix(".runs"))[1] == out
    code, out, _ = answer(capsys, "runs", project, "--json")
    runs = json.loads(out)
    assert [(run["state"], run["step"], run["parameters"]) for run in runs] == [
        ("finished", 10, 99), ("finished", 10, 147),
    ]  # fmt: skip
    assert runs[0]["path"].endswith("0001")


def test_no_runs_and_no_folder_are_told(tmp_path, capsys):
    code, out, _ = answer(capsys, "runs", tmp_path)
    assert (code, "no runs" in out) == (0, True)
    code, _, err = answer(capsys, "runs", tmp_path / "nowhere")
    assert (code, "no such folder" in err) == (2, True)
    code, _, err = answer(capsys, "compare", tmp_path, tmp_path)
    assert (code, "there is no run" in err) == (2, True)


def test_two_runs_are_compared(project, capsys):
    places = [project.with_suffix(".runs") / name for name in ("0001", "0002")]
    code, out, _ = answer(capsys, "compare", *places)
    assert code == 0
    assert "plan: the same" in out
    assert "Linear, out_features=16" in out
    assert "changes out_features of fc1 from 16 to 24" in out
    code, out, _ = answer(capsys, "compare", *places, "--json")
    found = json.loads(out)
    assert (code, found["plan"]) == (0, [])
    assert found["nodes"] == [
        {
            "name": "fc1",
            "block": "",
            "before": "Linear, out_features=16",
            "after": "Linear, out_features=24",
        }
    ]
    assert [run["parameters"] for run in found["runs"]] == [99, 147]


def test_a_damaged_project_is_told(project, capsys):
    places = [project.with_suffix(".runs") / name for name in ("0001", "0002")]
    (places[1] / "project.netloom").write_text("{")
    code, _, err = answer(capsys, "compare", *places)
    assert (code, "0002" in err) == (2, True)
