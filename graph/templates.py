"""The networks that a new project can start from; each is a project file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from graph.document import Project
from graph.problems import did_you_mean, shown
from graph.storage import SUFFIX, from_bytes

GALLERY_KEYS = (
    "description",
    "group",
    "keywords",
    "order",
)  # of a template's file, and of no project made from it


@dataclass(frozen=True)
class Template:
    """A starting point.

    Args:
        name: what `netloom new --template` takes.
        description: one line for the gallery.
        group: the heading that it stands under there.
        keywords: what people may call it or what it is for, where its name and description do not.
    """

    name: str
    description: str
    group: str
    keywords: tuple[str, ...]

    def project(self) -> Project:
        """A fresh project made from it."""
        project = _read(self.name)
        project.extra = {key: value for key, value in project.extra.items() if key not in GALLERY_KEYS}
        return project


class UnknownTemplateError(Exception):
    """There is no template of that name; the text lists those there are."""


@cache
def templates() -> tuple[Template, ...]:
    """All templates, simplest first; read once, as they come with the program."""
    folder = files("resources") / "templates"
    names = [entry.name.removesuffix(SUFFIX) for entry in folder.iterdir() if entry.name.endswith(SUFFIX)]
    projects = sorted((_read(name) for name in names), key=lambda project: project.extra["order"])
    return tuple(_declared(each.name, each.extra) for each in projects)


def template(name: str) -> Template:
    """The template of that name, in any case.

    Raises:
        UnknownTemplateError: there is none.
    """
    known = {entry.name.lower(): entry for entry in templates()}
    if name.lower() in known:
        return known[name.lower()]
    names = [entry.name for entry in known.values()]
    hint = did_you_mean(name, names) or f"Choose one of: {', '.join(names)}."
    raise UnknownTemplateError(f"There is no template {shown(name)}. {hint}")


def _declared(name: str, extra: Mapping[str, Any]) -> Template:
    return Template(name, extra["description"], extra["group"], tuple(extra["keywords"]))


def _read(name: str) -> Project:
    return from_bytes((files("resources") / "templates" / f"{name}{SUFFIX}").read_bytes())
