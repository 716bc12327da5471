"""Looks over a monkey's shoulder: how long events took, where the window was, and what it knows no more."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, thread_time
from types import FrameType, TracebackType

from builder.session import Session
from graph.scopes import Scope

STALL = 0.1  # seconds
LOOK = 0.02  # seconds between two looks at the clock
STEPS = 6  # of the way to an error
FRAMES = 20  # of the way to where an event took long: what caused it is far from where it was


@dataclass(frozen=True, slots=True)
class Stall:
    """An event that held the window up.

    Attributes:
        name: of what kind.
        seconds: how long it took.
        busy: seconds of these that the window's thread worked; the rest it waited for others on the machine.
        place: where it was after `STALL`.
    """

    name: str
    seconds: float
    busy: float
    place: str


class Stopwatch:
    """Takes the time of events, and their place where they take long.

    It looks from the window's own thread, when an alarm goes off: a frame that another thread held would keep
    painters and widgets alive, and have them deleted there.
    """

    def __init__(self) -> None:
        self.stalls: list[Stall] = []
        self.seconds = 0.0
        self._since: float | None = None
        self._place = ""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Lets places be taken down; from the main thread alone, and where there are alarms."""
        if not hasattr(signal, "setitimer"):
            yield
            return
        before = signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, LOOK, LOOK)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def start(self) -> None:
        """An event begins."""
        self._place, self._busy, self._since = "", thread_time(), perf_counter()

    def stop(self, name: str) -> None:
        """It is over."""
        if self._since is None:
            return
        took, self._since = perf_counter() - self._since, None
        self.seconds += took
        if took > STALL:
            self.stalls.append(Stall(name, took, thread_time() - self._busy, self._place))

    def lines(self) -> Iterator[str]:
        """What held the window up, by kind."""
        worked = [stall for stall in self.stalls if stall.busy > STALL]
        yield f"over {STALL * 1e3:.0f} ms: {len(self.stalls)}, of which {len(worked)} of work"
        for stall in sorted(worked, key=lambda each: -each.busy):
            yield f"  {1e3 * stall.busy:.0f} ms of {1e3 * stall.seconds:.0f}: {stall.name} at {stall.place}"

    def _look(self, number: int, frame: FrameType | None) -> None:
        since = self._since
        if since is not None and not self._place and perf_counter() - since > STALL:
            self._place = " < ".join(_steps(frame))


def stale(session: Session) -> Iterator[str]:
    """What a session knows that somebody who looks afresh does not."""
    fresh = Scope(session.project, session.scope)
    if (fresh.path, fresh.graph) != (session.scope, session.graph):
        yield f"stale: {session.scope} is shown, but leads to {fresh.path}"
        return
    for node in session.graph.nodes.values():
        if session.result(node.id) != fresh.inference.result(node.id):
            yield f"stale: what is known of a {node.type} in {session.block or 'the main graph'}"


def way(trace: TracebackType | None) -> str:
    """The last places on the way to an error."""
    places = deque[str](maxlen=STEPS)
    while trace is not None:
        places.append(_place(trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return " > ".join(places)


def _steps(frame: FrameType | None) -> Iterator[str]:
    for _ in range(FRAMES):
        if frame is not None:
            yield _place(frame, frame.f_lineno)
            frame = frame.f_back


def _place(frame: FrameType, line: int) -> str:
    return f"{Path(frame.f_code.co_filename).name}:{line}"
