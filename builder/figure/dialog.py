"""Asks how a figure is to look, and shows it meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from builder.figure.choices import WIDTHS, Choices
from builder.figure.drawing import Figure
from builder.figure.options import FIGURE_FORMATS, SCALES
from builder.figure.preview import FigurePreview
from builder.session import Session
from builder.texts import later, tr, tr_count
from builder.theme import GRID, Theme

FIRST_SIZE = QSize(960, 560)
READABLE = 5.0  # points; smaller text cannot be read on paper
STYLE_NAMES = {
    "print": later("Print: thin, on white"),
    "light": later("Light, as on the canvas"),
    "dark": later("Dark"),
}
WIDTH_NAMES = {
    "natural": later("As wide as it is"),
    "column": later("One column, {width:g} mm"),
    "page": later("Both columns, {width:g} mm"),
}
FOLD_HINT = "Goes on in a row below where the width is used up."
SHAPES_HINT = "Writes what flows through an edge beside it."
CLEAR_HINT = "Draws nothing behind the graph."
NO_WIDTH = "Choose a width to fold the graph to."
NO_PIXELS = "Only for PNG: SVG and PDF have no pixels."
TOO_SMALL = (
    "The smallest text is too small to be read on paper: "
    "give it more width, fold it into rows or draw a selection."
)
TOO_SMALL_IN_ROWS = (
    "The smallest text is too small to be read on paper: give it more width or draw a selection."
)
NO_SELECTION = "Nothing is selected, so the whole graph is drawn."


class FigureDialog(QDialog):
    """The fields of a figure beside a preview of it.

    Args:
        session: its graph that is shown now is drawn.
        choices: what the fields say at first.

    Signals:
        exporting(FigureDialog): the figure is to be written as the fields say.
    """

    exporting = Signal(object)

    def __init__(self, session: Session, choices: Choices, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export figure"))
        self._session, self._folder = session, choices.folder
        self._figure: Figure | None = None
        self.kind = self._choice(tr("Format"), ((each.name, each.label) for each in FIGURE_FORMATS.values()))
        self.what = self._choice(tr("Show"), self._whats())
        self.style_ = self._choice(tr("Style"), _translated(STYLE_NAMES))
        self.width_ = self._choice(tr("Width"), _translated(WIDTH_NAMES))
        self.scale = self._choice(tr("Scale"), ((each, f"{each}×") for each in SCALES))
        self.is_folded = self._check(tr("Fold into rows"), tr(FOLD_HINT))
        self.has_shapes = self._check(tr("Shapes on edges"), tr(SHAPES_HINT))
        self.is_transparent = self._check(tr("Transparent background"), tr(CLEAR_HINT))
        self.preview = FigurePreview(theme, self)
        self.facts = QLabel(self, wordWrap=True)
        self.warning = QLabel(self, wordWrap=True)
        self.warning.setProperty("role", "warning")
        self.export_button = QPushButton(tr("Export..."), self, default=True)
        self.export_button.setProperty("role", "primary")
        self.cancel_button = QPushButton(tr("Cancel"), self, autoDefault=False)
        self._show_choices(choices)
        self._lay_out()
        self._connect()
        self._refresh()
        self.resize(FIRST_SIZE.boundedTo(self.screen().availableSize() - QSize(4 * GRID, 8 * GRID)))

    @property
    def choices(self) -> Choices:
        """What the fields say."""
        return Choices(
            kind=self.kind.currentData(),
            style=self.style_.currentData(),
            width=self.width_.currentData(),
            is_folded=self.is_folded.isChecked(),
            has_shapes=self.has_shapes.isChecked(),
            scale=self.scale.currentData(),
            is_transparent=self.is_transparent.isChecked(),
            folder=self._folder,
        )

    @property
    def node_ids(self) -> tuple[str, ...]:
        """The nodes that are to be drawn; none stands for all."""
        return self._session.selection if self.what.currentData() == "selection" else ()

    @property
    def figure(self) -> Figure:
        """What is shown; it lives until the dialog is done."""
        assert self._figure is not None
        return self._figure

    def done(self, result: int) -> None:
        super().done(result)
        self.release()

    def release(self) -> None:
        """Lets go of the session."""
        if self._figure is not None:
            self._figure.close()
            self._figure = None

    def _whats(self) -> Iterable[tuple[str, str]]:
        block, count = self._session.block, len(self._session.selection)
        yield "all", tr("Block {name}", name=block) if block else tr("Whole graph")
        if count:
            yield "selection", tr_count("Selection, {count} layer", "Selection, {count} layers", count)

    def _choice(self, name: str, choices: Iterable[tuple[object, str]]) -> QComboBox:
        field = QComboBox(self)
        field.setAccessibleName(name)
        for value, text in choices:
            field.addItem(text, value)
        return field

    def _check(self, text: str, hint: str) -> QCheckBox:
        field = QCheckBox(text, self)
        field.setToolTip(hint)
        return field

    def _show_choices(self, choices: Choices) -> None:
        for field, value in (
            (self.kind, choices.kind),
            (self.style_, choices.style),
            (self.width_, choices.width),
            (self.scale, choices.scale),
        ):
            field.setCurrentIndex(field.findData(value))
        is_meant = len(self._session.selection) > 1  # one layer is selected by the last click, whatever for
        self.what.setCurrentIndex(self.what.count() - 1 if is_meant else 0)
        self.is_folded.setChecked(choices.is_folded)
        self.has_shapes.setChecked(choices.has_shapes)
        self.is_transparent.setChecked(choices.is_transparent)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(2 * GRID)
        form.setVerticalSpacing(GRID)
        for field in (self.kind, self.what, self.style_, self.width_):
            form.addRow(field.accessibleName(), field)
        form.addRow("", self.is_folded)
        form.addRow("", self.has_shapes)
        form.addRow(self.scale.accessibleName(), self.scale)
        form.addRow("", self.is_transparent)
        side = QVBoxLayout()
        side.setSpacing(GRID)
        side.addLayout(form)
        side.addSpacing(GRID)
        side.addWidget(self.facts)
        side.addWidget(self.warning)
        side.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.export_button)
        side.addLayout(buttons)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self.preview, 1)
        layout.addLayout(side)

    def _connect(self) -> None:
        for field in (self.kind, self.what, self.style_, self.width_, self.scale):
            field.currentIndexChanged.connect(self._refresh)
        for check in (self.is_folded, self.has_shapes, self.is_transparent):
            check.toggled.connect(self._refresh)
        self.export_button.clicked.connect(lambda: self.exporting.emit(self))
        self.cancel_button.clicked.connect(self.reject)

    @Slot()
    def _refresh(self) -> None:
        """Draws anew what the fields say."""
        choices, before = self.choices, self._figure
        self._figure = Figure(self._session, choices.options, self.node_ids)
        self.preview.show_figure(self._figure)
        if before is not None:
            before.close()
        self._enable(choices)
        self.facts.setText(_facts_text(self._figure, choices))
        self.warning.setText(_warning_text(self._figure, choices))

    def _enable(self, choices: Choices) -> None:
        has_width, has_pixels = choices.options.width is not None, FIGURE_FORMATS[choices.kind].has_pixels
        self.is_folded.setEnabled(has_width)
        self.is_folded.setToolTip(tr(FOLD_HINT) if has_width else tr(NO_WIDTH))
        self.scale.setEnabled(has_pixels)
        self.scale.setToolTip("" if has_pixels else tr(NO_PIXELS))
        self.what.setEnabled(self.what.count() > 1)
        self.what.setToolTip("" if self.what.count() > 1 else tr(NO_SELECTION))
        is_empty = self.figure.is_empty
        self.export_button.setEnabled(not is_empty)
        self.export_button.setToolTip(tr("There are no layers to draw.") if is_empty else "")


def _translated(names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for value, text in names.items():
        yield value, tr(text, width=WIDTHS.get(value))


def _facts_text(figure: Figure, choices: Choices) -> str:
    """How large the figure is."""
    width, height = figure.size
    across, down = figure.pixels
    lines = [
        tr("{width:.0f} × {height:.0f} mm", width=width, height=height),
        tr("smallest text {points:.1f} pt", points=figure.smallest_text),
    ]
    if FIGURE_FORMATS[choices.kind].has_pixels:
        lines.insert(0, tr("{width:,} × {height:,} pixels", width=across, height=down))
    return "\n".join(lines)


def _warning_text(figure: Figure, choices: Choices) -> str:
    """What speaks against the figure as it is; empty for nothing."""
    if figure.smallest_text >= READABLE or choices.style != "print":
        return ""
    return tr(TOO_SMALL_IN_ROWS if choices.is_folded else TOO_SMALL)
