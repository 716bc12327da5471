"""A block of labelled facts: names on the left, what is known on the right."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from builder.panels.forms import LABEL_WIDTH


class Facts(QWidget):
    """Rows of a name and a text that can be selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(8)
        self._layout.setVerticalSpacing(4)
        self._layout.setColumnStretch(1, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._rows: list[tuple[QLabel, QLabel]] = []

    def show_facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Shows these names and texts, in this order."""
        listed = list(facts)
        while len(self._rows) < len(listed):
            self._add_row()
        for (name, text), (name_label, text_label) in zip(listed, self._rows, strict=False):
            name_label.setText(name)
            text_label.setText(text)
        for index, labels in enumerate(self._rows):
            for label in labels:
                label.setVisible(index < len(listed))

    def text(self, name: str) -> str:
        """What stands beside a name; nothing if there is no such row."""
        rows = (text for label, text in self._rows if label.text() == name and not label.isHidden())
        return next((text.text() for text in rows), "")

    def _add_row(self) -> None:
        name, text = QLabel(self), QLabel(self)
        name.setProperty("role", "muted")
        name.setFixedWidth(LABEL_WIDTH)
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        line = len(self._rows)
        self._layout.addWidget(name, line, 0, Qt.AlignmentFlag.AlignTop)
        self._layout.addWidget(text, line, 1, Qt.AlignmentFlag.AlignTop)
        self._rows.append((name, text))
