"""One network as one class: `__init__` with its submodules, `forward` with its calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from codegen.forward import Forward
from codegen.layout import INDENT, WIDTH, folded, is_code, marked
from codegen.namespace import Namespace
from codegen.network import UNKNOWN, Network, Operation
from graph.shapes import TensorSpec


@dataclass(frozen=True)
class Made:
    """How a submodule, a parameter or a buffer is made.

    Args:
        text: the statement that makes it.
        then: what is done to it behind that.
        is_loop: whether it is a list of modules that `forward` goes through.
        stays_in_eval: whether it computes as in evaluation while the rest trains.
    """

    text: str
    then: Sequence[str] = ()
    is_loop: bool = False
    stays_in_eval: bool = False


class ClassWriter:
    """Writes a class.

    Args:
        name: of the class.
        network: what it computes.
        numbers: a number for every node, for the marks.
        made: tells how what a node keeps is made, from the node and its name; None if it keeps nothing.
        arguments: what `__init__` is given, by name, as written with a default: `width=64`.
        taken: names that mean something else in the file.

    Attributes:
        names: what each node is called.
        attribute_of: the attribute's name of every node that is a submodule, a parameter or a buffer.
    """

    def __init__(
        self,
        name: str,
        network: Network,
        numbers: Mapping[str, int],
        made: Callable[[Operation, str], Made | None],
        arguments: Mapping[str, str] | None = None,
        taken: Iterable[str] = (),
    ) -> None:
        self._class_name, self._network, self._numbers = name, network, numbers
        self._arguments = arguments or {}
        self._namespace = Namespace([*taken, *self._arguments])
        operations = network.operations
        layers = [op for op in operations.values() if not op.is_input and not op.is_output]
        self.names = self._name_all(network.inputs, self._namespace)
        # A single result is returned without ever being a variable, so its name may be a layer's too.
        results = Namespace(self.names.values()) if len(network.outputs) == 1 else self._namespace
        self.names |= self._name_all(layers, self._namespace) | self._name_all(network.outputs, results)
        drafts = ((op.node.id, made(op, self.names[op.node.id])) for op in operations.values())
        self._made = {node_id: how for node_id, how in drafts if how is not None}
        self.attribute_of = {node_id: self.names[node_id] for node_id in self._made}

    def lines(self) -> list[str]:
        """The class, with marks around what each node wrote."""
        head, forward = f"class {self._class_name}(nn.Module):", self._forward()
        read = [name for name in self._arguments if re.search(rf"\bself\.{name}\b", "\n".join(forward))]
        return [head, *self._docstring(), *self._init(read), *self._train(), *forward]

    def _name_all(self, operations: Iterable[Operation], namespace: Namespace) -> dict[str, str]:
        return {op.node.id: namespace.name(op.node.name, op.spec.stem) for op in operations}

    def _init(self, read: Sequence[str]) -> list[str]:
        """Makes the submodules, and keeps the arguments that `forward` reads."""
        if not self._made and not read:
            return [""]
        arguments = ", ".join(["self", *self._arguments.values()])
        lines = ["", *folded(f"def __init__({arguments}):", depth=1), f"{INDENT * 2}super().__init__()"]
        lines += [f"{INDENT * 2}self.{name} = {name}" for name in read]
        for node_id, how in self._made.items():
            for statement in (how.text, *how.then):
                text = marked(self._numbers[node_id], statement) if is_code(statement) else statement
                lines += folded(text, depth=2)
        return [*lines, ""]

    def _train(self) -> list[str]:
        """The method that keeps frozen submodules in evaluation mode, if there are any."""
        frozen = [node_id for node_id, how in self._made.items() if how.stays_in_eval]
        if not frozen:
            return []
        calls = [marked(self._numbers[node_id], f"self.{self.names[node_id]}.eval()") for node_id in frozen]
        comment = "# Frozen: keeps its statistics, and drops nothing out."
        body = ["super().train(mode)", comment, *calls, "return self"]
        return [f"{INDENT}def train(self, mode=True):", *(INDENT * 2 + line for line in body), ""]

    def _forward(self) -> list[str]:
        ids = [operation.node.id for operation in self._network.inputs]
        arguments = (marked(self._numbers[node_id], self.names[node_id]) for node_id in ids)
        loops = {node_id for node_id, how in self._made.items() if how.is_loop}
        forward = Forward(self._network, self.names, self._numbers, self._namespace, loops)
        return [*folded(f"def forward({', '.join(['self', *arguments])}):", depth=1), *forward.lines()]

    def _docstring(self) -> list[str]:
        """What goes in and what comes out, on one line if there is room."""
        network = self._network
        given = {self.names[op.node.id]: _described(network.tensor(op.refs[0])) for op in network.inputs}
        result = {self.names[op.node.id]: _described(network.tensor(op.sources[0])) for op in network.outputs}
        ends = [_listed([f"{name}{text}" for name, text in end.items()]) for end in (given, result)]
        line = f'{INDENT}"""Maps {" to ".join(ends)}."""'
        if len(line) <= WIDTH:
            return [line]
        first = f'{INDENT}"""Maps {_listed(list(given))} to {_listed(list(result))}.'
        if len(first) > WIDTH:
            first = f'{INDENT}"""Maps its inputs to its outputs.'
        entries = [
            f"{INDENT * 2}{name}:{text or ' any shape'}" for name, text in [*given.items(), *result.items()]
        ]
        return [first, "", f"{INDENT}Shape:", *entries, f'{INDENT}"""']


def _listed(words: Sequence[str]) -> str:
    """`image, mask and tokens`."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _described(tensor: TensorSpec) -> str:
    """` (N, 3)`, or ` (N, T) of int64`; nothing for a shape that is not known."""
    text = "" if UNKNOWN in tensor.shape else f" {tensor}"
    return text if tensor.dtype == "float32" else f"{text} of {tensor.dtype}"
