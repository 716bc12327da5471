"""The command that turns a project into files for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from builder.commands.base import CommandError, Commands, read_project, to_json
from codegen.formats import FORMATS
from codegen.parity import ExportError, ParityReport
from codegen.source import GenerationError


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = commands.add("export", _export, "write a project as Python, ONNX, ...")
    parser.add_argument("project", type=Path, metavar="PROJECT")
    parser.add_argument("--to", required=True, choices=tuple(FORMATS), metavar="FORMAT", help=_formats_help())
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="OUT")
    parser.add_argument("--weights", type=Path, metavar="RUN", help="a run folder or a .safetensors file")
    parser.add_argument("--verify", action="store_true", help="compare the file with the live network")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _formats_help() -> str:
    return "; ".join(f"{each.name}: {each.help}" for each in FORMATS.values())


def _export(options: argparse.Namespace) -> int:
    project = read_project(options.project)
    try:
        wanted, folder = FORMATS[options.to], options.project.parent
        report = wanted.export(project, options.output, options.weights, options.verify, folder)
    except (ExportError, GenerationError) as error:
        raise CommandError(str(error)) from error
    if options.json:
        print(to_json({"path": str(options.output), "format": options.to, **_report_json(report)}))
    else:
        print(f"{options.output}: written")
        if report is not None:
            print(report)
    return 0


def _report_json(report: ParityReport | None) -> dict[str, object]:
    if report is None:
        return {}
    return {"max_abs_difference": report.max_abs_difference, "ok": report.ok}
