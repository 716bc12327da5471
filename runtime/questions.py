"""What people ask a trained network: which samples it takes for what, and what a file of theirs shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from runtime.control import Control
from runtime.data.given import Given
from runtime.data.load import held_back
from runtime.data.raw import Column, DataError, SampleKind
from runtime.events import DataProgress
from runtime.readings import Cell, Guess, Reading, confused
from runtime.trained import Trained, Weights, trained

MOST = 48  # samples that are shown


@dataclass(frozen=True)
class Answer:
    """What one Output says about a sample.

    Args:
        output: its name; empty where there is one.
        guesses: likeliest first; none where it gives numbers.
        text: the numbers, where it gives some.
        is_of_places: whether there is an answer at every place of the sample, and guesses tell their shares.
    """

    output: str
    guesses: tuple[Guess, ...]
    text: str = ""
    is_of_places: bool = False


@dataclass(frozen=True)
class Answered:
    """Samples, and what a network says about them.

    Shape: inputs (count, *input_shape), as the model gets them.

    Args:
        kind: what a sample is.
        inputs: on the CPU.
        answers: of each sample what each Output says.
        names: what the samples are called, or empty.
        epoch: that the weights are of.
        total: samples there were in all; more than are here where there are very many.
        columns: of a table.
        vocabulary: the tokens by number, of text.
        notes: what the user should know.
        exchanged: files in which light and dark seem exchanged, as in a negative.
        is_inverted: whether these are inverted here.
    """

    kind: SampleKind
    inputs: Tensor
    answers: tuple[tuple[Answer, ...], ...]
    names: tuple[str, ...]
    epoch: int
    total: int
    columns: tuple[Column, ...] = ()
    vocabulary: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    exchanged: tuple[str, ...] = ()
    is_inverted: bool = False


def in_cell(weights: Weights, cell: Cell, control: Control) -> Iterator[DataProgress | Answered]:
    """Tells how far it is, and gives the validation samples in a cell of the confusion matrix last.

    A sample of many answers, such as a picture with a class for each pixel, is there if one of them is.

    Raises:
        DataError: there is no confusion matrix for this network any more.
        Exception: as `runtime.trained.trained`.
    """
    found = yield from trained(weights, held_back, control)
    reading = confused(found.readings)
    if reading is None:
        raise DataError(
            "The answers of this network are no classes. Expected a run that tells classes apart."
        )
    inputs, answers, total, done = [], list[tuple[Answer, ...]](), 0, 0
    for batch in found.answers(control):
        output, target = batch.outputs[reading.place], batch.targets[reading.place]
        rows = reading.in_cell(output, target, cell).nonzero().flatten()
        kept = rows[: max(MOST - len(answers), 0)]
        inputs.append(batch.inputs[kept].cpu())
        answers += [(each,) for each in _read(reading, output[kept].cpu())]
        total, done = total + len(rows), done + len(batch.inputs)
        yield DataProgress("Asking the network", done, found.feed.val_samples)
    yield _answered(found, inputs, answers, (), total)


def about_files(
    weights: Weights, paths: Sequence[Path], control: Control, *, inverts: bool = False
) -> Iterator[DataProgress | Answered]:
    """Tells how far it is, and gives what the network says about the samples in some files last.

    Pictures, arrays and rows of tables are prepared as the run's validation samples are; where it `inverts`,
    pictures in which light and dark seem exchanged are inverted before.

    Raises:
        DataError: a file cannot be read as a sample of the run's data.
        Exception: as `runtime.trained.trained`.
    """
    given = Given(paths, MOST, inverts)
    found = yield from trained(weights, given, control)
    inputs, answers = [], list[tuple[Answer, ...]]()
    for batch in found.answers(control):
        inputs.append(batch.inputs.cpu())
        each = [_read(reading, batch.outputs[reading.place].cpu()) for reading in found.readings]
        answers += zip(*each, strict=True)
    answered = _answered(found, inputs, answers, given.names, given.total, tuple(given.notes))
    yield replace(answered, exchanged=tuple(given.exchanged), is_inverted=inverts)


def _read(reading: Reading, outputs: Tensor) -> list[Answer]:
    guesses = reading.guesses(outputs)
    return [
        Answer(reading.output, said, "" if said else reading.text(output), reading.is_of_places)
        for said, output in zip(guesses, outputs, strict=True)
    ]


def _answered(
    found: Trained,
    inputs: list[Tensor],
    answers: list[tuple[Answer, ...]],
    names: tuple[str, ...],
    total: int,
    notes: tuple[str, ...] = (),
) -> Answered:
    data = found.data
    shown = torch.cat(inputs) if inputs else torch.empty((0, *data.input_shape))
    return Answered(
        data.kind, shown, tuple(answers), names, found.epoch, total, data.columns, data.vocabulary, notes
    )
