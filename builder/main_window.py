"""The main window: the welcome page with its menus at once, and around the project a workspace behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSettings, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QSizePolicy, QStackedWidget, QToolBar

from builder.actions import Actions
from builder.background import Job
from builder.custom_code import CustomCode
from builder.dialogs import Dialogs
from builder.docks import Docks
from builder.drop_overlay import DropTarget
from builder.help import Help
from builder.menus import Menus
from builder.preparation import Part, Preparation
from builder.project_files import ProjectFiles
from builder.recovery import Recovery
from builder.run_folders import user_folder
from builder.session import Session
from builder.texts import later, tr, tr_made
from builder.theme import ThemeManager
from builder.tool_bars import add_bar
from builder.waiting import give_turn
from builder.welcome import WelcomePage
from builder.window_actions import ALL_ACTIONS, NEED_PROJECT, TOOLS
from builder.window_commands import WindowCommands
from builder.window_list import WindowList
from builder.windows import Windows
from graph.document import Document

if TYPE_CHECKING:
    from builder.workspace import Workspace

FIRST_SIZE = QSize(1440, 900)
SIDES = (later("Layers"), later("Inspector"))
TABS = (
    later("Problems"), later("Training"), later("Code"), later("Runs"), later("Data"), later("Log"),
)  # fmt: skip


class MainWindow(QMainWindow):
    """One window, one project.

    Args:
        settings: where layout, preferences and recent projects are kept.
        dialogs: asks the user; a test can answer in its place.
        windows: those that are open already; unless given, this is the first.
    """

    editor, canvas, breadcrumb, minimap, overlay, dive = Part(), Part(), Part(), Part(), Part(), Part()
    layers, inspector, problems, training, code, log = Part(), Part(), Part(), Part(), Part(), Part()
    run_bar, status, controller, runs, watch, tools = Part(), Part(), Part(), Part(), Part(), Part()
    exports, figures, connecting, layouts, hints, data_code = Part(), Part(), Part(), Part(), Part(), Part()
    questions, run_table, run_list, shown_runs, resuming = Part(), Part(), Part(), Part(), Part()

    def __init__(
        self,
        themes: ThemeManager,
        settings: QSettings,
        dialogs: Dialogs | None = None,
        windows: Windows | None = None,
    ) -> None:
        super().__init__()
        self.themes, self._settings = themes, settings
        self.windows = Windows(themes, settings) if windows is None else windows
        self.preferences, self.loader = self.windows.preferences, self.windows.loader
        self._is_asked = self.has_project = False
        self.preparation = Preparation(self)
        self.dialogs = dialogs or Dialogs(self)
        self.session = Session(Document(), self, self.windows.discarding)
        self.custom_code = CustomCode(self.session, self.dialogs, themes, self.windows.shapes, self)
        self.actions_ = Actions(self, ALL_ACTIONS)
        self.recovery = Recovery(self.session, user_folder() / "recovery", self)
        self.window_commands = WindowCommands(
            self, self.windows, lambda: MainWindow(themes, settings, windows=self.windows)
        )
        self.files = ProjectFiles(
            self.session, self.dialogs, self.windows.recent, self.recovery, self, self.window_commands
        )
        self._make_pages()
        self._make_bars()
        self._bind_actions()
        self._connect()
        self.resize(FIRST_SIZE.boundedTo(self.screen().availableSize()))
        self.docks.restore(settings)
        self._show_welcome()
        self.windows.add(self)

    @property
    def workspace(self) -> Workspace:
        """Everything that is about a project; made now if it is not there yet."""
        return self.preparation.workspace

    # -- parts

    def _make_pages(self) -> None:
        links = [self.actions_["help.shortcuts"], self.actions_["help.layers"]]
        self.welcome = WelcomePage(self.files.recent, self.themes.theme, links)
        self.welcome.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)  # it scrolls
        self.pages = QStackedWidget(self)
        self.pages.addWidget(self.welcome)
        self.setCentralWidget(self.pages)
        self.docks = Docks(self, SIDES, TABS)

    def _make_bars(self) -> None:
        self.tool_bar = QToolBar(tr("File and edit"), self)
        self.tool_bar.setObjectName("toolbar.file")
        self.tool_bar.setMovable(False)
        for entry in TOOLS:
            if entry:
                self.tool_bar.addAction(self.actions_[entry])
            else:
                self.tool_bar.addSeparator()
        add_bar(self, self.tool_bar)
        self.menus = Menus(
            self.menuBar(), self.actions_, self.docks.toggles, self.files.recent, self.files.open_project
        )
        self.window_list = WindowList(self, self.windows, self.menus.menu("Window"))
        self.menus.show_mode(self.themes.mode)

    def _bind_actions(self) -> None:
        owners = (self, self.window_commands, self.files, self.session, Help(self))
        self.actions_.bind(*owners, rest=lambda: self.workspace)
        self.actions_.install("window", self)
        shortcuts = self.windows.shortcuts
        for action_id in shortcuts.specs:
            self._follow_shortcut(action_id)
        shortcuts.changed.connect(self._follow_shortcut)

    def _connect(self) -> None:
        session, files, welcome = self.session, self.files, self.welcome
        files.opening.connect(self._make_workspace)
        files.opened.connect(self._show_project)
        files.saved.connect(self._show_saved)
        session.changed.connect(self._follow)
        session.document_replaced.connect(self._follow)
        session.problems_changed.connect(self._offer_fixes)
        welcome.new_asked.connect(files.new_project)
        welcome.open_asked.connect(files.open_project)
        welcome.path_chosen.connect(files.open_project)
        welcome.elsewhere_asked.connect(files.open_elsewhere)
        welcome.template_chosen.connect(files.new_project)
        welcome.gallery.settled.connect(self.preparation.start)
        self.preparation.finished.connect(self._load)
        self.themes.changed.connect(welcome.set_theme)
        self.drops = DropTarget(self)

    # -- what the actions do

    def close_project(self) -> None:
        """Goes to the welcome page."""
        if self.files.may_leave(tr("Save them before closing the project?")):
            self.session.load(Document())
            self.recovery.clear()
            self._show_welcome()

    def fix_all_problems(self) -> None:
        """Applies the first remedy of every problem."""
        self.problems.fix_all()

    def show_problems(self) -> None:
        """Opens the Problems tab, with the focus on the first of them."""
        self.docks.reveal("Problems")
        self.problems.focus_first()

    @Slot()
    def edit_selected(self) -> None:
        """Puts the focus into the first parameter of what is selected."""
        self.docks.reveal("Inspector")
        self.inspector.focus_first()

    def show_training(self) -> None:
        """Opens the Training tab."""
        self.docks.reveal("Training")

    def show_runs(self) -> None:
        """Opens the Runs tab, with the focus on its table."""
        self.docks.reveal("Runs")
        self.run_table.take_focus()

    def show_data(self) -> None:
        """Opens the Data tab."""
        self.docks.reveal("Data")

    def show_code(self) -> None:
        """Opens the Code tab."""
        self.docks.reveal("Code")

    def reset_layout(self) -> None:
        """Puts every panel back to its place."""
        self.docks.reset()

    @Slot(str)
    def reveal_node(self, node_id: str) -> None:
        """Brings a node into view."""
        self.canvas.reveal(node_id)

    # -- what happens

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            QTimer.singleShot(0, self, self._after_first_paint)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leaves nothing behind: no unsaved work unasked about, no run half saved, no thread."""
        if not (self._is_asked or self.may_close()) or not self._end_run():
            event.ignore()
            return
        if self.testAttribute(Qt.WidgetAttribute.WA_DeleteOnClose):
            self.session.load(Document())  # what would go with it, or be held in circles, takes time to go
        self._end_work()
        self.windows.remove(self)
        self.docks.save(self._settings)
        self.recovery.clear()
        event.accept()

    def may_close(self) -> bool:
        """Whether the user lets the window go; asks where there is unsaved work."""
        if self.session.document.is_dirty:
            self.windows.bring_forward(self)
        return self.files.may_leave(tr("Save them before closing?"))

    def close_unasked(self) -> bool:
        """Closes the window, whatever is not saved; False if its run has not ended."""
        self._is_asked = True
        is_closed = self.close()
        if not is_closed:
            self._is_asked = False
        return is_closed

    def delete_when_closed(self) -> None:
        """Lets closing be the end of the window."""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def secure(self) -> None:
        """Saves the run and puts unsaved work aside."""
        self.recovery.keep()
        self._end_work()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.windows.note_front(self)

    @Slot()
    def _after_first_paint(self) -> None:
        if self.pages.currentWidget() is self.welcome:
            self.welcome.gallery.start()
        else:
            self.preparation.start()

    @Slot(bool)
    def _make_workspace(self, is_large: bool) -> None:
        """Makes all of the workspace, as a project is about to be shown in it; in turns for a large one."""
        if is_large:
            self.preparation.make_in_turns()
        self.preparation.workspace.set_has_project(self.has_project)
        if is_large:
            self.docks.set_hidden(False)  # which takes as long as to show all the rest
            give_turn()

    @Slot()
    def _load(self) -> None:
        """Loads PyTorch, which takes a second of the processor, once there is nothing else to wait for."""
        self.workspace.settle()
        self.loader.start()

    @Slot()
    def _show_project(self) -> None:
        self.pages.setCurrentWidget(self.editor)
        self._set_has_project(True)
        self.docks.height.fit()
        self.canvas.fit_all()
        self.canvas.setFocus()

    def _show_welcome(self) -> None:
        self.welcome.recent.refresh()
        if self.isVisible():
            self.welcome.gallery.start()
        self.pages.setCurrentWidget(self.welcome)
        self._set_has_project(False)

    def _set_has_project(self, has_project: bool) -> None:
        self.has_project = has_project
        self.docks.set_hidden(not has_project)
        for action_id in NEED_PROJECT:
            self.actions_.set_enabled(action_id, has_project, tr("No project is open."))
        self._offer_fixes()
        if self.preparation.is_done:
            self.workspace.set_has_project(has_project)
        self._follow()

    @Slot()
    def _show_saved(self) -> None:
        self._follow()
        self.status.refresh()
        self.status.show_text(tr("Saved {path}", path=self.session.document.path))

    @Slot()
    def _follow(self) -> None:
        document = self.session.document
        shown = self.pages.currentWidget() is not self.welcome
        self.setWindowTitle(f"{self.files.name}[*] – Netloom" if shown else "Netloom")
        self.setWindowModified(document.is_dirty)
        for action_id, verb, label, reason in (
            ("edit.undo", tr("&Undo"), document.undo_label, tr("Nothing to undo.")),
            ("edit.redo", tr("&Redo"), document.redo_label, tr("Nothing to redo.")),
        ):
            self.actions_.set_enabled(action_id, label is not None, reason)
            self.actions_.set_text(action_id, f"{verb} {tr_made(label)}" if label else verb)

    @Slot()
    def _offer_fixes(self) -> None:
        is_mendable = self.session.is_mendable
        self.actions_.set_enabled("graph.fix_all", is_mendable, tr("There is no problem with a remedy."))

    @Slot(str)
    def _follow_shortcut(self, action_id: str) -> None:
        self.actions_.set_shortcuts(action_id, self.windows.shortcuts.keys(action_id))

    def _end_work(self) -> None:
        """Leaves no thread; a run that is on is saved."""
        workspace = self.preparation.end()
        if workspace is not None:
            workspace.end()
        self.session.forecast.wait()
        for job in self.findChildren(Job):  # that nobody waits for any more
            job.wait()
        self.welcome.gallery.wait()

    def _end_run(self) -> bool:
        if not self.preparation.is_done or not self.controller.is_active:
            return True
        self.status.show_text(tr("Stopping the run and saving it..."))
        with _waiting(self):
            ended = self.controller.shut_down()
        if not ended:
            text = tr("The run has not ended yet. Close the window again in a moment.")
            self.dialogs.error(tr("Still training"), text)
        return ended


@contextmanager
def _waiting(window: QMainWindow) -> Iterator[None]:
    window.setCursor(Qt.CursorShape.WaitCursor)
    window.repaint()
    try:
        yield
    finally:
        window.unsetCursor()
