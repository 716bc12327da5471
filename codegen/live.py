"""The generated source as a live module: what runs in training is what is exported, to the letter."""

from __future__ import annotations

import hashlib
import linecache
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from codegen.blocks import block_key
from codegen.compat import import_models
from codegen.importers.weights import read_weights
from codegen.source import GeneratedSource, generate
from graph.document import Project


class NodeError(NamedTuple):
    """What went wrong, and in which node; None where no node is at fault."""

    node_id: str | None
    message: str


@dataclass(frozen=True)
class LiveModel:
    """A network that runs.

    Args:
        module: an instance of the generated class, in training mode.
        source: the file that the class was made from.
        filename: what tracebacks call that file.
        node_names: what the user called the nodes; those of a block by `block_key`.
    """

    module: nn.Module
    source: GeneratedSource
    filename: str
    node_names: Mapping[str, str]

    def node_of_parameter(self, name: str) -> str | None:
        """The node that a parameter, a buffer or a submodule belongs to, by its name in the `state_dict`."""
        attribute = name.partition(".")[0]
        return next((node for node, known in self.source.attribute_of.items() if known == attribute), None)

    def explain(self, error: BaseException) -> NodeError:
        """What an exception means to somebody who sees nodes and no traceback."""
        text = str(error).strip() or type(error).__name__
        path = self.path_to(error)
        if not path:
            return NodeError(None, f"{type(error).__name__}: {text}")
        names = ", ".join(self.node_names[node_id] for node_id in path)
        return NodeError(path[0], f"{names}: {text}")

    def owner(self, error: BaseException) -> tuple[str | None, str]:
        """Id and name of the node that an error comes from: of the graph, and as deep as it is known.

        None and nothing where it comes from none.
        """
        path = self.path_to(error)
        return (path[0], self.node_names[path[-1]]) if path else (None, "")

    def path_to(self, error: BaseException) -> list[str]:
        """The node of the graph, and those within each other inside its block, that an error comes from.

        Empty where it comes from none.
        """
        for each in _with_causes(error):
            frames = [frame for frame in _frames(each.__traceback__) if frame[0].co_filename == self.filename]
            # Several nodes may share the code of a custom layer: who called it tells which of them it was.
            called = [frame for frame in frames if frame[0].co_firstlineno not in self.source.custom_lines]
            # A function that several layers call belongs to none; the line that called it does.
            nodes = (self._node_at(*frame) for frame in called or frames)
            found = [node_id for node_id in nodes if node_id is not None]
            if found:
                return found
        return []

    def _node_at(self, code: CodeType, instruction: int) -> str | None:
        line, end_line, start, end = next(islice(code.co_positions(), instruction // 2, None))
        if line is None:
            return None
        if end_line is None or start is None or end is None:
            return self.source.node_at(line)
        lines = self.source.text.splitlines()
        column, end_column = _characters(lines[line - 1], start), _characters(lines[end_line - 1], end)
        return self.source.node_at(line, column, end_line, end_column)


def build(
    project: Project,
    *,
    device: str | None = None,
    seed: int | None = None,
    weights_folder: Path | None = None,
) -> LiveModel:
    """The project's network, ready to run.

    It draws the random numbers that a script with the generated class would draw, in the same order, so that
    the same seed gives the same weights in both.

    Args:
        project: read, never written.
        device: where the weights are made; `meta` for shapes without memory. PyTorch's default if None.
        seed: draws from an own generator and leaves PyTorch's global one alone, which all threads share.
        weights_folder: reads the files that layers name to start from, which are found from this folder;
            otherwise all weights are as PyTorch draws them.

    Raises:
        GenerationError: the project has errors.
        WeightsError: a file with weights is missing, damaged or another model's.
    """
    source = generate(project)
    if source.needs_torchvision:
        import_models()
    network, filename = _class_of(source)
    with ExitStack() as stack:
        if device is not None:
            stack.enter_context(torch.device(device))
        if seed is not None:
            stack.enter_context(_OwnGenerator(seed))
        module = network()
    names = {node_id: node.name for node_id, node in project.graph.nodes.items()}
    for block in project.blocks.values():
        names |= {block_key(block.name, node.id): node.name for node in block.graph.nodes.values()}
    if weights_folder is not None:
        for start in source.weights:
            part = module.get_submodule(start.path)
            read_weights(part, start.file, weights_folder, names[start.node], start.node)
    return LiveModel(module, source, filename, names)


def _class_of(source: GeneratedSource) -> tuple[Callable[[], nn.Module], str]:
    """The class that the source defines, and the name that its file goes by.

    The module stands in `sys.modules` because `inspect` looks there for the file of a class.
    """
    digest = hashlib.sha256(source.text.encode()).hexdigest()[:12]
    filename = f"<netloom:{source.class_name}:{digest}>"
    module = ModuleType(f"netloom_{source.class_name}_{digest}")
    module.__file__ = filename
    lines = source.text.splitlines(keepends=True)
    linecache.cache[filename] = (len(source.text), None, lines, filename)
    exec(compile(source.text, filename, "exec"), module.__dict__)
    sys.modules[module.__name__] = module
    return getattr(module, source.class_name), filename


class _OwnGenerator(TorchDispatchMode):
    """Draws every random number from one generator; for this thread only."""

    def __init__(self, seed: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._generator = torch.Generator().manual_seed(seed)

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        if any(argument.name == "generator" for argument in func._schema.arguments):
            given["generator"] = self._generator
        return func(*args, **given)


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and those that it was raised from."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _frames(traceback: TracebackType | None) -> Iterator[tuple[CodeType, int]]:
    """Code and instruction of every frame, the innermost last."""
    while traceback is not None:
        yield traceback.tb_frame.f_code, traceback.tb_lasti
        traceback = traceback.tb_next


def _characters(line: str, num_bytes: int) -> int:
    """A column in characters; Python counts the bytes of the UTF-8 form."""
    return len(line.encode()[:num_bytes].decode(errors="ignore"))
