"""The benchmarks can be found and asked for by name."""

from __future__ import annotations

import importlib
import subprocess

import pytest

benchmarks = importlib.import_module("tests.benchmarks.__main__")


def test_without_a_name_the_benchmarks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks.main([]) == 0
    assert "train" in capsys.readouterr().out.split()


def test_an_unknown_name_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks.main(["trian"]) == 2
    assert "train" in capsys.readouterr().err


@pytest.mark.parametrize("name", benchmarks.names())
def test_every_benchmark_can_run(name: str) -> None:
    assert callable(importlib.import_module(f"tests.benchmarks.{name}").run)


@pytest.mark.parametrize("name", ["_node_graph_qt", "_lightning"])
def test_a_peer_that_cannot_be_installed_says_why(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = importlib.import_module(f"tests.benchmarks.{name}")

    def fail(*arguments: object, **options: object) -> None:
        raise subprocess.CalledProcessError(1, "pip", stderr="ERROR: looked for it\nERROR: found nothing\n")

    monkeypatch.setattr(peer, "installed", fail)
    assert getattr(peer, name[1:])() == {"not measured": "ERROR: found nothing"}
