"""Small pictures of networks, drawn one at a time between two events, and kept for each theme."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QObject, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPixmap

from builder.theme import Theme
from builder.waiting import is_waiting
from graph.document import Project

if TYPE_CHECKING:
    from builder.canvas.style import CanvasStyle

_PAUSE = 50  # milliseconds between two looks whether there is time again

_Key: TypeAlias = tuple[Hashable, ...]


class Thumbnails(QObject):
    """Gives pictures that are there, and draws those that are not as soon as nothing else is to be done.

    Signals:
        ready(str): the picture of this name is there now.
    """

    ready = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures: dict[_Key, QPixmap] = {}
        self._wanted: dict[_Key, tuple[str, Project, QSize, Theme, float]] = {}
        self._styles: dict[str, CanvasStyle] = {}
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)

    def picture(self, name: str, project: Project, size: QSize, theme: Theme, ratio: float) -> QPixmap | None:
        """The picture of a project; None where `ready` will tell when it is there.

        Args:
            name: of the project; one name always has the same picture.
            project: what is drawn.
            size: in pixels of the widget that shows it.
            theme: for its colours.
            ratio: pixels of the screen in one of the widget.
        """
        key = (name, theme.name, size.width(), size.height(), ratio)
        if key not in self._pictures:
            self._wanted.setdefault(key, (name, project, size, theme, ratio))
            self._timer.start()
        return self._pictures.get(key)

    def finish(self) -> None:
        """Draws at once what is still wanted."""
        while self._wanted:
            self._draw_next()

    @Slot()
    def _go_on(self) -> None:
        self._timer.setInterval(_PAUSE if is_waiting() else 0)
        if not self._wanted:
            self._timer.stop()
        elif not is_waiting():
            self._draw_next()

    def _draw_next(self) -> None:
        key = next(iter(self._wanted))
        name, project, size, theme, ratio = self._wanted.pop(key)
        picture = QPixmap(size * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        self._draw(picture, QRectF(0, 0, size.width(), size.height()), project, theme)
        self._pictures[key] = picture
        self.ready.emit(name)

    def _draw(self, picture: QPixmap, area: QRectF, project: Project, theme: Theme) -> None:
        from builder.canvas.style import CanvasStyle  # here, as the window is shown without the canvas
        from builder.thumbnail import paint_thumbnail

        if theme.name not in self._styles:
            self._styles[theme.name] = CanvasStyle(theme)
        painter = QPainter(picture)
        paint_thumbnail(painter, area, project, self._styles[theme.name])
        painter.end()
