"""Lets two processes take turns at one machine, so that what else it does slows both down alike."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from bisect import bisect
from contextlib import ExitStack

from tests.benchmarks._children import child

SETTLING = 0.2  # of a turn, at its start, does not count: what came due meanwhile is caught up with


def take_turns(
    codes: tuple[str, str], arguments: tuple[str, ...], turns: int, length: float
) -> list[tuple[float, float]]:
    """How often a second both programs did what they count, in each of their turns that has some of it.

    While one works, the other is stopped by the system.

    Args:
        codes: each prints a line when it has begun to count, ends when its input does, and prints lists of
            `time.perf_counter()` then, one for each time that it did what it counts; what it did from one
            list to the next was something else, which takes no part in this.
        arguments: of both.
        turns: of each.
        length: seconds of a turn; the first of them do not count.
    """
    with ExitStack() as stack:
        processes = [stack.enter_context(child(code, *arguments)) for code in codes]
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        for process in processes:
            process.send_signal(signal.SIGCONT)
            _line(process)
            process.send_signal(signal.SIGSTOP)
        spans = [[_turn(process, length) for process in processes] for _ in range(turns)]
        times = [_finished(process) for process in processes]
    rates = [[_rate(each, span) for each, span in zip(times, pair, strict=True)] for pair in spans]
    return [(first, second) for first, second in rates if first and second]


def _turn(process: subprocess.Popen[str], length: float) -> tuple[float, float]:
    """From when to when a process worked, without its start."""
    process.send_signal(signal.SIGCONT)
    start = time.perf_counter()
    time.sleep(length)
    end = time.perf_counter()
    process.send_signal(signal.SIGSTOP)
    return start + SETTLING * length, end


def _finished(process: subprocess.Popen[str]) -> list[list[float]]:
    """What a process has counted."""
    process.send_signal(signal.SIGCONT)
    printed, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(errors)
    return list(json.loads(printed.splitlines()[-1]))


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(process.communicate()[1])
    return line


def _rate(stretches: list[list[float]], span: tuple[float, float]) -> float:
    """How often a second in the parts of some stretches of time that lie in a span; 0 where none does."""
    parts = [times[bisect(times, span[0]) : bisect(times, span[1])] for times in stretches]
    seconds = sum(part[-1] - part[0] for part in parts if part)
    return sum(len(part) - 1 for part in parts if part) / seconds if seconds else 0.0
