"""The main window: makes the parts and wires them together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QSettings, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QSizePolicy, QStackedWidget, QToolBar

from builder.actions import Actions
from builder.arrange_commands import ArrangeCommands
from builder.background import Job
from builder.block_commands import BlockCommands
from builder.canvas.dive import Dive
from builder.canvas.legend import CanvasOverlay
from builder.canvas.minimap import Minimap
from builder.canvas.page import CanvasPage
from builder.code_places import select_place
from builder.connect_commands import ConnectCommands
from builder.custom_code import CustomCode
from builder.dialogs import Dialogs
from builder.docks import Docks
from builder.drop_overlay import DropTarget
from builder.exports import Exports
from builder.figure.commands import FigureCommands
from builder.first_hints import FirstHints
from builder.help import Help
from builder.icons import ICON_SIZE
from builder.keyboard_commands import KeyboardCommands
from builder.layout_commands import LayoutCommands
from builder.menus import Menus
from builder.minimap_switch import MinimapSwitch
from builder.node_watch import NodeWatch
from builder.panels.code_tab import CodeTab
from builder.panels.inspector import Inspector
from builder.panels.log import LogPanel
from builder.panels.palette import Palette
from builder.panels.problems import ProblemsPanel
from builder.panels.training import TrainingPanel
from builder.preference_effects import PreferenceEffects
from builder.project_files import ProjectFiles
from builder.recovery import Recovery
from builder.run_bar import RunBar
from builder.run_commands import RunCommands
from builder.run_controller import RunController
from builder.run_folders import user_folder
from builder.session import Session
from builder.status import StatusBar
from builder.texts import later, tr, tr_made
from builder.theme import Theme, ThemeManager
from builder.welcome import WelcomePage
from builder.window_actions import ALL_ACTIONS, NEED_PROJECT, TOOLS
from builder.window_commands import WindowCommands
from builder.window_list import WindowList
from builder.window_tools import WindowTools
from builder.windows import Windows
from graph.document import Document

FIRST_SIZE = QSize(1440, 900)


class MainWindow(QMainWindow):
    """One window, one project.

    Args:
        settings: where layout, preferences and recent projects are kept.
        dialogs: asks the user; a test can answer in its place.
        windows: those that are open already; unless given, this is the first.
    """

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
        self.preferences = self.windows.preferences
        self._is_asked = False
        self.dialogs = dialogs or Dialogs(self)
        self.session = Session(Document(), self)
        self.custom_code = CustomCode(self.session, self.dialogs, themes, self.windows.shapes, self)
        self.actions_ = Actions(self, ALL_ACTIONS)
        self.recovery = Recovery(self.session, user_folder() / "recovery", self)
        self.window_commands = WindowCommands(
            self, self.windows, lambda: MainWindow(themes, settings, windows=self.windows)
        )
        self.files = ProjectFiles(
            self.session, self.dialogs, self.windows.recent, self.recovery, self, self.window_commands
        )
        self.loader, self.controller = self.windows.loader, RunController(self, self.windows.turn)
        self._make_panels(themes.theme, settings)
        self._make_bars()
        self.exports = Exports(self.session, self.actions_, self.dialogs, self)
        self.figures = FigureCommands(self.session, self.dialogs, settings, themes.theme, self)
        self.runs = RunCommands(
            self.session,
            self.controller,
            self.loader,
            self.training,
            self.run_bar.progress,
            self.actions_,
            self.dialogs,
        )
        self.watch = NodeWatch(self.session, self.controller, self)
        self.overlay = CanvasOverlay(self.session, self.canvas, self.watch, themes.theme)
        self.minimap = Minimap(self.canvas, themes.theme)
        self.minimap_switch = MinimapSwitch(self.minimap, self.preferences, self.actions_["view.minimap"])
        self.inspector.node_page.live.follow(self.watch)
        self.dive = Dive(self.session, self.canvas, lambda: self.preferences.reduced_motion)
        self.blocks = BlockCommands(self.session, self.actions_, self)
        self.arrange = ArrangeCommands(self.session, self.canvas, self.actions_, self)
        self.keyboard = KeyboardCommands(self.session, self.canvas, self.actions_, self)
        self.connecting = ConnectCommands(self.session, self.editor, self.actions_, themes.theme, self)
        self.layouts = LayoutCommands(
            self.session, self.canvas, self.actions_, lambda: self.preferences.reduced_motion, self
        )
        self.tools = WindowTools(
            self.actions_, self.files, self.docks, self.session, self.editor, self.dialogs,
            self.windows, self,
        )  # fmt: skip
        self._bind_actions()
        self._connect()
        self.resize(FIRST_SIZE.boundedTo(self.screen().availableSize()))
        self.docks.restore(settings)
        self._show_welcome()
        self.windows.add(self)

    # -- parts

    def _make_panels(self, theme: Theme, settings: QSettings) -> None:
        session = self.session
        self.editor = CanvasPage(session, theme)
        self.canvas, self.breadcrumb = self.editor.canvas, self.editor.breadcrumb
        self.layers = Palette(session, theme)
        self.inspector = Inspector(session, theme)
        self.problems = ProblemsPanel(session, theme, self.dialogs.choose_fixes)
        self.training = TrainingPanel(session, theme, settings)
        self.code = CodeTab(session, theme)
        self.log = LogPanel()
        links = [self.actions_["help.shortcuts"], self.actions_["help.layers"]]
        self.welcome = WelcomePage(self.files.recent, theme, links)
        self.welcome.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)  # it scrolls
        self.pages = QStackedWidget(self)
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self.editor)
        self.setCentralWidget(self.pages)
        side = {later("Layers"): self.layers, later("Inspector"): self.inspector}
        tabs = {
            later("Problems"): self.problems,
            later("Training"): self.training,
            later("Code"): self.code,
            later("Log"): self.log,
        }
        self.docks = Docks(self, side, tabs)

    def _make_bars(self) -> None:
        actions = self.actions_
        self.tool_bar = QToolBar(tr("File and edit"), self)
        self.tool_bar.setObjectName("toolbar.file")
        self.tool_bar.setMovable(False)
        for entry in TOOLS:
            if entry:
                self.tool_bar.addAction(actions[entry])
            else:
                self.tool_bar.addSeparator()
        run_actions = (actions["run.train"], actions["run.pause"], actions["run.stop"])
        self.run_bar = RunBar(self.session, *run_actions, self.themes.theme, self)
        for bar in (self.tool_bar, self.run_bar):
            bar.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
            bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
            self.addToolBar(bar)
        self.status = StatusBar(self.session, self.themes.theme, self)
        self.setStatusBar(self.status)
        self.menus = Menus(
            self.menuBar(), actions, self.docks.toggles, self.files.recent, self.files.open_project
        )
        self.window_list = WindowList(self, self.windows, self.menus.menu("Window"))
        self.menus.show_mode(self.themes.mode)

    def _bind_actions(self) -> None:
        self.help, self.hints = Help(self), FirstHints(self, self.windows.hints)
        self.actions_.bind(
            self, self.window_commands, self.files, self.session, self.exports, self.runs, self.help,
            self.canvas, self.blocks, self.arrange, self.layouts, self.tools, self.hints, self.watch,
            self.figures, self.keyboard, self.connecting, self.minimap_switch,
        )  # fmt: skip
        self.actions_.install(self, self.canvas)
        self.breadcrumb.set_leave_action(self.actions_["graph.leave"])

    def _connect(self) -> None:
        self.training.dashboard.layers_watched.connect(lambda wanted: self.watch.ask("dashboard", wanted))
        self.effects = PreferenceEffects(self.preferences, self, self.canvas.graph_scene, self.recovery)
        self.tools.restart_asked.connect(self.windows.restart)
        session, files = self.session, self.files
        files.opened.connect(self._show_project)
        files.saved.connect(self._show_saved)
        session.changed.connect(self._follow)
        session.document_replaced.connect(self._follow)
        session.problems_changed.connect(self._offer_fixes)
        self.blocks.packed.connect(self.inspector.name_block)
        self.inspector.node_page.block.name.line.returnPressed.connect(self.canvas.setFocus)
        self.inspector.left.connect(self.canvas.setFocus)
        self.keyboard.inspector_asked.connect(self.edit_selected)
        self.layers.layer_chosen.connect(self.canvas.add_layer)
        self.problems.title_changed.connect(lambda title: self.docks.set_title("Problems", title))
        self.docks.set_title("Problems", self.problems.title)
        self.problems.node_chosen.connect(self.reveal_node)
        for panel in (self.problems, self.inspector.node_page):
            panel.foreseen.connect(self.editor.fix_marks.show)
        self.code.node_chosen.connect(self.reveal_node)
        self.code.pane.save_requested.connect(self.exports.export_python)
        self.status.problems_asked.connect(self.show_problems)
        self.runs.problems_asked.connect(self.show_problems)
        self.runs.training_asked.connect(self.show_training)
        self.runs.node_failed.connect(self._show_failed)
        session.message.connect(self.log.add)
        self.loader.loaded.connect(self.training.prepare)
        self.welcome.new_asked.connect(files.new_project)
        self.welcome.open_asked.connect(files.open_project)
        self.welcome.path_chosen.connect(files.open_project)
        self.welcome.elsewhere_asked.connect(files.open_elsewhere)
        self.welcome.template_chosen.connect(files.new_project)
        self.welcome.gallery.settled.connect(self._load)
        for part in (
            self.canvas, self.layers, self.inspector, self.problems, self.training, self.code, self.status,
            self.welcome, self.run_bar, self.tools, self.hints, self.overlay, self.figures,
            self.connecting, self.minimap,
        ):  # fmt: skip
            self.themes.changed.connect(part.set_theme)
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
        self._wait_for_threads()
        self.windows.remove(self)
        self.docks.save(self._settings)
        self.recovery.clear()
        self.log.close_log()
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
        self.controller.shut_down()
        self._wait_for_threads()
        self.log.close_log()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.windows.note_front(self)

    @Slot()
    def _after_first_paint(self) -> None:
        self.effects.follow_motion()
        if self.loader.is_loaded:
            self.training.prepare()
        if self.pages.currentWidget() is self.welcome:
            self.welcome.gallery.start()
        else:
            self._load()

    @Slot()
    def _load(self) -> None:
        """Loads PyTorch, which takes a second of the processor, once there is nothing else to wait for."""
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
        self.docks.set_hidden(not has_project)
        self.run_bar.setVisible(has_project)
        self.status.setVisible(has_project)
        for action_id in NEED_PROJECT:
            self.actions_.set_enabled(action_id, has_project, tr("No project is open."))
        self._offer_fixes()
        self.blocks.set_has_project(has_project)
        self.arrange.set_has_project(has_project)
        self.layouts.set_has_project(has_project)
        self.keyboard.set_has_project(has_project)
        self.connecting.set_has_project(has_project)
        self.runs.has_project = self.tools.has_project = has_project
        self.runs.refresh()
        self._follow()

    @Slot()
    def _show_saved(self) -> None:
        self._follow()
        self.status.refresh()
        self.status.show_text(tr("Saved {path}", path=self.session.document.path))

    @Slot()
    def _follow(self) -> None:
        document = self.session.document
        shown = self.pages.currentWidget() is self.editor
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
        fixable = any(each.problem.remedy for each in self.session.all_problems)
        self.actions_.set_enabled("graph.fix_all", fixable, tr("There is no problem with a remedy."))

    @Slot(str)
    def _show_failed(self, key: str) -> None:
        node_id = select_place(self.session, key)
        if node_id is not None:
            self.reveal_node(node_id)

    def _wait_for_threads(self) -> None:
        self.exports.wait()
        self.layouts.wait()
        self.session.forecast.wait()
        for job in self.findChildren(Job):  # that nobody waits for any more
            job.wait()
        self.welcome.gallery.wait()

    def _end_run(self) -> bool:
        if not self.controller.is_active:
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
