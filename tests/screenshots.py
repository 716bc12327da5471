"""Makes the pictures of the README, and of every panel in both themes, from the real window.

python -m tests.screenshots            # resources/screenshots, for the README
python -m tests.screenshots FOLDER     # every panel and dialog, light and dark, small and large
QT_SCALE_FACTOR=2 python -m tests.screenshots FOLDER    # at that scale alone
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QDeadlineTimer, QEventLoop, QSettings, QSize
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import delete

from builder.app import make_application
from builder.canvas.placement import place_on_edge
from builder.drops import sorted_out
from builder.fix_all_dialog import FixAllDialog
from builder.fix_planning import FixPlanning
from builder.main_window import MainWindow
from builder.review_dialog import ReviewDialog
from builder.theme import Mode, ThemeManager
from builder.ui_scale import VARIABLE, chosen_outside
from graph.annotation_edits import AddAnnotations
from graph.annotations import Frame, Note
from graph.document import PortRef
from graph.edits import Connect, RemoveNodes, SetParams
from graph.node_flags import SetBypassed, SetPinned
from graph.templates import template

README_FOLDER = Path(__file__).resolve().parents[1] / "resources" / "screenshots"
SIZES = (QSize(1600, 1000), QSize(1280, 800))
SOURCE = """import torch
from torch import Tensor, nn


class Squash(nn.Module):
    \"\"\"Keeps every value between -1 and 1.\"\"\"

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x)
"""
PATIENCE = 180_000  # milliseconds
TABS = ("Problems", "Training", "Code", "Runs", "Data", "Log")


@contextmanager
def shown_window(mode: Mode, size: QSize) -> Iterator[MainWindow]:
    """A window with nothing remembered from before, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = folder
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(ThemeManager(make_application(), mode), settings)
        window.windows.hints.finish_all()
        window.resize(size)
        window.show()
        wait_for(lambda: bool(window.welcome.cards))
        yield window
        window.session.document.mark_saved()
        window.close()
        delete(window)


def wait_for(condition: Callable[[], bool]) -> None:
    """Lets the window work until the condition holds."""
    deadline = QDeadlineTimer(PATIENCE)
    while not condition():
        if deadline.hasExpired():
            raise TimeoutError("the window did not come to where the picture is taken")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def settle(milliseconds: int = 400) -> None:
    """Lets layouts and timers come to rest."""
    deadline = QDeadlineTimer(milliseconds)
    while not deadline.hasExpired():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def take(window: QWidget, path: Path) -> None:
    """Writes what a window shows."""
    settle()
    window.grab()  # what is drawn when it is first seen is there the second time
    settle()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not window.grab().save(str(path)):
        raise OSError(f"{path} cannot be written")


def open_template(window: MainWindow, name: str = "SmallCNN") -> None:
    window.session.document.mark_saved()  # nobody is there to be asked about changes
    window.files.new_project(template(name).project())
    settle()


def node_id(window: MainWindow, name: str) -> str:
    node = window.session.graph.by_name(name)
    assert node is not None
    return node.id


def break_shapes(window: MainWindow) -> None:
    """Takes the layer out that stands between the feature maps and the Linear layer, and joins the rest."""
    window.session.apply(RemoveNodes([node_id(window, "squeeze")]))
    source, target = PortRef(node_id(window, "gap"), "out"), PortRef(node_id(window, "fc"), "in")
    window.session.apply(Connect(source, target))
    window.session.select([target.node])


def enter_block(window: MainWindow) -> None:
    """Shows what is inside the first stage of a ResNet, and the class that it becomes."""
    open_template(window, "ResNet18")
    window.session.enter(node_id(window, "stage1"))
    window.session.select([node_id(window, "conv1")])
    window.docks.reveal("Code")


def train(window: MainWindow, epochs: int) -> None:
    """Trains MLP on the digits, to the end."""
    open_template(window, "MLP")
    window.docks.reveal("Training")
    wait_for(lambda: window.loader.is_loaded)
    window.runs.train()
    wait_for(lambda: len(window.training.dashboard.series("val_loss")[0]) >= epochs)
    window.runs.stop_training()
    wait_for(lambda: not window.controller.is_active)


