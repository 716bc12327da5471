"""The Log tab: what happened, with times, and the details that messages leave out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from builder.icons import icon
from builder.texts import tr
from builder.theme import GRID, font

MAX_LINES = 5000
EMPTY = "Nothing has happened yet. Messages, warnings and the details of errors are kept here."
OWN_LOGGER = "netloom"  # what it and its children say is shown from INFO on, others from WARNING on


class LogPanel(QWidget):
    """Lines of text with the time they came; takes Python's log records of any thread.

    Args:
        now: gives the time of a line.
    """

    def __init__(self, parent: QWidget | None = None, now: Callable[[], datetime] = datetime.now) -> None:
        super().__init__(parent)
        self._now = now
        self.view = QPlainTextEdit(self)
        self.view.setAccessibleName(tr("Log"))
        self.view.setReadOnly(True)
        self.view.setUndoRedoEnabled(False)
        self.view.setMaximumBlockCount(MAX_LINES)
        self.view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.view.setFont(font("code"))
        self.view.setPlaceholderText(tr(EMPTY))
        self._clear = QPushButton(icon("delete"), tr("Clear"), self)
        self._clear.setProperty("role", "flat")
        self._clear.clicked.connect(self.view.clear)
        head = QHBoxLayout()
        head.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        head.addStretch(1)
        head.addWidget(self._clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.view)
        self._handler = LogHandler(self)
        self._handler.relay.line.connect(self.add, Qt.ConnectionType.QueuedConnection)
        logging.getLogger().addHandler(self._handler)
        logging.getLogger(OWN_LOGGER).setLevel(logging.INFO)

    @Slot(str)
    def add(self, text: str) -> None:
        """Adds a text, which may have several lines."""
        self.view.appendPlainText(f"{self._now():%H:%M:%S}  {text.rstrip()}")

    def close_log(self) -> None:
        """Takes no more records."""
        logging.getLogger().removeHandler(self._handler)


class LogHandler(logging.Handler):
    """Turns log records of any thread into a signal."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(logging.INFO)
        self.relay = _Relay(parent)

    def emit(self, record: logging.LogRecord) -> None:
        self.relay.line.emit(self.format(record))


class _Relay(QObject):
    line = Signal(str)
