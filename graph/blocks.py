"""Blocks as layers: a graph of its own becomes a LayerSpec, so that a node can be of its type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from keyword import iskeyword
from types import MappingProxyType
from typing import TYPE_CHECKING
from unicodedata import normalize

from graph.block_params import MAX_REPEAT, REPEAT, REPEAT_SPEC, Each, param_spec
from graph.catalog import CATALOG
from graph.catalog.call import LayerCall, Params
from graph.catalog.code import BlockCode
from graph.catalog.params import Value
from graph.catalog.spec import LayerSpec, PortSpec, default_stem
from graph.custom_shapes import ShapePending
from graph.dims import Dim
from graph.flow import live_nodes
from graph.lazy import Lazy
from graph.model import Block, Graph
from graph.shapes import DTYPES, SetParam, ShapeError, TensorSpec

if TYPE_CHECKING:
    from graph.inference import Inference
    from graph.problems import Problem

CATEGORY = "Blocks"
IN_BLOCK = "in-block"  # the code of a problem that is a mistake inside
MAX_NESTING = 32
MAX_NODES = 100_000  # of a block with all blocks inside it drawn out
MAX_KEPT = 256  # bodies that a block remembers


class BodyError(ShapeError):
    """Something is wrong inside a block.

    Attributes:
        block: the block.
        problems: the errors inside; their node ids are those of the block's graph.
    """

    def __init__(self, block: Block, problems: tuple[Problem, ...]) -> None:
        super().__init__(IN_BLOCK, f"{block.name}, {problems[0].message}")
        self.block = block
        self.problems = problems


@dataclass(frozen=True)
class Body:
    """A block's graph as one repetition of one instance runs it.

    Args:
        inputs: what comes into its ports.
        env: the value of every parameter of the block.
        inference: what is known about its nodes.
        errors: what is wrong inside.
    """

    inputs: tuple[TensorSpec, ...]
    env: Mapping[str, Value]
    inference: Inference
    errors: tuple[Problem, ...]
    outputs: tuple[TensorSpec, ...]  # empty while something is wrong
    parameters: int
    flops: Dim


class Catalog:
    """The types that nodes of a project may have: the layers, and the project's blocks.

    Args:
        blocks: by name; whoever changes them calls `refresh`.

    Attributes:
        types: every type by name; the same mapping for as long as the project lasts.
    """

    def __init__(self, blocks: Mapping[str, Block]) -> None:
        self._blocks = blocks
        self._types = dict(CATALOG)
        self.types: Mapping[str, LayerSpec] = MappingProxyType(self._types)
        self.refresh(blocks)

    def refresh(self, names: Iterable[str]) -> None:
        """Follows a change of some blocks: they, and all that contain them, get another LayerSpec."""
        for name in _with_users(self._blocks, names):
            if name in self._blocks:
                self._types[name] = block_spec(self._blocks[name], self._blocks)
            elif name not in CATALOG:
                self._types.pop(name, None)


def block_spec(block: Block, blocks: Mapping[str, Block]) -> LayerSpec:
    """A block as a layer type.

    Args:
        block: whose Inputs and Outputs become ports.
        blocks: all blocks of the project.
    """
    rules = _Rules(block, blocks)
    inputs, outputs = block_ports(block.graph)
    params = (*map(param_spec, block.params), REPEAT_SPEC)
    size = len(block.graph.nodes) - len(inputs) - len(outputs)
    return LayerSpec(
        type=block.name,
        category=CATEGORY,
        help=f"A block of {size} {'layer' if size == 1 else 'layers'}, drawn once and used in many places.",
        source="",
        code=BlockCode(block, lambda call: rules.bodies(call.inputs, call.params)),
        infer=rules.infer,
        params=params,
        inputs=tuple(PortSpec(name) for name in inputs.values()),
        outputs=tuple(PortSpec(name, DTYPES) for name in outputs.values()),
        parameters=lambda call: sum(body.parameters for body in rules.bodies(call.inputs, call.params)),
        flops=rules.flops,
        stem=block_stem(block.name),
        summary=tuple(param.name for param in params),
    )


def block_ports(graph: Graph) -> tuple[dict[str, str], dict[str, str]]:
    """The ports of a block, inputs and outputs: by the id of the node inside, the name outside."""
    ends: dict[str, dict[str, str]] = {"Input": {}, "Output": {}}
    for node in graph.nodes.values():
        if node.type in ends:
            names = ends[node.type]
            names[node.id] = _unused(identifier(node.name, node.type.lower()), names.values())
    return ends["Input"], ends["Output"]


def block_stem(name: str) -> str:
    """What instances of a block are called, before their number: `wide_block` for `WideBlock2`."""
    return identifier(default_stem(name).rstrip("0123456789_"), "block")


def identifier(text: str, default: str) -> str:
    """The text as a Python name, as close as that comes."""
    name = re.sub(r"\W+", "_", normalize("NFKC", text)).strip("_")[:80] or default
    if not name.isidentifier():
        name = f"{default}_{name}"
    return f"{name}_" if iskeyword(name) else name


def uses(block: Block, blocks: Mapping[str, Block]) -> set[str]:
    """The blocks that stand in the graph of a block."""
    return {node.type for node in block.graph.nodes.values()} & blocks.keys()


def reached(start: str, blocks: Mapping[str, Block]) -> set[str]:
    """The blocks inside a block, at any depth; itself among them only if it contains itself."""
    found: set[str] = set()
    queue = [start]
    while queue:
        fresh = uses(blocks[queue.pop()], blocks) - found
        found |= fresh
        queue.extend(fresh)
    return found


def size_with_blocks(graph: Graph, blocks: Mapping[str, Block], unknown: int = 1) -> int:
    """How many nodes a graph comes to with all that is inside its blocks, as often as they are repeated.

    Args:
        graph: not inside of any block.
        blocks: of the project.
        unknown: how often a block counts that is repeated as an expression says.
    """
    sizes: dict[str, int] = {}

    def times(params: Mapping[str, Value]) -> int:
        return unknown if isinstance(params.get(REPEAT), str) else _repetitions(params)

    def size(inner: Graph, within: frozenset[str]) -> int:
        return sum(
            times(node.params) * size_of(node.type, within) if node.type in blocks else 1
            for node in inner.nodes.values()
        )

    def size_of(name: str, within: frozenset[str]) -> int:
        if name in within:
            return 1  # it contains itself, which is told elsewhere
        if name not in sizes:
            sizes[name] = size(blocks[name].graph, within | {name})
        return sizes[name]

    return size(graph, frozenset())


def _with_users(blocks: Mapping[str, Block], names: Iterable[str]) -> dict[str, None]:
    """The names, and those of all blocks that contain one of them at any depth."""
    users: dict[str, list[str]] = {}
    for block in blocks.values():
        for node in block.graph.nodes.values():
            if node.type not in CATALOG:
                users.setdefault(node.type, []).append(block.name)
    found = dict.fromkeys(names)
    queue = list(found)
    while queue:
        fresh = [user for user in users.get(queue.pop(), ()) if user not in found]
        found.update(dict.fromkeys(fresh))
        queue.extend(fresh)
    return found


def _unused(name: str, taken: Iterable[str]) -> str:
    used = set(taken)
    candidates = (f"{name}_{number}" for number in range(2, len(used) + 3))
    return name if name not in used else next(each for each in candidates if each not in used)


class _Rules:
    """How shapes and costs pass through a block; one for each state of it, with what it found out."""

    def __init__(self, block: Block, blocks: Mapping[str, Block]) -> None:
        self._block, self._blocks = block, blocks
        self._bodies: dict[object, Body] = {}

    def infer(self, inputs: tuple[TensorSpec, ...], params: Params) -> tuple[TensorSpec, ...]:
        """What comes out of the last repetition.

        Raises:
            ShapeError: the block contains itself, is too large, or something inside it is wrong.
        """
        if self._fault is not None:
            raise ShapeError(*self._fault[:2], expected=self._fault[2], hint=self._fault[3])
        return self.bodies(inputs, params)[-1].outputs

    def flops(self, call: LayerCall) -> Dim:
        return sum((body.flops for body in self.bodies(call.inputs, call.params)), start=0)

    def bodies(self, inputs: tuple[TensorSpec, ...], params: Params) -> tuple[Body, ...]:
        """One body a repetition: the first result of each is the first input of the next."""
        bodies: list[Body] = []
        for env in self._values(params):
            body = self._body(inputs, env)
            if body.errors:
                raise BodyError(self._block, body.errors)
            bodies.append(body)
            inputs = (body.outputs[0], *inputs[1:])
        return tuple(bodies)

    def _values(self, params: Params) -> list[dict[str, Value]]:
        """The block's parameters for each repetition."""
        count = params[REPEAT]
        given = {param.name: params[param.name] for param in self._block.params}
        listed = {name: value.values for name, value in given.items() if isinstance(value, Each)}
        for name, values in listed.items():
            if len(values) != count:
                what = f"{name} has {len(values)} values, one for each repetition, but {REPEAT} is {count}"
                raise ShapeError(
                    "each-length",
                    what,
                    expected=f"{count} values",
                    hint=f"Set {REPEAT} = {len(values)}, or give {count} values.",
                    param=name,
                    repairs=(SetParam(REPEAT, len(values)),),
                )
        if not listed:
            return [given] * count
        return [given | {name: values[n] for name, values in listed.items()} for n in range(count)]

    def _body(self, inputs: tuple[TensorSpec, ...], env: Mapping[str, Value]) -> Body:
        key = (inputs, tuple(env.values()))
        if key in self._bodies:
            return self._bodies[key]
        body = _run(self._block.graph, inputs, env)
        if not body.errors:  # what is wrong may be mended outside of the block: code can be trusted
            if len(self._bodies) >= MAX_KEPT:
                del self._bodies[next(iter(self._bodies))]
            self._bodies[key] = body
        return body

    @Lazy
    def _fault(self) -> tuple[str, str, str, str] | None:
        """Why nothing can be computed, however the block is used: code, what happened, expected, hint."""
        name, blocks = self._block.name, self._blocks
        inner = reached(name, blocks)
        if name in inner:
            ways = [
                each for each in uses(self._block, blocks) if each != name and name in reached(each, blocks)
            ]
            via = f" by way of {', '.join(sorted(ways)[:3])}" if ways else ""
            hint = f"Enter {name} and delete the node that leads back to it."
            return ("recursion", f"the block {name} contains itself{via}", "blocks inside each other", hint)
        finite = {each: blocks[each] for each in inner if each not in reached(each, blocks)}
        sizes = dict(_sizes({**finite, name: self._block}, name))
        if not sizes:
            expected, hint = (
                f"at most {MAX_NESTING} within each other",
                "Unpack some of the blocks inside it.",
            )
            what = f"the block {name} holds more than {MAX_NESTING} levels of blocks"
            return ("nested-too-deeply", what, expected, hint)
        if sizes[name] > MAX_NODES:
            what = f"the block {name} comes to {sizes[name]:,} nodes with all that is inside it"
            return ("too-large", what, f"at most {MAX_NODES:,}", "Use fewer blocks inside it.")
        return None


