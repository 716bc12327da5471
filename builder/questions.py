"""Asks a run's network: what is in a cell of its confusion matrix, and what files of the user's show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from builder.panels.answers_page import captions
from builder.panels.shown_samples import shown_samples
from builder.run_folders import latest_weights
from builder.texts import tr, tr_count, tr_made
from builder.trial import Trial
from runtime.control import Control
from runtime.data.choices import SOURCES
from runtime.data.given_choices import GivenKind
from runtime.events import CheckpointSaved, EpochEnded, RunEnded, StateChanged, StepsRecorded
from runtime.runs import RunError, has_checkpoint, read_run

if TYPE_CHECKING:
    from builder.panels.classes_view import ClassesView
    from builder.panels.data_panel import DataPanel
    from builder.run_commands import RunCommands
    from builder.run_controller import RunController
    from builder.session import Session
    from runtime.events import CheckpointKind, Event
    from runtime.questions import Answered
    from runtime.trained import Weights

    Ask = Callable[..., Iterator[Any]]  # of Weights and a Control


@dataclass(frozen=True)
class TrainedRun:
    """A run whose network can be asked.

    Args:
        folder: of the run.
        data_folder: where relative paths of its plan start; None for the working directory.
        source: the type of its data, such as `csv`.
        takes: which files it can be asked about.
    """

    folder: Path
    data_folder: Path | None
    source: str
    takes: tuple[GivenKind, ...]

    def has(self, kind: CheckpointKind) -> bool:
        """Whether it has such weights; in the midst of a save they are the earlier ones."""
        return has_checkpoint(self.folder, kind)


@dataclass(frozen=True)
class Question:
    """What was asked, so that it can be asked again with other weights."""

    title: str
    run: TrainedRun
    ask: Ask


class Questions(QObject):
    """Shows the answers in the Data panel, which are found out in a thread.

    Signals:
        shown(): the Data panel should be seen.
    """

    shown = Signal()

    def __init__(
        self,
        session: Session,
        runs: RunCommands,
        controller: RunController,
        classes: ClassesView,
        data: DataPanel,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._runs, self._controller = session, runs, controller
        self._classes, self._data = classes, data
        self._question: Question | None = None
        self._kind: CheckpointKind = "last"
        self._trials: list[Trial] = []
        self._is_saving = False  # an epoch has just ended, and its weights may be on their way to the disk
        self._awaited: tuple[Question, CheckpointKind] | None = None  # asked as soon as there are weights
        classes.matrix.cell_chosen.connect(self.ask_cell)
        controller.events.connect(self._follow_saves)
        data.answers.weights_chosen.connect(self._ask_others)
        data.answers.inverted.connect(self._ask_inverted)
        data.answers.left.connect(self._give_up)
        session.document_replaced.connect(self._leave)

    def run_of_project(self) -> TrainedRun | None:
        """The newest run of the project that has weights; None if there is none."""
        document = self._session.document
        folder = self._runs.weights_of(document) or latest_weights(document)
        return None if folder is None else _trained_run(folder, document.path)

    @Slot(int, int)
    def ask_cell(self, actual: int, predicted: int) -> None:
        """Shows the validation samples of one class that the dashboard's run took for another."""
        if self._runs.run_dir is None:
            return
        run = _trained_run(self._runs.run_dir, self._runs.trained_path)
        if run is None:
            self._session.message.emit(tr("The run cannot be asked: its folder is gone, or damaged."))
            return
        names = self._classes.names
        if actual == predicted:
            title = tr("“{actual}” that were recognised", actual=names[actual])
        else:
            title = tr("“{actual}” taken for “{predicted}”", actual=names[actual], predicted=names[predicted])
        self._begin(Question(title, run, partial(_in_cell, (actual, predicted))), "last")

    def ask_files(self, run: TrainedRun, paths: Sequence[Path]) -> None:
        """Shows what a run's network says about files."""
        title = (
            tr("What the network says about {name}", name=paths[0].name)
            if len(paths) == 1
            else tr_count(
                "What the network says about {count} file",
                "What the network says about {count} files",
                len(paths),
            )
        )
        question = Question(title, run, partial(_about_files, tuple(paths)))
        self._begin(question, "best" if run.has("best") else "last")

    def end(self) -> None:
        """Stops asking, and waits for it."""
        for trial in self._trials:
            trial.stop()

    def _begin(self, question: Question, kind: CheckpointKind) -> None:
        self._give_up()
        self._question, self._kind = question, kind
        page, run = self._data.answers, question.run
        page.begin(question.title, kind)
        self._data.show_answers()
        self.shown.emit()
        page.take_focus()
        is_own = self._controller.is_active and run.folder == self._runs.run_dir
        if is_own and (self._is_saving or not run.has(kind)):
            self._awaited = (question, kind)
        if not run.has(kind):
            page.say(_why_no_weights(kind, is_running=is_own))
        elif self._awaited is not None:
            page.say(tr("The run is saving the weights of the epoch. The answer comes then."))
        else:
            self._ask(question, kind)

    def _ask(self, question: Question, kind: CheckpointKind) -> None:
        run, page = question.run, self._data.answers
        ask, is_shared = question.ask, self._controller.is_active

        def work(control: Control) -> Iterator[Any]:
            from runtime.trained import Weights  # torch comes with it, in the trial's thread

            return ask(Weights(run.folder, kind, run.data_folder, is_shared), control)

        trial = Trial(work, self)
        self._trials.append(trial)
        trial.reading.connect(page.say)
        trial.arrived.connect(self._take)
        trial.ended.connect(self._end)
        trial.over.connect(self._forget)
        trial.start()

    @Slot(object)
    def _follow_saves(self, events: Sequence[Event]) -> None:
        """Asks what was put off, once the weights of the epoch are saved, or surely are not."""
        for event in events:
            match event:
                case EpochEnded():
                    self._is_saving = True
                case StepsRecorded() | RunEnded() | StateChanged():
                    self._is_saving = False
                    self._ask_awaited(is_over=isinstance(event, RunEnded))
                case CheckpointSaved(kind=kind) if self._awaited is not None and kind == self._awaited[1]:
                    self._ask_awaited()

    def _ask_awaited(self, *, is_over: bool = False) -> None:
        if self._awaited is None:
            return
        question, kind = self._awaited
        if question.run.has(kind):
            self._awaited = None
            self._ask(question, kind)
        elif is_over:
            self._awaited = None
            self._data.answers.say(_why_no_weights(kind, is_running=False))

    @Slot(str)
    def _ask_others(self, kind: CheckpointKind) -> None:
        if self._question is not None:
            self._begin(self._question, kind)

    @Slot(bool)
    def _ask_inverted(self, inverts: bool) -> None:
        """Asks about the same files with the negatives among them inverted, or as they are again."""
        if self._question is not None:
            ask = partial(self._question.ask, inverts=inverts)
            self._begin(replace(self._question, ask=ask), self._kind)

    @Slot()
    def _give_up(self) -> None:
        for trial in self._trials:
            trial.give_up()
        self._question = self._awaited = None

    @Slot()
    def _leave(self) -> None:
        self._give_up()
        self._data.leave_answers()

    @Slot(object)
    def _take(self, events: Sequence[Any]) -> None:
        answered, samples = events[-1]
        question = self._question
        if question is None:
            return
        if not answered.total:
            self._data.answers.say(
                tr(
                    "With these weights, of epoch {epoch}, no validation sample is there.",
                    epoch=answered.epoch,
                )
            )
            return
        detail = _detail(answered, self._kind, question.run.folder.name)
        self._data.answers.show_answers(answered, samples, detail, tr("Answer"))

    @Slot(str)
    def _end(self, fault: str) -> None:
        if fault:
            self._data.answers.say(tr_made(fault))

    @Slot(object)
    def _forget(self, trial: Trial) -> None:
        self._trials.remove(trial)
        trial.deleteLater()


