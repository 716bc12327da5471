"""Which classes a project's blocks become, and what each instance gives to its class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from codegen.class_writer import ClassWriter, Made
from codegen.expressions import definition, literal
from codegen.merging import MergedNetwork
from codegen.namespace import Namespace, class_name
from codegen.network import Network, Operation
from codegen.preparation import preparation
from codegen.spelling import (
    Key,
    Sample,
    Spelling,
    Values,
    argument_key,
    is_spelled,
    places,
    spell,
)
from graph.block_params import REPEAT
from graph.blocks import Body
from graph.catalog.call import Inputs, LayerCall, Params
from graph.catalog.code import Assembled, BlockCode, Expression, Helper, WeightsFile
from graph.catalog.params import Value
from graph.custom_clashes import has_custom_code
from graph.lazy import Lazy
from graph.model import Block
from graph.shapes import ShapeError, TensorSpec

_PLACE = "\ue003"  # stands for a name until it is known; no text of a user can hold it
MAX_PROBES = 24  # made-up instances that tell apart sizes which only happen to be equal


_Key = tuple[tuple[TensorSpec, ...], tuple[Value, ...]]  # what goes into an instance, and its parameters


def _key(body: Body) -> _Key:
    return body.inputs, tuple(body.env.values())


@dataclass(frozen=True)
class BlockClass:
    """A class made from a block.

    Args:
        name: in the file.
        spelling: how its code is written.
        lines: its code, marked.
        attribute_of: the attribute's name of every node that its instances keep.
        only: what goes into the instances that it serves; None if the spelling tells.
    """

    name: str
    spelling: Spelling
    lines: Sequence[str]
    attribute_of: Mapping[str, str]
    only: frozenset[_Key] | None = None


@dataclass(frozen=True)
class Repetition:
    """How a node that stands for a block is made once: its class, and what that is given."""

    block_class: BlockClass
    given: Mapping[str, Value]


@dataclass(frozen=True)
class StartWeights:
    """A submodule whose weights are read from a file before training.

    Args:
        node: its id; `Residual/n3` for a node of a block.
        path: the submodule's, such as `stages.0.backbone`.
        file: where its weights are.
    """

    node: str
    path: str
    file: WeightsFile


@dataclass(frozen=True)
class _Case:
    """An instance of a block, or one that could be."""

    body: Body
    network: Network
    sample: Sample


class BlockClasses:
    """The classes of all blocks that lead to a result, inner ones first.

    Args:
        network: the project's own.
        namespace: where names for classes come from.
        numbers: filled with a number for every node of a block, `Residual/n3`, for the marks.
    """

    def __init__(self, network: Network, namespace: Namespace, numbers: dict[str, int]) -> None:
        self._main, self._namespace, self._numbers = network, namespace, numbers
        self._networks: dict[tuple[str, _Key], Network] = {}
        self._bodies: dict[str, dict[_Key, Body]] = {}  # by block, each different body once
        self._codes: dict[str, BlockCode] = {}
        self._classes: dict[str, list[BlockClass]] = {}
        self._collect(network)
        for code in list(self._codes.values()):
            self._classes[code.block.name] = self._make(code)

    def __iter__(self) -> Iterator[BlockClass]:
        return (each for classes in self._classes.values() for each in classes)

    def repetitions(self, operation: Operation) -> list[Repetition] | None:
        """How the instance that an operation is gets made; None if no class serves it."""
        code = operation.spec.code
        assert isinstance(code, BlockCode)
        found = [self._repetition(code.block.name, body) for body in code.bodies(operation.call)]
        known = [each for each in found if each is not None]
        return known if len(known) == len(found) else None

    @Lazy
    def helpers(self) -> tuple[Helper, ...]:
        """The functions that some operation calls, in the order of their use."""
        networks = [*self._networks.values(), self._main]
        codes = (operation.spec.code for network in networks for operation in network.operations.values())
        used = (helper for code in codes if isinstance(code, Expression) for helper in code.helpers)
        return tuple(dict.fromkeys(used))

    def made(self, operation: Operation, attribute: str, spelling: Spelling | None = None) -> Made | None:
        """How a submodule, a parameter or a buffer is made; None for an operation that keeps nothing.

        Args:
            operation: any.
            attribute: what it is called.
            spelling: that of the class it stands in.
        """
        if not isinstance(operation.spec.code, BlockCode):
            text, *then = definition(operation, attribute) or [""]
            then += preparation(operation, attribute)
            return Made(text, then, stays_in_eval=_stays_in_eval(operation)) if text else None
        repetitions = self.repetitions(operation)
        assert repetitions is not None
        node_id, count = operation.node.id, operation.call.params[REPEAT]
        calls = list(_written(node_id, repetitions, spelling))
        if count == 1:
            return Made(f"self.{attribute} = {calls[0].text}")
        if spelling is not None:
            count = spelling.value((node_id, REPEAT), count)
        listed = _listed(calls, literal(count))
        is_chain = len(operation.sources) == len(operation.spec.outputs) == 1
        made = f"nn.Sequential(*{listed})" if is_chain else f"nn.ModuleList({listed})"
        return Made(f"self.{attribute} = {made}", is_loop=not is_chain)

    def weights(
        self, network: Network, attribute_of: Mapping[str, str], block: str = "", path: str = ""
    ) -> Iterator[StartWeights]:
        """The submodules that start from files, those within blocks too.

        Args:
            network: where to look.
            attribute_of: what its nodes are called.
            block: whose network it is; empty for the project's own.
            path: of the submodule that it is, with a dot behind; empty for the project's own.
        """
        for node_id, operation in network.operations.items():
            code = operation.spec.code
            own_path = f"{path}{attribute_of.get(node_id)}"
            if isinstance(code, Assembled) and (file := code.weights(operation.call.params)):
                yield StartWeights(block_key(block, node_id) if block else node_id, own_path, file)
            if isinstance(code, BlockCode):
                made, bodies = self.repetitions(operation) or [], code.bodies(operation.call)
                for index, (each, body) in enumerate(zip(made, bodies, strict=True)):
                    inner = f"{own_path}.{index}." if len(bodies) > 1 else f"{own_path}."
                    names = each.block_class.attribute_of
                    yield from self.weights(self._network(code, body), names, code.block.name, inner)

    def _collect(self, network: Network) -> None:
        for operation in network.operations.values():
            code = operation.spec.code
            if not isinstance(code, BlockCode):
                continue
            for body in code.bodies(operation.call):
                known = self._bodies.setdefault(code.block.name, {})
                if _key(body) not in known:
                    known[_key(body)] = body
                    self._collect(self._network(code, body))
            self._codes.setdefault(code.block.name, code)

    def _network(self, code: BlockCode, body: Body) -> Network:
        key = (code.block.name, _key(body))
        if key not in self._networks:
            self._networks[key] = Network(code.block.graph, body.inference, all_inputs=True)
        return self._networks[key]

    def _repetition(self, name: str, body: Body) -> Repetition | None:
        case = self._case(self._codes[name], body)
        if case is None:
            return None
        for block_class in self._classes[name]:
            if block_class.only is not None and _key(body) not in block_class.only:
                continue
            given = block_class.spelling.arguments_of(case.sample)
            if given is not None:
                return Repetition(block_class, given)
        return None

    def _values(self, network: Network) -> Values | None:
        """What stands at each place of a network's code; None if no class serves an instance in it."""
        values: dict[Key, Value] = {}
        for node_id, operation in network.operations.items():
            if not isinstance(operation.spec.code, BlockCode):
                for name, value in operation.call.params.items():
                    values.update(places(node_id, name, value))
                continue
            repetitions = self.repetitions(operation)
            if repetitions is None:
                return None
            values[node_id, "class"] = ", ".join(dict.fromkeys(each.block_class.name for each in repetitions))
            values[node_id, REPEAT] = len(repetitions)
            for key, given in _given(node_id, repetitions):
                values[key] = given
        return values

    # -- one block --

    def _make(self, code: BlockCode) -> list[BlockClass]:
        groups: dict[tuple[Key, ...], list[_Case]] = {}
        for body in self._bodies[code.block.name].values():
            case = self._case(code, body)
            assert case is not None
            groups.setdefault(tuple(case.sample.values), []).append(case)
        made = (self._split(code, group, self._probes(code, group[0])) for group in groups.values())
        return list(chain.from_iterable(made))

    def _case(self, code: BlockCode, body: Body) -> _Case | None:
        """An instance, if there are classes for what is inside it."""
        network = self._network(code, body)
        values = self._values(network)
        return None if values is None else _Case(body, network, Sample(body.env, values))

    def _split(
        self, code: BlockCode, group: list[_Case], probes: list[_Case], *, is_part: bool = False
    ) -> list[BlockClass]:
        """One class for instances whose code reads the same, several where it does not."""
        cases = [*group, *probes]
        samples = [case.sample for case in cases]
        spelling = spell(code.block, samples, len(group))
        networks = [case.network for case in cases]
        numbers = self._numbers_of(code.block)
        by_text: dict[tuple[str, ...], list[_Case]] = {}
        for case in group:
            merged = MergedNetwork(case.network, networks, samples, spelling)
            made = partial(self.made, spelling=spelling)
            helpers = [each.name for each in self.helpers]
            writer = ClassWriter(_PLACE, merged, numbers, made, _signature(spelling), helpers)
            by_text.setdefault(tuple(writer.lines()), []).append(case)
        if len(by_text) > 1:
            parts = (self._split(code, part, probes, is_part=True) for part in by_text.values())
            return list(chain.from_iterable(parts))
        own_name = self._namespace.reserve(class_name(code.block.name))
        lines = [line.replace(_PLACE, own_name) for line in next(iter(by_text))]
        only = frozenset(_key(case.body) for case in group) if is_part else None
        return [BlockClass(own_name, spelling, lines, writer.attribute_of, only)]

    def _probes(self, code: BlockCode, like: _Case) -> list[_Case]:
        """Made-up instances with the same places in their code as another."""
        if has_custom_code(code.block):
            return []  # what each of them gives would have to be found out by running code
        found: list[_Case] = []
        for inputs, env in _variations(like.body):
            try:
                (body,) = code.bodies(LayerCall(Inputs(inputs, ()), (), Params({**env, REPEAT: 1})))
            except ShapeError:
                continue
            case = self._case(code, body)
            if case is not None and tuple(case.sample.values) == tuple(like.sample.values):
                found.append(case)
        return found[:MAX_PROBES]

    def _numbers_of(self, block: Block) -> dict[str, int]:
        for node_id in block.graph.nodes:
            self._numbers.setdefault(block_key(block.name, node_id), len(self._numbers))
        return {node_id: self._numbers[block_key(block.name, node_id)] for node_id in block.graph.nodes}