def readme_pictures(folder: Path) -> None:
    """The pictures that the README shows."""
    size = SIZES[1]
    with shown_window("light", size) as window:
        take(window, folder / "welcome.png")
        open_template(window)
        window.session.select([node_id(window, "conv2")])
        window.docks.reveal("Code")
        take(window, folder / "window-light.png")
        take(window, folder / "code.png")
        break_shapes(window)
        window.docks.reveal("Problems")
        take(window, folder / "shape-error.png")
        enter_block(window)
        take(window, folder / "block.png")
        train(window, 12)
        take(window, folder / "training.png")
    with shown_window("dark", size) as window:
        train(window, 12)
        take(window, folder / "window-dark.png")


def every_panel(folder: Path, scale: str) -> None:
    """Everything there is to see, in both themes; in two sizes where the scale leaves room on a screen."""
    modes: tuple[Mode, ...] = ("light", "dark")
    for mode in modes:
        for size in SIZES if scale == "1" else SIZES[1:]:
            prefix = f"{mode}-{size.width()}" + (f"-x{scale}" if scale != "1" else "")
            with shown_window(mode, size) as window:
                take(window, folder / f"{prefix}-welcome.png")
                take_tabs(window, folder, prefix)
                take_tools(window, folder, prefix)
                take_hints_and_drops(window, folder, prefix)
                take_dialogs(window, folder, prefix)
                take_canvas(window, folder, prefix)
                take_problems(window, folder, prefix)
                take_run(window, folder, prefix)
                take_suggestion(window, folder, prefix)
                enter_block(window)
                take(window, folder / f"{prefix}-block.png")
                window.session.select([])
                take(window, folder / f"{prefix}-block-page.png")


def take_tabs(window: MainWindow, folder: Path, prefix: str) -> None:
    """A network with each of the panels below it, and the box that adds a layer."""
    open_template(window)
    for tab in TABS:
        window.docks.reveal(tab)
        take(window, folder / f"{prefix}-{tab.lower()}.png")
    window.canvas.setFocus()
    window.canvas.add_node_at_cursor()
    take(window, folder / f"{prefix}-search.png")
    window.canvas.search.close_quietly()


def take_canvas(window: MainWindow, folder: Path, prefix: str) -> None:
    """All that can lie on a canvas, and the inspector for one layer and for several."""
    open_template(window)
    session = window.session
    edge = session.graph.edge_into(PortRef(node_id(window, "conv3"), "in"))
    assert edge is not None
    middle = window.canvas.graph_scene.edges[edge].path.pointAtPercent(0.5)
    session.apply(place_on_edge(session.graph, edge, (middle.x(), middle.y())).edit)
    session.apply(SetBypassed([node_id(window, "dropout1")]))
    session.apply(SetPinned([node_id(window, "conv1"), node_id(window, "image")]))
    add_frame_and_note(window)
    for name, chosen in (("several", ("conv1", "conv2", "conv3")), ("canvas", ("conv3",))):
        session.select([node_id(window, each) for each in chosen])
        window.canvas.fit_all()
        take(window, folder / f"{prefix}-{name}.png")
    window.canvas.zoom_reset()
    window.canvas.centerOn(*session.graph.nodes[node_id(window, "conv1")].position)
    take(window, folder / f"{prefix}-near.png")


def add_frame_and_note(window: MainWindow) -> None:
    """Puts a frame around the first layers, and a note above them."""
    graph = window.session.graph
    places = [graph.nodes[node_id(window, name)].position for name in ("conv1", "norm1", "relu1")]
    left, top = (min(place[axis] for place in places) - 32.0 for axis in (0, 1))
    right, bottom = (max(place[axis] for place in places) for axis in (0, 1))
    frame = Frame("f1", "Stem", (left, top - 24.0), (right - left + 232.0, bottom - top + 128.0), "blue")
    note = Note("a1", "Keeps the size: padding 1.\nTry a stride of 2 here.", (left, top - 160.0))
    window.session.apply(AddAnnotations([frame], [note]))


def take_problems(window: MainWindow, folder: Path, prefix: str) -> None:
    """An error, what mends it, and what there is instead of code."""
    open_template(window)
    break_shapes(window)
    window.docks.reveal("Problems")
    take(window, folder / f"{prefix}-shape-error.png")
    take_fixes(window, folder, prefix)
    window.docks.reveal("Code")
    take(window, folder / f"{prefix}-no-code.png")


