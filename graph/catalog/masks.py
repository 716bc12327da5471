"""What attention must not look at: mask inputs, and masks made from a flag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graph.catalog.call import Inputs, LayerCall, Params
from graph.catalog.spec import PortSpec
from graph.shapes import SetParam, Shape, ShapeError, format_shape

MASK_DTYPES = ("float32", "bool")


@dataclass(frozen=True)
class Mask:
    """An input that says what attention leaves out.

    Args:
        name: as PyTorch names it.
        queries: the input that asks; empty for the padding of the keys, which is the same for all queries.
        keys: the input that is asked.
        flag: the parameter that puts a causal mask in its place; empty if none does.
    """

    name: str
    queries: str
    keys: str
    flag: str = ""

    def port(self) -> PortSpec:
        """Its declaration as an input."""
        padding = not self.queries
        which = f"the padding of {self.keys}" if padding else f"what of {self.keys} each query must not see"
        return PortSpec(
            self.name,
            MASK_DTYPES,
            ndims=(2,) if padding else (3, 2),
            layout="(N, S)" if padding else "(L, S)",
            optional=True,
            maps=True,
            written=f"{self.name}={{}}",
            help=f"True or -inf for {which}.",
        )


def require_masks(inputs: Inputs, masks: Sequence[Mask], p: Params, heads: int) -> None:
    """Checks that every mask has a place for each query and key.

    Raises:
        ShapeError: one has not, or is given beside the flag that makes it.
    """
    for mask in masks:
        if mask.flag and p[mask.flag]:
            _require_causal(inputs, mask, p)
        given = inputs.at(mask.name)
        if given is not None and given.shape not in _fitting(inputs, mask, p, heads):
            usual = _fitting(inputs, mask, p, heads)[0]
            raise ShapeError(
                "mask-shape",
                f"{{source}} gives {given} to {mask.name}",
                expected=format_shape(usual),
                hint="A mask has a place for each query and key, the padding one for each sample and key.",
                port=mask.name,
            )


def _fitting(inputs: Inputs, mask: Mask, p: Params, heads: int) -> list[Shape]:
    """The shapes that a mask may have."""
    batch, length = (0, 1) if p.batch_first else (1, 0)
    keys, queries = inputs.at(mask.keys), inputs.at(mask.queries)
    assert keys is not None
    if queries is None:
        return [(keys.shape[batch], keys.shape[length])]
    sides = (queries.shape[length], keys.shape[length])
    return [sides, (queries.shape[batch] * heads, *sides)]


def _require_causal(inputs: Inputs, mask: Mask, p: Params) -> None:
    """A flag makes a mask of its own, for queries that are the keys."""
    length = 1 if p.batch_first else 0
    queries, keys = inputs.at(mask.queries), inputs.at(mask.keys)
    assert queries is not None
    assert keys is not None
    if inputs.at(mask.name) is not None:
        raise ShapeError(
            "two-masks",
            f"{mask.flag} is set, and {{source}} feeds {mask.name}",
            expected="one of them, as the flag makes the mask",
            hint=f"Set {mask.flag} = false, or delete the edge.",
            port=mask.name,
            param=mask.flag,
            repairs=(SetParam(mask.flag, False),),
        )
    if queries.shape[length] != keys.shape[length]:
        raise ShapeError(
            "causal-lengths",
            f"{mask.flag} is set, but {mask.queries} is {queries} and {mask.keys} is {keys}",
            expected="queries and keys of one length",
            hint=f"Set {mask.flag} = false.",
            port=mask.keys,
            param=mask.flag,
            repairs=(SetParam(mask.flag, False),),
        )


def causal_arguments(masks: Sequence[Mask]) -> Callable[[tuple[str, ...], LayerCall], list[str]]:
    """The arguments of a call that the flags stand for: the mask, and the hint that it is causal."""

    def write(names: tuple[str, ...], call: LayerCall) -> list[str]:
        found = []
        for mask in masks:
            if mask.flag and call.params[mask.flag]:
                queries = names[call.inputs.ports.index(mask.queries)]
                length = f"{queries}.shape[{1 if call.params.batch_first else 0}]"
                made = f"nn.Transformer.generate_square_subsequent_mask({length}, device={queries}.device)"
                found += [f"{mask.name}={made}", f"{mask.flag}=True"]
        return found

    return write
