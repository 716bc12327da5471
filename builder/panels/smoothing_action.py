"""The slider for the smoothing of the loss, as an entry of any number of menus."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget, QWidgetAction

from builder.texts import tr
from builder.theme import GRID

_MOST = 99  # hundredths
_INDENT = 28  # pixels before the texts of a menu
_UP_DOWN = (Qt.Key.Key_Up, Qt.Key.Key_Down)


class SmoothingAction(QWidgetAction):
    """How much the past weighs in the smoothed loss, the same in every menu that it stands in.

    Args:
        value: the weight of the past, from 0 to below 1.

    Signals:
        chosen(int): another weight, in hundredths.
    """

    chosen = Signal(int)

    def __init__(self, value: float, parent: QObject) -> None:
        super().__init__(parent)
        self.setText(tr("Smoothing"))
        self._hundredths = min(round(100 * value), _MOST)

    @property
    def value(self) -> float:
        """The weight of the past."""
        return self._hundredths / 100

    @Slot(int)
    def choose(self, hundredths: int) -> None:
        """Takes another weight."""
        if hundredths != self._hundredths:
            self._hundredths = hundredths
            self.chosen.emit(hundredths)

    def createWidget(self, parent: QWidget) -> QWidget:
        slider = MenuSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, _MOST)
        slider.setAccessibleName(tr("Smoothing of the loss"))
        slider.setValue(self._hundredths)
        text = QLabel(_written(self._hundredths))
        slider.valueChanged.connect(lambda hundredths: text.setText(_written(hundredths)))
        slider.valueChanged.connect(self.choose)
        self.chosen.connect(slider.setValue)
        holder = QWidget(parent)
        holder.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # for the arrows of a menu, which stop at it
        holder.setFocusProxy(slider)
        row = QHBoxLayout(holder)
        row.setContentsMargins(_INDENT, GRID // 2, 2 * GRID, GRID // 2)
        row.addWidget(QLabel(self.text()))
        row.addWidget(slider, 1)
        row.addWidget(text)
        return holder


class MenuSlider(QSlider):
    """Leaves the keys up and down to the menu that it stands in."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _UP_DOWN:
            event.ignore()
        else:
            super().keyPressEvent(event)


def _written(hundredths: int) -> str:
    return f"{hundredths / 100:.2f}"