def take_run(window: MainWindow, folder: Path, prefix: str) -> None:
    """The curves of a run, and what it tells of the layers on the canvas."""
    window.watch.show_gradient_overlay()
    train(window, 8)
    take(window, folder / f"{prefix}-trained.png")
    window.watch.show_no_overlay()


def take_suggestion(window: MainWindow, folder: Path, prefix: str) -> None:
    """The plan that is suggested, and a plan in which each Output has a loss of its own."""
    open_template(window, "MultiHead")
    window.docks.reveal("Training")
    wait_for(lambda: window.loader.is_loaded)
    form = window.training.plan
    form.transforms.header.setChecked(True)
    settle()
    if not form.grab().save(str(folder / f"{prefix}-outputs.png")):
        raise OSError(f"{folder} cannot be written")
    window.actions_["run.suggest"].trigger()
    dialog = window.workspace.suggestions.dialog
    assert dialog is not None, "the project can be trained"
    wait_for(dialog.progress.isHidden)
    take(dialog, folder / f"{prefix}-suggestion.png")
    dialog.reject()


def take_dialogs(window: MainWindow, folder: Path, prefix: str) -> None:
    """The dialogs that come with an action."""
    window.figures.export_figure()
    figure = window.figures.dialog
    assert figure is not None
    take(figure, folder / f"{prefix}-figure.png")
    figure.close()
    review = ReviewDialog(["squash1"], SOURCE, window.themes.theme, window)
    review.show()
    take(review, folder / f"{prefix}-review.png")
    review.close()


def take_hints_and_drops(window: MainWindow, folder: Path, prefix: str) -> None:
    """A hint for first use, and what is said while files are dragged over the window."""
    window.windows.hints.forget()
    window.hints.show_due()
    take(window, folder / f"{prefix}-hint.png")
    window.windows.hints.finish_all()
    for name, file in (("drop", "other.netloom"), ("no-drop", "model.onnx")):
        window.drops.overlay.announce(sorted_out([Path(file)]), is_blank=False)
        take(window, folder / f"{prefix}-{name}.png")
    window.drops.overlay.hide()


def take_fixes(window: MainWindow, folder: Path, prefix: str) -> None:
    """What a remedy would change, and all of them to choose from."""
    window.session.apply(SetParams(node_id(window, "conv1"), {"kernel": 3, "bias": True}))
    window.activateWindow()  # a dialog was before it
    settle()
    window.problems.cards.cards[0].fix_buttons[0].setFocus()
    take(window, folder / f"{prefix}-foresight.png")
    planning = FixPlanning(window.session.project, window)
    dialog = FixAllDialog(planning, window)
    dialog.show()
    settle()
    take(dialog, folder / f"{prefix}-fix-all.png")
    dialog.close()
    planning.end()
    window.session.undo()


def take_tools(window: MainWindow, folder: Path, prefix: str) -> None:
    """The command palette, the find bar, and the dialogs that are windows of their own."""
    tools = window.tools
    tools.show_commands()
    tools.commands.picker.field.setText("th")
    take(window, folder / f"{prefix}-commands.png")
    tools.show_commands()
    tools.show_find()
    tools.finder.picker.field.setText("conv")
    take(window, folder / f"{prefix}-find.png")
    tools.finder.picker.close_quietly()
    tools.shortcut_dialog.choose("edit.redo")
    for name, dialog in (("shortcuts", tools.shortcut_dialog), ("preferences", tools.preferences_dialog)):
        dialog.open_again()
        dialog.resize(type(dialog).FIRST_SIZE)
        take(dialog, folder / f"{prefix}-{name}.png")
        dialog.close()


def at_twice_the_size(folder: Path) -> None:
    """Every panel twice as large, in a process of its own: Qt takes the scale only as it starts."""
    command = [sys.executable, "-m", "tests.screenshots", str(folder)]
    subprocess.run(command, check=True, env={**os.environ, VARIABLE: "2"})


def main() -> int:
    if len(sys.argv) < 2:
        readme_pictures(README_FOLDER)
        return 0
    folder = Path(sys.argv[1])
    every_panel(folder, os.environ.get(VARIABLE, "1"))
    if not chosen_outside():
        at_twice_the_size(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
