"""What a node is and does, in few lines, for who rests the mouse on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import islice

from builder.canvas.captions import type_text, value_text
from builder.panels.node_facts import cost_facts, shape_facts
from builder.session import Session
from builder.texts import tr, tr_made
from builder.theme import Theme
from graph.catalog.spec import LayerSpec
from graph.document import Node
from graph.problems import Problem

MOST_PROBLEMS = 3
LONGEST = 40  # letters of a value
COLUMN = 112  # pixels of the names
GAP = "&nbsp;" * 3

Fact = tuple[str, str]


def hover_html(session: Session, node_id: str, theme: Theme) -> str:
    """Name, type, help, changed parameters, shapes, cost and problems of a node, as rich text."""
    node, result = session.graph.nodes[node_id], session.result(node_id)
    spec = session.graph.catalog.get(node.type)
    kind = escape(type_text(spec, node))
    parts = [f"<b>{escape(node.name)}</b>{GAP}<span style='color:{theme.text_muted}'>{kind}</span>"]
    about = tr_made(spec.help) if spec else tr("This layer type is not known.")
    parts.append(f"<div style='margin-top:2px'>{escape(about)}</div>")
    cost = islice(cost_facts(result, None, node_id), 2)  # parameters and FLOPs
    parts.append(_table((changed_params(spec, node), shape_facts(result), cost), theme))
    parts += _problem_lines(session.problems_of(node_id), theme)
    return "".join(parts)


def changed_params(spec: LayerSpec | None, node: Node) -> Iterator[Fact]:
    """The parameters of a node that have another value than their default."""
    for param in spec.params if spec else ():
        value = node.params.get(param.name, param.default)
        if param.name in node.params and (param.inferred is not None or value != param.default):
            text = " ".join(value_text(param, value).split())
            yield param.name, text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _table(groups: Iterable[Iterable[Fact]], theme: Theme) -> str:
    """The facts of all groups with their texts in one column, and a gap before each group."""
    rows = []
    for group in groups:
        for index, (name, text) in enumerate(group):
            top = 6 if index == 0 else 0
            rows.append(
                f"<tr><td width='{COLUMN}' style='color:{theme.text_muted}; padding-top:{top}px'>"
                f"{escape(name)}</td><td style='padding-top:{top}px'>{escape(text)}</td></tr>"
            )
    return f"<table cellspacing='0'>{''.join(rows)}</table>"


def _problem_lines(problems: tuple[Problem, ...], theme: Theme) -> Iterator[str]:
    for problem in problems[:MOST_PROBLEMS]:
        color = theme.error if problem.is_error else theme.warning
        yield f"<div style='margin-top:6px; color:{color}'>{escape(tr_made(problem.message))}</div>"
    more = len(problems) - MOST_PROBLEMS
    if more > 0:
        yield f"<div style='color:{theme.text_muted}'>{tr('and {count:,} more', count=more)}</div>"
