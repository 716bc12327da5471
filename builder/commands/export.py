"""The command that turns a project into files for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from builder.commands.base import CommandError, Commands, read_project, to_json
from builder.figure.options import COLUMN, FIGURE_FORMATS, NARROWEST, PAGE, SCALES, STYLES
from codegen.formats import FORMATS
from codegen.parity import ExportError, ParityReport
from codegen.source import GenerationError
from graph.document import Project

WIDTHS = {"column": COLUMN, "page": PAGE}
FOR_FIGURES = ("style", "scale", "width", "fold", "transparent", "block")
FOR_MODELS = ("weights", "verify")


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = commands.add("export", _export, "write a project as Python, ONNX, a figure, ...")
    parser.add_argument("project", type=Path, metavar="PROJECT")
    choices = (*FORMATS, *FIGURE_FORMATS)
    parser.add_argument("--to", required=True, choices=choices, metavar="FORMAT", help=_formats_help())
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="OUT")
    parser.add_argument("--weights", type=Path, metavar="RUN", help="a run folder or a .safetensors file")
    parser.add_argument("--verify", action="store_true", help="compare the file with the live network")
    _add_figure_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def _add_figure_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("figures (svg, pdf, png)")
    group.add_argument("--style", choices=STYLES, help="print: black on white, thin (the usual one)")
    group.add_argument("--scale", type=int, choices=SCALES, help="of a png: pixels for one of the canvas")
    group.add_argument(
        "--width", type=_width, metavar="MM", help="at most so many millimetres, or `column`, `page`"
    )
    group.add_argument("--fold", action="store_true", help="go on in a row below where the width is used up")
    group.add_argument("--transparent", action="store_true", help="nothing behind the graph")
    group.add_argument("--block", metavar="NAME", help="draw the inside of a block")


def _width(text: str) -> float:
    try:
        width = WIDTHS[text] if text in WIDTHS else float(text)
    except ValueError:
        width = 0.0
    if not NARROWEST <= width <= 10_000:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no width: column, page, or millimetres from {NARROWEST:g} to 10000"
        )
    return width


def _formats_help() -> str:
    return "; ".join(f"{each.name}: {each.help}" for each in (*FORMATS.values(), *FIGURE_FORMATS.values()))


def _export(options: argparse.Namespace) -> int:
    is_figure = options.to in FIGURE_FORMATS
    _require_fitting(options, is_figure)
    project = read_project(options.project)
    found = _write_figure(options, project) if is_figure else _write_model(options, project)
    if options.json:
        details = found if isinstance(found, dict) else _report_json(found)
        print(to_json({"path": str(options.output), "format": options.to, **details}))
        return 0
    print(f"{options.output}: written")
    if isinstance(found, ParityReport):
        print(found)
    return 0


def _require_fitting(options: argparse.Namespace, is_figure: bool) -> None:
    """Refuses options that would have no effect."""
    for name in FOR_MODELS if is_figure else FOR_FIGURES:
        if getattr(options, name):
            kind = "a figure" if is_figure else "figures only"
            text = f"--{name} is not for {kind}" if is_figure else f"--{name} is for {kind}"
            raise CommandError(f"{text}, and {options.to} was asked for. Leave it out.", 2)
    if is_figure and options.fold and options.width is None:
        raise CommandError("--fold needs to know for which width. Add --width column, or millimetres.", 2)


def _write_model(options: argparse.Namespace, project: Project) -> ParityReport | None:
    try:
        wanted, folder = FORMATS[options.to], options.project.parent
        return wanted.export(project, options.output, options.weights, options.verify, folder)
    except (ExportError, GenerationError) as error:
        raise CommandError(str(error)) from error


def _write_figure(options: argparse.Namespace, project: Project) -> dict[str, object]:
    from builder.figure.command import write

    return write(options, project)


def _report_json(report: ParityReport | None) -> dict[str, object]:
    if report is None:
        return {}
    return {"max_abs_difference": report.max_abs_difference, "ok": report.ok}
