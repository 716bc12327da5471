"""What a project can be exported to, for the command line and the menus; only exporting loads torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from codegen.parity import ParityReport
from graph.document import Project

Export = Callable[[Project, Path, Path | None, bool, Path | None], ParityReport | None]


@dataclass(frozen=True)
class ExportFormat:
    """A kind of file.

    Args:
        name: what `netloom export --to` takes.
        label: what the menu says.
        suffix: of the file's name, with the dot.
        help: one line.
        holds_weights: whether the file holds the weights, so that it matters which are taken.
        export: makes it from a project, the file's path, trained weights or None, whether to compare with
            the live network, and the folder where relative paths of the project start; gives the report of a
            comparison. Raises GenerationError and ExportError.
    """

    name: str
    label: str
    suffix: str
    help: str
    holds_weights: bool
    export: Export


def _python(
    project: Project, path: Path, weights: Path | None, verify: bool, folder: Path | None
) -> ParityReport | None:
    from codegen.export import export_python

    return export_python(project, path, verify=verify, weights=weights)


def _onnx(
    project: Project, path: Path, weights: Path | None, verify: bool, folder: Path | None
) -> ParityReport | None:
    from codegen.export import export_onnx

    return export_onnx(project, path, weights=weights, folder=folder)


PYTHON = ExportFormat(
    name="python",
    label="Python file",
    suffix=".py",
    help="The network as a class in a Python file that needs only torch, and torchvision for its layers.",
    holds_weights=False,
    export=_python,
)
ONNX = ExportFormat(
    name="onnx",
    label="ONNX",
    suffix=".onnx",
    help="The network with its weights, compared in ONNX Runtime before it is written.",
    holds_weights=True,
    export=_onnx,
)
FORMATS: Mapping[str, ExportFormat] = MappingProxyType({each.name: each for each in (PYTHON, ONNX)})
