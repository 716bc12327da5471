"""The command that lets a project's own code run, of layers and of data, after somebody has read it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from builder.commands.base import CommandError, Commands, read_project
from builder.trust import WARNING
from graph import custom
from graph.atomic import way_out
from graph.custom_clashes import embedded_nodes, source_of
from graph.document import Node, Project
from runtime.data.own_file import own_file


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = commands.add("trust", _trust, "show a project's own code, of layers and data, and let it run")
    parser.add_argument("project", type=Path, metavar="PROJECT")
    parser.add_argument("--yes", action="store_true", help="trust it without asking")
    parser.add_argument("--revoke", action="store_true", help="no longer trust it")


def _trust(options: argparse.Namespace) -> int:
    from runtime.custom_trust import TrustStore

    project = read_project(options.project)
    codes = _layers(node for graph in project.graphs() for node in graph.nodes.values())
    codes += _data_file(project, options.project.parent)
    if not codes:
        print(f"{options.project}: there is no custom code in it.")
        return 0
    store, declined = TrustStore(), 0
    try:
        for code in codes:
            if options.revoke:
                store.revoke(code.source)
                print(f"{code.name}: no longer trusted.")
            elif store.is_trusted(code.source):
                print(f"{code.name}: trusted already.")
            elif _agrees(code, options.yes):
                store.trust(code.source)
                print(f"{code.name}: trusted from now on, until a character of it changes.")
            else:
                declined += 1
                print(f"{code.name}: not trusted.")
    except OSError as error:
        raise CommandError(
            f"{store.path}: not written: {error.strerror or error}. {way_out(error)}."
        ) from error
    return 1 if declined else 0


@dataclass(frozen=True)
class _Code:
    """Code that a project uses, and what uses it.

    Args:
        is_layer: whether it has to be that of a custom layer.
    """

    name: str
    source: str
    is_layer: bool


def _layers(nodes: Iterable[Node]) -> list[_Code]:
    """The code of custom layers, each once."""
    users: dict[str, list[Node]] = {}
    for node in embedded_nodes(nodes):
        users.setdefault(source_of(node), []).append(node)
    return [_Code(_names(same), source, is_layer=True) for source, same in users.items()]


def _data_file(project: Project, folder: Path) -> list[_Code]:
    """The Python file that the plan takes its data from, if it does."""
    path = own_file(project.training, folder)
    if path is None:
        return []
    try:
        return [_Code(str(path), path.read_text(encoding="utf-8"), is_layer=False)]
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path}: not read: {error}. Correct data.path.", 2) from error


def _agrees(code: _Code, is_sure: bool) -> bool:
    """Shows a source; whether it is to be trusted. One that cannot be read is not, as it could not run."""
    if code.is_layer:
        try:
            custom.read(code.source)
        except custom.CodeFault as fault:
            print(f"netloom: {code.name}: the source cannot be used: {fault}.", file=sys.stderr)
            return False
    print(f"{code.name}:\n")
    for number, line in enumerate(custom.lines_of(code.source), start=1):
        print(f"{number:5}  {line}".rstrip())
    print(f"\n{WARNING}")
    if is_sure:
        return True
    try:
        return input("Trust this code? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        print()
        return False


def _names(nodes: list[Node]) -> str:
    """What the nodes are called; a name from a file could hold what a terminal takes for a command."""
    names = ", ".join(node.name for node in nodes)
    return "".join(character if character.isprintable() else "?" for character in names)
