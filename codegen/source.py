"""A project as the Python source that a careful person would write for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from codegen.expressions import definition
from codegen.forward import Forward
from codegen.layout import INDENT, WIDTH, Span, folded, marked, unmarked
from codegen.namespace import Namespace, class_name
from codegen.network import Network, Operation
from codegen.preparation import preparation
from graph.catalog.spec import BlockCode, Expression, Helper
from graph.document import Node, Project
from graph.inference import Inference
from graph.problems import Problem, message
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
    """A file with one class, and which node stands where in it.

    Args:
        text: the file.
        class_name: the class in it.
        input_names: the arguments of `forward`, in order.
        output_names: names for its results, in order.
        input_ids: the Inputs behind `input_names`.
        output_ids: the Outputs behind `output_names`.
        input_tensors: what the arguments are.
        output_tensors: what the results are.
        attribute_of: the attribute's name of every node that is a submodule, a parameter or a buffer.
        spans: who wrote which characters; outer spans before those within.
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
    spans: tuple[Span, ...]

    @property
    def needs_torchvision(self) -> bool:
        """Whether the file imports torchvision."""
        return any(line.startswith("from torchvision ") for line in self.text.splitlines())

    @cached_property
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
    if errors:
        raise GenerationError(project.name, errors)
    network = Network(project.graph, inference)
    unwritten = [
        _no_code(op.node) for op in network.operations.values() if isinstance(op.spec.code, BlockCode)
    ]
    if unwritten:
        raise GenerationError(project.name, unwritten)
    return _Writer(project.name, network).source()


def _no_code(node: Node) -> Problem:
    text = message(node.name, f"{node.type} is a block, and blocks have no code", hint="Unpack it.")
    return Problem("block-code", "error", node.id, text, hint="Unpack it.")


class _Writer:
    def __init__(self, project_name: str, network: Network) -> None:
        self._network = network
        self._class_name = class_name(project_name)
        self._ids = list(network.operations)
        self._numbers = {node_id: number for number, node_id in enumerate(self._ids)}
        self._helpers = _helpers(network.operations.values())
        self._namespace = Namespace(helper.name for helper in self._helpers)
        layers = [op for op in network.operations.values() if not op.is_input and not op.is_output]
        self._names = self._name_all(network.inputs, self._namespace)
        # A single result is returned without ever being a variable, so its name may be a layer's too.
        results = Namespace(self._names.values()) if len(network.outputs) == 1 else self._namespace
        self._names |= self._name_all(layers, self._namespace) | self._name_all(network.outputs, results)

    def source(self) -> GeneratedSource:
        body = [*self._init(), *self._forward()]
        helpers = [line for helper in self._helpers for line in ["", "", *helper.text.splitlines()]]
        imports = self._imports([*helpers, *body])
        head = [*imports, *helpers, "", "", f"class {self._class_name}(nn.Module):", *self._docstring()]
        text, spans = unmarked([*head, *body], self._ids)
        inputs, outputs = self._ids_of(self._network.inputs), self._ids_of(self._network.outputs)
        return GeneratedSource(
            text=text,
            class_name=self._class_name,
            input_names=tuple(self._names[node_id] for node_id in inputs),
            output_names=tuple(self._names[node_id] for node_id in outputs),
            input_ids=inputs,
            output_ids=outputs,
            input_tensors=tuple(op.call.outputs[0] for op in self._network.inputs),
            output_tensors=tuple(op.call.inputs[0] for op in self._network.outputs),
            attribute_of={op.node.id: self._names[op.node.id] for op, _ in self._definitions()},
            spans=spans,
        )

    def _name_all(self, operations: Iterable[Operation], namespace: Namespace) -> dict[str, str]:
        return {op.node.id: namespace.name(op.node.name, op.spec.stem) for op in operations}

    def _ids_of(self, operations: Iterable[Operation]) -> tuple[str, ...]:
        return tuple(operation.node.id for operation in operations)

    def _definitions(self) -> list[tuple[Operation, str]]:
        """What the network keeps and how it is made, in the order of use."""
        operations = self._network.operations.values()
        made = (
            (operation, definition(operation, self._names[operation.node.id])) for operation in operations
        )
        return [(operation, text) for operation, text in made if text is not None]

    def _imports(self, body: Iterable[str]) -> list[str]:
        used = {"nn", *_IMPORTED_NAME.findall("\n".join(body))}
        vision = [name for name in VISION if name in used]
        lines = [line for name, line in IMPORTS.items() if name in used]
        return [*lines, f"from torchvision import {', '.join(vision)}"] if vision else lines

    def _init(self) -> list[str]:
        definitions = self._definitions()
        if not definitions:
            return [""]
        lines = ["", f"{INDENT}def __init__(self):", f"{INDENT * 2}super().__init__()"]
        for operation, text in definitions:
            number, name = self._numbers[operation.node.id], self._names[operation.node.id]
            for statement in (text, *preparation(operation, name)):
                lines += folded(marked(number, statement), depth=2)
        return [*lines, ""]

    def _forward(self) -> list[str]:
        ids = self._ids_of(self._network.inputs)
        arguments = (marked(self._numbers[node_id], self._names[node_id]) for node_id in ids)
        forward = Forward(self._network, self._names, self._numbers, self._namespace)
        return [*folded(f"def forward({', '.join(['self', *arguments])}):", depth=1), *forward.lines()]

    def _docstring(self) -> list[str]:
        """What goes in and what comes out, on one line if there is room."""
        given = {self._names[op.node.id]: _described(op.call.outputs[0]) for op in self._network.inputs}
        result = {self._names[op.node.id]: _described(op.call.inputs[0]) for op in self._network.outputs}
        ends = [_listed([f"{name} {text}" for name, text in end.items()]) for end in (given, result)]
        line = f'{INDENT}"""Maps {" to ".join(ends)}."""'
        if len(line) <= WIDTH:
            return [line]
        first = f'{INDENT}"""Maps {_listed(list(given))} to {_listed(list(result))}.'
        if len(first) > WIDTH:
            first = f'{INDENT}"""Maps its inputs to its outputs.'
        entries = [f"{INDENT * 2}{name}: {text}" for name, text in [*given.items(), *result.items()]]
        return [first, "", f"{INDENT}Shape:", *entries, f'{INDENT}"""']


def _helpers(operations: Iterable[Operation]) -> list[Helper]:
    """The functions that some operation calls, in the order of their use."""
    codes = (operation.spec.code for operation in operations)
    used = (helper for code in codes if isinstance(code, Expression) for helper in code.helpers)
    return list(dict.fromkeys(used))


def _listed(words: Sequence[str]) -> str:
    """`image, mask and tokens`."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _described(tensor: TensorSpec) -> str:
    return str(tensor) if tensor.dtype == "float32" else f"{tensor} of {tensor.dtype}"
