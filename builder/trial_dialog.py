"""Dialogs of the two short trainings: the search for a learning rate, and one batch learnt by heart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QProgressBar, QVBoxLayout, QWidget

from builder.panels.axes import log_ticks, value_ticks
from builder.panels.legend import Legend
from builder.panels.line_plot import Line, LinePlot, Picture, Point
from builder.texts import later, tr, tr_made
from builder.theme import GRID, Theme, font
from builder.trial import Trial, Work
from runtime.events import StepsRecorded

FIRST_SIZE = QSize(640, 480)
_ROOM = 0.06  # of the height, left free above and below the curves
_HIGHEST = 4.0  # times the first loss; a curve that leaves for infinity must not flatten the rest


class TrialDialog(QDialog):
    """Runs a trial while it is open; closing it stops the trial.

    What a trial shows and says is up to its kind: `take` and `conclude`.

    Args:
        title: of the window.
        intro: what is tried.
        work: the trial.
        theme: of the picture.
        adopt: what the button says that takes the suggestion, once there is one; None for no button.

    Signals:
        adopted(object): the user takes what is suggested.

    Attributes:
        suggestion: None while there is none.
    """

    adopted = Signal(object)
    LINES: Sequence[tuple[str, str]] = ()  # colours of the curves and what tells them apart

    def __init__(
        self,
        title: str,
        intro: str,
        work: Work,
        theme: Theme,
        parent: QWidget | None = None,
        adopt: str | None = None,
    ) -> None:
        super().__init__(parent)
        self.suggestion: Any = None
        self.setWindowTitle(title)
        self.resize(FIRST_SIZE)
        self.intro = QLabel(intro, wordWrap=True)
        self.intro.setProperty("role", "muted")
        self.progress = QProgressBar(maximum=0, textVisible=False)
        self.progress.setAccessibleName(tr("Progress of the trial"))
        self.status = QLabel(tr("Preparing..."))
        self.status.setFont(font("caption"))
        self.verdict = QLabel(
            wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse
        )
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.rejected.connect(self.reject)
        self.buttons.accepted.connect(self._adopt)
        if adopt is not None:
            self.adopt_button = self.buttons.addButton(adopt, QDialogButtonBox.ButtonRole.AcceptRole)
            self.adopt_button.setEnabled(False)
            self.adopt_button.setToolTip(tr("There is no suggestion yet."))
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        for part in (self.intro, self.progress, self.status):
            column.addWidget(part)
        column.addWidget(self.make_picture(theme), 1)
        for part in (self.verdict, self.buttons):
            column.addWidget(part)
        self.trial = Trial(work, self)
        self.trial.reading.connect(self.status.setText)
        self.trial.arrived.connect(self._take)
        self.trial.ended.connect(self._end)
        self.trial.start()

    def make_picture(self, theme: Theme) -> QWidget:
        """What shows the events: a plot, if not told otherwise."""
        self.plot, self.legend = LinePlot(theme), Legend()
        names = [(getattr(theme, color), tr(name)) for color, name in self.LINES]
        self.legend.show_entries(tr("Loss"), names)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.legend)
        column.addWidget(self.plot, 1)
        return whole

    def take(self, event: Any) -> None:
        """Notes one event of the trial."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Shows what was noted."""
        raise NotImplementedError

    def conclude(self) -> str:
        """What the trial has shown, in words; called once, at its end."""
        raise NotImplementedError

    def done(self, result: int) -> None:
        """Ends the trial before the dialog."""
        self.trial.stop()
        super().done(result)

    def suggest(self, suggestion: Any, text: str) -> None:
        """Lets the user take a suggestion.

        Args:
            suggestion: what `adopted` will tell.
            text: what the button says.
        """
        self.suggestion = suggestion
        self.adopt_button.setEnabled(True)
        self.adopt_button.setToolTip(tr("Sets it in the plan, which Ctrl+Z takes back."))
        self.adopt_button.setText(text)
        self.adopt_button.setDefault(True)
        self.adopt_button.setFocus()

    @Slot()
    def _adopt(self) -> None:
        if self.suggestion is not None:
            self.adopted.emit(self.suggestion)
        self.accept()

    @Slot(object)
    def _take(self, events: Sequence[Any]) -> None:
        for event in events:
            self.take(event)
        self.redraw()

    @Slot(str)
    def _end(self, fault: str) -> None:
        self.progress.setRange(0, 1)
        self.progress.setValue(1)
        self.status.setText(tr("Failed") if fault else tr("Done"))
        self.verdict.setProperty("role", "error" if fault else "")
        self.verdict.style().polish(self.verdict)
        self.verdict.setText(tr_made(fault or self.conclude()))

    def show_step(self, step: int, total: int) -> None:
        """Moves the progress bar."""
        self.progress.setRange(0, total)
        self.progress.setValue(step)
        self.status.setText(tr("Step {step} of at most {total}", step=step, total=total))


