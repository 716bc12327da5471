"""File > Export: writes the model in another form, in a thread, and tells how it went."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from builder.actions import Actions
from builder.background import Job
from builder.dialogs import Dialogs
from builder.run_folders import latest_weights
from builder.session import Session
from builder.texts import tr, tr_count, tr_made
from codegen.formats import FORMATS, ExportFormat
from codegen.parity import ParityReport
from graph.document import Project


class Exports(QObject):
    """Handlers of the export actions; one export at a time."""

    def __init__(self, session: Session, actions: Actions, dialogs: Dialogs, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._actions, self._dialogs = session, actions, dialogs
        self._job: Job | None = None

    def export_python(self) -> None:
        """Asks for a file and writes the model as Python source."""
        self._export("python")

    def export_onnx(self) -> None:
        """Asks for a file and writes the model as ONNX."""
        self._export("onnx")

    def wait(self) -> None:
        """Returns when no export is under way; a thread must not outlive the window."""
        if self._job is not None:
            self._job.wait()

    def _export(self, name: str) -> None:
        errors = self._session.errors
        if errors:
            text = tr(
                "The graph has {errors}, so there is no code for it yet.",
                errors=tr_count("{count} error", "{count} errors", len(errors)),
            )
            self._dialogs.error(
                tr("Cannot export"), text, "\n".join(tr_made(problem.message) for problem in errors)
            )
            return
        wanted = FORMATS[name]
        kinds = f"{wanted.label} (*{wanted.suffix})"
        path = self._dialogs.save_path(
            tr("Export as {label}", label=wanted.label), self._suggestion(wanted.suffix), kinds
        )
        if path is None:
            return
        weights = self._latest_weights() if wanted.holds_weights else None
        if weights is not None:
            answer = self._dialogs.choose_weights(weights.name)
            if answer == "cancel":
                return
            weights = weights if answer == "trained" else None
        self._start(wanted, path, weights)

    def _start(self, wanted: ExportFormat, path: Path, weights: Path | None) -> None:
        self._set_busy(tr("Another export is being written."))
        self._session.message.emit(tr("Exporting to {name}...", name=path.name))
        project = self._session.project.copy()
        own = self._session.document.path
        folder = own.parent if own else None
        self._job = Job(lambda: _written(wanted, project, path, weights, folder), "export", self)
        self._job.done.connect(self._finish)
        self._job.failed.connect(self._fail)
        self._job.start()

    @Slot(object)
    def _finish(self, result: tuple[Path, str]) -> None:
        path, report = result
        self._end()
        self._session.message.emit(tr("Exported to {name}.", name=path.name))
        self._dialogs.inform(tr("Exported"), f"{tr('{path} is written.', path=path)}\n\n{report}".rstrip())

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        self._end()
        self._session.message.emit(tr("The export failed."))
        self._dialogs.error(tr("Cannot export"), tr_made(str(error)) or type(error).__name__)

    def _end(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.wait()
            job.deleteLater()
        self._set_busy("")

    def _set_busy(self, reason: str) -> None:
        for name in ("python", "onnx"):
            self._actions.set_enabled(f"file.export_{name}", not reason, reason)

    def _latest_weights(self) -> Path | None:
        return latest_weights(self._session.document)

    def _suggestion(self, suffix: str) -> Path:
        path, name = self._session.document.path, self._session.project.name
        return path.with_suffix(suffix) if path else Path.home() / f"{name}{suffix}"


def _written(
    wanted: ExportFormat, project: Project, path: Path, weights: Path | None, folder: Path | None
) -> tuple[Path, str]:
    report: ParityReport | None = wanted.export(project, path, weights, True, folder)
    return path, str(report) if report is not None else ""
