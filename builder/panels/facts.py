"""A block of labelled facts: names on the left, what is known on the right."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QApplication, QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from builder.panels.form_row import LABEL_WIDTH
from builder.panels.section import SectionHeading
from builder.texts import tr


class Facts(QWidget):
    """Rows of a name and a text that can be selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(4)
        self._layout.setVerticalSpacing(4)
        self._layout.setColumnStretch(1, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._rows: list[tuple[QLabel, QLabel]] = []
        self._facts: list[tuple[str, str]] = []

    def show_facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Shows these names and texts, in this order."""
        self._facts = list(facts)
        while len(self._rows) < len(self._facts):
            self._add_row()
        for (name, text), (name_label, text_label) in zip(self._facts, self._rows, strict=False):
            name_label.setText(name)
            text_label.setText(text)
        for index, labels in enumerate(self._rows):
            for label in labels:
                label.setVisible(index < len(self._facts))

    def text(self, name: str) -> str:
        """What stands beside a name; nothing if there is no such row."""
        return next((text for each, text in self._facts if each == name), "")

    def as_text(self) -> str:
        """All of it, a line each, with a tab between name and text: fit for a table."""
        return "\n".join(f"{name}\t{text}" for name, text in self._facts)

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


class FactsSection(QWidget):
    """Facts under a heading, with a button that copies them."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.facts = Facts(self)
        self.heading = SectionHeading(title, "copy", tr("Copy: {title}", title=title), self)
        self.heading.button.clicked.connect(self._copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.heading)
        layout.addWidget(self.facts)

    @Slot()
    def _copy(self) -> None:
        QApplication.clipboard().setText(self.facts.as_text())