class LrFinderDialog(TrialDialog):
    """Draws the loss over the learning rate, and offers to take the rate that is suggested."""

    LINES = (("plot_train_raw", later("step")), ("plot_train", later("smooth")))

    def __init__(self, work: Work, theme: Theme, parent: QWidget | None = None) -> None:
        self.tried: list[Any] = []
        super().__init__(
            tr("Find a learning rate"),
            tr(
                "A copy of the network trains with a rate that grows at every step. A good rate lies well "
                "within the fall of the loss; where it rises again, steps are too long."
            ),
            work, theme, parent, tr("Use this rate"),
        )  # fmt: skip

    def take(self, event: Any) -> None:
        self.tried.append(event)
        self.show_step(event.step, event.total)

    def redraw(self) -> None:
        raw = [(math.log10(each.lr), each.loss) for each in self.tried if math.isfinite(each.loss)]
        smooth = [(math.log10(each.lr), each.smoothed) for each in self.tried if math.isfinite(each.smoothed)]
        if not smooth:
            return
        first, last = math.log10(self.tried[0].lr), math.log10(self.tried[-1].lr)
        self.plot.show_picture(
            Picture(
                [Line(raw, "plot_train_raw", 1.0), Line(smooth, "plot_train")],
                (first, max(last, first + 1)),
                _span(smooth, lowest=min(y for _, y in (*raw, *smooth))),
                log_ticks,
                value_ticks,
                [] if self.suggestion is None else [math.log10(self.suggestion)],
                tr("learning rate"),
            )
        )

    def conclude(self) -> str:
        from runtime.lr_finder import suggested  # torch comes with it

        found = suggested(self.tried)
        if found.lr is not None:
            self.suggest(found.lr, tr("Use lr = {lr:g}", lr=found.lr))
        self.redraw()
        return found.text


class OverfitDialog(TrialDialog):
    """Draws the loss of the one batch."""

    def __init__(self, work: Work, theme: Theme, parent: QWidget | None = None) -> None:
        self.losses: list[float] = []
        super().__init__(
            tr("Overfit one batch"),
            tr(
                "A copy of the network learns one small batch by heart. One that cannot do that has a fault, "
                "and will not learn the whole data set either."
            ),
            work, theme, parent,
        )  # fmt: skip

    def take(self, event: StepsRecorded) -> None:
        from runtime.overfitting import STEPS

        self.losses += event.losses
        self.show_step(len(self.losses), STEPS)

    def redraw(self) -> None:
        points = [(step, loss) for step, loss in enumerate(self.losses, 1) if math.isfinite(loss)]
        if points:
            low, high = _span(points)
            self.plot.show_picture(
                Picture(
                    [Line(points, "plot_train")],
                    (0, max(len(self.losses), 10)),
                    (min(low, 0), high),
                    x_name=tr("step"),
                )
            )

    def conclude(self) -> str:
        from runtime.overfitting import judged

        return judged(self.losses).text


def _span(points: Sequence[Point], lowest: float = math.inf) -> Point:
    """From where to where the axis goes that shows these points, and values down to the lowest."""
    low = min(lowest, *(y for _, y in points))
    high = min(max(y for _, y in points), _HIGHEST * max(points[0][1], low))
    room = _ROOM * ((high - low) or abs(high) or 1.0)
    return low - room, high + room