def _stays_in_eval(operation: Operation) -> bool:
    code = operation.spec.code
    return isinstance(code, Assembled) and code.stays_in_eval(operation.call.params)


def block_key(block: str, node_id: str) -> str:
    """What a node of a block goes by in the places of generated code: `Residual/n3`."""
    return f"{block}/{node_id}"


def _given(node_id: str, repetitions: Sequence[Repetition]) -> Iterator[tuple[Key, Value]]:
    """What the class is given: once where all repetitions are given the same, else for each."""
    if all(each.given == repetitions[0].given for each in repetitions):
        repetitions = repetitions[:1]
    for index, each in enumerate(repetitions):
        number = (str(index),) if len(repetitions) > 1 else ()
        for name, value in each.given.items():
            yield argument_key(node_id, name, *number), value


@dataclass(frozen=True)
class _Call:
    """A call of a class, as written, argument by argument."""

    name: str
    arguments: Mapping[str, str]

    @property
    def text(self) -> str:
        return f"{self.name}({', '.join(self.arguments.values())})"


def _written(node_id: str, repetitions: Sequence[Repetition], spelling: Spelling | None) -> Iterator[_Call]:
    """The calls that make each repetition."""
    is_same = all(each.given == repetitions[0].given for each in repetitions)
    for index, each in enumerate(repetitions):
        number = () if is_same else (str(index),)
        texts: dict[str, str] = {}
        for argument in each.block_class.spelling.arguments:
            value = each.given[argument.name]
            if spelling is not None:
                value = spelling.value(argument_key(node_id, argument.name, *number), value)
            if argument.key is not None:
                texts[argument.name] = literal(value)
            elif value != argument.default or is_spelled(value):
                texts[argument.name] = f"{argument.name}={literal(value)}"
        yield _Call(each.block_class.name, texts)


