"""A project as the Python source that a careful person would write for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from codegen.blocks import BlockClasses, StartWeights
from codegen.class_writer import ClassWriter
from codegen.embedded import EmbeddedClasses, ordered_imports
from codegen.layout import Span, is_code, unmarked
from codegen.namespace import Namespace, class_name
from codegen.network import Network
from graph.document import Project
from graph.inference import Inference
from graph.lazy import Lazy
from graph.mistakes import still_computing
from graph.problems import Problem
from graph.shapes import TensorSpec

IMPORTS = {
    "torch": "import torch",
    "F": "import torch.nn.functional as F",
    "nn": "from torch import nn",
}
VISION = ("models", "ops")  # the modules of torchvision that generated files use
_IMPORTED_NAME = re.compile(rf"(?<![\w.])({'|'.join((*IMPORTS, *VISION))})\.")


class GenerationError(Exception):
    """The project has errors, so there is no code for it; the text lists them.

    Attributes:
        problems: the errors.
    """

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        count = "an error" if len(problems) == 1 else f"{len(problems)} errors"
        listed = "\n".join(f"  {problem.message}" for problem in problems)
        super().__init__(f"{name} has {count}, so there is no code for it yet:\n{listed}")
        self.problems = tuple(problems)


@dataclass(frozen=True)
class GeneratedSource:
    """A file with the network's class, those of its blocks before it, and which node stands where in it.

    A node of a block goes by its `block_key`, `Residual/n3`.

    Args:
        text: the file.
        class_name: the network's class.
        input_names: the arguments of `forward`, in order.
        output_names: names for its results, in order.
        input_ids: the Inputs behind `input_names`.
        output_ids: the Outputs behind `output_names`.
        input_tensors: what the arguments are.
        output_tensors: what the results are.
        attribute_of: the attribute's name of every node that is a submodule, a parameter or a buffer.
        weights: which submodules start from files.
        spans: who wrote which characters; outer spans before those within.
        custom_lines: the lines that hold the code of custom layers.
    """

    text: str
    class_name: str
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    input_ids: tuple[str, ...]
    output_ids: tuple[str, ...]
    input_tensors: tuple[TensorSpec, ...]
    output_tensors: tuple[TensorSpec, ...]
    attribute_of: Mapping[str, str]
    weights: tuple[StartWeights, ...]
    spans: tuple[Span, ...]
    custom_lines: range = range(0)

    @property
    def needs_torchvision(self) -> bool:
        """Whether the file imports torchvision."""
        return any(
            line.startswith(("from torchvision", "import torchvision")) for line in self.text.splitlines()
        )

    @Lazy
    def lines_of(self) -> Mapping[str, list[int]]:
        """The lines, counted from 1, that a node stands on."""
        lines: dict[str, set[int]] = {}
        for span in self.spans:
            lines.setdefault(span.node, set()).update(range(span.line, span.end_line + 1))
        return {node: sorted(numbers) for node, numbers in lines.items()}

    def node_at(
        self, line: int, column: int | None = None, end_line: int | None = None, end_column: int | None = None
    ) -> str | None:
        """The node that wrote a place: the innermost around a range of characters, the outermost of a line.

        Args:
            line: counted from 1.
            column: counted from 0, in characters; None for the line as a whole.
            end_line: of the range; the same line if None.
            end_column: of the range; a single character if None.
        """
        if column is None:
            found = [span for span in self.spans if span.line <= line <= span.end_line]
            return found[0].node if found else None
        last = end_column if end_column is not None else column + 1
        found = [span for span in self.spans if span.covers(line, column, end_line or line, last)]
        return found[-1].node if found else None


def generate(project: Project, inference: Inference | None = None) -> GeneratedSource:
    """The project's network as a Python file that needs nothing but torch, or torchvision for its layers.

    Only nodes that lead to an Output are in it. Same graph, same bytes, wherever the nodes stand.

    Args:
        project: read, never written.
        inference: what is known about `project.graph`, if somebody keeps it up to date already.

    Raises:
        GenerationError: the project has errors.
    """
    inference = inference or Inference(project.graph)
    errors = [problem for problem in inference.problems() if problem.is_error]
    errors += [still_computing(project.graph.nodes[node_id]) for node_id in inference.pending]
    if errors:
        raise GenerationError(project.name, errors)
    network = Network(project.graph, inference)
    custom = EmbeddedClasses(network)
    if custom.untrusted:
        raise GenerationError(project.name, custom.untrusted)
    return _written(project.name, network, custom)


def _written(project_name: str, network: Network, custom: EmbeddedClasses) -> GeneratedSource:
    numbers = {node_id: number for number, node_id in enumerate(network.operations)}
    classes = Namespace(custom.names)
    own_name = class_name(project_name)
    name = classes.reserve(f"{own_name}Net" if own_name in classes else own_name)
    blocks = BlockClasses(network, classes, numbers)
    writer = ClassWriter(name, network, numbers, blocks.made, taken=[each.name for each in blocks.helpers])
    helpers = (each.text.splitlines() for each in blocks.helpers)
    parts = [*helpers, *(each.lines for each in blocks), writer.lines()]
    lines = [line for part in parts for line in ("", "", *part)]
    imports, custom_lines = _imports(lines, custom), custom.lines(numbers)
    text, spans = unmarked([*imports, *custom_lines, *lines], list(numbers))
    inputs, outputs = network.inputs, network.outputs
    return GeneratedSource(
        text=text,
        class_name=name,
        input_names=tuple(writer.names[op.node.id] for op in inputs),
        output_names=tuple(writer.names[op.node.id] for op in outputs),
        input_ids=tuple(op.node.id for op in inputs),
        output_ids=tuple(op.node.id for op in outputs),
        input_tensors=tuple(op.call.outputs[0] for op in inputs),
        output_tensors=tuple(op.call.inputs[0] for op in outputs),
        attribute_of=writer.attribute_of,
        weights=tuple(blocks.weights(network, writer.attribute_of)),
        spans=spans,
        custom_lines=range(len(imports) + 1, len(imports) + len(custom_lines) + 1),
    )


def _imports(lines: Iterable[str], custom: EmbeddedClasses) -> list[str]:
    used = {"nn", *_IMPORTED_NAME.findall("\n".join(filter(is_code, lines))), *custom.standard}
    statements = {line for name, line in IMPORTS.items() if name in used}
    statements |= {f"from torchvision import {name}" for name in VISION if name in used}
    return ordered_imports(statements | custom.imports)
