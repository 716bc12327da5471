"""The Help menu."""

from __future__ import annotations

import platform

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from builder.texts import tr

DOCUMENTATION = "https://docs.pytorch.org/docs/stable/nn.html"
PURPOSE = "Draw a neural network, watch it learn, take the code with you."


class Help:
    """Handlers of the Help menu.

    Args:
        window: dialogs are modal to it.
    """

    def __init__(self, window: QWidget) -> None:
        self._window = window

    def open_documentation(self) -> None:
        """Opens PyTorch's pages in the browser."""
        QDesktopServices.openUrl(QUrl(DOCUMENTATION))

    def show_about(self) -> None:
        """Says which version this is, and of what it is made."""
        lines = [f"{name} {_version(name)}" for name in ("torch", "torchvision", "PySide6-Essentials")]
        text = f"<h3>Netloom {_version('netloom')}</h3><p>{tr(PURPOSE)}</p>"
        versions = "<br>".join([f"Python {platform.python_version()}", *lines])
        QMessageBox.about(self._window, tr("About Netloom"), f"{text}<p>{versions}</p>")


def _version(name: str) -> str:
    from importlib import metadata  # here, as few ask and it holds up every start

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return tr("(from a source checkout)")
