"""The body of `forward`: which calls share a line, what the values between the lines are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain

from codegen import expressions
from codegen.layout import INDENT, WIDTH, folded, marked, width
from codegen.namespace import Namespace
from codegen.network import UNKNOWN, Network, Operation
from graph.catalog.code import Module
from graph.document import PortRef
from graph.shapes import TensorSpec, format_shape

MAX_NESTED = 4  # calls on a line
BODY_DEPTH = 2
CHAIN = ("x", "y", "z")  # what a value is called that only the next line reads; the first that is free


class Forward:
    """Writes the statements of `forward`, with marks around what each node wrote.

    Args:
        network: what is computed.
        names: a Python name for every node.
        numbers: a number for every node, for the marks.
        namespace: where names for values come from; knows `names`.
        loops: nodes whose submodule is a list of modules, run one after the other.
    """

    def __init__(
        self,
        network: Network,
        names: Mapping[str, str],
        numbers: Mapping[str, int],
        namespace: Namespace,
        loops: Set[str],
    ) -> None:
        self._network, self._names, self._numbers, self._loops = network, names, numbers, loops
        self._operations = network.operations
        self._nested = self._find_nested()
        self._statements = [
            operation for operation in self._operations.values() if not self._is_part_of_another(operation)
        ]
        self._place = self._find_places()
        self._variables = self._name_values(namespace)
        self._each = namespace.reserve("module") if loops else ""

    def lines(self) -> list[str]:
        """The statements, indented and marked."""
        written = (self._statement(operation) for operation in self._statements)
        return list(chain.from_iterable([*written, self._return()]))

    def _is_part_of_another(self, operation: Operation) -> bool:
        return operation.is_given or operation.is_output or operation.node.id in self._nested

    def _find_nested(self) -> set[str]:
        """Nodes written inside the call that reads them, and nowhere else."""
        nested: set[str] = set()
        drafts: dict[str, _Draft] = {}
        is_sole_result = len(self._network.outputs) == 1
        for node_id, operation in self._operations.items():
            wraps = operation.wraps and node_id not in self._loops
            can_nest = wraps or (operation.is_output and is_sole_result)
            inner = self._sole_producer(operation) if can_nest else None
            draft = self._draft(operation, drafts[inner]) if inner else None
            if inner and draft and draft.is_readable:
                nested.add(inner)
                drafts[node_id] = draft
            else:
                drafts[node_id] = self._draft(operation)
        return nested

    def _sole_producer(self, operation: Operation) -> str | None:
        """The node whose only reader this is, if its value can stand inside a call."""
        (source,) = operation.sources
        producer = self._operations[source.node]
        alone = len(self._network.readers[source]) == 1 and not producer.gives_tuple
        can_nest = not producer.is_given and source.node not in self._loops
        return source.node if alone and can_nest else None

    def _draft(self, operation: Operation, inner: _Draft | None = None) -> _Draft:
        inputs = [inner.text] if inner else [self._likely_name(ref) for ref in operation.sources]
        calls = inner.calls if inner else 0
        if operation.is_given or operation.is_output:
            return _Draft("".join(inputs), calls, None)
        text = expressions.call(operation, self._names[operation.node.id], inputs)
        return _Draft(text, calls + 1, operation.call.outputs[0])

    def _likely_name(self, ref: PortRef) -> str:
        if self._operations[ref.node].is_stored:
            return self._text(self._operations[ref.node])
        alone = len(self._network.readers[ref]) == 1 and not self._operations[ref.node].is_input
        return CHAIN[0] if alone else self._names[ref.node]

    def _find_places(self) -> dict[str, int]:
        """The number of the statement that each node is written in."""
        places = {operation.node.id: index for index, operation in enumerate(self._statements)}
        for operation in reversed(self._operations.values()):
            if operation.is_output:
                places[operation.node.id] = len(self._statements)
            if operation.node.id in self._nested:
                (reader,) = self._network.readers[self._network.used_ports(operation)[0]]
                places[operation.node.id] = places[reader]
        return places

    def _name_values(self, namespace: Namespace) -> dict[PortRef, str]:
        """What each value is called between its statement and the last that reads it."""
        chained = self._chained_values()
        variables: dict[PortRef, str] = {}
        for operation in self._network.inputs:
            variables[operation.refs[0]] = self._names[operation.node.id]
        chain_name = self._chain_name(chained, variables, namespace)
        for operation in self._statements:
            for ref in self._network.used_ports(operation):
                variables[ref] = chain_name if ref in chained else self._own_name(operation, ref, namespace)
        return variables

    def _chained_values(self) -> set[PortRef]:
        """Values that only the next statement reads, and that are not one of several results."""
        found = set()
        for operation in self._statements:
            main = operation.refs[0]
            if self._network.used_ports(operation) != [main] or self._result_name(main):
                continue
            places = {self._place[reader] for reader in self._network.readers[main]}
            if places == {self._place[operation.node.id] + 1}:
                found.add(main)
        return found

    def _chain_name(self, chained: set[PortRef], variables: dict[PortRef, str], namespace: Namespace) -> str:
        """`x`, unless a node is called that; an argument `x` may be overwritten after its last use."""
        argument = next((ref for ref, name in variables.items() if name == CHAIN[0]), None)
        if argument is not None:
            first = min((self._place[ref.node] for ref in chained), default=0)
            if all(self._place[reader] <= first for reader in self._network.readers.get(argument, ())):
                return CHAIN[0]
        return namespace.reserve(next((name for name in CHAIN if name not in namespace), CHAIN[0]))

    def _own_name(self, operation: Operation, ref: PortRef, namespace: Namespace) -> str:
        result = self._result_name(ref)
        if result is not None:
            return result
        if operation.gives_tuple:
            return namespace.name(ref.port, ref.port)
        return self._names[operation.node.id]

    def _result_name(self, ref: PortRef) -> str | None:
        """What a value is called that is one of several results, and nothing else."""
        readers = self._network.readers[ref] if len(self._network.outputs) > 1 else []
        if readers and all(self._operations[reader].is_output for reader in readers):
            return self._names[readers[0]]
        return None

    def _text(self, operation: Operation) -> str:
        """The node's call, with those that are written inside it."""
        inputs = [self._value(ref) for ref in operation.sources]
        return expressions.call(operation, self._names[operation.node.id], inputs)

    def _value(self, ref: PortRef) -> str:
        if ref.node in self._nested or self._operations[ref.node].is_stored:
            return marked(self._numbers[ref.node], self._text(self._operations[ref.node]))
        return self._variables[ref]

    def _statement(self, operation: Operation) -> list[str]:
        if operation.node.id in self._loops:
            return self._loop(operation)
        text = f"{self._target(operation)} = {self._text(operation)}"
        lines = folded(marked(self._numbers[operation.node.id], text), BODY_DEPTH)
        comment = self._comment(operation)
        if comment and len(lines) == 1 and width(lines[0]) + 2 + len(comment) <= WIDTH:
            return [f"{lines[0]}  {comment}"]
        return lines

    def _loop(self, operation: Operation) -> list[str]:
        """Modules in a row: the first result of each is the first input of the next."""
        node_id = operation.node.id
        source, *others = (self._value(ref) for ref in operation.sources)
        carried = self._variables.get(operation.refs[0]) or self._names[node_id]
        results = [carried, *(self._variables.get(ref, "_") for ref in operation.refs[1:])]
        call = f"{', '.join(results)} = {self._each}({', '.join([carried, *others])})"
        statements = [f"{carried} = {source}"] if carried != source else []
        statements.append(f"for {self._each} in self.{self._names[node_id]}:")
        number = self._numbers[node_id]
        lines = [INDENT * BODY_DEPTH + marked(number, text) for text in statements]
        return [*lines, *folded(marked(number, call), BODY_DEPTH + 1)]

    def _target(self, operation: Operation) -> str:
        code = operation.spec.code
        names = {ref.port: self._variables.get(ref, "_") for ref in operation.refs}
        if isinstance(code, Module) and code.unpack is not None:
            return code.unpack.format(**names).replace("(_, _)", "_")
        listed = ", ".join(names.values())
        return f"({listed},)" if operation.gives_tuple and len(names) == 1 else listed

    def _comment(self, operation: Operation) -> str | None:
        """The shape of the result, where it is not that of what went in."""
        known = [self._network.tensor(ref).shape for ref in self._read_by(operation)]
        shapes = [self._network.tensor(ref).shape for ref in self._network.used_ports(operation)]
        if all(shape in known for shape in shapes) or any(UNKNOWN in shape for shape in shapes):
            return None
        alike = len(shapes) > 1 and len(set(shapes)) == 1
        return f"# {format_shape(shapes[0])} each" if alike else f"# {', '.join(map(format_shape, shapes))}"

    def _read_by(self, operation: Operation) -> Sequence[PortRef]:
        """The variables that a statement reads."""
        while operation.sources[0].node in self._nested:
            operation = self._operations[operation.sources[0].node]
        return operation.sources

    def _return(self) -> list[str]:
        outputs = self._network.outputs
        values = [self._value(output.sources[0]) for output in outputs]
        if len(outputs) == 1:
            return folded(marked(self._numbers[outputs[0].node.id], f"return {values[0]}"), BODY_DEPTH)
        numbers = (self._numbers[output.node.id] for output in outputs)
        text = ", ".join(map(marked, numbers, values))
        return folded(f"return {text}", BODY_DEPTH)


@dataclass(frozen=True)
class _Draft:
    """A call as it might become, before the values are named, and what it gives; None if it is returned."""

    text: str
    calls: int
    output: TensorSpec | None

    @property
    def is_readable(self) -> bool:
        """Whether the statement that it makes is short enough."""
        if self.calls > MAX_NESTED:
            return False
        statement = f"{CHAIN[0]} = {self.text}  # {self.output}" if self.output else f"return {self.text}"
        return len(INDENT * BODY_DEPTH + statement) <= WIDTH
