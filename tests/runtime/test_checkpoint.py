"""A checkpoint is either the earlier one or the new one, whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from runtime import checkpoint
from runtime.checkpoint import CheckpointError, load_checkpoint, load_weights, save_checkpoint

TRAINER = {
    "step": 3,
    "plan": {},
    "progress": {},
    "optimizer": {"state": {0: {"exp_avg": torch.ones(2)}}, "param_groups": [{"betas": (0.9, 0.99)}]},
}


def weights(value: float) -> dict[str, torch.Tensor]:
    return {"fc.weight": torch.full((3, 2), value), "fc.bias": torch.full((3,), value)}


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "last", weights(1.5), TRAINER)
    loaded = load_checkpoint(tmp_path / "last")
    assert torch.equal(loaded.weights["fc.weight"], torch.full((3, 2), 1.5))
    assert loaded.trainer["step"] == 3
    assert loaded.trainer["optimizer"]["param_groups"] == TRAINER["optimizer"]["param_groups"]  # type: ignore[index]
    assert torch.equal(loaded.trainer["optimizer"]["state"][0]["exp_avg"], torch.ones(2))


def test_shared_and_strided_weights_are_saved(tmp_path: Path) -> None:
    base = torch.arange(6.0).reshape(2, 3)
    save_checkpoint(tmp_path / "last", {"a": base, "b": base, "t": base.T}, {})
    loaded = load_weights(tmp_path / "last")
    assert torch.equal(loaded["a"], loaded["b"])
    assert torch.equal(loaded["t"], base.T)


def test_saving_again_replaces_and_leaves_nothing_beside(tmp_path: Path) -> None:
    for value in (1.0, 2.0):
        save_checkpoint(tmp_path / "last", weights(value), TRAINER)
    assert load_weights(tmp_path / "last")["fc.bias"][0] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["last"]


@pytest.mark.parametrize("failing_call", [1, 2, 3])
def test_a_full_disk_leaves_the_earlier_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing_call: int
) -> None:
    save_checkpoint(tmp_path / "last", weights(1.0), TRAINER)
    calls = 0
    fsync = os.fsync

    def full(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == failing_call:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(checkpoint.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(tmp_path / "last", weights(2.0), TRAINER)
    assert load_checkpoint(tmp_path / "last").weights["fc.bias"][0] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["last"]


def test_a_crash_between_the_renames_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path / "last", weights(1.0), TRAINER)
    rename = Path.rename

    def crash(self: Path, target: Path) -> Path:
        if self.name == "last.new":
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", crash)
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint(tmp_path / "last", weights(2.0), TRAINER)
    assert load_weights(tmp_path / "last")["fc.bias"][0] == 1
    save_checkpoint(tmp_path / "last", weights(3.0), TRAINER)
    assert load_weights(tmp_path / "last")["fc.bias"][0] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["last"]


def test_a_missing_checkpoint_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"There is no checkpoint in .*last.*Train the project first"):
        load_checkpoint(tmp_path / "last")


@pytest.mark.parametrize("name", ["model.safetensors", "trainer.pt"])
def test_a_damaged_checkpoint_says_so(tmp_path: Path, name: str) -> None:
    save_checkpoint(tmp_path / "last", weights(1.0), TRAINER)
    (tmp_path / "last" / name).write_bytes(b"\x00garbage")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_checkpoint(tmp_path / "last")


@pytest.mark.parametrize("content", [[1], {"progress": {}}])
def test_a_file_that_tells_of_no_run_says_so(tmp_path: Path, content: object) -> None:
    save_checkpoint(tmp_path / "last", weights(1.0), TRAINER)
    torch.save(content, tmp_path / "last" / "trainer.pt")
    with pytest.raises(CheckpointError, match=r"trainer\.pt does not tell where a run was"):
        load_checkpoint(tmp_path / "last")


def test_a_checkpoint_cannot_smuggle_in_code(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "last", weights(1.0), {"callable": os.system})
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_checkpoint(tmp_path / "last")
