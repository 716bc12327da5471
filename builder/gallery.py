"""The templates as the welcome page and other lists show them: with what they cost and learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from builder.texts import tr, tr_made
from graph.document import Project
from graph.inference import Inference
from graph.templates import Template, templates
from runtime.data.choices import SOURCES
from runtime.data.source_choices import BUNDLED

OWN_DATA = "your own data"
INCLUDED = (*(source.type for source in BUNDLED), "synthetic:")  # need no file; what a name begins with


@dataclass(frozen=True)
class GalleryEntry:
    """A template with what there is to know before it is opened.

    Attributes:
        project: what it holds; only to be looked at.
        parameters: how many numbers it learns.
        data: what it learns from, in words.
        is_ready: whether it can be trained as it is, with no file from anywhere.
    """

    template: Template
    project: Project
    parameters: int
    data: str
    is_ready: bool

    def fits(self, text: str) -> bool:
        """Whether every word of a search occurs in what is shown of it, or in a type that it is made of.

        The words of its keywords are looked at from their beginning: `all` does not mean `small`.
        """
        graphs = (self.project.graph, *(block.graph for block in self.project.blocks.values()))
        types = {node.type for graph in graphs for node in graph.nodes.values()}
        about = (
            self.template.name,
            tr_made(self.template.description),
            tr_made(self.template.group),
            self.data,
            *types,
        )
        keywords = (word for each in self.template.keywords for word in (each, tr_made(each)))
        shown, beginnings = " ".join(about).casefold(), f" {' '.join(keywords)}".casefold()
        return all(word in shown or f" {word}" in beginnings for word in text.casefold().split())


def gallery() -> list[GalleryEntry]:
    """All templates, simplest first."""
    return [_entry(each) for each in templates()]


def _entry(template: Template) -> GalleryEntry:
    project = template.project()
    data, is_ready = _data_of(project.training)
    return GalleryEntry(template, project, Inference(project.graph).total_parameters, data, is_ready)


def _data_of(training: Mapping[str, Any]) -> tuple[str, bool]:
    source = training.get("data", {}).get("source", "")
    if not source:
        return tr(OWN_DATA), False
    return tr_made(SOURCES[source].title), source.startswith(INCLUDED)
