"""Starts the application: settings, theme, window; and errors are shown, never swallowed."""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QEventLoop,
    QMessageLogContext,
    QObject,
    QProcess,
    QSettings,
    QSize,
    QTimer,
    QtMsgType,
    Signal,
    Slot,
    qInstallMessageHandler,
)
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication
from shiboken6 import delete

from builder.hint_memory import HintMemory
from builder.icons import icon
from builder.interrupts import Interrupts
from builder.main_window import MainWindow
from builder.preferences import Preferences
from builder.scheduling import answer_soon
from builder.texts import install_language, tr
from builder.theme import MODES, Mode, ThemeManager
from builder.ui_scale import scaled
from builder.windows import Windows

APP_NAME = "Netloom"
SWITCH_INTERVAL = 0.001  # seconds; a training thread hands Python over to the window that often
OFFSCREEN_NOISE = "This plugin does not support propagateSizeHints()"
SETTLE_TIME = 400  # milliseconds for layouts and curves before a screenshot

_log = logging.getLogger("netloom")


def open_window(paths: Sequence[Path] = (), theme: str | None = None) -> int:
    """Opens a window for each project and returns when the last one is closed; gives the exit code.

    What is left is deleted here: at the end of the interpreter Qt would call methods that are gone.
    """
    name_application()
    settings = QSettings()
    with scaled(Preferences(settings).ui_scale):
        app = make_application()
    install_language(app)
    themes = ThemeManager(app, _mode(theme, settings))
    windows = Windows(themes, settings, collects=True)
    window = MainWindow(themes, settings, windows=windows)
    window.delete_when_closed()
    errors = ErrorReporter(windows)
    errors.install()
    window.show()
    for path in paths:
        window.files.open_elsewhere(path)
    QTimer.singleShot(0, window, window.files.recover)
    interrupts = Interrupts(windows.leave_at_once, windows)
    code = app.exec()
    windows.secure()  # Qt also ends its loop when the screen is gone
    interrupts.restore()
    errors.uninstall()
    restart_paths = windows.restart_paths
    for left in windows:
        left.hide()  # what panels do when they are hidden needs the rest of the window
        delete(left)
    delete(windows)
    if restart_paths is not None:
        start_again(restart_paths)
    return code


def start_again(paths: Iterable[Path]) -> bool:
    """Starts Netloom anew, in a process of its own, with these projects open."""
    arguments = ["-m", "builder.cli", "open", *map(str, paths)]
    return QProcess.startDetached(sys.executable, arguments, str(Path(__file__).parents[1]))[0]


def render_screenshot(
    path: Path | None, out: Path, size: tuple[int, int], theme: str | None = None, tab: str = ""
) -> None:
    """Renders the window once into an image file, as it looks to somebody who starts afresh.

    Args:
        path: the project; the welcome page is shown without one.
        out: the image file; its suffix says which kind.
        size: width and height of the window in pixels.
        theme: system, light or dark.
        tab: the panel in front, by its title.

    Raises:
        OSError: the file cannot be written.
    """
    app = make_application()
    install_language(app)
    with quiet_offscreen(app):
        is_written = _rendered(app, path, out, size, _mode(theme, None), tab)
    if not is_written:
        raise OSError("the image cannot be written there")


@contextmanager
def quiet_offscreen(app: QApplication) -> Iterator[None]:
    """Drops the one line that Qt's offscreen platform prints for every window; all other messages stay."""
    if app.platformName() != "offscreen":
        yield
        return

    def pass_on(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if text != OFFSCREEN_NOISE:
            if before is not None:
                before(kind, context, text)
            else:
                sys.stderr.write(f"{text}\n")

    before = qInstallMessageHandler(pass_on)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


def _rendered(
    app: QApplication, path: Path | None, out: Path, size: tuple[int, int], mode: Mode, tab: str
) -> bool:
    window = MainWindow(ThemeManager(app, mode), _no_settings())
    window.loader.start = lambda: None  # type: ignore[method-assign]  # a picture needs no PyTorch
    window.resize(QSize(*size))
    assert window.workspace  # all of it is there before the picture is waited for
    window.show()
    if path is not None:
        window.files.open_project(path)
    if tab:
        window.docks.reveal(tab)
    if path is None:
        window.welcome.gallery.start()  # the window would do so after the first paint
    window.welcome.gallery.wait()
    QApplication.processEvents()
    window.grab()  # what is drawn when it is first seen is there the second time
    window.welcome.gallery.pictures.finish()
    _settle()
    is_written = window.grab().save(str(out))
    window.close()
    delete(window)
    return is_written


def make_application(arguments: Sequence[str] = ()) -> QApplication:
    """The one QApplication, named, so that settings and folders are Netloom's."""
    name_application()
    app = QApplication.instance() or QApplication([APP_NAME, *arguments])
    assert isinstance(app, QApplication)
    app.setWindowIcon(QIcon(icon("layers")))
    sys.setswitchinterval(SWITCH_INTERVAL)
    answer_soon()
    return app


def name_application() -> None:
    """Says whose the settings and folders are, also before there is an application."""
    QCoreApplication.setApplicationName(APP_NAME)
    QCoreApplication.setOrganizationName(APP_NAME)


class ErrorReporter(QObject):
    """Shows errors that nobody caught, of any thread, instead of letting the window die or stay silent."""

    caught = Signal(str, str)

    def __init__(self, windows: Windows) -> None:
        super().__init__(windows)
        self._windows = windows
        self._is_showing = False
        self.caught.connect(self._show)

    def install(self) -> None:
        """Takes over from Python's own report on the terminal."""
        sys.excepthook = self._report
        threading.excepthook = self._report_thread

    def uninstall(self) -> None:
        """Gives back to Python."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def _report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        _log.error("%s", details)
        self.caught.emit(f"{kind.__name__}: {error}", details)

    def _report_thread(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self._report(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    @Slot(str, str)
    def _show(self, text: str, details: str) -> None:
        if self._is_showing or not len(self._windows):
            return  # an error in a repaint comes again and again
        self._is_showing = True
        try:
            advice = tr("Your project is still open; save it under another name to be safe.")
            self._windows.front.dialogs.error(tr("Something went wrong"), f"{text}\n\n{advice}", details)
        finally:
            self._is_showing = False


def _mode(theme: str | None, settings: QSettings | None) -> Mode:
    wanted = theme or Preferences(settings).theme
    return next((mode for mode in MODES if mode == wanted), "system")


def _no_settings() -> QSettings:
    """Settings in which nothing is remembered and nothing is kept."""
    # A file has no room for another. The null device itself, opened by root, would be replaced by a file.
    settings = QSettings(f"{os.devnull}/settings.ini", QSettings.Format.IniFormat)
    settings.clear()
    HintMemory(settings).finish_all()
    return settings


def _settle() -> None:
    """Lets layouts, fonts and timers come to rest."""
    loop = QEventLoop()
    QTimer.singleShot(SETTLE_TIME, loop.quit)
    loop.exec()
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
