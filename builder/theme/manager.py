"""Which theme is on: follows the system or the user's choice, and dresses the application."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QStyleHints
from PySide6.QtWidgets import QApplication, QToolTip

from builder.theme.dressing import Dressing
from builder.theme.palette import palette
from builder.theme.stylesheet import stylesheet
from builder.theme.tokens import Theme, dark, light

Mode: TypeAlias = Literal["system", "light", "dark"]
MODES: tuple[Mode, ...] = get_args(Mode)

_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


class ThemeManager(QObject):
    """Keeps the application in the chosen theme.

    Widgets that paint themselves take a Theme when made and connect their `set_theme` to `changed`.

    Signals:
        changed(Theme): another theme is on; palette and stylesheet are already applied.
    """

    changed = Signal(object)

    def __init__(self, app: QApplication, mode: Mode = "system", hints: QStyleHints | None = None) -> None:
        """Dresses `app`. `hints` says what the system prefers; the application's own unless given."""
        super().__init__(app)
        self._app = app
        self._hints = hints if hints is not None else app.styleHints()
        self._mode: Mode = mode
        self._dressing = Dressing(app)
        app.setStyle("Fusion")
        self._hints.setColorScheme(_SCHEMES[mode])  # title bars and native dialogs follow
        self._theme = self._wanted()
        self._dress()
        self._hints.colorSchemeChanged.connect(self._refresh)

    @property
    def theme(self) -> Theme:
        """The theme that is on."""
        return self._theme

    @property
    def mode(self) -> Mode:
        """What was chosen; the caller keeps it between sessions."""
        return self._mode

    def set_mode(self, mode: Mode) -> None:
        """Follows the system, or stays light or dark.

        Raises:
            ValueError: the mode is none of MODES.
        """
        if mode not in MODES:
            raise ValueError(f"theme mode is {mode!r}. Expected one of {', '.join(MODES)}.")
        self._mode = mode
        self._hints.setColorScheme(_SCHEMES[mode])
        self._refresh()

    def toggle(self) -> None:
        """Switches between light and dark, away from what is seen now."""
        self.set_mode("light" if self._theme.is_dark else "dark")

    @Slot()
    def _refresh(self) -> None:
        wanted = self._wanted()
        if wanted is not self._theme:
            self._theme = wanted
            self._dress()
            self.changed.emit(wanted)

    def _wanted(self) -> Theme:
        if self._mode == "system":
            return dark() if self._hints.colorScheme() == Qt.ColorScheme.Dark else light()
        return dark() if self._mode == "dark" else light()

    def _dress(self) -> None:
        colors = palette(self._theme)
        self._app.setPalette(colors)
        QToolTip.setPalette(colors)
        self._dressing.put_on(stylesheet(self._theme))
