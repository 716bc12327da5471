"""What is dropped on a window: which files open, which cannot, and what to say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData

from builder.project_files import SUFFIX
from builder.texts import later, tr, tr_count

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
    "/": later("A folder is no project. Images in folders are chosen as data in the Training tab."),
}
OTHER = later("is not a file that Netloom opens.")


@dataclass(frozen=True)
class Drop:
    """What lies under the mouse.

    Attributes:
        projects: files to open, in order.
        refused: the rest, each with what there is to say about it.
    """

    projects: tuple[Path, ...]
    refused: tuple[tuple[Path, str], ...]

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
        if not self.projects:
            return tr("This cannot be opened"), f"{self.explanation}\n{tr(WAY)}"
        more = (
            tr("Left out: {names}", names=", ".join(path.name for path, _ in self.refused))
            if self.refused
            else ""
        )
        if len(self.projects) > 1:
            return tr(
                "Open {projects}, a window each",
                projects=tr_count("{count} project", "{count} projects", len(self.projects)),
            ), more
        text = "Open {name} here" if is_blank else "Open {name} in a new window"
        return tr(text, name=self.projects[0].stem), more


def read_drop(data: QMimeData) -> Drop | None:
    """What is dragged; None if it is no files at all."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return sorted_out(paths) if paths else None


def sorted_out(paths: Sequence[Path]) -> Drop:
    """Projects, as many as open at once, and what does not."""
    unique = list(dict.fromkeys(paths))
    projects = [path for path in unique if _is_project(path)]
    refused = [(path, _why_not(path)) for path in unique if not _is_project(path)]
    late = [
        (path, tr("only {count} open at once; drop it again.", count=MAX_PROJECTS))
        for path in projects[MAX_PROJECTS:]
    ]
    return Drop(tuple(projects[:MAX_PROJECTS]), (*refused, *late))


def _is_project(path: Path) -> bool:
    return path.suffix.lower() in PROJECT_SUFFIXES and not path.is_dir()


def _why_not(path: Path) -> str:
    return tr(REFUSED.get("/" if path.is_dir() else path.suffix.lower(), OTHER))
