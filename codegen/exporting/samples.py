"""Inputs that a network can run on, made up."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

import torch
from torch import Tensor

from codegen.live import build
from codegen.parity import ExportError
from graph.document import Project
from graph.inference import Inference
from graph.shapes import FLOATS, INTEGERS, TensorSpec, evaluate_shape, shape_symbols

BATCH_SYMBOL = "N"
SIZES = (4, 16, 64, 256, 1024)  # tried one after the other for a symbolic dim, until the network runs
MAX_INTEGER = 10


class Samples:
    """Random inputs for a project's network, the same for the same question.

    Args:
        project: without errors.

    Attributes:
        sizes: a size for each symbol of their shapes but the batch, with which the network runs.
    """

    def __init__(self, project: Project) -> None:
        live = build(project, device="meta")
        self._tensors = live.source.input_tensors
        inference = Inference(project.graph)
        self._limits = [_index_limit(project, inference, node_id) for node_id in live.source.input_ids]
        self.sizes = self._sizes_that_run(live.module)

    def inputs(self, batch_size: int, longer: int = 0) -> tuple[Tensor, ...]:
        """One tensor an argument.

        Args:
            batch_size: how many samples.
            longer: added to the size of every symbolic dim.
        """
        sizes = {name: size + longer for name, size in self.sizes.items()} | {BATCH_SYMBOL: batch_size}
        generator = torch.Generator().manual_seed(batch_size)
        arguments = zip(self._tensors, self._limits, strict=True)
        return tuple(_random(tensor, below, sizes, generator) for tensor, below in arguments)

    def _sizes_that_run(self, module: torch.nn.Module) -> dict[str, int]:
        named = {name for tensor in self._tensors for name in shape_symbols(tensor.shape)}
        symbols = sorted(named - {BATCH_SYMBOL})
        module.eval()
        for size in SIZES:
            self.sizes = dict(zip(symbols, count(size), strict=False))
            try:
                with torch.no_grad():
                    module(*(tensor.to("meta") for tensor in self.inputs(2)))
            except (RuntimeError, IndexError, ValueError) as error:
                reason = error
            else:
                return self.sizes
        dims = f"{', '.join(symbols)} from {SIZES[0]} to {SIZES[-1]}"
        raise ExportError(f"The network does not run with {dims}: {reason}")


def _index_limit(project: Project, inference: Inference, input_id: str) -> int:
    """What the integers of an Input must stay under, for those that look them up."""
    graph, limit = inference.computed, MAX_INTEGER
    queue, seen = [input_id], {input_id}
    while queue:
        for edge in graph.outgoing(queue.pop()):
            port = graph.catalog[graph.nodes[edge.target.node].type].input_port(edge.target.port)
            result = inference.result(edge.target.node)
            if port is not None and port.below is not None and result.params is not None:
                bound = port.below(result.call())
                # Of a dim without a size only the first entry is sure to be there.
                limit = min(limit, bound if isinstance(bound, int) else 1)
            elif edge.target.node not in seen and _gives_integers(result.outputs):
                seen.add(edge.target.node)
                queue.append(edge.target.node)
    return limit


def _gives_integers(outputs: Mapping[str, TensorSpec | None]) -> bool:
    return any(tensor is not None and tensor.dtype in INTEGERS for tensor in outputs.values())


def _random(tensor: TensorSpec, below: int, sizes: Mapping[str, int], generator: torch.Generator) -> Tensor:
    shape, dtype = evaluate_shape(tensor.shape, sizes), getattr(torch, tensor.dtype)
    if tensor.dtype in FLOATS:
        return torch.randn(shape, generator=generator).to(dtype)
    return torch.randint(2 if tensor.dtype == "bool" else below, shape, generator=generator).to(dtype)
