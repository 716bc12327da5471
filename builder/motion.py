"""Whether the system was told to keep its windows still; Qt does not say."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from configparser import ConfigParser, Error
from pathlib import Path

PATIENCE = 0.5  # seconds that a system's tool has for its answer
WINDOWS_ANIMATION = 0x1042  # SPI_GETCLIENTAREAANIMATION
MAC_QUESTION = ("defaults", "read", "com.apple.universalaccess", "reduceMotion")
GNOME_QUESTION = ("gsettings", "get", "org.gnome.desktop.interface", "enable-animations")

Ask = Callable[[Sequence[str]], str]


def system_reduces_motion(platform: str = sys.platform) -> bool:
    """Whether the accessibility settings of the system ask for little motion; False where it cannot say."""
    if platform == "win32":
        return _windows_reduces()
    if platform == "darwin":
        return mac_reduces(answer)
    return kde_reduces(_config_folder() / "kdeglobals") or gnome_reduces(answer)


def mac_reduces(ask: Ask) -> bool:
    """What macOS was told under Accessibility, Display."""
    return ask(MAC_QUESTION) == "1"


def gnome_reduces(ask: Ask) -> bool:
    """What GNOME, and the desktops that share its settings, were told."""
    return "DBUS_SESSION_BUS_ADDRESS" in os.environ and ask(GNOME_QUESTION) == "false"


def kde_reduces(path: Path) -> bool:
    """What KDE was told: animations take no time at all."""
    file = ConfigParser(interpolation=None, strict=False)
    try:
        file.read(path, encoding="utf-8")
    except (OSError, UnicodeDecodeError, Error):
        return False
    return file.get("KDE", "AnimationDurationFactor", fallback="1").strip() in ("0", "0.0")


def answer(question: Sequence[str]) -> str:
    """What a tool of the system prints; empty if it is not there, fails or hangs."""
    tool = shutil.which(question[0])
    if tool is None:
        return ""
    try:
        done = subprocess.run([tool, *question[1:]], capture_output=True, text=True, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _windows_reduces() -> bool:
    animates = ctypes.c_int(1)
    windows = getattr(ctypes, "windll")  # noqa: B009  # there is none elsewhere
    if not windows.user32.SystemParametersInfoW(WINDOWS_ANIMATION, 0, ctypes.byref(animates), 0):
        return False
    return not animates.value


def _config_folder() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
