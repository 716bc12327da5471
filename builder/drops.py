"""What is dropped on a window: what opens, what a network is asked about, and what to say of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData

from builder.project_files import SUFFIX
from builder.texts import later, tr, tr_count
from runtime.data.given_choices import PICTURES, given_kind

if TYPE_CHECKING:
    from builder.questions import TrainedRun  # the window is there before it

MAX_PROJECTS = 8  # windows that one drop opens
PROJECT_SUFFIXES = (SUFFIX, ".json")
WAY = later("Drop a Netloom project instead: a .netloom file, or one in JSON.")
# What people will try, and what there is to say about it. The key is a suffix; "/" stands for a folder.
REFUSED = {
    ".py": later(
        "Python code cannot be imported yet. A Custom layer takes a class as text: add one and paste it."
    ),
    ".ipynb": later("Notebooks cannot be imported."),
    ".onnx": later("ONNX models cannot be imported yet; File > Export writes them."),
    ".pt2": later("Exported PyTorch programs cannot be imported yet."),
    ".pt": later("Weights and pickled models cannot be imported; pickles may run any code."),
    ".pth": later("Weights and pickled models cannot be imported; pickles may run any code."),
    ".safetensors": later("Weights alone are no network."),
    ".csv": later(
        "Data is chosen in the Training tab: open a project first, then set its data to this table."
    ),
    ".npz": later(
        "Data is chosen in the Training tab: open a project first, then set its data to these arrays."
    ),
    ".npy": later("To have its samples predicted, train a network on data like it first."),
    **dict.fromkeys(PICTURES, later("To have it predicted, train a network on pictures first.")),
    "/": later("A folder is no project. Images in folders are chosen as data in the Training tab."),
}
OTHER = later("is not a file that Netloom opens.")
UNLIKE = later("The network was trained on other data ({source}), so it cannot be predicted.")
MIXED = later("Pictures, arrays and tables are predicted a kind at a time; drop it by itself.")


@dataclass(frozen=True)
class Drop:
    """What lies under the mouse.

    Attributes:
        projects: files to open, in order.
        refused: what is left out, each with what there is to say about it.
        samples: files to ask the network of `run` about.
        run: None where there are no such files.
    """

    projects: tuple[Path, ...]
    refused: tuple[tuple[Path, str], ...]
    samples: tuple[Path, ...] = ()
    run: TrainedRun | None = None

    @property
    def is_refused(self) -> bool:
        """Whether nothing comes of it."""
        return not (self.projects or self.samples)

    @property
    def explanation(self) -> str:
        """Why some of it does not open, a line each; empty if all does."""
        lines = [f"{path.name}: {text}" for path, text in self.refused[:MAX_PROJECTS]]
        if len(self.refused) > MAX_PROJECTS:
            lines.append(tr("and {count:,} more", count=len(self.refused) - MAX_PROJECTS))
        return "\n".join(lines)

    def announcement(self, *, is_blank: bool) -> tuple[str, str]:
        """What releasing the mouse does: a title and a line below it.

        Args:
            is_blank: whether nothing is open in the window.
        """
        if self.is_refused:
            return tr("This cannot be opened"), f"{self.explanation}\n{tr(WAY)}"
        more = (
            tr("Left out: {names}", names=", ".join(path.name for path, _ in self.refused))
            if self.refused
            else ""
        )
        if self.samples:
            return self._question(), "\n".join(filter(None, (self._openings(), more)))
        return self._openings(is_blank=is_blank), more

    def _question(self) -> str:
        """Which files the network is asked about."""
        assert self.run is not None, "samples are there for a run"
        if len(self.samples) == 1:
            return tr("Predict {name} with run {run}", name=self.samples[0].name, run=self.run.folder.name)
        files = tr_count("{count} file", "{count} files", len(self.samples))
        return tr("Predict {files} with run {run}", files=files, run=self.run.folder.name)

    def _openings(self, *, is_blank: bool = False) -> str:
        """Which projects are opened; empty if none is."""
        if not self.projects:
            return ""
        if len(self.projects) > 1:
            return tr(
                "Open {projects}, a window each",
                projects=tr_count("{count} project", "{count} projects", len(self.projects)),
            )
        text = "Open {name} here" if is_blank else "Open {name} in a new window"
        return tr(text, name=self.projects[0].stem)


def read_drop(data: QMimeData, run: TrainedRun | None = None) -> Drop | None:
    """What is dragged; None if it is no files at all.

    Args:
        data: what the system says.
        run: whose network could be asked about files that are no projects.
    """
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return sorted_out(paths, run) if paths else None


def sorted_out(paths: Sequence[Path], run: TrainedRun | None = None) -> Drop:
    """Projects, as many as open at once, what the network of a run can be asked about, and the rest."""
    unique = list(dict.fromkeys(paths))
    projects = [path for path in unique if _is_project(path)]
    samples = _samples([path for path in unique if path not in projects], run)
    others = [path for path in unique if path not in projects and path not in samples]
    refused = [(path, _why_not(path, run, samples)) for path in others]
    late = [
        (path, tr("only {count} open at once; drop it again.", count=MAX_PROJECTS))
        for path in projects[MAX_PROJECTS:]
    ]
    asked = run if samples else None
    return Drop(tuple(projects[:MAX_PROJECTS]), (*refused, *late), tuple(samples), asked)


def _samples(paths: Sequence[Path], run: TrainedRun | None) -> list[Path]:
    """The files that a run's network can be asked about together: those of the first kind that it takes."""
    if run is None:
        return []
    kinds = {path: given_kind(path) for path in paths if not path.is_dir()}
    first = next((kind for kind in kinds.values() if kind in run.takes), None)
    return [path for path, kind in kinds.items() if kind == first is not None]


def _is_project(path: Path) -> bool:
    return path.suffix.lower() in PROJECT_SUFFIXES and not path.is_dir()


def _why_not(path: Path, run: TrainedRun | None, samples: Sequence[Path]) -> str:
    kind = None if path.is_dir() else given_kind(path)
    if kind is not None and run is not None:
        return tr(MIXED) if samples and kind in run.takes else tr(UNLIKE, source=run.source)
    return tr(REFUSED.get("/" if path.is_dir() else path.suffix.lower(), OTHER))
