"""The row of figures above the curves."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from builder.panels.figures import STATE_TEXTS, RunFigures, Score, duration, number
from builder.texts import later, tr, tr_made
from builder.theme import GRID, Theme, font

_TILE_WIDTH = 94  # pixels
_LEAST_TILES = 5
_LEAST_AT_REST = 258  # pixels: three tiles; the others give way to what can be done about a run at rest
# Left out in this order where the row is too narrow; three have a chart of their own.
_SPARE = ("Samples / s", "Gradient norm", "Learning rate", "Steps / s", "Step")
# At rest, first what only a run that goes on has, and in the end all that does not tell how well it went.
_SPARE_AT_REST = ("Samples / s", "Time left", "Steps / s", *_SPARE, "Train loss", "Epoch")
_STATE_TOKENS = {
    "running": "accent_text",
    "paused": "warning",
    "stopping": "warning",
    "finished": "success",
    "failed": "error",
}
_NONE = "–"


class Headline(QWidget):
    """State, progress and the latest measurements as labelled figures, as many as fit in one row."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tiles = {title: Tile(title, self) for title in _texts(RunFigures())}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(GRID, GRID // 2, GRID, 0)
        self._grid.setHorizontalSpacing(GRID)
        self._shown: list[Tile] = []
        self._is_at_rest = False
        self._tiles["Train loss"].setToolTip(tr("Mean of the epoch so far; its curve has each step."))
        self.setMinimumWidth(_LEAST_TILES * _TILE_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_theme(self, theme: Theme) -> None:
        """Repaints the state in another theme's colour at the next `show_figures`."""
        self._theme = theme

    def show_figures(self, figures: RunFigures) -> None:
        """Writes the figures."""
        for title, text in _texts(figures).items():
            self._tiles[title].set_text(text)
        self._show_score(figures.score)
        self._tiles["Epoch"].set_total(figures.epochs)
        self._tiles["Step"].set_total(figures.total_steps)
        token = _STATE_TOKENS.get(figures.state, "text")
        self._tiles["State"].set_color(getattr(self._theme, token))

    @Slot(bool)
    def make_room(self, is_at_rest: bool) -> None:
        """Leaves out first what only a run that goes on has, as something about its rest stands beside it."""
        self._is_at_rest = is_at_rest
        self.setMinimumWidth(_LEAST_AT_REST if is_at_rest else _LEAST_TILES * _TILE_WIDTH)
        self._choose_tiles()

    def _show_score(self, score: Score | None) -> None:
        """Says which figure tells how well the network does, and what each Output has."""
        tile = self._tiles["Val accuracy"]
        if score is None or score.metric.name == "accuracy":
            tile.set_title(tr("Val accuracy"))
        else:
            output = next(iter(score.outputs), "")
            name = tr_made(score.metric.title)
            tile.set_title(
                tr("Val {metric}, {output}", metric=name, output=output)
                if output
                else tr("Val {metric}", metric=name)
            )
        tile.setToolTip(score.details if score is not None else "")

    def text(self, title: str) -> str:
        """What stands under a title, "Train loss"."""
        return self.tile(title).value.text()

    def tile(self, title: str) -> Tile:
        """The tile that begins with a title."""
        return self._tiles[title]

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._choose_tiles()
        super().resizeEvent(event)

    def _choose_tiles(self) -> None:
        """Shows as many tiles as there is room for, and the others not."""
        surplus = max(len(self._tiles) - self.width() // _TILE_WIDTH, 0)
        spare = dict.fromkeys(_SPARE_AT_REST if self._is_at_rest else _SPARE)
        hidden = list(spare)[:surplus]
        shown = [tile for title, tile in self._tiles.items() if title not in hidden]
        if shown != self._shown:
            self._shown = shown
            for tile in self._tiles.values():
                tile.setVisible(tile in shown)
            arrange(self._grid, shown, len(shown))


class Tile(QWidget):
    """A figure with its name above it.

    Places both itself: a layout would have everything around it up to the window laid out anew whenever a
    figure changes, which its place never does.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._name = QLabel(tr(title), self)
        self._name.setFont(font("caption"))
        self._name.setProperty("role", "muted")
        self.value = QLabel(_NONE, self)
        self.value.setFont(font("figure"))
        self.value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    @property
    def title(self) -> str:
        """What stands above the figure."""
        return self._name.text()

    def set_text(self, text: str) -> None:
        """Shows a figure."""
        if text != self.value.text():
            self.value.setText(text)

    def set_total(self, total: int) -> None:
        """Says in the title what the figure goes up to: "Step of 2,350"."""
        title = tr(self._title)
        text = tr("{title} of {total:,}", title=title, total=total) if total else title
        if text != self._name.text():
            self._name.setText(text)
            self.updateGeometry()

    def set_title(self, title: str) -> None:
        """Calls the figure otherwise."""
        if title != self._name.text():
            self._name.setText(title)

    def set_color(self, color: str) -> None:
        """Shows the figure in a colour."""
        sheet = f"color: {color};"
        if sheet != self.value.styleSheet():
            self.value.setStyleSheet(sheet)

    def sizeHint(self) -> QSize:
        name = self._name.sizeHint()
        return QSize(name.width(), name.height() + self.value.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(_TILE_WIDTH - 2 * GRID, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        height = self._name.sizeHint().height()
        self._name.setGeometry(0, 0, self.width(), height)
        self.value.setGeometry(0, height, self.width(), self.value.sizeHint().height())


def arrange(grid: QGridLayout, widgets: Sequence[QWidget], columns: int) -> None:
    """Puts widgets into a grid row by row, all columns equally wide."""
    for widget in widgets:
        grid.removeWidget(widget)
    for index, widget in enumerate(widgets):
        grid.addWidget(widget, index // columns, index % columns)
    for column in range(max(grid.columnCount(), columns)):
        grid.setColumnStretch(column, 1 if column < columns else 0)


def _texts(figures: RunFigures) -> dict[str, str]:
    """Every tile's title and text."""
    speed = figures.steps_per_second
    left = figures.seconds_left
    return {
        later("State"): tr(STATE_TEXTS[figures.state]),
        later("Epoch"): f"{figures.epoch:,}" if figures.epoch else _NONE,
        later("Step"): f"{figures.step:,}" if figures.step else _NONE,
        later("Train loss"): _figure(figures.train_loss),
        later("Val loss"): _figure(figures.val_loss),
        later("Val accuracy"): figures.score.text if figures.score is not None else _NONE,
        later("Learning rate"): _figure(figures.lr),
        later("Gradient norm"): _figure(figures.grad_norm),
        later("Steps / s"): f"{speed:,.0f}" if speed is not None and speed >= 100 else _figure(speed),
        later("Samples / s"): f"{samples:,.0f}"
        if (samples := figures.samples_per_second) is not None
        else _NONE,
        later("Time left"): duration(left) if left is not None else _NONE,
    }


def _figure(value: float | None) -> str:
    return number(value) if value is not None else _NONE
