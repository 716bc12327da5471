"""What a project is worked on with: the canvas, the panels around it, the bars, and the commands on them.

The welcome page needs none of this, so the window is on the screen before it; see `builder.preparation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from builder.arrange_commands import ArrangeCommands
from builder.block_commands import BlockCommands
from builder.canvas.dive import Dive
from builder.canvas.legend import CanvasOverlay
from builder.canvas.minimap import Minimap
from builder.canvas.page import CanvasPage
from builder.code_places import select_place
from builder.connect_commands import ConnectCommands
from builder.data_code import DataCode
from builder.exports import Exports
from builder.figure.commands import FigureCommands
from builder.first_hints import FirstHints
from builder.fitting_offer import FittingOffer
from builder.keyboard_commands import KeyboardCommands
from builder.layout_commands import LayoutCommands
from builder.minimap_switch import MinimapSwitch
from builder.node_watch import NodeWatch
from builder.panels.code_tab import CodeTab
from builder.panels.data_panel import DataPanel
from builder.panels.inspector import Inspector
from builder.panels.log import LogPanel
from builder.panels.palette import Palette
from builder.panels.problems import ProblemsPanel
from builder.panels.runs_panel import RunsPanel
from builder.panels.training import TrainingPanel
from builder.pending_edits import PendingEdits
from builder.preference_effects import PreferenceEffects
from builder.questions import Questions
from builder.resuming import Resuming
from builder.run_bar import RunBar
from builder.run_commands import RunCommands
from builder.run_controller import RunController
from builder.run_list import RunList
from builder.run_list_actions import ON_RUNS
from builder.shown_runs import ShownRuns
from builder.status import StatusBar
from builder.suggest_commands import SuggestCommands
from builder.tool_bars import add_bar
from builder.trial_commands import TrialCommands
from builder.window_tools import WindowTools

if TYPE_CHECKING:
    from builder.main_window import MainWindow


class Workspace(QObject):
    """Every part of a window that is about its project. What is made is an attribute.

    Args:
        window: gets the parts; it is the only one that knows them all.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def make(self) -> Iterator[None]:
        """Makes one part after the other, with time for the window in between."""
        windows = self._window.windows
        self.controller = RunController(self._window, windows.turn, windows.garbage)
        for bite in (
            self._make_canvas, self._make_sides, self._make_tabs, self._make_training, self._make_bars,
            self._make_commands, self._make_run_list, self._make_tools, self._connect_parts,
            self._connect_window,
        ):  # fmt: skip
            bite()
            yield

    def set_has_project(self, has_project: bool) -> None:
        """Shows what belongs to a project, or hides it and says of every command that none is open."""
        self.run_bar.setVisible(has_project)
        self.status.setVisible(has_project)
        for part in (self.blocks, self.arrange, self.layouts, self.keyboard, self.connecting):
            part.set_has_project(has_project)
        self.runs.has_project = self.tools.has_project = self.run_list.has_project = has_project
        self.run_list.look()
        self.run_list.refresh()
        self.runs.refresh()

    def settle(self) -> None:
        """Does what nobody has to wait for at the start."""
        self.effects.follow_motion()
        if self._window.loader.is_loaded:
            self.training.prepare()
            self.data.set_ready()

    def end(self) -> None:
        """Saves the run, if one is on, and returns when no thread works for any part."""
        self.trials.end()
        self.suggestions.end()
        self.questions.end()
        self.data.end()
        self.controller.shut_down()
        for part in (self.runs, self.resuming, self.shown_runs, self.run_list):
            part.end()
        self.exports.wait()
        self.layouts.wait()
        self.log.close_log()

    # -- parts

    def _make_canvas(self) -> None:
        window = self._window
        self.editor = CanvasPage(window.session, window.themes.theme, window.pages)
        self.canvas, self.breadcrumb = self.editor.canvas, self.editor.breadcrumb
        window.pages.addWidget(self.editor)

    def _make_sides(self) -> None:
        session, theme, docks = self._window.session, self._window.themes.theme, self._window.docks
        self.layers = Palette(session, theme, docks.place("Layers"))
        self.inspector = Inspector(session, theme, docks.place("Inspector"))
        docks.put("Layers", self.layers)
        docks.put("Inspector", self.inspector)

    def _make_tabs(self) -> None:
        session, theme, docks = self._window.session, self._window.themes.theme, self._window.docks
        choose_fixes = self._window.dialogs.choose_fixes
        self.problems = ProblemsPanel(session, theme, choose_fixes, docks.place("Problems"))
        self.code = CodeTab(session, theme, docks.place("Code"))
        self.log = LogPanel(docks.place("Log"))
        docks.put("Problems", self.problems)
        docks.put("Code", self.code)
        docks.put("Log", self.log)

    def _make_training(self) -> None:
        window, place = self._window, self._window.docks.place("Training")
        trust = window.windows.data_trust
        self.data_code = DataCode(window.session, window.dialogs, window.themes, trust, window)
        self.training = TrainingPanel(window.session, window.themes.theme, window.windows.settings, place)
        self.data = DataPanel(window.session, window.themes.theme, window.docks.place("Data"))
        self.training.plan.trust.follow(self.data_code)
        self.data.follow(self.data_code)
        window.docks.put("Training", self.training)
        window.docks.put("Data", self.data)

    def _make_bars(self) -> None:
        window, theme = self._window, self._window.themes.theme
        run_actions = [window.actions_[name] for name in ("run.train", "run.pause", "run.stop")]
        self.run_bar = RunBar(window.session, *run_actions, theme, window)
        add_bar(window, self.run_bar)
        self.status = StatusBar(window.session, theme, window)
        for bar in (self.run_bar, self.status):
            bar.hide()
        window.setStatusBar(self.status)

    def _make_commands(self) -> None:
        window, canvas = self._window, self.canvas
        session, actions, theme = window.session, window.actions_, window.themes.theme
        self.exports = Exports(session, actions, window.dialogs, window)
        self.figures = FigureCommands(session, window.dialogs, window.windows.settings, theme, window)
        self.runs = RunCommands(
            session, self.controller, window.loader, self.training, self.run_bar.progress, actions,
            window.dialogs, self.data_code,
        )  # fmt: skip
        self.pending_edits = PendingEdits(
            session, self.runs, self.controller, actions, self.training.edits_banner, window
        )
        self.questions = Questions(
            session, self.runs, self.controller, self.training.dashboard.classes, self.data, window
        )
        banner = self.training.dashboard.banner
        self.fitting = FittingOffer(self.runs, self.controller, self.data, banner, window)
        self.trials = TrialCommands(session, self.runs, window.windows.turn, theme, window)
        self.suggestions = SuggestCommands(session, self.runs, window)
        checks = ("run.suggest", "run.find_lr", "run.overfit", "run.speed")
        self.training.show_checks([actions[name] for name in checks])
        self.blocks = BlockCommands(session, actions, window)
        self.arrange = ArrangeCommands(session, canvas, actions, window)
        self.keyboard = KeyboardCommands(session, canvas, actions, window)
        self.connecting = ConnectCommands(session, self.editor, actions, theme, window)
        self.layouts = LayoutCommands(session, canvas, actions, self._reduces_motion, window)

    def _make_run_list(self) -> None:
        window, actions, dashboard = self._window, self._window.actions_, self.training.dashboard
        session, dialogs, place = window.session, window.dialogs, window.docks.place("Runs")
        self.run_table = RunsPanel(window.themes.theme, [actions[name] for name in ON_RUNS], place)
        window.docks.put("Runs", self.run_table)
        self.shown_runs = ShownRuns(session, self.runs, dashboard, window)
        self.run_list = RunList(session, self.run_table, self.shown_runs, actions, dialogs, window)
        self.resuming = Resuming(
            session, self.runs, self.run_list, self.shown_runs, actions, dialogs,
            dashboard.offer, window,
        )  # fmt: skip

    def _make_tools(self) -> None:
        window, session, theme = self._window, self._window.session, self._window.themes.theme
        self.watch = NodeWatch(session, self.controller, window)
        self.overlay = CanvasOverlay(session, self.canvas, self.watch, theme, window.windows.settings)
        self.minimap = Minimap(self.canvas, theme)
        minimap_action = window.actions_["view.minimap"]
        self.minimap_switch = MinimapSwitch(self.minimap, window.preferences, minimap_action)
        self.inspector.node_page.live.follow(self.watch)
        self.training.dashboard.follow(self.watch)
        self.dive = Dive(session, self.canvas, self._reduces_motion)
        self.tools = WindowTools(
            window.actions_, window.files, window.docks, session, self.editor, window.dialogs,
            window.windows, window,
        )  # fmt: skip
        self.hints = FirstHints(window, window.windows.hints)
        scene = self.canvas.graph_scene
        self.effects = PreferenceEffects(window.preferences, window, scene, window.recovery)

    # -- what they tell each other

    def _connect_parts(self) -> None:
        session, docks = self._window.session, self._window.docks
        self.breadcrumb.set_leave_action(self._window.actions_["graph.leave"])
        self.blocks.packed.connect(self.inspector.name_block)
        self.inspector.node_page.block.name.line.returnPressed.connect(self.canvas.setFocus)
        self.inspector.left.connect(self.canvas.setFocus)
        self.layers.layer_chosen.connect(self.canvas.add_layer)
        self.problems.title_changed.connect(lambda title: docks.set_title("Problems", title))
        docks.set_title("Problems", self.problems.title)
        self.problems.node_chosen.connect(self.canvas.reveal)
        for panel in (self.problems, self.inspector.node_page):
            panel.foreseen.connect(self.editor.fix_marks.show)
        self.code.node_chosen.connect(self.canvas.reveal)
        self.code.pane.save_requested.connect(self.exports.export_python)
        self.runs.node_failed.connect(self._show_failed)
        session.message.connect(self.log.add)
        self.controller.state_changed.connect(self.run_list.look)
        self.shown_runs.failed.connect(session.message)

    def _connect_window(self) -> None:
        window = self._window
        self.tools.restart_asked.connect(window.windows.restart)
        self.keyboard.inspector_asked.connect(window.edit_selected)
        self.status.problems_asked.connect(window.show_problems)
        self.runs.problems_asked.connect(window.show_problems)
        self.training.edits_banner.errors_asked.connect(window.show_problems)
        self.runs.training_asked.connect(window.show_training)
        window.files.saved.connect(self.runs.note_saved)
        window.files.saved.connect(self.run_list.look)
        self.controller.started.connect(window.recovery.note_run)
        self.run_list.seen.connect(window.show_training)
        self.run_list.seen.connect(self.training.dashboard.show_curves)
        self.questions.shown.connect(window.show_data)
        window.loader.loaded.connect(self.training.prepare)
        window.loader.loaded.connect(self.data.set_ready)
        for part in (
            self.canvas, self.layers, self.inspector, self.problems, self.training, self.code, self.status,
            self.run_bar, self.tools, self.hints, self.trials, self.overlay, self.figures, self.connecting,
            self.minimap, self.data, self.run_table,
        ):  # fmt: skip
            window.themes.changed.connect(part.set_theme)
        window.actions_.bind(
            self.exports, self.runs, self.trials, self.suggestions, self.canvas, self.blocks, self.arrange,
            self.layouts, self.run_list, self.resuming,
            self.tools, self.hints, self.watch, self.figures, self.keyboard, self.connecting,
            self.minimap_switch,
        )  # fmt: skip
        window.actions_.install("canvas", self.canvas)
        self.set_has_project(window.has_project)

    @Slot(str)
    def _show_failed(self, key: str) -> None:
        node_id = select_place(self._window.session, key)
        if node_id is not None:
            self.canvas.reveal(node_id)

    def _reduces_motion(self) -> bool:
        return self._window.preferences.reduced_motion
