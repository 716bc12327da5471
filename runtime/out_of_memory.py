"""What a run says when the memory does not last: where, what was asked for, and which batch would fit."""

from __future__ import annotations

import re

import torch

from graph.cost_memory import largest_batch
from graph.inference import Inference
from graph.project import Project
from runtime.failure import TrainingFailure
from runtime.plan import TrainingPlan
from runtime.training_cost import training_cost

MEMORY_ERRORS = (MemoryError, RuntimeError)  # those that may tell of it; `is_out_of_memory` knows
GIBIBYTE = 2**30
_WORDS = ("out of memory", "not enough memory", "can't allocate memory", "alloc_failed")
_ASKED = re.compile(r"(?:tried|unable) to allocate ([\d.,]+ ?(?:[kmgt]i?b|bytes))", re.IGNORECASE)


class OutOfMemoryFailure(TrainingFailure):
    """A part of the work did not fit into the memory.

    Args:
        when: the part, as in `in step 12`.
        asked: how much it asked for, as PyTorch writes it; empty where it does not say.
    """

    def __init__(self, when: str, asked: str = "") -> None:
        super().__init__(f"Memory ran out {when}{_asked_text(asked)}.")
        self.when, self.asked = when, asked


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the device or the computer has no memory left."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _WORDS)


def failure_of(error: BaseException, when: str) -> OutOfMemoryFailure:
    """What an error that `is_out_of_memory` stands for, or the failure itself where it is one already."""
    if isinstance(error, OutOfMemoryFailure):
        return error
    asked = _ASKED.search(str(error))
    return OutOfMemoryFailure(when, asked[1] if asked else "")


def fitting_batch(project: Project, plan: TrainingPlan, device: str, free: int) -> int | None:
    """The largest batch that should fit, or half of the one that did not where the forecast said it would.

    None where not even one sample fits.

    Args:
        project: without errors.
        plan: how it is trained, with the batch that did not fit.
        device: where.
        free: bytes that were free there before the network came.
    """
    cost = training_cost(project.graph, Inference(project.graph), plan, device.partition(":")[0])
    fits = largest_batch(cost.memory, free)
    if fits is None or fits >= plan.batch_size:
        fits = plan.batch_size // 2
    return fits or None


def shortage_text(
    failure: OutOfMemoryFailure, plan: TrainingPlan, place: str, free: int, fits: int | None, node: str = ""
) -> str:
    """Tells where the memory ran out, and what to do.

    Args:
        failure: when it happened, and what was asked for.
        plan: with the batch that did not fit.
        place: the device.
        free: bytes that were free there before the network came.
        fits: as `fitting_batch` gives it.
        node: name of the node that asked for it, where that is known.
    """
    where = f"{failure.when}, in {node}" if node else failure.when
    whose = "the computer" if place == "cpu" else place
    text = (
        f"Memory on {whose} ran out {where}{_asked_text(failure.asked)}, with batch_size = "
        f"{plan.batch_size:,}. Expected a step that fits into the {free / GIBIBYTE:,.1f} GiB that were free "
        "before the run."
    )
    if fits is None:
        return f"{text} Not even a batch of 1 fits: use a smaller network, smaller inputs or another device."
    return f"{text} The largest batch that should fit is {fits:,}. Set batch_size = {fits}."


def _asked_text(asked: str) -> str:
    return f" when {asked} more were asked for" if asked else ""
