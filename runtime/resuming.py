"""Going on with a run: what it was, what its project has become since, and whether that is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codegen.live import LiveModel, build
from graph import storage
from graph.project import Project
from runtime.carrying import Carried, carried
from runtime.checkpoint import Checkpoint, checkpoint_folder, load_checkpoint
from runtime.plan_changes import changes_since, network_differences
from runtime.runs import PROJECT_FILE, RunError

ACCEPT = "--accept-changes"


@dataclass(frozen=True)
class Resumption:
    """A run that is to go on.

    Args:
        before: the project it was, as its folder has it.
        checkpoint: where it was.
        is_redrawn: whether the network is another now.
    """

    before: Project
    checkpoint: Checkpoint
    is_redrawn: bool

    def carried(self, live: LiveModel, project: Project) -> Carried | None:
        """What the network takes over from that of the checkpoint; None if nothing has changed.

        Args:
            live: the network as it is.
            project: that it was made from.
        """
        if not self.is_redrawn:
            return None
        return carried(build(self.before, device="meta"), live, (self.before, project))


def resumption(run_dir: Path, project: Project, *, accepts_changes: bool) -> Resumption:
    """The run in a folder, to go on with a project.

    Raises:
        CheckpointError: there is no checkpoint, or it is damaged.
        StorageError: the run's project cannot be read.
        RunError: the project has changed, and nobody said that this is wanted.
    """
    checkpoint = load_checkpoint(checkpoint_folder(run_dir, "last"))
    changes = changes_since(run_dir, project)
    if changes and not accepts_changes:
        listed = "".join(f"\n  {change}" for change in changes)
        raise RunError(
            f"The project is not what the run in {run_dir} was started with:{listed}\n"
            f"Expected the same project and settings. Accept the changes ({ACCEPT}), "
            f"resume with {run_dir / PROJECT_FILE}, or start a new run."
        )
    before = storage.load(run_dir / PROJECT_FILE)
    return Resumption(before, checkpoint, bool(network_differences(before, project)))
