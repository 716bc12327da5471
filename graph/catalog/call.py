"""A layer in use: its inputs, its checked parameters and what it is run with, and what a run of it keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from graph.shapes import TensorSpec

if TYPE_CHECKING:
    from graph.catalog.params import Value


class Params(dict[str, "Value"]):
    """A layer's parameters, complete and checked, read as attributes: `p.kernel_size`."""

    def __getattr__(self, name: str) -> Value:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Inputs(tuple[TensorSpec, ...]):
    """What comes into a layer, in the order of its ports; ports that nothing feeds are left out.

    Args:
        tensors: one for each port.
        ports: what the ports are called.
    """

    ports: tuple[str, ...]

    def __new__(cls, tensors: Iterable[TensorSpec], ports: Iterable[str]) -> Inputs:
        inputs = tuple.__new__(cls, tensors)
        inputs.ports = tuple(ports)
        return inputs

    def at(self, port: str) -> TensorSpec | None:
        """What comes into a port; None if nothing does."""
        return self[self.ports.index(port)] if port in self.ports else None


@dataclass(frozen=True)
class Processor:
    """What a CPU computes with.

    Args:
        threads: how many.
        kernels: the dtypes of mixed precision that there are kernels for.
        has_tiles: whether these multiply tiles of matrices (AMX).
    """

    threads: int = 1
    kernels: tuple[str, ...] = ("bfloat16",)
    has_tiles: bool = False


USUAL_PROCESSOR = Processor()


@dataclass(frozen=True)
class Compute:
    """What a layer is run with, as far as it changes what is kept in memory.

    Args:
        device: the kind of device, as torch calls it.
        autocast: the dtype of matrix products in automatic mixed precision; None without it.
        processor: what a CPU computes with.
    """

    device: str = "cpu"
    autocast: str | None = None
    processor: Processor = USUAL_PROCESSOR

    @property
    def has_no_kernels(self) -> bool:
        """Whether a CPU has none for the lower precision, so that PyTorch computes with code of its own."""
        return self.device == "cpu" and self.autocast not in (None, *self.processor.kernels)

    @property
    def multiplies_tiles(self) -> bool:
        """Whether matrix products and convolutions are worked out in tiles."""
        return self.device == "cpu" and self.processor.has_tiles and self.autocast in self.processor.kernels


class LayerCall(NamedTuple):
    """A layer with everything known about it: what its cost rules and its code are computed from.

    Args:
        inputs: what comes in.
        outputs: what it gives.
        params: complete and checked.
        compute: what it is run with.
        in_order: whether the entries of the first input lie in memory in their order.
    """

    inputs: Inputs
    outputs: tuple[TensorSpec, ...]
    params: Params
    compute: Compute = Compute()
    in_order: bool = True


@dataclass(frozen=True)
class Saved:
    """What autograd keeps of a call until the backward pass; parameters do not count.

    Args:
        inputs: which of the inputs, by index.
        outputs: which of the outputs, by index.
        own: tensors made inside the layer, such as masks and statistics.
        forward: further tensors that are there while the forward pass is inside the layer, moment by moment.
        backward: further tensors that are there while the backward pass is inside the layer.
        returning: what stands for `own`, `backward`, copies of weights, and gradients of weights and inputs,
            moment by moment, while the backward pass is inside; empty where all of these are there at once.
        passing: what stands for `forward` where no gradient is wanted, copies of weights in lower precision
            included. Those of inputs are there besides at the first moment, and in `before` if there is that.
            Empty where it is `forward` and a copy of all weights.
        until: what is there besides the inputs, moment by moment, before the rest is kept and given.
        before: the same where no gradient is wanted, and nothing is kept.
        weights: whether such copies are kept even where the backward pass goes no further.
    """

    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()
    own: tuple[TensorSpec, ...] = ()
    forward: tuple[tuple[TensorSpec, ...], ...] = ()
    backward: tuple[TensorSpec, ...] = ()
    returning: tuple[tuple[TensorSpec, ...], ...] = ()
    passing: tuple[tuple[TensorSpec, ...], ...] = ()
    until: tuple[tuple[TensorSpec, ...], ...] = ()
    before: tuple[tuple[TensorSpec, ...], ...] = ()
    weights: bool = False


@dataclass(frozen=True)
class Window:
    """What a layer looks at along one spatial dim.

    Args:
        extent: how many pixels it spans.
        step: pixels from one window to the next; below 1 where the layer enlarges.
    """

    extent: int
    step: Fraction
