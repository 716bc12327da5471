"""The command that lets the code of custom layers run, after somebody has read it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from builder.commands.base import CommandError, Commands, read_project
from builder.trust import WARNING
from graph import custom
from graph.atomic import way_out
from graph.custom_clashes import embedded_nodes, source_of
from graph.document import Node


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = commands.add("trust", _trust, "show the code of a project's custom layers and let it run")
    parser.add_argument("project", type=Path, metavar="PROJECT")
    parser.add_argument("--yes", action="store_true", help="trust it without asking")
    parser.add_argument("--revoke", action="store_true", help="no longer trust it")


def _trust(options: argparse.Namespace) -> int:
    from runtime.custom_trust import TrustStore

    graphs = read_project(options.project).graphs()
    users = _by_source(node for graph in graphs for node in graph.nodes.values())
    if not users:
        print(f"{options.project}: there is no custom code in it.")
        return 0
    store, declined = TrustStore(), 0
    try:
        for source, nodes in users.items():
            if options.revoke:
                store.revoke(source)
                print(f"{_names(nodes)}: no longer trusted.")
            elif store.is_trusted(source):
                print(f"{_names(nodes)}: trusted already.")
            elif _agrees(source, nodes, options.yes):
                store.trust(source)
                print(f"{_names(nodes)}: trusted from now on, until a character of it changes.")
            else:
                declined += 1
                print(f"{_names(nodes)}: not trusted.")
    except OSError as error:
        raise CommandError(
            f"{store.path}: not written: {error.strerror or error}. {way_out(error)}."
        ) from error
    return 1 if declined else 0


def _by_source(nodes: Iterable[Node]) -> dict[str, list[Node]]:
    """The custom nodes, by their source."""
    users: dict[str, list[Node]] = {}
    for node in embedded_nodes(nodes):
        users.setdefault(source_of(node), []).append(node)
    return users


def _agrees(source: str, nodes: list[Node], is_sure: bool) -> bool:
    """Shows a source; whether it is to be trusted. One that cannot be read is not, as it could not run."""
    try:
        custom.read(source)
    except custom.CodeFault as fault:
        print(f"netloom: {_names(nodes)}: the source cannot be used: {fault}.", file=sys.stderr)
        return False
    print(f"{_names(nodes)}:\n")
    for number, line in enumerate(custom.lines_of(source), start=1):
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
