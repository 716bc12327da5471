"""What a person prefers, to be changed; everything takes effect at once, except where it says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from builder.preferences import MOTIONS, RECOVERY_INTERVALS, UI_SCALES, Preferences, Values
from builder.texts import later, tr, tr_count
from builder.theme import GRID, MODES, font
from builder.ui_scale import VARIABLE, chosen_outside

THEME_NAMES = dict(zip(MODES, (later("As the system"), later("Light"), later("Dark")), strict=True))
MOTION_NAMES = dict(zip(MOTIONS, (later("As the system"), later("Full"), later("Reduced")), strict=True))
SCALE_HINT = later("Of everything, on top of what the screen asks for. Counts from the next start.")
OUTSIDE_HINT = later("{variable} is set in the environment and says how large everything is.")
MOTION_HINT = later("Reduced: blocks open, views move and panels appear without gliding.")
SNAP_HINT = later("What is moved keeps to steps of 8 pixels.")
MINIMAP_HINT = later("Shows the whole graph in a corner while only a part of it is seen.")
RECOVERY_HINT = later(
    "Unsaved work is put aside while you go on, and offered after a crash. So much may be lost."
)


class PreferencesDialog(QDialog):
    """The preferences, one row each.

    Args:
        preferences: what is shown and changed.
        parent: the window that it belongs to.

    Signals:
        shortcuts_asked(): the list of keys is wanted.
        restart_asked(): Netloom is to be left and started again.
    """

    FIRST_SIZE = QSize(520, 568)
    shortcuts_asked = Signal()
    restart_asked = Signal()

    def __init__(self, preferences: Preferences, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Preferences"))
        self._preferences = preferences
        self._scale_at_start = preferences.ui_scale
        self.theme = self._choice("theme", tr("Theme"), _translated(THEME_NAMES))
        self.ui_scale = self._choice("ui_scale", tr("Size"), ((each, f"{each} %") for each in UI_SCALES))
        self.motion = self._choice("motion", tr("Motion"), _translated(MOTION_NAMES))
        self.snap_to_grid = QCheckBox(tr("Snap to the grid"), self)
        self.minimap = QCheckBox(tr("Minimap"), self)
        intervals = (
            (each, tr_count("every {count} second", "every {count} seconds", each))
            for each in RECOVERY_INTERVALS
        )
        self.recovery_interval = self._choice("recovery_interval", tr("Keep unsaved work"), intervals)
        self.restart_button = QPushButton(tr("Restart now"), self, autoDefault=False)
        self.shortcuts_button = QPushButton(tr("Keyboard shortcuts..."), self, autoDefault=False)
        self.restart_button.setToolTip(
            tr("Asks about unsaved work, closes all windows and opens them again.")
        )
        self.reset_button = QPushButton(tr("Reset"), self, autoDefault=False)
        self.close_button = QPushButton(tr("Close"), self, autoDefault=False)
        self._lay_out()
        self._connect()
        for field in fields(Values):
            self._follow(field.name)

    def open_again(self) -> None:
        """Comes to the front."""
        if not self.isVisible():
            self.resize(self.FIRST_SIZE.boundedTo(self.screen().availableSize() - QSize(4 * GRID, 8 * GRID)))
        self.show()
        self.raise_()
        self.activateWindow()
        self.theme.setFocus()

    def _choice(self, preference: str, name: str, choices: Iterable[tuple[object, str]]) -> QComboBox:
        field = QComboBox(self)
        field.setAccessibleName(name)
        for value, text in choices:
            field.addItem(text, value)
        field.activated.connect(lambda: self._preferences.change(**{preference: field.currentData()}))
        return field

    def _connect(self) -> None:
        self.snap_to_grid.clicked.connect(lambda on: self._preferences.change(snap_to_grid=on))
        self.minimap.clicked.connect(lambda on: self._preferences.change(minimap=on))
        self.restart_button.clicked.connect(self.restart_asked)
        self.shortcuts_button.clicked.connect(self.shortcuts_asked)
        self.reset_button.clicked.connect(self._preferences.reset)
        self.close_button.clicked.connect(self.close)
        self._preferences.changed.connect(self._follow)

    def _lay_out(self) -> None:
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 0)
        form.setHorizontalSpacing(2 * GRID)
        form.setVerticalSpacing(GRID)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self.ui_scale.setEnabled(not chosen_outside())
        outside = tr(OUTSIDE_HINT, variable=VARIABLE)
        scale_hint = outside if chosen_outside() else tr(SCALE_HINT)
        self.ui_scale.setToolTip(outside if chosen_outside() else "")
        _add_heading(form, tr("Appearance"))
        form.addRow(tr("Theme"), _left(self.theme))
        _add(form, tr("Size"), _left(self.ui_scale, self.restart_button), scale_hint)
        _add(form, tr("Motion"), _left(self.motion), tr(MOTION_HINT))
        _add_heading(form, tr("Canvas"))
        _add(form, "", self.snap_to_grid, tr(SNAP_HINT))
        _add(form, "", self.minimap, tr(MINIMAP_HINT))
        _add_heading(form, tr("Safety"))
        _add(form, tr("Keep unsaved work"), _left(self.recovery_interval), tr(RECOVERY_HINT))
        scroll = QScrollArea(accessibleName=tr("Preferences"))
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        foot = QHBoxLayout()
        foot.setContentsMargins(2 * GRID, GRID, 2 * GRID, 2 * GRID)
        foot.setSpacing(GRID)
        foot.addWidget(self.shortcuts_button)
        foot.addWidget(self.reset_button)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll, 1)
        layout.addLayout(foot)

    @Slot(str)
    def _follow(self, name: str) -> None:
        value = getattr(self._preferences, name)
        field = getattr(self, name)
        if isinstance(field, QCheckBox):
            field.setChecked(bool(value))
        else:
            field.setCurrentIndex(field.findData(value))
        self.restart_button.setVisible(self._preferences.ui_scale != self._scale_at_start)
        is_changed = self._preferences.values != Values()
        self.reset_button.setEnabled(is_changed)
        self.reset_button.setToolTip(
            tr("Takes all of these back.") if is_changed else tr("Nothing was changed.")
        )


def _translated(names: Mapping[Any, str]) -> Iterator[tuple[object, str]]:
    return ((value, tr(text)) for value, text in names.items())


def _add_heading(form: QFormLayout, text: str) -> None:
    heading = QLabel(text)
    heading.setFont(font("title"))
    heading.setContentsMargins(0, GRID, 0, 0)
    form.addRow(heading)


def _add(form: QFormLayout, name: str, field: QWidget, hint: str) -> None:
    """Adds a field with a quiet line below it."""
    cell = QWidget()
    column = QVBoxLayout(cell)
    column.setContentsMargins(0, 0, 0, GRID)
    column.setSpacing(GRID // 2)
    line = QLabel(hint, wordWrap=True)
    line.setProperty("role", "muted")
    column.addWidget(field)
    column.addWidget(line)
    form.addRow(name, cell)


def _left(*widgets: QWidget) -> QWidget:
    """Widgets beside each other, as wide as they need."""
    cell = QWidget()
    row = QHBoxLayout(cell)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GRID)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return cell
