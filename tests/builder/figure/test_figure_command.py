"""`netloom export --to svg|pdf|png`: a figure without a window."""

import json

import pytest

from builder.cli import main
from graph.storage import save
from graph.templates import template


@pytest.fixture
def project(tmp_path):
    path = tmp_path / "net.netloom"
    save(template("ResNet18").project(), path)
    return path


@pytest.mark.parametrize(("kind", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_a_figure_of_each_kind(qapp, project, tmp_path, capsys, kind, start):
    out = tmp_path / f"net.{kind}"
    assert main(["export", str(project), "--to", kind, "-o", str(out), "--json"]) == 0
    assert out.read_bytes().startswith(start)
    answer = json.loads(capsys.readouterr().out)
    assert answer["path"] == str(out)
    assert answer["millimetres"][0] > 100
    assert answer["pixels"][0] > 1000


def test_style_scale_width_and_fold(qapp, project, tmp_path, capsys):
    out = tmp_path / "net.png"
    command = ["export", str(project), "--to", "png", "-o", str(out), "--json"]

    def answer(*options):
        assert main([*command, *options]) == 0
        return json.loads(capsys.readouterr().out)

    usual, large = answer("--scale", "1"), answer("--scale", "4")
    assert large["pixels"][0] == pytest.approx(4 * usual["pixels"][0], abs=4)
    assert answer("--width", "column", "--fold")["millimetres"][0] == pytest.approx(85, abs=0.1)
    assert answer("--width", "120")["millimetres"][0] == pytest.approx(120, abs=0.1)
    light = out.read_bytes() if answer("--style", "light") else b""
    assert answer("--style", "dark")
    assert out.read_bytes() != light


def test_the_inside_of_a_block(qapp, project, tmp_path, capsys):
    out = tmp_path / "block.svg"
    assert main(["export", str(project), "--to", "svg", "-o", str(out), "--block", "DownBlock"]) == 0
    assert "<title>DownBlock</title>" in out.read_text()
    assert main(["export", str(project), "--to", "svg", "-o", str(out), "--block", "Nope"]) == 2
    assert "There is no block 'Nope'. The blocks of the project: BasicBlock" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--to", "svg", "--verify"], "--verify is not for a figure, and svg was asked for"),
        (["--to", "python", "--style", "dark"], "--style is for figures only, and python was asked for"),
        (["--to", "pdf", "--fold"], "--fold needs to know for which width"),
    ],
)
def test_options_without_effect_are_refused(qapp, project, tmp_path, capsys, options, words):
    assert main(["export", str(project), "-o", str(tmp_path / "out"), *options]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_width_that_is_none(qapp, project, tmp_path, capsys):
    assert main(["export", str(project), "--to", "svg", "-o", "x.svg", "--width", "wide"]) == 2
    assert "'wide' is no width: column, page, or millimetres" in capsys.readouterr().err


def test_a_folder_that_is_missing(qapp, project, tmp_path, capsys):
    out = tmp_path / "gone" / "net.svg"
    assert main(["export", str(project), "--to", "svg", "-o", str(out)]) == 1
    assert "not written" in capsys.readouterr().err
