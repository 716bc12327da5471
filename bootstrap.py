#!/usr/bin/env python3
"""Sets Netloom up in .venv beside this file, then opens or checks it.

    python3 bootstrap.py run [PROJECT]       open the window
    python3 bootstrap.py test [ARGUMENT...]  lint, types and tests; the arguments go to pytest

Needs Python 3.11 or newer and nothing else. The first start downloads what Netloom stands on; every later
start goes straight to work. Deleting .venv starts over.
"""

# This file stays readable for Python 3.8, so that an old Python can say what is missing.
from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)
EXTRAS = {"run": ["onnx"], "test": ["onnx", "test"]}
HEARTBEAT = 20.0  # seconds between two signs of life while pip is silent

# What Qt loads from the system, and the Debian package that brings it.
SHARED_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
FONT_PACKAGE = "fonts-dejavu-core"

STAGES = (
    ("lint", ["ruff", "check", "."]),
    ("format", ["ruff", "format", "--check", "."]),
    ("types", ["mypy"]),
    ("tests", ["pytest", "-n", "auto", "--maxprocesses", "8", "--dist", "worksteal"]),
)

NO_DISPLAY = """\
Netloom's window needs a display, and there is none here: neither DISPLAY nor WAYLAND_DISPLAY is set.
  - On your own computer: run this in a terminal of the desktop session.
  - Over ssh: connect with `ssh -X`, then run the same command.
  - On a server: `xvfb-run -a python3 bootstrap.py run` uses a display in memory (Debian package xvfb).
  - Without a window: `pip install .` in a virtual environment gives the command line;
    `netloom train PROJECT --run-dir RUN` trains, `netloom --help` lists the rest."""


class SetupError(Exception):
    """Says what kept Netloom from being set up, and what to do about it."""


def say(text: str) -> None:
    """Shows one line of progress at once, in order with the output of the programs started."""
    print(text, flush=True)


# --- what this machine lacks ------------------------------------------------------------------------------


def old_python_message(version: tuple[int, ...], executable: str, find: Callable[[str], str | None]) -> str:
    """Tells the user of an old Python what to do; names a newer one where `find` knows of any."""
    shown = ".".join(map(str, version))
    text = f"Netloom needs Python 3.11 or newer; this is Python {shown} ({executable}).\n"
    newer = [name for name in ("python3.14", "python3.13", "python3.12", "python3.11") if find(name)]
    if newer:
        return text + f"This machine has a newer one: {newer[0]} bootstrap.py run"
    return text + "Install a newer one from https://www.python.org/downloads/ or with your package manager."


def display_refusal(platform: str, environ: Mapping[str, str], arguments: Sequence[str]) -> str | None:
    """Gives the text for a user whose window could not appear, or None where it can."""
    if platform != "linux" or "-h" in arguments or "--help" in arguments:
        return None
    if environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return None
    if environ.get("QT_QPA_PLATFORM", "xcb").split(":")[0] not in ("", "xcb", "wayland"):
        return None  # offscreen, vnc, linuxfb, ...: Qt was told where to draw
    return NO_DISPLAY


def can_load(library: str) -> bool:
    """True when this process, and so Qt, can load the shared library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_font() -> bool:
    """True when the system has at least one outline font."""
    folders = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts"]
    return any(path.suffix in (".ttf", ".otf", ".ttc") for folder in folders for path in folder.rglob("*"))


def missing_packages(
    loads: Callable[[str], bool] = can_load,
    font: Callable[[], bool] = has_font,
    has_module: Callable[[str], Any] = importlib.util.find_spec,
) -> list[str]:
    """Names the Debian packages without which Qt or the virtual environment cannot work."""
    packages = [package for library, package in SHARED_LIBRARIES.items() if not loads(library)]
    if not font():
        packages.append(FONT_PACKAGE)
    if not has_module("ensurepip"):
        packages.append("python{}.{}-venv".format(*sys.version_info))
    return packages


def administrator_prefix() -> list[str] | None:
    """Gives the words that make a command run as root without a question, or None where there are none."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None


def apt_commands(packages: Sequence[str], prefix: Sequence[str]) -> list[list[str]]:
    """Gives the commands that install Debian packages, to run or to show."""
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"]
    return [
        [*prefix, "apt-get", "-q", "update"],
        [*prefix, *quiet, "install", "-y", "--no-install-recommends", *packages],
    ]


