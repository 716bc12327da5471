"""Decides where prepared inputs wait for their batch, and puts them there."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from runtime.data.cache import cache_path, cache_root, cached, has_room
from runtime.data.pending import Pending, TensorItems
from runtime.data.prepared import FeedKind, Place, TrainData
from runtime.data.raw import DataError, Inputs, Loading
from runtime.data.rows import Rows
from runtime.data.stream import StreamRows, suited_workers
from runtime.data.transforms import Chain
from runtime.events import DataProgress

CHUNK = 4096
CHUNK_BYTES = 32 << 20
TRAINING, VALIDATION = "Preparing training samples", "Preparing validation samples"


@dataclass(frozen=True)
class Limits:
    """What preparing may take.

    Args:
        memory: bytes that prepared inputs may take.
        feed: where they are wanted; `auto` leaves it to their size.
        workers: processes that decode; None takes as many as suit.
    """

    memory: int
    feed: str = "auto"
    workers: int | None = None


def placed(
    data: TrainData, inputs: tuple[Inputs, Inputs], chains: tuple[Chain, Chain], limits: Limits
) -> Loading[TrainData]:
    """The data with its inputs prepared as far as they can be, in the place that suits.

    Raises:
        DataError: a sample cannot be prepared, or validation samples get another shape than training samples.
    """
    held = _held(inputs, limits)
    if held is not None:
        return (yield from _in_memory(data, held, chains, limits.memory))
    return (yield from _decoded(data, *_pending(inputs, chains), _for(inputs, limits)))


def expected_place(inputs: tuple[Inputs, Inputs], chains: tuple[Chain, Chain], limits: Limits) -> Place:
    """Where `placed` would put the inputs.

    Raises:
        DataError: one of the samples that are looked at cannot be prepared.
    """
    held = _held(inputs, limits)
    if held is None:
        return _choose(*_pending(inputs, chains), _for(inputs, limits))
    return _memory_place(held, chains, limits.memory)[0]


def _held(inputs: tuple[Inputs, Inputs], limits: Limits) -> tuple[Tensor, Tensor] | None:
    """The inputs, if they lie in memory and may stay there."""
    train, val = inputs
    if isinstance(train, Tensor) and isinstance(val, Tensor) and limits.feed in ("auto", "memory"):
        return train, val
    return None


def _pending(inputs: tuple[Inputs, Inputs], chains: tuple[Chain, Chain]) -> tuple[Pending, Pending]:
    train, val = (TensorItems(x) if isinstance(x, Tensor) else x for x in inputs)
    return Pending.of(train, chains[0]), Pending.of(val, chains[1], like=train)


def _for(inputs: tuple[Inputs, Inputs], limits: Limits) -> Limits:
    """The limits, without other processes where there is nothing to decode."""
    return replace(limits, workers=0) if isinstance(inputs[0], Tensor) and limits.workers is None else limits


def _in_memory(
    data: TrainData, inputs: tuple[Tensor, Tensor], chains: tuple[Chain, Chain], budget: int
) -> Loading[TrainData]:
    """Tensors as floats, or with a chain still to be applied where it is random or floats would not fit."""
    shapes = [chain.output_shape(tuple(x.shape[1:])) for x, chain in zip(inputs, chains, strict=True)]
    data = replace(data, input_shape=_same_shape(*shapes))
    place, fits = _memory_place(inputs, chains, budget)
    if not fits:
        yield DataProgress(place.reason, 0, None)
        train_chain, val_chain = chains
        return replace(
            data, train_x=inputs[0], val_x=inputs[1], train_chain=train_chain, val_chain=val_chain,
            notes=(*data.notes, place.reason), place=place,
        )  # fmt: skip
    results, rests = [], []
    for x, chain, text in zip(inputs, chains, (TRAINING, VALIDATION), strict=True):
        first, rest = _once_and_each_time(x, chain)
        results.append((yield from _converted(x, first, text)))
        rests.append(rest)
    return replace(
        data, train_x=results[0], val_x=results[1], train_chain=rests[0], val_chain=rests[1], place=place
    )


def _once_and_each_time(x: Tensor, chain: Chain) -> tuple[Chain, Chain | None]:
    """What is done to the samples once, and what to every batch, if anything."""
    return chain.halves(x.dtype == torch.uint8) if chain.is_random else (chain, None)


def _memory_place(
    inputs: tuple[Tensor, Tensor], chains: tuple[Chain, Chain], budget: int
) -> tuple[Place, bool]:
    """What tensors take once they are prepared, and whether they may; they never take less than they do."""
    held, needed = sum(x.nbytes for x in inputs), 0
    for x, chain in zip(inputs, chains, strict=True):
        first, _ = _once_and_each_time(x, chain)
        sample = first(x.new_zeros((1, *x.shape[1:])))
        needed += len(x) * sample.nbytes
    if needed <= max(budget, held):
        reason = f"All samples fit into memory: {megabytes(needed)} of the {megabytes(budget)} set aside."
        return Place("memory", reason, needed), True
    note = (
        "The samples stay as they were stored and are converted batch by batch, which is slower: "
        f"as floats they would take {megabytes(needed)}, more than the {megabytes(budget)} set aside."
    )
    return Place("memory", note, held), False


def _converted(x: Tensor, chain: Chain, text: str) -> Loading[Tensor]:
    if not chain.transforms and (x.dtype == torch.float32 or not chain.ends_in_floats):
        return x.contiguous()
    sample = chain(x[:1]) if len(x) else chain(x.new_zeros((1, *x.shape[1:])))
    result = torch.empty((len(x), *sample.shape[1:]), dtype=sample.dtype)
    for start in range(0, len(x), CHUNK):
        yield DataProgress(text, start, len(x))
        result[start : start + CHUNK] = chain(x[start : start + CHUNK])
    yield DataProgress(text, len(x), len(x))
    return result


def _decoded(data: TrainData, train: Pending, val: Pending, limits: Limits) -> Loading[TrainData]:
    data = replace(data, input_shape=_same_shape(train.output, val.output))
    place = _choose(train, val, limits)
    yield DataProgress(place.reason, 0, None)
    data = replace(data, place=place, notes=(*data.notes, place.reason))
    streams = [part.rows(suited_workers(len(part.items), limits.workers)) for part in (train, val)]
    if place.kind == "memory":
        train_x = yield from _read(streams[0], TRAINING)
        val_x = yield from _read(streams[1], VALIDATION)
        return (yield from _in_memory(data, (train_x, val_x), (train.rest, val.rest), limits.memory))
    rows: list[Rows] = list(streams)
    if place.kind == "cache":
        for index, (part, text) in enumerate(((train, TRAINING), (val, VALIDATION))):
            rows[index] = yield from cached(_path(part), streams[index], text)
    return replace(
        data, train_x=rows[0], val_x=rows[1], train_chain=train.still_to_do, val_chain=val.still_to_do
    )


def _choose(train: Pending, val: Pending, limits: Limits) -> Place:
    """Memory if everything fits there, else a file if the disk holds it, else nowhere."""
    size = train.size + val.size
    told: dict[FeedKind, str] = {
        "memory": f"The samples are decoded into memory once, {megabytes(size)}",
        "cache": f"The samples are decoded once into a file in {cache_root()}, {megabytes(size)}",
        "stream": "The samples are decoded anew in every epoch, which is slower",
    }
    wanted = next((kind for kind in told if kind == limits.feed), None)
    if wanted is not None:
        return Place(wanted, f"{told[wanted]}, as data.feed asks for.", size)
    limit = f"the {megabytes(limits.memory)} of memory set aside"
    if size <= limits.memory:
        return Place("memory", f"{told['memory']} of {limit}.", size)
    if has_room([_path(part) for part in (train, val)], size):
        return Place("cache", f"{told['cache']}, which is more than {limit}.", size)
    return Place(
        "stream", f"{told['stream']}: {megabytes(size)} fit neither into {limit} nor on the disk.", size
    )


def _path(part: Pending) -> Path:
    return cache_path(part.items.identity(), part.first.identity(), part.shape, str(part.dtype))


def _read(rows: StreamRows, text: str) -> Loading[Tensor]:
    result = torch.empty(rows.shape, dtype=rows.dtype)
    step = max(CHUNK_BYTES // max(math.prod(rows.shape[1:]), 1), 1)
    starts = range(0, len(rows), step)
    orders = [torch.arange(start, min(start + step, len(rows))) for start in starts]
    for start, batch in zip(starts, rows.batches(orders), strict=True):
        yield DataProgress(text, start, len(rows))
        result[start : start + len(batch)] = batch
    yield DataProgress(text, len(rows), len(rows))
    return result


def _same_shape(shape: tuple[int, ...], val_shape: tuple[int, ...]) -> tuple[int, ...]:
    if shape != val_shape:
        raise DataError(
            f"Training samples become {shape}, but validation samples {val_shape}. Expected the same shape. "
            "Give data.transforms.train and data.transforms.eval the same Resize."
        )
    return shape


def megabytes(size: int) -> str:
    """A number of bytes as people read it."""
    return f"{size / 1e6:,.0f} MB" if size >= 1e6 or not size else f"{size / 1e3:,.0f} kB"
