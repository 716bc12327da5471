"""Puts one batch through before a run: numbers that are not finite are told with the place they begin at."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from codegen.live import LiveModel
from runtime.data.feed import Batch, Feed
from runtime.data.prepared import TrainData
from runtime.data.raw import DataError
from runtime.failure import TrainingFailure
from runtime.nonfinite import Origin, undone
from runtime.out_of_range import in_words, is_out_of_range
from runtime.output_choices import LABEL
from runtime.parted_loss import several
from runtime.plan import TrainingPlan
from runtime.preflight import Ends, check_answers

Node = tuple[str | None, str]  # its id and what the user calls it; none where no node is at fault
Trace = Callable[[Callable[[], object]], Origin | None]  # finds where a computation stops being finite

NOTHING_TO_COMPARE = "Expected more than 1 value per channel"  # as a batch norm of PyTorch says it
REMEDY = "Correct or remove such samples, or set on_nonfinite = skip to leave out the steps that see them."


def check_numbers(data: TrainData) -> None:
    """Nothing, if all samples that lie in memory are finite numbers.

    Raises:
        DataError: one is not; it names the sample and the column.
    """
    for part, x in (("training", data.train_x), ("validation", data.val_x)):
        if isinstance(x, Tensor):
            _check(x, f"The input of {part} sample", data)
    for learned in data.heads or (data,):
        if learned.target == LABEL:
            _check(learned.train_y, "The target of training sample")
            _check(learned.val_y, "The target of validation sample")


def check_batches(live: LiveModel, feed: Feed, plan: TrainingPlan, ends: Ends, trace: Trace) -> None:
    """Nothing, if a network can be trained on the batches that there are, as far as the first one tells.

    Args:
        live: on the device of the feed.
        feed: of the run.
        plan: whose losses count.
        ends: of the network.
        trace: finds the node in which numbers stop being finite.

    Raises:
        Exception: what `check_first_batch` and `check_batch_of_one` raise.
    """
    first = next(feed.train(1))
    check_first_batch(live.module, first, plan, ends, trace)
    if feed.smallest_batch == 1:
        check_batch_of_one(live.module, first, plan, feed.train_samples, live.owner)


def check_first_batch(
    model: nn.Module, batch: Batch, plan: TrainingPlan, ends: Ends, trace: Trace | None = None
) -> None:
    """Nothing, if a network gives finite answers in the range of the loss to its first batch.

    It changes neither the network nor the random numbers that are drawn later. What is not finite is let
    pass where the plan leaves such steps out.

    Args:
        model: on the device of the batch.
        batch: as the run will see it.
        plan: whose losses count.
        ends: of the network.
        trace: finds the node in which numbers stop being finite.

    Raises:
        DataError: the batch holds numbers that are not finite, once transformed.
        TrainingFailure: an answer is not finite, or not where the loss needs it; it names the node.
        IndexError: the batch holds a number that an embedding does not have.
    """
    must_be_finite = plan.on_nonfinite != "skip"
    if must_be_finite:
        for tensor, what in ((batch.x, "input"), *((targets, "target") for targets in several(batch.y))):
            _check(tensor, f"Once data.transforms are applied, the {what} of the first batch in its sample")
    answer = partial(_answers, model, batch.x)
    answers = answer()
    if must_be_finite and not all(map(_is_finite, answers)):
        _refuse_answers(answers, ends, None if trace is None else trace(answer))
    check_answers(answers, plan, ends)


def check_batch_of_one(
    model: nn.Module, batch: Batch, plan: TrainingPlan, samples: int, owner: Callable[[Exception], Node]
) -> None:
    """Nothing, if a network can be trained on a single sample, as on what is left for the end of an epoch.

    Batch norms cannot where that is one number a channel. It changes nothing, as `check_first_batch`.

    Args:
        model: on the device of the batch.
        batch: whose first sample is tried.
        plan: how the samples are divided.
        samples: that are trained on.
        owner: gives id and name of the node that an error comes from.

    Raises:
        TrainingFailure: it cannot; it names the node.
    """
    with undone(model), torch.no_grad():
        try:
            model.train()(batch.x[:1])
        except ValueError as error:
            if NOTHING_TO_COMPARE not in str(error):
                raise
            node, name = owner(error)
            found, remedy = _lone(plan, samples)
            raise TrainingFailure(
                f"{name or 'The network'} normalises by the spread of a training batch, and {found}. "
                f"Expected at least 2 samples in every training batch. {remedy}.",
                node=node,
            ) from error


def _lone(plan: TrainingPlan, samples: int) -> tuple[str, str]:
    """Which batch has one sample, and what to do."""
    if samples == 1:
        return "there is only one training sample", "Add samples, or lower data.val_fraction"
    if plan.batch_size == 1:
        return "batch_size is 1", "Set batch_size = 2 or more"
    found = f"the last of an epoch has one sample: {samples:,} in batches of {plan.batch_size:,}"
    return found, "Set drop_last = true, or another batch_size"


def _answers(model: nn.Module, inputs: Tensor) -> tuple[Tensor, ...]:
    """What a network answers when it is used, with nothing of it changed."""
    devices = [inputs.device.index or 0] if inputs.is_cuda else []
    was_training = model.training
    with torch.random.fork_rng(devices=devices), torch.inference_mode():
        model.eval()
        try:
            return several(model(inputs))
        except (IndexError, RuntimeError) as error:
            if inputs.is_floating_point() or not is_out_of_range(error):
                raise
            low, high = (int(limit) for limit in inputs.aminmax())
            held = f" The first batch holds the numbers {low:,} to {high:,}."
            raise in_words(error, held, f"Set num_embeddings to {high + 1:,} or more.") from error
        finally:
            model.train(was_training)


def _refuse_answers(answers: tuple[Tensor, ...], ends: Ends, origin: Origin | None) -> None:
    broken = next(index for index, each in enumerate(answers) if not _is_finite(each))
    count = int((~answers[broken].isfinite()).flatten(1).any(dim=1).sum())
    begin = "" if origin is None else f"; it begins with {origin}"
    raise TrainingFailure(
        f"Before any training, the network's answer to the first batch is not finite for {count} of its "
        f"{len(answers[broken])} samples{begin}. Expected finite numbers. Look at what that layer divides "
        "by, takes the root or the logarithm of, and at the sizes of its inputs.",
        node=ends.output_nodes[broken] if origin is None else origin.path[0],
    )


def _check(values: Tensor, what: str, data: TrainData | None = None) -> None:
    """Refuses numbers that are not finite, naming the first."""
    if _is_finite(values):
        return
    broken = ~values.isfinite()
    rows = broken.flatten(1).any(dim=1) if broken.ndim > 1 else broken
    row = int(rows.nonzero()[0])
    place = tuple(int(index) for index in broken[row].nonzero()[0]) if broken.ndim > 1 else ()
    value = float(values[(row, *place)])
    others = int(rows.sum()) - 1
    more = f" Others that do: {others:,}." if others else ""
    raise DataError(
        f"{what} {row:,} holds {_spelled(value)}{_at(place, data)}.{more} Expected finite numbers. {REMEDY}"
    )


def _at(place: tuple[int, ...], data: TrainData | None) -> str:
    """Where in a sample: the column where it has names, else the index."""
    if not place:
        return ""
    columns = [] if data is None else [each for each in data.columns if each.kind not in ("target", "skip")]
    names = [each.name for each in columns for _ in range(each.width)]
    if data is not None and len(names) == data.input_shape[-1]:
        moment = f" at moment {place[0]}" if len(place) == 2 else ""
        return f" in column {names[place[-1]]!r}{moment}"
    return f" at index {list(place)}"


def _spelled(value: float) -> str:
    return "NaN" if math.isnan(value) else "infinity" if value > 0 else "-infinity"


def _is_finite(values: Tensor) -> bool:
    """Looks at the extremes, which takes no memory: they are NaN where any number is."""
    if not values.is_floating_point() or not values.numel():
        return True
    limits: tuple[Any, ...] = tuple(torch.aminmax(values))
    return all(math.isfinite(float(limit)) for limit in limits)
