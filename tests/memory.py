"""Looks for networks that take more or less memory to train than is predicted, by more than a tenth.

`python -m tests.memory` trains every template and every kind of network for two steps: whole, with a frozen
front, and with a frozen middle; with several batch sizes, optimizers and precisions. It takes half an hour or
more with one thread, and says after each network how far it is. The last line is a summary, in JSON.

Measured are the bytes of PyTorch's CPU allocator at their peak, as the profiler reports them: tensors and
what kernels ask for themselves. Weights, buffers, optimizer state and the batch, which were there before,
come on top.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import product
from time import perf_counter
from typing import Any, TextIO

os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # else the profiler writes two lines for each step

import torch
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile

from codegen.exporting.samples import Samples
from codegen.live import build
from graph.catalog.call import Compute
from graph.catalog.settings import FROZEN
from graph.cost_memory import training_memory
from graph.cost_trace import LOWER, trace
from graph.document import Project
from graph.inference import Inference
from graph.templates import templates
from runtime.optim import sparse_weights
from runtime.processor import processor
from tests.graph.builders import chain
from tests.graph.networks import NETWORKS, Network, head

BATCH = 32
BATCHES = (8, 32, 128)
STATES = {"SGD": 0, "Adam": 2, "AdamW": 2}
PRECISIONS = ("float32", "amp-bfloat16")
PARTS = ("whole", "front", "middle")
TOLERANCE = 0.1
# Bytes for each thread, by which products in lower precision may take more or less than is told: what they
# pack goes by the batch, and by tiles of matrices where there are such. It is much of tiny networks alone.
IN_PRODUCTS = 16384
Case = tuple[str, str, str, str, int]  # network, part, optimizer, precision, batch
RECURRENT: Sequence[tuple[int, dict[str, Any]]] = (
    (48, {"hidden_size": 64}),
    (48, {"hidden_size": 64, "num_layers": 2, "bidirectional": True}),
    (256, {"hidden_size": 32, "num_layers": 3}),
)
ATTENTION: Sequence[tuple[int, dict[str, Any]]] = (
    (64, {"num_heads": 4}),
    (16, {"num_heads": 4, "dropout": 0.1}),
    (16, {"num_heads": 4, "batch_first": False}),
)


def recurrent(type_name: str, width: int, params: Mapping[str, Any]) -> Project:
    """A recurrent layer behind a Linear one of this width, whose gradient it passes on."""
    layers = (("Linear", {"out_features": width}), (type_name, params), "LastStep", "Linear", "Output")
    return Project(graph=chain(("Input", {"shape": [28, 28]}), *layers))


def attending(steps: int, params: Mapping[str, Any]) -> Project:
    """Attention to so many steps behind a Linear layer."""
    net = Network([steps, 32])
    x = net.add("Linear", net.input, out_features=64)
    turn = [] if params.get("batch_first", True) else [("Permute", {"dims": [1, 0, 2]})]
    x = net.row(x, *turn)
    x = net.add("MultiheadAttention", x, x, x, **params)
    return net.project(net.row(x, *turn, ("Mean", {"dim": [1]}), head()))


def _networks() -> Iterator[tuple[str, Callable[[], Project]]]:
    for entry in templates():
        yield entry.name, entry.project
    yield from NETWORKS.items()
    for type_name, more in (("RNN", {}), ("GRU", {}), ("LSTM", {}), ("LSTM", {"proj_size": 16})):
        for width, params in RECURRENT:
            given = {**params, **more}
            yield f"{type_name} {_text(given)} behind {width}", partial(recurrent, type_name, width, given)
    for steps, params in ATTENTION:
        yield f"attention {_text(params)} to {steps}", partial(attending, steps, params)


def _text(params: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in params.items())


ALL = dict(_networks())


def peak_of(step: Callable[[], None]) -> int:
    """Bytes that the allocator has handed out at most while a step runs, beyond those before it."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    events = [event for event in profiler.profiler.kineto_results.events() if event.name() == "[memory]"]
    live = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        live += event.nbytes()
        peak = max(peak, live)
    return peak


def loss_of(outputs: torch.Tensor | tuple[torch.Tensor, ...]) -> torch.Tensor:
    """A loss of everything that a network gives, as of scores of classes along the last dim."""
    parts = [output.flatten(0, -2) for output in (outputs if isinstance(outputs, tuple) else (outputs,))]
    targets = (torch.zeros(len(part), dtype=torch.long) for part in parts)
    losses = [functional.cross_entropy(part, target) for part, target in zip(parts, targets, strict=True)]
    return torch.stack(losses).sum()


def frozen(project: Project, where: str) -> Project:
    """The network with its weights frozen in all layers but the last, or but the first and the last."""
    graph = project.graph
    learning = [node for node in graph.nodes.values() if graph.catalog[node.type].param(FROZEN.name)]
    for node in learning[where == "middle" : -1]:
        node.params[FROZEN.name] = True
    return project


