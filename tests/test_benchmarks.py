"""The benchmarks can be found and asked for by name."""

from __future__ import annotations

import importlib

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
