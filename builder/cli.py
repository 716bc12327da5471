"""The `netloom` command. Loads Qt only to open a window, and torch only to train or export."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from builder.commands.base import CommandError, Commands
from runtime.spinning import spin_briefly

# A command needs the module alone that it is in; the help needs them all.
COMMANDS = {
    "open": "window",
    **dict.fromkeys(("templates", "new", "layers", "check", "fix", "schema"), "project"),
    "trust": "trust",
    "export": "export",
    "train": "train",
    **dict.fromkeys(("runs", "compare"), "runs"),
    **dict.fromkeys(("find-lr", "overfit", "speed"), "trials"),
}
FLAGS = ("-h", "--help", "--version")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line; returns the exit code: 0 fine, 1 failed, 2 wrong usage or unreadable input."""
    spin_briefly()
    words = _with_command(list(sys.argv[1:] if arguments is None else arguments))
    try:
        options = parser_for(words[0]).parse_args(words)
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


def parser_for(word: str) -> argparse.ArgumentParser:
    """Reads the command line that begins with a word; knows every command if that is none."""
    parser = argparse.ArgumentParser(
        prog="netloom",
        description="Draw a neural network, train it, and take readable PyTorch code with you.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="tell the version and exit")
    commands = Commands(parser)
    modules = (COMMANDS[word],) if word in COMMANDS else dict.fromkeys(COMMANDS.values())
    for name in modules:
        import_module(f"builder.commands.{name}").register(commands)
    return parser


def _with_command(words: list[str]) -> list[str]:
    """`netloom` alone, or with a project or an option of `open`, opens the window."""
    first = words[0] if words else ""
    if first in COMMANDS or first in FLAGS or _looks_like_command(first):
        return words
    return ["open", *words]


def _looks_like_command(word: str) -> bool:
    if not word.replace("-", "").isalpha():
        return False
    from graph.problems import did_you_mean  # the window need not wait for it

    return bool(did_you_mean(word, COMMANDS))


class _Version(argparse.Action):
    """Looks the version up when it is asked for, which takes longer than everything else here."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        print(f"netloom {_version()}")
        parser.exit()


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("netloom")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
