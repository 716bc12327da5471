"""Checkpoints: a folder with the weights as safetensors and what the trainer needs to go on.

A checkpoint becomes visible only when it is complete: it is written beside its place, flushed to disk and
then renamed, so that a crash or a full disk leaves the earlier one as it was.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from runtime.events import CheckpointKind

WEIGHTS_FILE = "model.safetensors"
TRAINER_FILE = "trainer.pt"
TRAINER_KEYS = {"plan", "progress", "optimizer"}  # what every trainer keeps


class CheckpointError(Exception):
    """A checkpoint is missing or cannot be read; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint folder holds, on the CPU."""

    weights: dict[str, Tensor]
    trainer: dict[str, Any]


def checkpoint_folder(run_dir: Path, kind: CheckpointKind) -> Path:
    """Where a run keeps its checkpoint of this kind."""
    return run_dir / "checkpoints" / kind


def save_checkpoint(folder: Path, weights: Mapping[str, Tensor], trainer: Mapping[str, Any]) -> None:
    """Writes a checkpoint, replacing the one in `folder` only once the new one is safely on disk.

    Args:
        folder: where the checkpoint goes.
        weights: the model's state dict.
        trainer: numbers, strings, tensors and containers of them; nothing that needs a pickled class.

    Raises:
        OSError: the disk is full or not writable; what was in `folder` is untouched.
    """
    fresh, old = _beside(folder, "new"), _beside(folder, "old")
    _restore(folder)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        _write(fresh / WEIGHTS_FILE, safetensors.torch.save(_plain(weights)))
        buffer = io.BytesIO()
        torch.save(dict(trainer), buffer)
        _write(fresh / TRAINER_FILE, buffer.getbuffer())
        _sync_folder(fresh)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    _sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(folder: Path) -> Checkpoint:
    """The checkpoint in `folder`, weights and trainer state.

    Raises:
        CheckpointError: there is none, or its files are damaged.
    """
    weights = load_weights(folder)
    try:
        trainer = torch.load(_complete(folder) / TRAINER_FILE, map_location="cpu", weights_only=True)
    except Exception as error:  # torch reports damaged files with many unrelated types
        raise CheckpointError(_damaged(folder, error)) from error
    if not isinstance(trainer, dict) or not trainer.keys() >= TRAINER_KEYS:
        raise CheckpointError(_damaged(folder, f"{TRAINER_FILE} does not tell where a run was"))
    return Checkpoint(weights, trainer)


def load_weights(folder: Path) -> dict[str, Tensor]:
    """The model's state dict from the checkpoint in `folder`.

    Raises:
        CheckpointError: there is none, or the file is damaged.
    """
    path = _complete(folder) / WEIGHTS_FILE
    if not path.is_file():
        raise CheckpointError(
            f"There is no checkpoint in {folder}. Expected a file {WEIGHTS_FILE} there. "
            "Train the project first, or choose another run folder."
        )
    try:
        return safetensors.torch.load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(_damaged(folder, error)) from error


def validated_weights(folder: Path) -> tuple[dict[str, Tensor], int]:
    """The weights from the checkpoint in `folder` as the run validates them, and the epoch they are of.

    Where the plan averages the weights, these are the averaged ones. Of an epoch that was not ended, its
    number counts.

    Raises:
        CheckpointError: there is none, or its files are damaged.
    """
    weights = load_weights(folder)
    path = _complete(folder) / TRAINER_FILE
    try:
        trainer = torch.load(path, map_location="cpu", weights_only=True)
        progress, average = trainer["progress"], trainer.get("average") or {}
    except Exception as error:  # torch reports damaged files with many unrelated types
        raise CheckpointError(_damaged(folder, error)) from error
    return {**weights, **average}, int(progress["epoch"]) - (progress["batch"] == 0)


def _plain(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies that share no memory, as safetensors asks for."""
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in weights.items()}


def _write(path: Path, content: bytes | memoryview) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Makes new names in a folder survive a power cut; Windows cannot open a folder and needs no help."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(folder: Path, suffix: str) -> Path:
    return folder.with_name(f"{folder.name}.{suffix}")


def _complete(folder: Path) -> Path:
    """The folder, or its predecessor if a crash fell between the two renames of a save."""
    old = _beside(folder, "old")
    return old if old.exists() and not folder.exists() else folder


def _restore(folder: Path) -> None:
    """Puts back the predecessor after such a crash, or clears away one that has been replaced."""
    old = _beside(folder, "old")
    if _complete(folder) == old:
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _damaged(folder: Path, error: object) -> str:
    return (
        f"The checkpoint in {folder} cannot be read ({error}). Expected {WEIGHTS_FILE} and {TRAINER_FILE} "
        "as a finished save leaves them. Resume from another run, or train again."
    )
