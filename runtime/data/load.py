"""From a data plan to tensors: reads, splits and prepares, telling how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from runtime.data.choices import DataPlan
from runtime.data.heads import with_heads
from runtime.data.inputs_as_targets import class_count, like_inputs
from runtime.data.loaders import LOADERS
from runtime.data.measure import fitted, scale_notes
from runtime.data.memory import memory_budget as default_budget
from runtime.data.place import Limits, placed
from runtime.data.prepared import TrainData
from runtime.data.raw import (
    Column,
    DataCancelled,
    DataError,
    Fitted,
    Loading,
    RawData,
    Request,
    SampleKind,
    Samples,
)
from runtime.data.shared_samples import shared_notes
from runtime.data.split import split, split_notes
from runtime.data.target_notes import class_notes, spread_notes, target_notes
from runtime.data.targets import prepare_targets
from runtime.data.transforms import Chain
from runtime.heads import Head
from runtime.loss_spec import TargetKind
from runtime.output_choices import LABEL

MEGABYTE = 1_000_000
IMAGE_NDIM = 3  # (C, H, W)

Prepare = Callable[[RawData], tuple[RawData, int | None]]
# Gives the samples that take the place of the validation samples, from plan, data set and its two parts.
Asked = Callable[[DataPlan, RawData, Samples, Samples], Samples]
InputDtype = Literal["float32", "int64"]


def load_data(
    plan: DataPlan,
    *,
    target: TargetKind = "class",
    loss: str = "The loss",
    ignored: int | None = None,
    heads: Sequence[Head] = (),
    input_dtype: InputDtype = "float32",
    seed: int = 0,
    folder: Path | None = None,
    device: torch.device | None = None,
    memory_budget: int | None = None,
    stopped: Callable[[], bool] = lambda: False,
    asked: Asked | None = None,
) -> Loading[TrainData]:
    """Yields progress and returns the data; run it with `yield from`.

    Closing the generator, or `stopped` giving true, ends it at the next progress; no half file stays behind.

    Args:
        plan: which data, and how it is split and prepared.
        target: what the plan's loss compares with.
        loss: what messages call that loss.
        ignored: the class number that the loss does not count, if there is one.
        heads: the Outputs that have a loss and targets of their own; `target` and `ignored` are not
            looked at then.
        input_dtype: of the model's input; int64 keeps whole numbers as they are, for embeddings.
        seed: fixes which samples are held back.
        folder: where relative paths start; the working directory when None.
        device: where the data will be moved; its memory counts, too.
        memory_budget: bytes that prepared data may take; the plan's limit, else half of what is free.
        stopped: asked at every progress.
        asked: where a trained network is only asked something: about which samples. They stand as validation
            samples then, prepared as such, and of the training samples there is no more than the first.

    Raises:
        DataError: the data is missing, damaged or does not suit.
        DataCancelled: `stopped` gave true.
        PlanError: what an Output is to learn does not suit the data.
    """
    limits = limits_of(plan, device, memory_budget)
    if heads:
        labelled = replace(plan, target=LABEL)
        loading = _load(labelled, folder, _as_read, input_dtype, seed, limits, asked)
        return with_heads((yield from _stoppable(loading, stopped)), heads, plan)

    def prepare(raw: RawData) -> tuple[RawData, int | None]:
        return prepare_targets(raw, target, plan.source.type, ignored, loss)

    prepared = prepare if plan.target == "label" else _unlabelled(target)
    loading = _load(plan, folder, prepared, input_dtype, seed, limits, asked)
    return (yield from _stoppable(loading, stopped))


def limits_of(plan: DataPlan, device: torch.device | None = None, memory_budget: int | None = None) -> Limits:
    """What preparing may take: the bytes given, else the plan's, else half of what is free."""
    if memory_budget is None:
        own = plan.memory_mb
        memory_budget = default_budget(device) if own is None else own * MEGABYTE
    return Limits(memory_budget, plan.feed, plan.workers)


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


@dataclass(frozen=True)
class Parts:
    """A data set after its split, as numbers but not prepared yet.

    Args:
        num_classes: None where the targets are no classes.
        columns: of a table or series, with what was measured on the training samples.
        vocabulary: the tokens by number, of text.
    """

    raw: RawData
    train: Samples
    val: Samples
    num_classes: int | None
    columns: tuple[Column, ...]
    vocabulary: tuple[str, ...]

    @property
    def kind(self) -> SampleKind:
        """What a sample is."""
        if self.raw.kind is not None:
            return self.raw.kind
        if not isinstance(self.train.x, Tensor):
            return "image"
        ndim = self.train.x.ndim - 1
        return "image" if ndim == IMAGE_NDIM else "row" if ndim == 1 else "sequence"


def held_back(plan: DataPlan, raw: RawData, train: Samples, val: Samples) -> Samples:
    """Asks about the validation samples themselves."""
    return val