def _trained_run(folder: Path, path: Path | None) -> TrainedRun | None:
    """The run in a folder; None where it cannot be read."""
    try:
        source = read_run(folder).plan.get("data", {}).get("source", "")
    except RunError:
        return None
    spec = SOURCES.get(source)
    return TrainedRun(folder, path.parent if path else None, source, spec.takes if spec else ())


def _why_no_weights(kind: CheckpointKind, *, is_running: bool) -> str:
    if is_running:
        return tr(
            "The run has saved no weights yet. It does so after the epochs that checkpoint_epochs says, and "
            "at its end. The answer comes then."
        )
    if kind == "best":
        return tr("The run has no best weights: none of its epochs was ended and saved.")
    return tr("The run has no weights: its folder holds none, or is gone. Train the network again.")


def _detail(answered: Answered, kind: CheckpointKind, run: str) -> str:
    """How many samples these are, and whose answers."""
    shown, total = len(answered.answers), answered.total
    count = (
        tr_count("{count} sample", "{count} samples", total)
        if shown == total
        else tr("The first {shown:,} of {total:,} samples", shown=shown, total=total)
    )
    weights = tr("best weights") if kind == "best" else tr("last weights")
    return tr(
        "{count}; run {run}, {weights}, epoch {epoch}",
        count=count, run=run, weights=weights, epoch=answered.epoch,
    )  # fmt: skip


def _in_cell(cell: tuple[int, int], weights: Weights, control: Control) -> Iterator[Any]:
    from runtime.questions import in_cell

    return _shown(in_cell(weights, cell, control))


def _about_files(
    paths: Sequence[Path], weights: Weights, control: Control, *, inverts: bool = False
) -> Iterator[Any]:
    from runtime.questions import about_files

    return _shown(about_files(weights, paths, control, inverts=inverts))


def _shown(events: Iterator[Any]) -> Iterator[Any]:
    """The events, with the samples ready to be looked at beside the answers about them."""
    from runtime.questions import Answered

    for event in events:
        if isinstance(event, Answered):
            said = list(captions(event))
            yield event, shown_samples(event.kind, event.inputs, said, event.columns, event.vocabulary)
        else:
            yield event
