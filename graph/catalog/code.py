"""The ways in which a layer is written in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.blocks import Body
    from graph.catalog.call import LayerCall, Params
    from graph.model import Block


def no_arguments(names: tuple[str, ...], call: LayerCall) -> list[str]:
    """None: a call is given its inputs."""
    return []


@dataclass(frozen=True)
class Module:
    """Written as a submodule: `self.conv1 = nn.Conv2d(1, 32, kernel_size=3)` and `self.conv1(x)`.

    Args:
        path: the class as the generated file spells it.
        unpack: for several outputs, the assignment's left side with a placeholder per port: `{out}, {h}`.
        wraps: whether it is written around the call that feeds it: `self.norm1(self.conv1(x))`.
        group: how many inputs stand for themselves, where those after them are given as one tuple.
        layer: the class of the layers that it stacks; parameters belong to them unless named in `own`.
        own: the parameters of the stack itself.
        fixed: further arguments, as written.
        in_call: the parameters that the call is given and not the constructor.
        call_arguments: what those stand for in a call.
    """

    path: str
    unpack: str | None = None
    wraps: bool = False
    group: int | None = None
    layer: str = ""
    own: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    in_call: tuple[str, ...] = ()
    call_arguments: Callable[[tuple[str, ...], LayerCall], list[str]] = no_arguments


@dataclass(frozen=True)
class Embedded(Module):
    """Written as a submodule whose class stands in the project: `self.gate1 = Gate(64)`.

    The class is `class_name` of the parameter `source`, made with the parameter `arguments`.
    """

    path: str = ""


@dataclass(frozen=True)
class WeightsFile:
    """A file that a submodule's weights are read from before training.

    Args:
        path: as the user gave it; relative ones start at the project's folder.
        unused: parts of the submodule, by the begin of their names, that are not read.
    """

    path: str
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assembled:
    """Written as a submodule that takes several statements: made, frozen, its head replaced.

    Args:
        write: gives the statements, for a submodule called such as `self.backbone`.
        stays_in_eval: whether it computes as in evaluation while the network around it trains.
        weights: the file that its weights are read from; None where PyTorch draws them.
    """

    write: Callable[[LayerCall, str], tuple[str, ...]]
    stays_in_eval: Callable[[Params], bool]
    weights: Callable[[Params], WeightsFile | None]


@dataclass(frozen=True)
class Function:
    """Written as a call: `F.relu(x)`, parameters as keywords.

    Args:
        path: the function as the generated file spells it.
        wraps: whether it is written around the call that feeds it: `F.relu(self.conv1(x))`.
    """

    path: str
    wraps: bool = False


@dataclass(frozen=True)
class Helper:
    """A function that a generated file defines once for all layers that call it.

    Args:
        name: what it is called.
        text: its definition; needs nothing but torch.
    """

    name: str
    text: str


@dataclass(frozen=True)
class Expression:
    """Written as an expression of its inputs' variable names.

    Args:
        write: gives the Python text; a bare variable name where there is nothing to do.
        helpers: the functions of the generated file that the text calls.
    """

    write: Callable[[tuple[str, ...], LayerCall], str]
    helpers: tuple[Helper, ...] = ()


@dataclass(frozen=True)
class Stored:
    """A tensor that the network keeps, read as `self.token`.

    Args:
        write: gives the Python text of its first value.
        learned: whether it is an `nn.Parameter`; a buffer otherwise.
    """

    write: Callable[[LayerCall], str]
    learned: bool


@dataclass(frozen=True)
class Alias:
    """Nothing is written: the output is the input under another name, and nothing is computed."""


@dataclass(frozen=True)
class Boundary:
    """An end of the graph: an argument or a result of `forward`."""


@dataclass(frozen=True)
class BlockCode:
    """Written as a class of its own, made from the graph of a block, and a submodule for each instance.

    Args:
        block: whose graph it is.
        bodies: what is known inside for one call, a body for each repetition in their order.
    """

    block: Block
    bodies: Callable[[LayerCall], tuple[Body, ...]]


Code = Module | Assembled | Function | Expression | Stored | Alias | Boundary | BlockCode
