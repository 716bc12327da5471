"""What a network says about one sample: the likeliest classes as bars, or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from builder.panels.class_bars import ClassBars
from builder.texts import tr
from builder.theme import GRID, Theme, font

if TYPE_CHECKING:
    from runtime.questions import Answer


class AnswerView(QWidget):
    """Shows the answers of every Output about a sample, one below the other."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.name = QLabel(wordWrap=True)
        self.name.setFont(font("strong"))
        self.parts: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, GRID, 0)
        self._column.setSpacing(GRID // 2)
        self._column.addWidget(self.name)
        self._column.addStretch(1)

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        for part in self.parts:
            if isinstance(part, ClassBars):
                part.set_theme(theme)

    def show_answers(self, name: str, answers: Sequence[Answer]) -> None:
        """Shows what is said about a sample of this name."""
        self.clear()
        self.name.setText(name)
        self.name.setVisible(bool(name))
        for answer in answers:
            if answer.output:
                self._add(self._caption(answer.output))
            if answer.is_of_places:
                self._add(self._caption(tr("Share of the places that are given each class")))
            self._add(self._bars(answer) if _has_shares(answer) else self._text(answer))

    def clear(self) -> None:
        """Shows nothing."""
        for part in self.parts:
            self._column.removeWidget(part)
            part.deleteLater()
        self.parts = []
        self.name.setText("")

    def _add(self, part: QWidget) -> None:
        self._column.insertWidget(self._column.count() - 1, part)
        self.parts.append(part)

    def _caption(self, text: str) -> QLabel:
        label = QLabel(text, wordWrap=True)
        label.setProperty("role", "muted")
        return label

    def _bars(self, answer: Answer) -> ClassBars:
        bars = ClassBars(self._theme)
        bars.setAccessibleName(tr("The likeliest classes"))
        bars.show_shares(
            [guess.name for guess in answer.guesses], [guess.share or 0.0 for guess in answer.guesses]
        )
        return bars

    def _text(self, answer: Answer) -> QLabel:
        text = ", ".join(guess.name for guess in answer.guesses[:1]) or answer.text
        label = QLabel(text, wordWrap=True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label


def _has_shares(answer: Answer) -> bool:
    return bool(answer.guesses) and answer.guesses[0].share is not None
