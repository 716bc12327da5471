"""The part of the tool bar that trains: buttons, the settings changed most, and how far the run is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QToolBar, QToolButton, QWidget

from builder.icons import icon
from builder.panels.elided import FittingLabel
from builder.panels.field_text import UNSET
from builder.panels.fields import make_field, set_invalid
from builder.panels.figures import RunFigures, duration
from builder.panels.form_row import default_state
from builder.panels.plan_edits import SETTING, value_problems, with_setting
from builder.session import Session
from builder.texts import later, tr, tr_made
from builder.theme import GRID, Theme
from graph.catalog.params import Value
from graph.document import Change
from graph.edits import SetTraining

QUICK_SETTINGS = {
    "device": (later("Device"), 84),
    "precision": (later("Precision"), 128),
    "epochs": (later("Epochs"), 72),
}  # pixels
_AT_REST = {"paused": later("paused"), "stopping": later("stopping")}
PROGRESS_WIDTH, LEAST_PROGRESS = 160, 40  # pixels


class QuickSettings(QWidget):
    """A few settings of the training plan, always in sight."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, 0, GRID, 0)
        layout.setSpacing(GRID)
        self.fields = {name: make_field(SETTING[name], self) for name in QUICK_SETTINGS}
        for name, field in self.fields.items():
            title, width = QUICK_SETTINGS[name]
            label = QLabel(tr(title), self)
            label.setProperty("role", "muted")
            label.setBuddy(field)
            field.setFixedWidth(width)
            field.setToolTip(tr_made(SETTING[name].help))
            field.setAccessibleName(tr(title))
            field.edited.connect(lambda value, burst, name=name: self._set(name, value, burst))
            layout.addWidget(label)
            layout.addWidget(field)
        self.fields["epochs"].cancelled.connect(lambda burst: session.take_back(("quick", "epochs", burst)))
        session.changed.connect(self._follow)
        session.document_replaced.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Reads the plan anew."""
        training = self._session.project.training
        problems = value_problems(training)
        for name, field in self.fields.items():
            state = default_state(SETTING[name], training.get(name, UNSET))
            field.show_value(state.value, state.hint, state.fallback)
            set_invalid(field, name in problems)

    @Slot(object, object)
    def _follow(self, change: Change, touched: frozenset[str]) -> None:
        if "training" in change.fields:
            self.refresh()

    def _set(self, name: str, value: Value, burst: int) -> None:
        training = with_setting(self._session.project.training, name, value)
        self._session.apply(SetTraining(training, later(f"Set {name}")), ("quick", name, burst))


class RunProgress(QWidget):
    """How far the run is and when it will be done, in as much room as there is.

    The bar tells of the epochs too: where there is less room these are shortened first, then left out.
    A tool bar hides what has too little room, and did not show it again as a shorter text came.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = QProgressBar(self)
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setMinimumWidth(LEAST_PROGRESS)
        self.bar.setMaximumWidth(PROGRESS_WIDTH)
        self.bar.setAccessibleName(tr("Progress of the run"))
        self.text = FittingLabel(self)
        self.text.cut = Qt.TextElideMode.ElideRight
        self.text.setProperty("role", "muted")
        self.text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, GRID, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self.text, 2)
        layout.addWidget(self.bar, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.show_text("")

    def show_text(self, text: str) -> None:
        """Shows a text without a bar."""
        self.bar.hide()
        self.text.setText(text)

    def show_figures(self, figures: RunFigures) -> None:
        """Shows where a run stands."""
        self.bar.setVisible(figures.is_active)
        self.bar.setValue(round(1000 * figures.fraction))
        self.text.show_text(*_standing(figures))


class TrainButton(QToolButton):
    """The one accented button; it follows an action, but its icon has the colour of its text."""

    def __init__(self, action: QAction, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._action, self._theme = action, theme
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setProperty("role", "primary")
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self._follow()

    @Slot()
    def _follow(self) -> None:
        self.setText(self._action.text().replace("&", ""))
        self.setToolTip(self._action.toolTip())
        self.setEnabled(self._action.isEnabled())
        self.setIcon(icon("play", self._theme.on_accent))


class RunBar(QToolBar):
    """Train, Pause and Stop with their settings and the progress."""

    def __init__(
        self, session: Session, train: QAction, pause: QAction, stop: QAction, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(tr("Run"), parent)
        self.setObjectName("toolbar.run")
        self.setMovable(False)
        self.train_button = TrainButton(train, theme, self)
        self.addWidget(self.train_button)
        for action in (pause, stop):
            self.addAction(action)
            self.widgetForAction(action).setFocusPolicy(Qt.FocusPolicy.TabFocus)  # as Train has it
        self.addSeparator()
        self.settings = QuickSettings(session, self)
        self.progress = RunProgress(self)
        self.addWidget(self.settings)
        self.addWidget(self.progress)

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.train_button.set_theme(theme)


def _standing(figures: RunFigures) -> tuple[str, ...]:
    """Where a run stands, and shorter ways to say so."""
    if not figures.is_active:
        return ("",)
    if not figures.epochs:
        return (figures.text or tr("Preparing..."),)
    epoch, epochs = max(figures.epoch, 1), figures.epochs
    counted = tr("Epoch {epoch:,} of {epochs:,}", epoch=epoch, epochs=epochs)
    short = tr("{epoch:,}/{epochs:,}", epoch=epoch, epochs=epochs)
    then = _outlook(figures)
    if not then:
        return counted, short
    return f"{counted} · {then[0]}", f"{short} · {then[0]}", *then


def _outlook(figures: RunFigures) -> tuple[str, ...]:
    """When a run will be done, or why it does not go on, and shorter ways to say so; nothing if unknown."""
    if figures.state in _AT_REST:
        return (tr(_AT_REST[figures.state]),)
    if figures.seconds_left is None:
        return ()
    time = duration(figures.seconds_left)
    return tr("{time} left", time=time), time
