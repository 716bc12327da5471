"""A block's network as its class sees it: sizes that differ between instances have names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from codegen.network import UNKNOWN, Network, Operation
from codegen.spelling import Sample, Spelling
from graph.catalog.call import LayerCall, Params
from graph.catalog.code import Assembled, BlockCode, Module, Stored
from graph.catalog.params import Value
from graph.dims import Dim, symbol
from graph.document import PortRef
from graph.expressions import Expression, ExpressionError, evaluate
from graph.shapes import TensorSpec

LETTERS: Mapping[int, str] = {3: ".TL", 4: "..HW", 5: "..DHW"}  # of sizes by the number of dims
MAX_FACTOR = 64


class MergedNetwork(Network):
    """One instance's network, with the values and shapes that the class has for all of them.

    Args:
        network: the instance's.
        networks: all that tell what is the same everywhere.
        samples: of `networks`.
        spelling: how the code of the class is written.
    """

    def __init__(
        self,
        network: Network,
        networks: Sequence[Network],
        samples: Sequence[Sample],
        spelling: Spelling,
    ) -> None:
        self.inputs, self.outputs = network.inputs, network.outputs
        self.readers = network.readers
        self.operations = {
            node_id: _spelled(operation, spelling) for node_id, operation in network.operations.items()
        }
        self._networks = networks
        self._names = dict(_named_sizes(samples, spelling))
        for operation in network.inputs:
            self._name_sizes(operation.refs[0])
        self._found: dict[tuple[Dim, ...], Dim] = {}  # what sizes turned out to be

    def tensor(self, source: PortRef) -> TensorSpec:
        """What an output gives; sizes without a name are `?`."""
        tensors = [network.tensor(source) for network in self._networks]
        if len({tensor.ndim for tensor in tensors}) > 1:
            return replace(tensors[0], shape=(tensors[0].shape[0], UNKNOWN))
        dims = zip(*(tensor.shape for tensor in tensors), strict=True)
        return replace(tensors[0], shape=tuple(map(self._size, dims)))

    def _size(self, sizes: tuple[Dim, ...]) -> Dim:
        if len(set(sizes)) == 1:
            return sizes[0]
        if sizes not in self._found:
            self._found[sizes] = self._names.get(sizes) or next(self._multiples(sizes), UNKNOWN)
        return self._found[sizes]

    def _multiples(self, sizes: tuple[Dim, ...]) -> Iterator[Dim]:
        """What a size is as a multiple or a part of one that has a name."""
        first = sizes[0]  # most names are ruled out by it
        for known, name in self._names.items():
            for factor in range(2, MAX_FACTOR):
                if known[0] * factor == first and tuple(size * factor for size in known) == sizes:
                    yield name * factor
                if known[0] // factor == first and tuple(size // factor for size in known) == sizes:
                    yield name // factor

    def _name_sizes(self, source: PortRef) -> None:
        """Names the sizes of an input that have none yet: `H`, `W`."""
        tensors = [network.tensor(source) for network in self._networks]
        taken = {str(name) for name in self._names.values()}
        letters = LETTERS.get(tensors[0].ndim, "")
        for index, sizes in enumerate(zip(*(tensor.shape for tensor in tensors), strict=False)):
            letter = letters[index] if index < len(letters) else ""
            if len(set(sizes)) > 1 and sizes not in self._names and letter.isalpha() and letter not in taken:
                self._names[sizes] = symbol(letter)


def _spelled(operation: Operation, spelling: Spelling) -> Operation:
    """The operation with its parameters as the class writes them."""
    code, call, node_id = operation.spec.code, operation.call, operation.node.id
    if isinstance(code, BlockCode):
        return operation
    stored = not isinstance(code, Module | Stored | Assembled)
    params: dict[str, Value] = {
        name: value
        if isinstance(code, Assembled) and isinstance(value, str)  # words decide which statements there are
        else spelling.value((node_id, name), value, stored=stored)
        for name, value in call.params.items()
    }
    return replace(operation, call=LayerCall(call.inputs, call.outputs, Params(params)))


def _named_sizes(samples: Sequence[Sample], spelling: Spelling) -> Iterator[tuple[tuple[Dim, ...], Dim]]:
    """Sizes that an argument or an expression gives, with its text."""
    given = [spelling.arguments_of(sample) for sample in samples]
    for expression in dict.fromkeys(spelling.texts.values()):
        sizes = tuple(_evaluated(expression, values or {}) for values in given)
        if all(type(size) is int for size in sizes):
            yield sizes, symbol(str(expression))


def _evaluated(expression: Expression, values: Mapping[str, Value]) -> Value:
    try:
        return evaluate(expression, values)
    except ExpressionError:
        return None