def install_system_packages(packages: Sequence[str]) -> None:
    """Installs Debian packages where that needs no password.

    Raises:
        SetupError: they could not be installed; its text holds the command to type.
    """
    by_hand = "    sudo apt-get update && sudo apt-get install -y " + " ".join(packages)
    prefix = administrator_prefix()
    if prefix is None:
        raise SetupError("Netloom needs system packages. Install them, then run this again:\n\n" + by_hand)
    say("Installing system packages: " + " ".join(packages))
    update, install = apt_commands(packages, prefix)
    subprocess.call(update)  # one unreachable list is no reason to stop: the packages may be known already
    if subprocess.call(install) != 0:
        raise SetupError("apt-get could not install them. Its last lines say why. By hand:\n\n" + by_hand)


def check_system() -> None:
    """Makes sure that a Linux machine has what Qt loads from the system.

    Raises:
        SetupError: something is missing on Debian or Ubuntu and could not be installed.
    """
    if sys.platform != "linux":
        return
    packages = missing_packages()
    if packages and Path("/etc/debian_version").exists() and shutil.which("apt-get"):
        install_system_packages(packages)
    elif packages:
        say("Qt may miss some libraries here. Should the window not open, install what your distribution")
        say("calls these Debian packages: " + " ".join(packages))


# --- the virtual environment ------------------------------------------------------------------------------


def venv_python(venv: Path) -> Path:
    """Gives the Python of a virtual environment."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def fingerprint(root: Path, cache_tag: str | None) -> str:
    """Gives a text that changes whenever the environment has to be brought up to date."""
    needs = (root / "pyproject.toml").read_bytes()
    return hashlib.sha256(needs + repr((str(root), cache_tag, SHARED_LIBRARIES)).encode()).hexdigest()


def read_stamp(venv: Path) -> dict[str, Any]:
    """Gives what the last set-up noted about the environment; empty when there is no readable note."""
    try:
        stamp = json.loads((venv / "netloom-setup.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(venv: Path, stamp: Mapping[str, Any]) -> None:
    """Notes the state of the environment in one step, so that a crash leaves the old note or the new one."""
    draft = venv / "netloom-setup.json.new"
    draft.write_text(json.dumps(stamp), encoding="utf-8")
    draft.replace(venv / "netloom-setup.json")


def is_ready(venv: Path, mark: str, extras: Sequence[str]) -> bool:
    """True when the environment is complete, current and holds the extras."""
    stamp = read_stamp(venv)
    current = stamp.get("state") == "ready" and stamp.get("fingerprint") == mark
    return current and set(extras) <= set(stamp["extras"]) and venv_python(venv).exists()


def is_usable(venv: Path) -> bool:
    """True when an environment that is there can be built upon: this Python's, with pip, not cut off."""
    if read_stamp(venv).get("state") == "installing" or not venv_python(venv).exists():
        return False
    probe = "import pip, sys; print(sys.implementation.cache_tag)"
    answer = subprocess.run([str(venv_python(venv)), "-c", probe], capture_output=True, text=True)
    return answer.stdout.strip() == sys.implementation.cache_tag


def make_venv(venv: Path, extras: Sequence[str]) -> None:
    """Makes a fresh virtual environment in place of whatever is there.

    Raises:
        SetupError: Python could not make one.
    """
    if venv.exists():
        say(f"The environment in {venv} is incomplete or of another Python; making it anew.")
        shutil.rmtree(venv)
    venv.mkdir()
    write_stamp(venv, {"state": "installing", "extras": extras})
    base = getattr(sys, "_base_executable", None) or sys.executable
    if subprocess.call([base, "-m", "venv", str(venv)]) != 0:
        raise SetupError(f"Python could not make a virtual environment in {venv}: see above.")


def download_note(platform: str, has_nvidia: bool) -> str:
    """Says how long the first start takes and how much it downloads."""
    text = "This happens once and takes some minutes, most of it for downloading PyTorch and Qt: "
    if platform != "linux":
        return text + "about 400 MB."
    text += "some 3 GB,\nas PyTorch for Linux brings the NVIDIA libraries, or 400 MB with its CPU build."
    if has_nvidia:
        return text
    return text + (
        "\nThere seems to be no NVIDIA GPU here. To ask for the CPU build, press Ctrl+C and put"
        "\nPIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu before the command."
    )


