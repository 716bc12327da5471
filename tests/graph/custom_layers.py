"""Custom layers for tests: sources, the graph around one, and somebody who answers without running."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.custom_shapes import Answer, Found, Question
from graph.document import Edge, Graph, Node, PortRef
from graph.shapes import TensorSpec

GATE = '''\
import torch.nn.functional as F
from torch import nn


class Gate(nn.Module):
    """Lets a part through."""

    def __init__(self, channels, bias=True):
        super().__init__()
        self.linear = nn.Linear(channels, channels, bias=bias)

    def forward(self, x):
        return x * F.sigmoid(self.linear(x))
'''
GATE_ARGUMENTS = {"channels": 8}


def forward(*lines: str) -> str:
    """A source whose `forward` has these lines."""
    body = "\n".join(f"        {line}" for line in lines)
    return f"class Layer(nn.Module):\n    def forward(self, x):\n{body}\n"


def between(source: object, shape: tuple[int | str, ...] = (8,), **params: Any) -> Graph:
    """Input, one custom layer `n2` and Output."""
    nodes = [
        Node("n1", "Input", "given", {"shape": list(shape)}),
        Node("n2", "Custom", "custom1", {"source": source, **params}),
        Node("n3", "Output", "result"),
    ]
    ports = [("n1.out", "n2.in0"), ("n2.out", "n3.in")]
    return Graph(nodes, [Edge(PortRef.parse(start), PortRef.parse(end)) for start, end in ports])


class Knower:
    """Trusts everything, or only some sources, and has every answer ready.

    Args:
        answers: by source; what comes in goes out, without parameters, where there is none.
        trusted: all sources if None.
    """

    def __init__(self, answers: Mapping[str, Answer | None] | None = None, trusted: set[str] | None = None):
        self.answers = dict(answers or {})
        self.trusted = trusted
        self.asked: list[Question] = []

    def is_trusted(self, source: str) -> bool:
        return self.trusted is None or source in self.trusted

    def answer(self, question: Question) -> Answer | None:
        self.asked.append(question)
        (given, *_) = question.inputs
        return self.answers.get(question.source, Found(TensorSpec(given.shape, given.dtype), 0))
