"""The command that opens the window."""

from __future__ import annotations

import argparse
import gc
import os
import re
from pathlib import Path

from builder.commands.base import CommandError, Commands, read_project
from builder.display import display_fault

DEFAULT_SIZE = (1600, 1000)
MAX_PIXELS = 16_384


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = commands.add("open", _open, "open the window (also what `netloom PROJECT` does)")
    parser.add_argument("projects", nargs="*", type=Path, metavar="PROJECT", help="a window for each")
    parser.add_argument("--screenshot", type=Path, metavar="OUT.png", help="render the window once and exit")
    parser.add_argument(
        "--size", type=_size, default=DEFAULT_SIZE, metavar="WxH", help="for --screenshot, in pixels"
    )
    parser.add_argument(
        "--theme", choices=("system", "light", "dark"), default=None, help="colours of the window"
    )


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{2,5})x(\d{2,5})", text)
    size = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 100 <= min(size) <= max(size) <= MAX_PIXELS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a size such as 1600x1000, from 100 to {MAX_PIXELS} pixels"
        )
    return size


def _open(options: argparse.Namespace) -> int:
    for path in options.projects:
        read_project(path)
    if options.screenshot is not None:
        return _screenshot(options)
    if fault := display_fault():
        raise CommandError(fault)
    gc.disable()  # what a start makes stays; the window has it enabled once all is loaded
    from runtime.host_memory import share_memory_among_threads

    share_memory_among_threads()  # a run trains in one of the window's
    from builder.unread_sources import leave_sources_unread

    leave_sources_unread()
    from builder.app import open_window

    return open_window(options.projects, theme=options.theme)


def _screenshot(options: argparse.Namespace) -> int:
    if display_fault():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from builder.app import render_screenshot

    try:
        first = next(iter(options.projects), None)
        render_screenshot(first, options.screenshot, options.size, theme=options.theme)
    except OSError as error:
        raise CommandError(f"{options.screenshot}: not written: {error.strerror or error}.") from error
    return 0
