"""From a data plan to tensors: reads, splits and prepares, telling how far it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from runtime.data.arrays import load_arrays
from runtime.data.choices import DEFAULT_VAL_FRACTION, DataPlan
from runtime.data.cifar import load_cifar
from runtime.data.digits import load_digits
from runtime.data.idx import load_idx
from runtime.data.memory import memory_budget as default_budget
from runtime.data.raw import DataCancelled, DataError, Loader, Loading, RawData, Request, Samples
from runtime.data.spirals import load_spirals
from runtime.data.targets import prepare_targets
from runtime.data.transforms import Chain
from runtime.events import DataProgress
from runtime.loss_spec import TargetKind

LOADERS: Mapping[str, Loader] = {
    "digits": load_digits,
    "torchvision:MNIST": load_idx,
    "torchvision:FashionMNIST": load_idx,
    "torchvision:CIFAR10": load_cifar,
    "torchvision:CIFAR100": load_cifar,
    "synthetic:spirals": load_spirals,
    "arrays": load_arrays,
}
CHUNK = 4096
FLOAT_BYTES = 4

Prepare = Callable[[RawData], tuple[RawData, int | None]]
InputDtype = Literal["float32", "int64"]


@dataclass(frozen=True)
class TrainData:
    """Everything a run trains and validates on.

    Shape: train_x (N, *input_shape) float32, or int64 for token numbers; train_y int64 (N,) for classes, else
        float32 (N, K); val_x and val_y alike, with no rows where nothing is held back.

    Args:
        input_shape: one sample as the model gets it.
        num_classes: None where the targets are values.
        class_names: one a class, or empty.
        train_chain: what every batch of train_x still has to go through; None when it is ready.
        val_chain: the same for val_x.
        notes: what the user should know, such as data kept at 8 bits for lack of memory.
    """

    train_x: Tensor
    train_y: Tensor
    val_x: Tensor
    val_y: Tensor
    input_shape: tuple[int, ...]
    num_classes: int | None
    class_names: tuple[str, ...] = ()
    train_chain: Chain | None = None
    val_chain: Chain | None = None
    notes: tuple[str, ...] = ()


def load_data(
    plan: DataPlan,
    *,
    target: TargetKind = "class",
    ignored: int | None = None,
    input_dtype: InputDtype = "float32",
    seed: int = 0,
    folder: Path | None = None,
    device: torch.device | None = None,
    memory_budget: int | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Loading[TrainData]:
    """Yields progress and returns the data; run it with `yield from`.

    Closing the generator, or `stopped` giving true, ends it at the next progress; no half file stays behind.

    Args:
        plan: which data, and how it is split and prepared.
        target: what the plan's loss compares with.
        ignored: the class number that the loss does not count, if there is one.
        input_dtype: of the model's input; int64 keeps whole numbers as they are, for embeddings.
        seed: fixes which samples are held back.
        folder: where relative paths start; the working directory when None.
        device: where the data will be moved; its memory counts, too.
        memory_budget: bytes that prepared data may take; half of the free memory when None.
        stopped: asked at every progress.

    Raises:
        DataError: the data is missing, damaged or does not suit.
        DataCancelled: `stopped` gave true.
    """
    request = Request(plan.source.type, plan.source.params, folder or Path())
    budget = default_budget(device) if memory_budget is None else memory_budget

    def prepare(raw: RawData) -> tuple[RawData, int | None]:
        return prepare_targets(raw, target, plan.source.type, ignored)

    return (yield from _stoppable(_load(plan, request, prepare, input_dtype, seed, budget), stopped))


def _stoppable(loading: Loading[TrainData], stopped: Callable[[], bool]) -> Loading[TrainData]:
    with closing(loading):
        while not stopped():
            try:
                progress = next(loading)
            except StopIteration as end:
                data: TrainData = end.value
                return data
            yield progress
    raise DataCancelled("Loading the data was stopped.")


def _load(
    plan: DataPlan, request: Request, prepare: Prepare, dtype: InputDtype, seed: int, budget: int
) -> Loading[TrainData]:
    source = plan.source.type
    raw, num_classes = prepare((yield from LOADERS[source](request)))
    train, val = split(raw, plan.val_fraction, seed, source)
    shape = tuple(train.x.shape[1:])
    data = TrainData(train.x, train.y, val.x, val.y, shape, num_classes, raw.class_names)
    if dtype == "int64":
        return _whole_numbers(data, plan)
    train_chain = Chain(plan.train_transforms, "data.transforms.train")
    val_chain = Chain(plan.eval_transforms, "data.transforms.eval")
    return (yield from _prepared(data, train_chain, val_chain, budget))


def split(raw: RawData, val_fraction: float | None, seed: int, source: str) -> tuple[Samples, Samples]:
    """Training and validation samples: the source's own parts, or drawn by the seed if a fraction is given.

    Raises:
        DataError: too few samples for the fraction.
    """
    if raw.val is not None and val_fraction is None:
        return raw.train, raw.val
    fraction = DEFAULT_VAL_FRACTION if val_fraction is None else val_fraction
    count = len(raw.train)
    held_back = max(round(count * fraction), 1) if fraction else 0
    if held_back >= count:
        raise DataError(
            f"{source} has {count} training samples, too few to hold back {fraction:g} of them. "
            f"Expected at least {held_back + 1}. Lower data.val_fraction or add samples."
        )
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    val, train = order[:held_back].sort().values, order[held_back:].sort().values
    x, y = raw.train.x, raw.train.y
    return (Samples(x[train], y[train]) if held_back else raw.train), Samples(x[val], y[val])


def _whole_numbers(data: TrainData, plan: DataPlan) -> TrainData:
    if data.train_x.is_floating_point():
        raise DataError(
            f"{plan.source.type} gives fractional inputs. The Input of dtype int64 expects whole numbers. "
            "Set Input.dtype to float32, or save x as integers."
        )
    if plan.train_transforms or plan.eval_transforms:
        raise DataError(
            "data.transforms is set, but the Input has dtype int64. Expected whole numbers as they are. "
            "Remove the transforms, or set Input.dtype to float32."
        )
    return replace(data, train_x=data.train_x.long(), val_x=data.val_x.long())


def _prepared(data: TrainData, train_chain: Chain, val_chain: Chain, budget: int) -> Loading[TrainData]:
    """The data as floats, or with its chains still to be applied where floats would not fit."""
    shape, val_shape = (chain.output_shape(data.input_shape) for chain in (train_chain, val_chain))
    if shape != val_shape:
        raise DataError(
            f"Training samples become {shape}, but validation samples {val_shape}. Expected the same shape. "
            "Give data.transforms.train and data.transforms.eval the same Resize."
        )
    data = replace(data, input_shape=shape)
    needed = (len(data.train_x) + len(data.val_x)) * math.prod(shape) * FLOAT_BYTES
    if needed > max(budget, data.train_x.nbytes + data.val_x.nbytes):
        note = (
            "The samples stay as they were stored and are converted batch by batch, which is slower: "
            f"as floats they would take {_megabytes(needed)}, more than the {_megabytes(budget)} set aside."
        )
        yield DataProgress(note, 0, None)
        return replace(data, train_chain=train_chain, val_chain=val_chain, notes=(*data.notes, note))
    train_x = yield from _converted(data.train_x, train_chain, "Preparing training samples")
    val_x = yield from _converted(data.val_x, val_chain, "Preparing validation samples")
    return replace(data, train_x=train_x, val_x=val_x)


def _converted(x: Tensor, chain: Chain, text: str) -> Loading[Tensor]:
    if x.dtype == torch.float32 and not chain.transforms:
        return x.contiguous()
    result = torch.empty((len(x), *chain.output_shape(tuple(x.shape[1:]))), dtype=torch.float32)
    for start in range(0, len(x), CHUNK):
        yield DataProgress(text, start, len(x))
        result[start : start + CHUNK] = chain(x[start : start + CHUNK])
    yield DataProgress(text, len(x), len(x))
    return result


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