def _sizes(blocks: Mapping[str, Block], top: str) -> Iterator[tuple[str, int]]:
    """How many nodes each block comes to with all inside it; nothing if they are nested too deeply."""
    levels = [{top}]
    while levels[-1]:
        if len(levels) > MAX_NESTING:
            return
        levels.append(set().union(*(uses(blocks[name], blocks) for name in levels[-1])))
    sizes: dict[str, int] = {}
    for level in reversed(levels):
        for name in level:
            nodes = blocks[name].graph.nodes.values()
            sizes[name] = sum(_repetitions(node.params) * sizes.get(node.type, 1) for node in nodes)
    yield from sizes.items()


def _repetitions(params: Mapping[str, Value]) -> int:
    given = params.get(REPEAT)
    return given if type(given) is int and 1 <= given <= MAX_REPEAT else 1


def _run(graph: Graph, inputs: tuple[TensorSpec, ...], env: Mapping[str, Value]) -> Body:
    from graph.inference import Inference  # here, as it reads blocks itself

    entrances, exits = block_ports(graph)
    inference = Inference(graph, dict(zip(entrances, inputs, strict=True)), env)
    errors = tuple(problem for problem in inference.problems() if problem.is_error)
    if errors:
        return Body(inputs, env, inference, errors, (), 0, 0)
    if inference.pending:
        raise ShapePending
    results = [inference.result(node_id) for node_id in live_nodes(inference.computed)]
    leaving = (next(iter(inference.result(node_id).inputs.values())) for node_id in exits)
    return Body(
        inputs,
        env,
        inference,
        errors,
        outputs=tuple(tensor for tensor in leaving if tensor is not None),
        parameters=sum(result.parameters or 0 for result in results),
        flops=sum((result.flops or 0 for result in results), start=0),
    )
