"""Looks for a screen before Qt does: Qt ends the process when there is none."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping
from pathlib import Path

LIBXCB = "libxcb.so.1"  # by its name, which Qt asks for too: to look it up starts other programs
WAY_OUT = (
    "Start it in a desktop session, connect with `ssh -X`, or use a virtual screen: `xvfb-run netloom`. "
    "Everything but the window works without a screen, for instance `netloom train` and `netloom export`."
)


def display_fault(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str | None:
    """Why no window can be shown, with what to do about it; None if one can."""
    if not platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return None
    wayland, x11 = environment.get("WAYLAND_DISPLAY"), environment.get("DISPLAY")
    if not wayland and not x11:
        return (
            f"There is no screen to show a window on: neither DISPLAY nor WAYLAND_DISPLAY is set. {WAY_OUT}"
        )
    if wayland and _wayland_socket(environment, wayland).exists():
        return None
    if x11 and _x_server_answers(x11):
        return None
    return f"The screen {x11 or wayland} does not answer. {WAY_OUT}"


def _wayland_socket(environment: Mapping[str, str], name: str) -> Path:
    return Path(environment.get("XDG_RUNTIME_DIR", "/nowhere")) / name


def _x_server_answers(display: str) -> bool:
    """Whether a connection can be made; True too where libxcb is missing, so that Qt gets to say so."""
    try:
        xcb = ctypes.CDLL(LIBXCB)
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    try:
        return not xcb.xcb_connection_has_error(connection)
    finally:
        xcb.xcb_disconnect(connection)
