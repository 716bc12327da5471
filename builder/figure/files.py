"""A figure as the bytes of a file: text stays text in SVG and PDF."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QSize, QSizeF, Qt
from PySide6.QtGui import QFontInfo, QImage, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from builder.figure.drawing import Figure
from builder.figure.options import FIGURE_FORMATS
from builder.theme import font
from graph.atomic import way_out, write_atomic

DOTS = 2540  # an inch of an SVG and a PDF: a hundredth of a millimetre each
MOST_PIXELS = 200_000_000
MOST_SIDE = 32_000  # pixels; what programs that show pictures can bear
FALLBACKS = "Helvetica, Arial, sans-serif"  # where the figure is looked at with other fonts than here


class FigureError(Exception):
    """The figure cannot be made or written; the text says why and what to do."""


def write_figure(figure: Figure, path: Path, kind: str, title: str) -> None:
    """Writes a figure; the file is wholly written or not touched.

    Args:
        figure: what is drawn.
        path: of the file.
        kind: name of the format.
        title: what the file says it shows.

    Raises:
        FigureError: there is nothing to draw, it is too large, or the file cannot be written.
    """
    data = figure_bytes(figure, kind, title)
    try:
        write_atomic(path, data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FigureError(f"{path}: not written: {reason}. {way_out(error)}.") from error


def figure_bytes(figure: Figure, kind: str, title: str) -> bytes:
    """A figure as a file; arguments and errors as of `write_figure`."""
    if figure.is_empty:
        raise FigureError("The graph has no layers yet, so there is nothing to draw. Add one first.")
    made = {"svg": _svg, "pdf": _pdf, "png": _png}[FIGURE_FORMATS[kind].name](figure, title)
    if not made:
        raise FigureError(f"Qt could not make the {FIGURE_FORMATS[kind].label} file. Choose another format.")
    return made


def _svg(figure: Figure, title: str) -> bytes:
    data, buffer = _buffer()
    width, height = figure.size
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(DOTS)
    generator.setSize(QSize(round(width * 100), round(height * 100)))
    generator.setViewBox(figure.bounds)
    generator.setTitle(title)
    generator.setDescription("Drawn with Netloom")
    painter = QPainter(generator)
    figure.paint(painter, not figure.options.is_transparent)
    painter.end()
    return _with_fallbacks(bytes(data.data()))


def _with_fallbacks(svg: bytes) -> bytes:
    """The system's name for its font means nothing elsewhere: the real one, then common ones."""
    asked = font("body").family()
    real = QFontInfo(font("body")).family()
    return re.sub(
        rb'font-family="%s"' % re.escape(asked.encode()),
        f'font-family="{real}, {FALLBACKS}"'.encode(),
        svg,
    )


def _pdf(figure: Figure, title: str) -> bytes:
    data, buffer = _buffer()
    width, height = figure.size
    writer = QPdfWriter(buffer)
    writer.setResolution(DOTS)
    size = QSizeF(width, height)
    writer.setPageSize(
        QPageSize(size, QPageSize.Unit.Millimeter, title, QPageSize.SizeMatchPolicy.ExactMatch)
    )
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setTitle(title)
    writer.setCreator("Netloom")
    painter = QPainter(writer)
    painter.scale(100 * figure.unit, 100 * figure.unit)
    painter.translate(-figure.bounds.topLeft())
    figure.paint(painter, not figure.options.is_transparent)
    painter.end()
    return bytes(data.data())


def _png(figure: Figure, title: str) -> bytes:
    width, height = figure.pixels
    if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
        text = f"The picture would have {width:,} × {height:,} pixels, more than programs can show."
        raise FigureError(f"{text} Choose a smaller scale, or PDF or SVG, which have no pixels.")
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent if figure.options.is_transparent else figure.background)
    for set_dots in (image.setDotsPerMeterX, image.setDotsPerMeterY):
        set_dots(round(figure.options.scale * 1000 / figure.unit))
    image.setText("Title", title)
    painter = QPainter(image)
    painter.scale(figure.options.scale, figure.options.scale)
    painter.translate(-figure.bounds.topLeft())
    figure.paint(painter, has_background=False)
    painter.end()
    data, buffer = _buffer()
    image.save(buffer, "PNG")
    return bytes(data.data())


def _buffer() -> tuple[QByteArray, QBuffer]:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return data, buffer
