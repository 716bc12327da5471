"""What a checkpoint keeps of a run beside the weights, and how a run goes on from it to the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codegen.importers.weights import with_versions
from runtime.checkpoint import Checkpoint, CheckpointError
from runtime.progress import Progress
from runtime.random_state import random_state, set_random_state

if TYPE_CHECKING:
    from runtime.trainer import Trainer


def state_of(trainer: Trainer) -> dict[str, Any]:
    """All that a run needs to go on, in tensors, numbers and containers of them."""
    return {
        "progress": asdict(trainer.progress),
        "optimizer": trainer.optimizer.state_dict(),
        **{name: None if part is None else part.state_dict() for name, part in _parts(trainer).items()},
        "random": random_state(trainer.device),
    }


def load_state(trainer: Trainer, checkpoint: Checkpoint) -> None:
    """Goes back to where a checkpoint was saved, random numbers included.

    Raises:
        CheckpointError: it was saved by another model or optimizer.
    """
    state = checkpoint.trainer
    try:
        trainer.model.load_state_dict(with_versions(trainer.model, checkpoint.weights))
        trainer.optimizer.load_state_dict(state["optimizer"])
    except (RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"The checkpoint has other layers or sizes than the project ({error}). "
            "Expected the project that the run was started with. "
            "Open project.netloom of the run folder, or start a new run."
        ) from error
    for name, part in _parts(trainer).items():
        # Each is missing on one side if the plan was changed in between.
        if part is not None and state.get(name) is not None:
            part.load_state_dict(state[name])
    trainer.go_on_from(_progress(state["progress"]))
    if "random" not in state:
        raise CheckpointError(
            "The checkpoint was saved by an earlier version of Netloom, which kept less of a run. "
            "Expected one that this version saved. Start a new run."
        )
    set_random_state(state["random"], trainer.device)


def _parts(trainer: Trainer) -> dict[str, Any]:
    """Whatever else has a state; None where the plan has none."""
    return {
        "scheduler": trainer.scheduler,
        "plateau": trainer.plateau,
        "scaler": trainer.precision.scaler,
        "average": trainer.average,
    }


def _progress(saved: Mapping[str, Any]) -> Progress:
    known = asdict(Progress())
    return Progress(**{name: value for name, value in saved.items() if name in known})
