"""Events of a made-up run, as an engine would tell them."""

from dataclasses import replace

from runtime.events import EpochEnded, RunStarted, StepsRecorded

START = RunStarted("runs/1", "cpu", "float32", 2, 100, 200, 3200, 800, 1234)
NAMES = ("cat", "dog", "eel")
MATRIX = ((8, 2, 0), (1, 7, 2), (0, 0, 0))  # of these classes
CLASSED = replace(START, class_names=NAMES)


def steps(first, count, epoch=1, loss=lambda step: 2 / step, seconds=0.01):
    numbers = range(first, first + count)
    return StepsRecorded(
        first,
        epoch,
        tuple(loss(step) for step in numbers),
        tuple(1e-3 for _ in numbers),
        tuple(0.5 for _ in numbers),
        tuple(seconds * step for step in numbers),
    )


def epoch_end(epoch, step, accuracy=0.9):
    metrics = {} if accuracy is None else {"accuracy": accuracy - 0.1}
    return EpochEnded(epoch, step, 0.4, accuracy, 0.5, metrics, 2.0, True)


def classed_epoch(confusion=MATRIX, **metrics):
    return EpochEnded(1, 100, 0.4, None, 0.5, metrics, 2.0, True, confusion)
