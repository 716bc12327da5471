"""The `netloom` command. Loads Qt only to open a window, and torch only to train or export."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

from builder.commands.base import CommandError, Commands
from graph.problems import did_you_mean

COMMAND_MODULES = ("window", "project", "trust", "export", "train")
FLAGS = ("-h", "--help", "--version")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line; returns the exit code: 0 fine, 1 failed, 2 wrong usage or unreadable input."""
    parser, names = _parser()
    words = _with_command(list(sys.argv[1:] if arguments is None else arguments), names)
    try:
        options = parser.parse_args(words)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    try:
        with _custom_code():
            return int(options.run(options))
    except CommandError as error:
        if options.debug:
            raise
        print(f"netloom: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("netloom: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away; nothing is left to say
        return 1
    except Exception as error:
        if options.debug:
            raise
        print(
            f"netloom: {type(error).__name__}: {error} (run again with --debug for the details)",
            file=sys.stderr,
        )
        return 1


@contextmanager
def _custom_code() -> Iterator[None]:
    """Lets the code of custom layers run that the user trusts."""
    from graph import custom_shapes
    from runtime.custom_probe import ShapeProbe

    probe = ShapeProbe()
    before = custom_shapes.ask_from_now_on(probe)
    try:
        yield
    finally:
        custom_shapes.ask_from_now_on(before)
        probe.close()


def _parser() -> tuple[argparse.ArgumentParser, list[str]]:
    parser = argparse.ArgumentParser(
        prog="netloom",
        description="Draw a neural network, train it, and take readable PyTorch code with you.",
    )
    parser.add_argument("--version", action="version", version=f"netloom {_version()}")
    commands = Commands(parser)
    for name in COMMAND_MODULES:
        import_module(f"builder.commands.{name}").register(commands)
    return parser, commands.names


def _with_command(words: list[str], names: Sequence[str]) -> list[str]:
    """`netloom` alone, or with a project or an option of `open`, opens the window."""
    first = words[0] if words else ""
    if first in names or first in FLAGS:
        return words
    looks_like_command = first.isalpha() and did_you_mean(first, names)
    return words if looks_like_command else ["open", *words]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("netloom")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
