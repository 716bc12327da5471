"""Texts that are cut with an ellipsis where there is no room, so that a long name widens no panel."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

LEAST = 48  # pixels; what is left of a text in any case
BREAK = "\u200b"  # a zero-width space
_LONG_WORD, _PIECE = re.compile(r"\S{20,}"), re.compile(r".{1,10}")


def breakable(text: str) -> str:
    """A text whose very long words can be broken into lines, at places that are not seen."""
    return _LONG_WORD.sub(lambda found: BREAK.join(_PIECE.findall(found[0])), text)


class ElidedLabel(QLabel):
    """A line of plain text; the whole of it is in the tool tip while it is cut.

    Attributes:
        cut: where; in the middle, as names often differ at their end.
    """

    cut = Qt.TextElideMode.ElideMiddle

    def minimumSizeHint(self) -> QSize:
        return QSize(min(LEAST, super().sizeHint().width()), super().minimumSizeHint().height())

    def setText(self, text: str) -> None:
        super().setText(text)
        self._explain()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._explain()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), self.alignment(), self.shown)
        painter.end()

    def _explain(self) -> None:
        self.setToolTip("" if self.shown == self.text() else self.text())

    @property
    def shown(self) -> str:
        """What of the text there is room for."""
        room = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), self.cut, room)


class FittingLabel(ElidedLabel):
    """A line that may be said in several ways: the longest that there is room for is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shorter: Sequence[str] = ()

    def setText(self, text: str) -> None:
        self.show_text(text)

    def show_text(self, text: str, *shorter: str) -> None:
        """Shows a text, or what stands for it where there is less room, the longest first."""
        self._shorter = shorter
        super().setText(text)

    @property
    def shown(self) -> str:
        metrics, room = self.fontMetrics(), self.contentsRect().width()
        forms = (self.text(), *self._shorter)
        fitting = (form for form in forms if metrics.horizontalAdvance(form) <= room)
        return next(fitting, metrics.elidedText(forms[-1], self.cut, room))


class ElidedButton(QPushButton):
    """A button whose text is cut in its middle."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        whole = super().sizeHint()
        return QSize(min(2 * LEAST, whole.width()), whole.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        lacking = self.sizeHint().width() - self.width()
        if lacking > 0:
            room = option.fontMetrics.horizontalAdvance(option.text) - lacking
            option.text = option.fontMetrics.elidedText(option.text, Qt.TextElideMode.ElideMiddle, room)
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.end()