def _listed(calls: Sequence[_Call], count: str) -> str:
    """A list of what the calls make, as short as a person would write it."""
    first = calls[0]
    if all(call == first for call in calls):
        return f"[{first.text} for _ in range({count})]"
    same_form = all((call.name, [*call.arguments]) == (first.name, [*first.arguments]) for call in calls)
    if not same_form:
        return f"[{', '.join(call.text for call in calls)}]"
    varied = [name for name, text in first.arguments.items() if any(c.arguments[name] != text for c in calls)]
    rows = [[call.arguments[name].removeprefix(f"{name}=") for name in varied] for call in calls]
    values = ", ".join(row[0] if len(row) == 1 else f"({', '.join(row)})" for row in rows)
    texts = {
        name: (f"{name}={name}" if text.startswith(f"{name}=") else name) if name in varied else text
        for name, text in first.arguments.items()
    }
    return f"[{_Call(first.name, texts).text} for {', '.join(varied)} in ({values})]"


def _signature(spelling: Spelling) -> dict[str, str]:
    """The arguments of a class as `__init__` writes them."""
    return {
        each.name: each.name if each.key is not None else f"{each.name}={literal(each.default)}"
        for each in spelling.arguments
    }


def _variations(body: Body) -> Iterator[tuple[tuple[TensorSpec, ...], Mapping[str, Value]]]:
    """The sizes of an instance changed, one after the other: where they go in, in parameters, in both."""
    numbers = {name: value for name, value in body.env.items() if type(value) is int}
    sizes = {size for tensor in body.inputs for size in tensor.shape[1:] if isinstance(size, int)}
    for size in sorted(sizes | set(numbers.values()), reverse=True):
        equal = [name for name, value in numbers.items() if value == size]
        for changed in (2 * size, size + 2):
            resized = tuple(_resized(tensor, size, changed) for tensor in body.inputs)
            for name in equal:
                yield body.inputs, {**body.env, name: changed}
            yield resized, body.env
            yield resized, {**body.env, **dict.fromkeys(equal, changed)}
    for index in range(1, max((tensor.ndim for tensor in body.inputs), default=0)):
        yield tuple(_doubled(tensor, index) for tensor in body.inputs), body.env
    for name, value in body.env.items():
        if type(value) is float:
            yield body.inputs, {**body.env, name: value / 2 or 0.5}
        elif type(value) is bool:
            yield body.inputs, {**body.env, name: not value}


def _resized(tensor: TensorSpec, size: int, changed: int) -> TensorSpec:
    head, *dims = tensor.shape
    return replace(tensor, shape=(head, *(changed if dim == size else dim for dim in dims)))


def _doubled(tensor: TensorSpec, index: int) -> TensorSpec:
    """The tensor with one dim twice as long, if that is a number."""
    dims = (2 * dim if at == index and isinstance(dim, int) else dim for at, dim in enumerate(tensor.shape))
    return replace(tensor, shape=tuple(dims))
