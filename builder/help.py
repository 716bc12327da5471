"""The Help menu."""

from __future__ import annotations

import platform
from html import escape
from importlib import metadata

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QMessageBox,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from builder.actions import Actions

DOCUMENTATION = "https://docs.pytorch.org/docs/stable/nn.html"
PURPOSE = "Draw a neural network, watch it learn, take the code with you."
CANVAS_GESTURES = (
    ("Double-click, Space, Tab", "Search for a layer and add it"),
    ("Drag from a port", "Connect; into the empty, add a layer that fits"),
    ("Middle drag, Space and drag", "Move the view"),
    ("Wheel", "Zoom at the cursor"),
    ("Drag on the canvas", "Select; Ctrl toggles, Shift adds"),
)


class Help:
    """Handlers of the Help menu.

    Args:
        window: dialogs are modal to it.
    """

    def __init__(self, window: QWidget, actions: Actions) -> None:
        self._window, self._actions = window, actions

    def show_shortcuts(self) -> None:
        """Lists every shortcut and gesture."""
        dialog = QDialog(self._window)
        dialog.setWindowTitle("Keyboard shortcuts")
        table = QLabel(self._table())
        table.setTextFormat(Qt.TextFormat.RichText)
        table.setMargin(16)
        scroll = QScrollArea()
        scroll.setWidget(table)
        scroll.setWidgetResizable(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(dialog.reject)
        layout = QVBoxLayout(dialog)
        layout.addWidget(scroll)
        layout.addWidget(buttons)
        dialog.resize(560, 640)
        dialog.exec()

    def open_documentation(self) -> None:
        """Opens PyTorch's pages in the browser."""
        QDesktopServices.openUrl(QUrl(DOCUMENTATION))

    def show_about(self) -> None:
        """Says which version this is, and of what it is made."""
        lines = [f"{name} {_version(name)}" for name in ("torch", "torchvision", "PySide6-Essentials")]
        text = f"<h3>Netloom {_version('netloom')}</h3><p>{PURPOSE}</p>"
        versions = "<br>".join([f"Python {platform.python_version()}", *lines])
        QMessageBox.about(self._window, "About Netloom", f"{text}<p>{versions}</p>")

    def _table(self) -> str:
        rows = [_row(keys, text) for keys, text in CANVAS_GESTURES]
        groups = [f"<tr><td colspan=2><h4>Canvas</h4></td></tr>{''.join(rows)}"]
        for category in dict.fromkeys(spec.category for spec in self._actions):
            rows = [
                _row(" or ".join(QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
                                 for keys in spec.shortcuts), spec.title)
                for spec in self._actions if spec.category == category and spec.shortcuts
            ]  # fmt: skip
            if rows:
                groups.append(f"<tr><td colspan=2><h4>{category}</h4></td></tr>{''.join(rows)}")
        return f"<table cellspacing=4>{''.join(groups)}</table>"


def _row(keys: str, text: str) -> str:
    return f"<tr><td><b>{escape(keys)}</b>&nbsp;&nbsp;</td><td>{escape(text)}</td></tr>"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(from a source checkout)"