def measured(project: Project, optimizer_type: str, precision: str, batch: int = BATCH) -> int:
    """Bytes at the peak of the second training step, when the optimizer has its state."""
    module, lower = build(project, seed=0).module.train(), LOWER.get(precision)
    inputs = Samples(project).inputs(batch)
    sparse = [module.get_parameter(name) for name in sparse_weights(module)]
    optimizer = getattr(torch.optim, optimizer_type)(module.parameters(), lr=0.01, fused=not sparse)

    def step() -> None:
        with torch.autocast("cpu", dtype=getattr(torch, lower)) if lower else nullcontext():
            outputs = module(*inputs)
            loss = loss_of(outputs)
        loss.backward()
        for weight in sparse:
            weight.grad = None if weight.grad is None else weight.grad.coalesce()
        optimizer.step()
        optimizer.zero_grad()

    step()
    weights = sum(parameter.nbytes for parameter in module.parameters())
    trained = sum(parameter.nbytes for parameter in module.parameters() if parameter.requires_grad)
    others = sum(tensor.nbytes for tensor in (*module.buffers(), *inputs))
    return weights + trained * STATES[optimizer_type] + others + peak_of(step)


def predicted(project: Project, optimizer_type: str, precision: str, batch: int = BATCH) -> int:
    inference = Inference(project.graph)
    assert not inference.problems()
    steps = trace(inference, Compute("cpu", LOWER.get(precision), processor()))
    memory = training_memory(steps, STATES[optimizer_type])
    (leading, *_) = Samples(project).inputs(batch)
    peak = memory.peak(batch, {"T": leading.shape[-1]})
    assert peak is not None
    return peak


def ratio(name: str, part: str, optimizer_type: str, precision: str, batch: int) -> float:
    """What is predicted, as a share of what is measured."""
    project = ALL[name]() if part == "whole" else frozen(ALL[name](), part)
    truth = measured(project, optimizer_type, precision, batch)
    return share(predicted(project, optimizer_type, precision, batch), truth)


def share(told: int, truth: int) -> float:
    """Bytes that are predicted, as a share of those measured; what nobody knows of products is left out."""
    unknown = IN_PRODUCTS * torch.get_num_threads() * bool(processor().kernels)
    return min(max(truth, told - unknown), told + unknown) / truth


def main(arguments: Sequence[str], out: TextIO, err: TextIO) -> int:
    """0 where all are predicted, 1 with the others printed, 2 for wrong usage."""
    options, before = _options(arguments), torch.get_num_threads()
    torch.set_num_threads(options.threads)
    try:
        return _measure_all(options, out, err)
    finally:
        torch.set_num_threads(before)


def _measure_all(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    sets = (options.part, options.optimizer, options.precision, options.batch)
    names = (options.network or list(ALL))[options.slice[0] - 1 :: options.slice[1]]
    shares = dict[Case, float]()
    for number, name in enumerate(names, start=1):
        start, found = perf_counter(), {case: ratio(*case) for case in product((name,), *sets)}
        shares |= found
        for case in _off(found):
            _say(out, f"{found[case]:.2f} of what is measured: {', '.join(map(str, case))}")
        told = f"{len(found):,} cases, {len(_off(found)):,} off, {perf_counter() - start:.0f} s"
        _say(err, f"{number} of {len(names)}: {name}, {told}")
    _say(out, json.dumps(_summary(shares)))
    return 1 if _off(shares) else 0


def _say(stream: TextIO, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.memory", description=__doc__)
    parser.add_argument("--network", action="append", choices=sorted(ALL), metavar="NAME")
    parser.add_argument(
        "--slice", type=_slice, default=(1, 1), metavar="K/N", help="every Nth from the Kth on"
    )
    parser.add_argument("--part", action="append", choices=PARTS)
    parser.add_argument("--batch", action="append", type=int)
    parser.add_argument("--precision", action="append", choices=sorted({*PRECISIONS, *LOWER}))
    parser.add_argument("--optimizer", action="append", choices=sorted(STATES))
    parser.add_argument("--threads", type=int, default=1, help="that compute it, whose buffers differ")
    options = parser.parse_args(arguments)
    for name, usual in (("part", PARTS), ("optimizer", ("AdamW", "SGD")), ("precision", PRECISIONS)):
        setattr(options, name, getattr(options, name) or usual)
    options.batch = options.batch or BATCHES
    return options


def _slice(text: str) -> tuple[int, int]:
    first, _, count = text.partition("/")
    if not (first.isdigit() and count.isdigit() and 1 <= int(first) <= int(count)):
        raise argparse.ArgumentTypeError(f"{text} is no slice. Expected such as 2/5, the second of five.")
    return int(first), int(count)


def _off(shares: Mapping[Case, float]) -> list[Case]:
    return [case for case, share in shares.items() if abs(share - 1) > TOLERANCE]


def _summary(shares: Mapping[Case, float]) -> dict[str, Any]:
    """How many there were, and how far the farthest are off."""
    return {
        "networks": len({name for name, *_ in shares}),
        "threads": torch.get_num_threads(),
        "cases": len(shares),
        "off": len(_off(shares)),
        "tolerance": TOLERANCE,
        "least": round(min(shares.values()), 3),
        "most": round(max(shares.values()), 3),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout, sys.stderr))