def read_parts(
    plan: DataPlan, folder: Path | None, prepare: Prepare, seed: int, asked: Asked = held_back
) -> Loading[Parts]:
    """Reads and splits what a plan names, with the samples that are asked about for validation.

    Raises:
        DataError: the data is missing, damaged or does not suit.
    """
    source = plan.source.type
    request = Request(source, plan.source.params, folder or Path(), plan.val_fraction)
    raw, num_classes = prepare((yield from LOADERS[source](request)))
    train, val = split(raw, plan.val_fraction, seed, source, stratify=plan.stratify)
    odd = class_notes(train.y, num_classes, raw.class_names) if plan.target == LABEL else ()
    unused = split_notes(raw, plan.val_fraction, stratify=plan.stratify)
    raw = replace(raw, notes=(*raw.notes, *unused, *odd))
    val = asked(plan, raw, train, val)
    done = Fitted(train, val, raw.columns, raw.vocabulary) if raw.fit is None else raw.fit(train, val)
    shared: tuple[str, ...] = ()
    if asked is held_back:  # texts are their numbers until they are fitted
        shared = shared_notes(plan, raw, *((done.train, done.val) if raw.kind == "text" else (train, val)))
    raw = replace(raw, notes=(*raw.notes, *done.notes, *_target_notes(plan, done.train.y), *shared))
    first, second = (_with_short_targets(part) for part in (done.train, done.val))
    return Parts(raw, first, second, num_classes, done.columns, done.vocabulary)


def _target_notes(plan: DataPlan, y: Tensor) -> tuple[str, ...]:
    """What to know of numbers to predict; how far they lie apart, too, where the plan could scale them."""
    if plan.target != LABEL:
        return ()
    is_as_read = plan.source.params.get("standardize_target") is False
    return target_notes(y) or (spread_notes(y) if is_as_read else ())


def _with_short_targets(part: Samples) -> Samples:
    """The samples with targets of 32 bits, as losses take them."""
    return Samples(part.x, part.y.to(torch.float32)) if part.y.dtype == torch.float64 else part


def chains_of(plan: DataPlan, parts: Parts) -> tuple[tuple[Chain, Chain], tuple[str, ...]]:
    """The transforms of training and validation, with what they measure filled in, and notes on that."""
    train_chain = Chain(plan.train_transforms, "data.transforms.train")
    val_chain = Chain(plan.eval_transforms, "data.transforms.eval")
    chains, notes = fitted((train_chain, val_chain), parts.train.x)
    return chains, (*notes, *scale_notes(chains, parts.train.x))


def _load(
    plan: DataPlan,
    folder: Path | None,
    prepare: Prepare,
    dtype: InputDtype,
    seed: int,
    limits: Limits,
    asked: Asked | None,
) -> Loading[TrainData]:
    parts = yield from read_parts(plan, folder, prepare, seed, asked or held_back)
    raw = parts.raw
    nothing = torch.empty(0)
    data = TrainData(
        nothing, parts.train.y, nothing, parts.val.y, (), parts.num_classes, raw.class_names,
        notes=raw.notes, target=plan.target, kind=parts.kind, columns=parts.columns,
        vocabulary=parts.vocabulary,
    )  # fmt: skip
    if dtype == "int64":
        data = _whole_numbers(data, parts, plan)
    else:
        _require_numbers(parts, plan)
        (train_chain, val_chain), notes = chains_of(plan, parts)
        data = replace(data, notes=(*data.notes, *notes), eval_transforms=val_chain.transforms)
        train_x = parts.train.x if asked is None else parts.train.x[torch.arange(1)]
        data = yield from placed(data, (train_x, parts.val.x), (train_chain, val_chain), limits)
    return data if plan.target == "label" else _with_inputs_as_targets(data)


def _require_numbers(parts: Parts, plan: DataPlan) -> None:
    if parts.vocabulary:
        raise DataError(
            f"{plan.source.type} gives numbers of tokens, but the Input has dtype float32. "
            "Expected an Input of int64 with an Embedding behind it. Set Input.dtype to int64."
        )


def _whole_numbers(data: TrainData, parts: Parts, plan: DataPlan) -> TrainData:
    train, val = parts.train.x, parts.val.x
    if not isinstance(train, Tensor) or not isinstance(val, Tensor) or train.is_floating_point():
        raise DataError(
            f"{plan.source.type} gives fractional inputs. The Input of dtype int64 expects whole numbers. "
            "Set Input.dtype to float32, or save x as integers."
        )
    if plan.train_transforms or plan.eval_transforms:
        raise DataError(
            "data.transforms is set, but the Input has dtype int64. Expected whole numbers as they are. "
            "Remove the transforms, or set Input.dtype to float32."
        )
    return replace(data, train_x=train.long(), val_x=val.long(), input_shape=tuple(train.shape[1:]))


def _unlabelled(kind: TargetKind) -> Prepare:
    """Takes the labels away, where the targets are the inputs."""

    def prepare(raw: RawData) -> tuple[RawData, int | None]:
        count = class_count(raw.train.x, kind)
        return (raw, count) if count is not None else (replace(raw, num_classes=None, class_names=()), None)

    return prepare


def _as_read(raw: RawData) -> tuple[RawData, int | None]:
    """Leaves the targets to the Outputs that learn them."""
    return raw, raw.num_classes


def _with_inputs_as_targets(data: TrainData) -> TrainData:
    train_y, val_y = like_inputs(data)
    return replace(data, train_y=train_y, val_y=val_y)
