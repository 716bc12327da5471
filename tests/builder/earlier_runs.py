"""Runs that were trained before the window opens their project, and hands for the Runs tab."""

import json

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from builder.panels.elided import ElidedLabel
from builder.panels.run_columns import COLUMNS
from runtime.control import Control
from runtime.events import EpochEnded
from runtime.launch import run
from tests.runtime.training import spiral_project

PATIENCE = 60_000  # milliseconds; PyTorch may have to be loaded
CTRL = Qt.KeyboardModifier.ControlModifier
CHILD = """
import sys
from pathlib import Path
from runtime.control import Control
from runtime.events import EpochEnded
from runtime.launch import run
from tests.literals import ROOT
from tests.runtime.training import spiral_project
for event in run(spiral_project(epochs=int(sys.argv[2])), Path(sys.argv[1]), Control()):
    if isinstance(event, EpochEnded) and event.epoch == 3:
        print("trained", flush=True)
        sys.stdin.readline()
"""


def trained(folder, stop_after=None, **training):
    """Trains in a folder, without a window, to the end or so many epochs."""
    control = Control()
    for event in run(spiral_project(**training), folder, control):
        if isinstance(event, EpochEnded) and event.epoch == stop_after:
            control.request_stop()


def change_about(folder, **facts):
    file = folder / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | facts))


def names(window):
    return [each.folder.name for each in window.run_table.model.runs]


def cell(window, row, title):
    model = window.run_table.model
    column = [each.title for each in COLUMNS].index(title)
    return model.index(row, column).data()


def click(window, row, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.mouseClick(
        window.run_table.table.viewport(), Qt.MouseButton.LeftButton, modifier, place_of(window, row)
    )


def double_click(window, row):
    click(window, row)
    QTest.mouseDClick(window.run_table.table.viewport(), Qt.MouseButton.LeftButton, pos=place_of(window, row))


def place_of(window, row):
    return window.run_table.table.visualRect(window.run_table.model.index(row, 1)).center()


def act(window, name):
    assert window.actions_[name].isEnabled(), window.actions_.why_disabled(name)
    window.actions_[name].trigger()


def dashboard(window):
    return window.training.dashboard


def named(window):
    """The runs that are named beside the curves."""
    labels = dashboard(window).legend.findChildren(ElidedLabel)
    return [label.text() for label in labels if not label.parentWidget().isHidden()]


def read(window, chart, step):
    """What a chart tells of a step."""
    shown = dashboard(window).charts[chart]
    shown.show_values(step)
    return shown.readout()
