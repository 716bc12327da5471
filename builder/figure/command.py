"""What `netloom export --to svg|pdf|png` does, without a window and without a screen."""

from __future__ import annotations

import argparse
import os

from builder.app import make_application, quiet_offscreen
from builder.commands.base import CommandError
from builder.display import display_fault
from builder.figure.drawing import figure_of
from builder.figure.files import FigureError, write_figure
from builder.figure.options import FigureOptions
from builder.session import Session
from graph.document import Document, Project


def write(options: argparse.Namespace, project: Project) -> dict[str, object]:
    """Writes the figure that the command line asks for; returns its size, for the answer.

    Raises:
        CommandError: there is no such block, or the file cannot be made or written.
    """
    if display_fault():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = make_application()
    wanted = FigureOptions(
        style=options.style or "print",
        width=options.width,
        is_folded=options.fold,
        scale=options.scale or FigureOptions.scale,
        is_transparent=options.transparent,
    )
    session = Session(Document(project))
    if options.block and not session.show_block(options.block):
        raise CommandError(_no_block(options.block, project), 2)
    with quiet_offscreen(app), figure_of(session, wanted) as figure:
        try:
            write_figure(figure, options.output, options.to, options.block or project.name)
        except FigureError as error:
            raise CommandError(str(error)) from error
        width, height = figure.size
        return {"millimetres": [round(width, 1), round(height, 1)], "pixels": list(figure.pixels)}


def _no_block(name: str, project: Project) -> str:
    if name in project.blocks:
        return f"The block {name} stands nowhere in the graph, so its shapes are not known. Place it first."
    known = ", ".join(project.blocks) or "none"
    return f"There is no block {name!r}. The blocks of the project: {known}."
