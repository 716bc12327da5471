"""Sums of products by an equation, as torch reads it: letters, an ellipsis, perhaps an arrow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Expression
from graph.catalog.rules import require_same_dtypes
from graph.catalog.spec import DOCS, SAME_DTYPE, LayerSpec, PortSpec, saves_inputs
from graph.catalog.text_params import Text
from graph.dims import Dim, substitute
from graph.shapes import FLOATS, Shape, ShapeError, TensorSpec, num_elements

ELLIPSIS = "..."
ARROW = "->"
MAX_EQUATION = 256
Labels = tuple[str, ...]  # letters and at most one ellipsis


@dataclass(frozen=True)
class Equation:
    """What goes in and what comes out, dim by dim.

    Args:
        operands: the labels of each input.
        result: the labels of the output.
    """

    operands: tuple[Labels, ...]
    result: Labels


def parse(text: str) -> Equation:
    """Reads `bij,bjk->bik`; without an arrow the letters that occur once come out, sorted.

    Raises:
        ShapeError: the text is no equation.
    """
    left, arrow, right = text.partition(ARROW)
    operands = tuple(tuple(_labels(part)) for part in left.split(","))
    counts = Counter(label for operand in operands for label in operand)
    if not arrow:
        once = sorted(label for label, count in counts.items() if count == 1 and label != ELLIPSIS)
        return Equation(operands, (*((ELLIPSIS,) if ELLIPSIS in counts else ()), *once))
    result = tuple(_labels(right))
    for label in result:
        if result.count(label) > 1:
            raise _fault(f"{label} comes out twice", "every letter at most once behind the arrow")
        if label not in counts and label != ELLIPSIS:
            raise _fault(
                f"{label} comes out but does not go in", "only letters of the inputs behind the arrow"
            )
    return Equation(operands, result)


def _labels(part: str) -> Iterator[str]:
    """The letters and the ellipsis of one tensor."""
    position, has_ellipsis = 0, False
    while position < len(part):
        if part.startswith(ELLIPSIS, position):
            if has_ellipsis:
                raise _fault("a tensor has two ellipses", "at most one ... for each tensor")
            has_ellipsis = True
            yield ELLIPSIS
            position += len(ELLIPSIS)
            continue
        letter = part[position]
        if letter.isascii() and letter.isalpha():
            yield letter
        elif letter != " ":
            raise _fault(f"{letter!r} is no letter", "letters, commas, ... and one ->")
        position += 1


def _fault(what: str, expected: str) -> ShapeError:
    return ShapeError(
        "bad-equation",
        f"equation: {what}",
        expected=expected,
        hint="Write it like bij,bjk->bik: a letter for each dim; letters missing behind -> are summed.",
        param="equation",
    )


def _expanded(labels: Labels, shape: Shape, port: str) -> tuple[tuple[str, Dim], ...]:
    """Every dim with its label; the dims of an ellipsis are counted from its end: `.1`, `.0`."""
    letters = len(labels) - (ELLIPSIS in labels)
    spare = len(shape) - letters
    if spare < 0 or (spare and ELLIPSIS not in labels):
        raise ShapeError(
            "equation-rank",
            f"{''.join(labels) or 'nothing'} stands for {port}, but {{source}} gives {len(shape)} dims",
            expected=f"{letters} dims" if ELLIPSIS not in labels else f"at least {letters} dims",
            hint="Write a letter for each dim, the batch included, or ... for those that stay.",
            port=port,
            param="equation",
        )
    names: list[str] = []
    for label in labels:
        names += [f".{index}" for index in reversed(range(spare))] if label == ELLIPSIS else [label]
    return tuple(zip(names, shape, strict=True))


def _sizes(operands: Sequence[tuple[tuple[str, Dim], ...]], ports: Sequence[str]) -> dict[str, Dim]:
    """The size of every label; a 1 broadcasts between tensors, but not within one."""
    sizes: dict[str, Dim] = {}
    for operand, port in zip(operands, ports, strict=True):
        own: dict[str, Dim] = {}
        for label, dim in operand:
            if own.setdefault(label, dim) != dim:
                raise _differ(label, own[label], dim, port)
        for label, dim in own.items():
            known = sizes.setdefault(label, dim)
            if 1 not in (known, dim) and known != dim:
                raise _differ(label, known, dim, port)
            sizes[label] = dim if known == 1 else known
    return sizes


def _differ(label: str, one: Dim, other: Dim, port: str) -> ShapeError:
    what = f"a dim under {ELLIPSIS}" if label.startswith(".") else label
    return ShapeError(
        "shapes-differ",
        f"{what} is {one} and {other}",
        expected="equal sizes for one letter",
        hint="Use another letter, or make the sizes equal.",
        port=port,
        param="equation",
    )


def _resolved(
    equation: Equation, inputs: Sequence[TensorSpec]
) -> tuple[list[tuple[tuple[str, Dim], ...]], dict[str, Dim], list[str]]:
    """The labelled dims of each input, the size of each label, and the labels that come out."""
    ports = [f"in{index}" for index in range(len(inputs))]
    operands = [
        _expanded(labels, spec.shape, port)
        for labels, spec, port in zip(equation.operands, inputs, ports, strict=True)
    ]
    sizes = _sizes(operands, ports)
    under = sorted((label for label in sizes if label.startswith(".")), key=lambda label: -int(label[1:]))
    result: list[str] = []
    for label in equation.result:
        result += under if label == ELLIPSIS else [label]
    return operands, sizes, result


def _shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    equation = parse(p.equation)
    wanted = len(equation.operands)
    if wanted != len(inputs):
        count = f"{wanted} input{'s' if wanted > 1 else ''}"
        raise ShapeError(
            "equation-count",
            f"equation {p.equation} is for {count}, but {len(inputs)} are connected",
            expected=count,
            hint="Put a comma between the tensors, or connect as many as there are.",
            param="equation",
        )
    require_same_dtypes(inputs, [f"in{index}" for index in range(len(inputs))])
    _, sizes, result = _resolved(equation, inputs)
    return (TensorSpec(tuple(sizes[label] for label in result), inputs[0].dtype),)


def _flops(call: LayerCall) -> Dim:
    """Two for every multiply-add of the products that torch makes, two tensors at a time, in their order.

    A product that sums nothing is no matrix product, so it does not count.
    """
    inputs = [
        TensorSpec(tuple(substitute(dim, {"N": 1}) for dim in spec.shape), spec.dtype) for spec in call.inputs
    ]
    operands, _, result = _resolved(parse(call.params.equation), inputs)
    waiting = [{label: dim for label, dim in operand if dim != 1} for operand in operands]
    users = Counter(label for operand in waiting for label in operand)
    total: Dim = 0
    while len(waiting) > 1:
        one, other, *waiting = waiting
        summed = {label for label in one.keys() & other.keys() if users[label] == 2 and label not in result}
        gone = {
            label for label in one.keys() ^ other.keys() if users[label] == 1 and label not in result
        }  # summed before the product
        both = {label: dim for label, dim in (one | other).items() if label not in gone}
        total = total + (2 * num_elements(tuple(both.values())) if summed else 0)
        users.subtract(one.keys() & other.keys())
        waiting.insert(0, {label: dim for label, dim in both.items() if label not in summed})
    return total


def _write(names: tuple[str, ...], call: LayerCall) -> str:
    return f'torch.einsum("{call.params.equation}", {", ".join(names)})'


def _saves(call: LayerCall) -> Saved:
    """The factors of a product; a single input is only summed or reordered."""
    return saves_inputs(call) if len(call.inputs) > 1 else Saved()


EINSUM = LayerSpec(
    type="Einsum",
    category="Arithmetic",
    help="Products summed over the letters that do not come out, by an equation such as bij,bjk->bik.",
    source=f"{DOCS}torch.einsum.html",
    code=Expression(_write),
    inputs=(PortSpec("in", FLOATS, variadic=True),),
    outputs=(PortSpec("out", (SAME_DTYPE,)),),
    infer=_shape,
    saves=_saves,
    autocast="lower",
    params=(
        Text(
            name="equation",
            default="bij,bjk->bik",
            max_length=MAX_EQUATION,
            help="A letter for each dim, the batch included; ... for any number of dims.",
        ),
    ),
    flops=_flops,
    keywords=("einstein", "sum", "product", "contraction", "attention", "bilinear", "matmul", "trace"),
    summary=("equation",),
)

SPECS = (EINSUM,)
