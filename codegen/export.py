"""Files for other programs, each compared with the live network before it is put in place."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from codegen.exporting.samples import Samples
from codegen.exporting.weights import live_with_weights
from codegen.parity import ExportError, ParityError, ParityReport
from codegen.source import generate
from graph.atomic import way_out, write_atomic
from graph.document import Project

ONNX_PACKAGES = ("onnx", "onnxscript", "onnxruntime")


def export_python(
    project: Project, path: Path, verify: bool = False, weights: Path | None = None
) -> ParityReport | None:
    """Writes the generated source, a file that needs nothing but torch, and torchvision for its layers.

    Args:
        project: what to export.
        path: the file.
        verify: whether to compare the file in a fresh interpreter with the live network first, bit for bit.
        weights: a run folder or a .safetensors file to compare with; weights as PyTorch draws them if None.

    Returns:
        The comparison; None if none was asked for.

    Raises:
        GenerationError: the project has errors.
        ExportError: the file cannot be written, the weights do not fit, or the outputs differ.
    """
    source, report = generate(project), None
    if verify:
        from codegen.exporting.fresh import compare_in_fresh_interpreter

        live = live_with_weights(project, weights)
        report = compare_in_fresh_interpreter(live, Samples(project))
        _require_parity(report)
    _write(path, source.text.encode())
    return report


def export_onnx(
    project: Project, path: Path, weights: Path | None = None, folder: Path | None = None
) -> ParityReport:
    """Writes an ONNX file whose batch size and symbolic dims are free, compared in ONNX Runtime.

    Inputs and outputs are called as in the generated source.

    Args:
        project: what to export.
        path: the file.
        weights: a run folder or a .safetensors file; those that training would start from if None.
        folder: where relative paths of layers start; the working directory when None.

    Returns:
        The comparison, at batch sizes other than the one that was exported with.

    Raises:
        GenerationError: the project has errors.
        ExportError: a package is missing, ONNX cannot express the network, the weights do not fit, the
            outputs differ, or the file cannot be written.
    """
    generate(project)
    missing = [name for name in ONNX_PACKAGES if find_spec(name) is None]
    if missing:
        raise ExportError(f'ONNX needs {" and ".join(missing)}. Run: pip install "netloom[onnx]"')
    from codegen.exporting.onnx_file import convert

    data, report = convert(live_with_weights(project, weights, folder or Path()), Samples(project))
    _require_parity(report)
    _write(path, data)
    return report


def _require_parity(report: ParityReport) -> None:
    if not report.ok:
        raise ParityError(report)


def _write(path: Path, data: bytes) -> None:
    """Puts the file in place, whole or not at all."""
    try:
        write_atomic(path, data)
    except OSError as error:
        what = f"{path}: not written: {error.strerror or error}"
        raise ExportError(f"{what}. {way_out(error)}.") from error