def has_nvidia_driver() -> bool:
    """True when a driver for an NVIDIA GPU is there."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def call_with_heartbeat(command: Sequence[str]) -> int:
    """Runs a command in the foreground with a sign of life now and then; gives its exit code."""
    started = time.monotonic()
    environ = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=str(ROOT), env=environ) as process:
        while True:
            try:
                return process.wait(timeout=HEARTBEAT)
            except subprocess.TimeoutExpired:
                say(f"  ... still working, {time.monotonic() - started:.0f} s so far")


def install(venv: Path, extras: Sequence[str]) -> None:
    """Installs Netloom, editable, with its dependencies.

    Raises:
        SetupError: pip failed.
    """
    target = ".[{}]".format(",".join(extras))
    code = call_with_heartbeat([str(venv_python(venv)), "-m", "pip", "install", "--editable", target])
    if code == 0:
        return
    if code > 0:  # pip gave up in good order, most often before it changed anything: keep what is there
        write_stamp(venv, {"state": "failed", "extras": extras})
    reason = f"pip could not install Netloom (exit code {code}); its last lines say why."
    if sys.platform == "darwin" and os.uname().machine == "x86_64":
        reason += "\nPyTorch 2.13 is not published for Macs with an Intel processor."
    if sys.version_info[:2] > (3, 14):
        reason += "\nThis Python is newer than what PyTorch and Qt are published for; try Python 3.14."
    raise SetupError(
        reason + "\nOften it is the connection; running the same command again goes on from here."
    )


def set_up(extras: Sequence[str]) -> None:
    """Makes the environment complete and current; returns at once when it is.

    Raises:
        SetupError: something could not be installed.
    """
    mark = fingerprint(ROOT, sys.implementation.cache_tag)
    if is_ready(VENV, mark, extras):
        return
    started = time.monotonic()
    wanted = sorted({*extras, *read_stamp(VENV).get("extras", [])})
    say("Setting Netloom up in {} ({}).".format(VENV, ", ".join(wanted)))
    check_system()
    if not is_usable(VENV):
        say(download_note(sys.platform, has_nvidia_driver()))
        make_venv(VENV, wanted)
    write_stamp(VENV, {"state": "installing", "extras": wanted})
    install(VENV, wanted)
    write_stamp(VENV, {"state": "ready", "fingerprint": mark, "extras": wanted})
    say(f"Netloom is set up ({time.monotonic() - started:.0f} s). From now on it starts at once.")


# --- the two commands -------------------------------------------------------------------------------------


def run(arguments: Sequence[str]) -> int:
    """Opens the window in place of this process."""
    # -P keeps the current folder out of the import path: a user's graph.py must not hide Netloom's.
    command = [str(venv_python(VENV)), "-P", "-m", "builder.cli", "open", *arguments]
    if os.name != "nt":
        os.execv(command[0], command)
    return subprocess.call(command)


def test(arguments: Sequence[str]) -> int:
    """Runs every check; stops at the first that fails and gives its exit code."""
    # The tests share the processors among their processes; each computing on all of them slows every one.
    environ = {"OMP_NUM_THREADS": "1", **os.environ, "QT_QPA_PLATFORM": "offscreen"}
    for name, words in STAGES:
        command = [str(venv_python(VENV)), "-m", *words, *(arguments if name == "tests" else [])]
        say("== {}: {}".format(name, " ".join(command[2:])))
        code = subprocess.call(command, cwd=str(ROOT), env=environ)
        if code != 0:
            print(f"== {name} failed with exit code {code}", file=sys.stderr, flush=True)
            return code
    return 0


def main(arguments: Sequence[str]) -> int:
    """Gives the exit code: 0 fine, 1 set-up or checks failed, 2 wrong usage, old Python or no display."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command not in EXTRAS:
        say((__doc__ or "").strip())
        return 0 if command in ("-h", "--help") else 2
    refusal = None
    if sys.version_info < OLDEST_PYTHON:
        refusal = old_python_message(sys.version_info[:3], sys.executable, shutil.which)
    elif command == "run":
        refusal = display_refusal(sys.platform, os.environ, rest)
    if refusal:
        print(refusal, file=sys.stderr)
        return 2
    try:
        set_up(EXTRAS[command])
        return run(rest) if command == "run" else test(rest)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Running the same command again starts where it makes sense.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
