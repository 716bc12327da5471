"""Line icons that take the text colour of the theme that is on, sharp at every size and pixel ratio."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPalette, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

ICON_SIZE = 18  # pixels; in tool bars, buttons and lists

_FOLDER = Path(__file__).resolve().parents[1] / "resources" / "icons"

# PySide leaves a clone to Python's reference count although Qt owns it: one that nothing else holds would die
# under its QIcon. Qt clones only when an icon is changed after it was copied.
_CLONES: list[QIconEngine] = []


def icon(name: str, color: str | QColor | None = None) -> QIcon:
    """The icon of that name (`resources/icons/NAME.svg`).

    Args:
        name: the file's name without ".svg".
        color: a fixed colour ("#rrggbb", for instance a theme's `error`). Without one the icon follows the
            palette of the application: text colour, grey while disabled, right again after a change of theme.

    Raises:
        ValueError: there is no such icon.
    """
    if name not in names():
        raise ValueError(f"there is no icon {name!r}. Expected one of {', '.join(sorted(names()))}.")
    return QIcon(_LineIcon(name, QColor(color) if color is not None else None))


@cache
def names() -> frozenset[str]:
    """All names that `icon` knows."""
    return frozenset(path.stem for path in _FOLDER.glob("*.svg"))


class _LineIcon(QIconEngine):
    """Draws one SVG in the colour that its state asks for at the moment of painting."""

    def __init__(self, name: str, color: QColor | None) -> None:
        super().__init__()
        self._name = name
        self._color = color

    def clone(self) -> QIconEngine:
        copy = _LineIcon(self._name, self._color)
        _CLONES.append(copy)
        return copy

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatio()
        side = min(rect.width(), rect.height())
        pixmap = _pixmap(self._name, self._color_for(mode), round(side * ratio))
        pixmap.setDevicePixelRatio(ratio)
        corner = rect.center() - QPoint((side - 1) // 2, (side - 1) // 2)
        painter.drawPixmap(corner, pixmap)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return _pixmap(self._name, self._color_for(mode), min(size.width(), size.height()))

    def _color_for(self, mode: QIcon.Mode) -> QColor:
        palette = QApplication.palette()
        if mode == QIcon.Mode.Disabled:
            return palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
        return self._color if self._color is not None else palette.color(QPalette.ColorRole.ButtonText)


@cache
def _source(name: str) -> str:
    return (_FOLDER / f"{name}.svg").read_text(encoding="utf-8")


def _pixmap(name: str, color: QColor, side: int) -> QPixmap:
    """The icon in `side` device pixels, from Qt's pixmap cache where it was drawn before."""
    key = f"netloom/{name}/{color.name()}/{side}"
    pixmap = QPixmap()
    if side <= 0 or QPixmapCache.find(key, pixmap):
        return pixmap
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    svg = _source(name).replace("currentColor", color.name())
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    QPixmapCache.insert(key, pixmap)
    return pixmap
