"""Train, Pause and Stop: one run at a time in its thread, its events brought to the window."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Literal

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from builder.garbage import GarbageCollector
from builder.run_turn import RunTurn
from builder.texts import later
from builder.turns import MOMENT, Turns
from graph.document import Project
from runtime.control import Control
from runtime.events import Event, RunEnded, RunStarted, StateChanged
from runtime.thread import TrainingThread

PATIENCE_FOR_STEP = 15  # milliseconds; a longer step is not waited for
FRAME = 49  # milliseconds between two looks at the run's events: 20 Hz
LONGEST_FRAME = 80  # where a look takes long; a step is still drawn within 0.1 s
SHARE = 0.036  # of the run's time, at most, that looks may cost it until they become less frequent
AFTERMATH = 0.5  # milliseconds that a run's next steps lose after a look, as caches hold the window's
SHORT = 2.0  # milliseconds; a look that takes no longer needs no turns for everybody else in between
PATIENCE = 60.0  # seconds that a run gets to finish its step and save while the window closes

State = Literal["idle", "preparing", "running", "paused", "stopping"]


class RunController(QObject):
    """Owns the training thread, and looks at its events now and then, only while a run is on.

    The run itself takes a break for a look when one is due: a timer that asks for it in time would wake up
    the window beside a working run once more for every look. The timer is for steps that are long. A break
    lasts until what listeners to `events` add to `turns` is done, so that a look may take several turns of
    the event loop.

    Signals:
        started(Path): a run began; its folder.
        events(list[Event]): what happened since the last time, in order.
        state_changed(str): idle, preparing, running, paused or stopping.
        ended(RunEnded): the run is over and its thread has ended.

    Attributes:
        frame: milliseconds between two looks.
        turns: where what a look shows may be drawn, bit by bit.
    """

    started = Signal(object)
    events = Signal(object)
    state_changed = Signal(str)
    ended = Signal(object)

    def __init__(
        self,
        parent: QObject | None = None,
        turn: RunTurn | None = None,
        garbage: GarbageCollector | None = None,
    ) -> None:
        """Trains when it is its turn; alone in the process without one."""
        super().__init__(parent)
        self.turn = turn or RunTurn(self)
        self._thread: TrainingThread | None = None
        self._end: RunEnded | None = None
        self._state: State = "idle"
        self._garbage = garbage or GarbageCollector(self)
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._drain)
        self._due = 0.0  # reading of the clock at which the next look is
        self._watches_nodes = False
        self._look_began: float | None = None  # reading of the clock; None between two looks
        self._cost = 0.0  # milliseconds that a look takes, averaged
        self.frame = FRAME
        self.turns = Turns(self)
        self.turns.done.connect(self._end_look)

    @property
    def state(self) -> State:
        """What the run is doing."""
        return self._state

    @property
    def is_active(self) -> bool:
        """Whether a run is on."""
        return self._thread is not None

    def start(
        self,
        project: Project,
        run_dir: Path,
        data_folder: Path | None = None,
        *,
        resume: bool = False,
        accepts_changes: bool = False,
    ) -> None:
        """Trains a copy of the project; the project itself can be edited meanwhile.

        Args:
            project: what to train.
            run_dir: an empty folder for the run, or that of the run to go on with.
            data_folder: where relative paths of the plan start.
            resume: goes on with the run in that folder at its last checkpoint.
            accepts_changes: goes on even if the project is not what the run was started with.
        """
        self.turn.take(self, project.name)
        self._end = None
        control = Control()
        control.watches_nodes = self._watches_nodes
        self._thread = TrainingThread(
            project,
            run_dir,
            control,
            resume=resume,
            accepts_changes=accepts_changes,
            data_folder=data_folder,
            parent=self,
        )
        self._thread.setObjectName("training")
        self._thread.changed.connect(self._drain)
        self._thread.break_begun.connect(self._on_break)
        self._thread.finished.connect(self._finish)
        self._set_state("preparing")
        self.started.emit(run_dir)
        self._garbage.start()
        self._thread.start()
        self._due = perf_counter()
        self._look_again(self._thread)

    def toggle_pause(self) -> None:
        """Holds the run after its step, or lets it go on."""
        if self._thread is None:
            return
        if self._thread.control.paused:
            self._thread.control.resume()
            self._set_state("running")
        else:
            self._thread.control.pause()
            self._set_state("paused")

    def stop(self) -> None:
        """Asks the run to finish its step, save and end."""
        if self._thread is not None:
            self._thread.control.request_stop()
            self._set_state("stopping")

    def change(self, project: Project) -> None:
        """Asks the run to go on with a copy of an edited project from its next step on."""
        if self._thread is not None:
            self._thread.control.request_change(project.copy())

    def watch_nodes(self, wanted: bool) -> None:
        """Has the run, and those to come, tell now and then what every node does."""
        self._watches_nodes = wanted
        if self._thread is not None:
            self._thread.control.watches_nodes = wanted

    def shut_down(self, timeout: float = PATIENCE) -> bool:
        """Stops the run and waits for its thread; whether it ended within `timeout` seconds."""
        if self._thread is None:
            return True
        self._set_state("stopping")
        if not self._thread.stop_and_wait(timeout):
            return False
        self._finish()
        return True

    @Slot()
    def _on_break(self) -> None:
        """Looks at what the run has told; the look began when the run did, who has waited since."""
        if self._thread is not None:
            self._look_began = self._thread.control.break_began
        self._drain()

    @Slot()
    def _drain(self) -> None:
        if self._thread is None:
            return
        began = perf_counter()
        drained = self._thread.drain()
        if drained:
            self._look_began = self._look_began or began
            for event in drained:
                self._note(event)
            self.events.emit(drained)
        if self.turns.is_idle:
            self._end_look()

    @Slot()
    def _end_look(self) -> None:
        """Lets the run go on once all is drawn that the events have changed."""
        began, self._look_began = self._look_began, None
        if began is not None:
            self._pace(1e3 * (perf_counter() - began))
        if self._thread is not None:
            self._look_again(self._thread)

    def _look_again(self, thread: TrainingThread) -> None:
        """Ends a break, and has the events looked at in the next one, or beside a step that is long."""
        now = perf_counter()
        if now >= self._due:
            self._due = max(self._due + self.frame / 1e3, now)
        self._timer.start(round(1e3 * (self._due - now)) + PATIENCE_FOR_STEP)
        thread.ask_for_break(self._due - now)

    def _pace(self, cost: float) -> None:
        """Looks as often as its `cost` in milliseconds, which the run waits, allows."""
        self._cost += 0.1 * (cost - self._cost)
        self.frame = round(min(max((self._cost + AFTERMATH) / SHARE, FRAME), LONGEST_FRAME))
        self.turns.moment = SHORT / 1e3 if self._cost < SHORT else MOMENT

    def _note(self, event: Event) -> None:
        match event:
            case RunStarted() if self._state == "preparing":
                self._set_state("running")
            case StateChanged() if self._state != "stopping":
                self._set_state(event.state)
            case RunEnded():
                self._end = event

    @Slot()
    def _finish(self) -> None:
        if self._thread is None:
            return  # shut_down was faster than the signal
        self._drain()
        self._timer.stop()
        self._garbage.stop()
        thread, self._thread = self._thread, None
        thread.wait()
        thread.deleteLater()
        if self._end is None:
            self._end = RunEnded(
                "failed", later("The training thread ended without a word; the Log tab may say why.")
            )
            self.events.emit([self._end])
        self.turn.give_back(self)
        self._set_state("idle")
        self.ended.emit(self._end)

    def _set_state(self, state: State) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)
