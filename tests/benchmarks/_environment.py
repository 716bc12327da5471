"""Environments of their own for the programs that Netloom is compared with, each made once."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

PATIENCE = 300  # seconds for the installation, and for each command


def installed(name: str, packages: Sequence[str], *, sees_ours: bool = False) -> Path:
    """The interpreter of an environment with these packages.

    Args:
        name: of its folder among the temporary ones.
        packages: as pip takes them.
        sees_ours: whether it finds what is installed beside Netloom too, such as the very same PyTorch.

    Raises:
        CalledProcessError: they cannot be installed.
    """
    place = Path(tempfile.gettempdir()) / f"netloom-bench-{name}"
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done, wanted = place / "installed", " ".join(packages)
    if not done.exists() or done.read_text() != wanted:
        venv.create(place, with_pip=True, clear=True)
        if sees_ours:
            _show_ours(python, place)
        run([str(python), "-m", "pip", "install", "--quiet", *packages], place)
        done.write_text(wanted)
    return python


def run(command: Sequence[str], folder: Path, patience: int = PATIENCE) -> str:
    """What a command writes, which may take so many seconds.

    Raises:
        CalledProcessError: it fails.
        TimeoutExpired: it hangs.
    """
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment |= {"QT_API": "pyside6", "QT_PREFERRED_BINDING": "PySide6"}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=patience
    )
    return done.stdout


def reason(error: Exception) -> str:
    """Why there is nothing to compare with, in a line."""
    said = getattr(error, "stderr", "") or str(error)
    return str(said.strip().splitlines()[-1])


def _show_ours(python: Path, place: Path) -> None:
    """Names our packages in a file of paths, which Python reads behind the environment's own."""
    own = run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], place).strip()
    (Path(own) / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n")
