"""Equations, as our own parser reads them."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from graph.catalog.einsum import parse
from graph.inference import Inference
from graph.shapes import ShapeError
from tests.graph.builders import document, infer_single, single


@pytest.mark.parametrize(
    ("equation", "operands", "result"),
    [
        ("bij,bjk->bik", ("bij", "bjk"), "bik"),
        ("bij, bjk -> b i k", ("bij", "bjk"), "bik"),
        ("bij,bjk", ("bij", "bjk"), "ik"),
        ("ba", ("ba",), "ab"),
        ("bA", ("bA",), "Ab"),
        ("...i,...i", ("@i", "@i"), "@"),
        ("b...i->...b", ("b@i",), "@b"),
        ("ii", ("ii",), ""),
        ("ii->", ("ii",), ""),
    ],
)
def test_an_equation_is_read_as_torch_reads_it(equation, operands, result):
    read = parse(equation)
    assert tuple("".join(labels).replace("...", "@") for labels in read.operands) == operands
    assert "".join(read.result).replace("...", "@") == result


@pytest.mark.parametrize(
    ("equation", "text"),
    [
        ("bij,bjk->bii", "i comes out twice"),
        ("bij,bjk->bix", "x comes out but does not go in"),
        ("b1->b", "'1' is no letter"),
        ("b..i->b", "'.' is no letter"),
        ("b...i...->b", "a tensor has two ellipses"),
        ("bij->bi->b", "'-' is no letter"),
        ("bij;", "';' is no letter"),
        ('b")', "'\"' is no letter"),
        ("bß->b", "'ß' is no letter"),
        ("b - >b", "'-' is no letter"),
    ],
)
def test_what_is_no_equation_says_why(equation, text):
    with pytest.raises(ShapeError, match="equation: ") as caught:
        parse(equation)
    assert text in caught.value.message
    with pytest.raises(RuntimeError, match="einsum"):
        torch.einsum(equation, *[torch.zeros(2, 2)] * (equation.count(",") + 1))


@pytest.mark.parametrize(
    ("equation", "shapes", "expected"),
    [
        ("bij,bjk->bik", ([3, 4], [4, 5]), "(N, 3, 5)"),
        ("bthd,bshd->bhts", (["T", 2, 8], ["S", 2, 8]), "(N, 2, T, S)"),
        ("bt,bt->b", (["T"], ["T"]), "(N,)"),
        ("bii->bi", ([4, 4],), "(N, 4)"),
        ("b...,b...->b...", ([3, 4], [1, 4]), "(N, 3, 4)"),
        ("...ij,...jk", ([2, 3, 4], [2, 4, 5]), "(N, 2, 3, 5)"),
        ("bi,bj,bk->bijk", ([2], [3], [4]), "(N, 2, 3, 4)"),
        ("bi->bi...", ([2],), "(N, 2)"),
    ],
)
def test_letters_that_come_out_keep_their_sizes(equation, shapes, expected):
    result = infer_single("Einsum", {"equation": equation}, [(shape, "float32") for shape in shapes])
    assert result.problems == ()
    assert str(result.outputs["out"]) == expected


@pytest.mark.parametrize(
    ("equation", "shapes", "message"),
    [
        (
            "bij,bjk->bik",
            ([3, 4], [5, 6]),
            "layer: j is 4 and 5. Expected equal sizes for one letter. "
            "Use another letter, or make the sizes equal.",
        ),
        (
            "bij,bjk->bik",
            ([3], [4, 5]),
            "layer: bij stands for in0, but x1 gives 2 dims. Expected 3 dims. "
            "Write a letter for each dim, the batch included, or ... for those that stay.",
        ),
        (
            "bij->bi",
            ([3, 4], [4, 5]),
            "layer: equation bij->bi is for 1 input, but 2 are connected. Expected 1 input. "
            "Put a comma between the tensors, or connect as many as there are.",
        ),
        (
            "bij,bjk,bkl",
            ([3, 4], [4, 5]),
            "layer: equation bij,bjk,bkl is for 3 inputs, but 2 are connected. Expected 3 inputs. "
            "Put a comma between the tensors, or connect as many as there are.",
        ),
        (
            "...i,...i->...",
            ([3, 4], [5, 4]),
            "layer: a dim under ... is 3 and 5. Expected equal sizes for one letter. "
            "Use another letter, or make the sizes equal.",
        ),
        (
            "bii->bi",
            ([4, 1],),
            "layer: i is 4 and 1. Expected equal sizes for one letter. "
            "Use another letter, or make the sizes equal.",
        ),
    ],
)
def test_what_does_not_fit_is_told_by_letter(equation, shapes, message):
    result = infer_single("Einsum", {"equation": equation}, [(shape, "float32") for shape in shapes])
    assert [problem.message for problem in result.problems] == [message]


@pytest.mark.parametrize(
    ("equation", "shapes", "flops"),
    [
        ("bij,bjk->bik", ([3, 4], [4, 5]), 2 * 3 * 4 * 5),
        ("bi,bj->bij", ([3], [4]), 0),
        ("bi,bj->ij", ([3], [4]), 0),  # a batch of one leaves nothing to sum
        ("bij,bjk,bkl->bil", ([2, 3], [3, 4], [4, 5]), 2 * (2 * 3 * 4 + 2 * 4 * 5)),
        ("bij,bjk,bkl,blm->bim", ([2, 3], [3, 4], [4, 5], [5, 6]), 2 * (2 * 3 * 4 + 2 * 4 * 5 + 2 * 5 * 6)),
        ("bij,bkl->bkl", ([3, 4], [5, 6]), 0),  # summed before the product
    ],
)
def test_products_that_sum_are_counted(equation, shapes, flops):
    result = infer_single("Einsum", {"equation": equation}, [(shape, "float32") for shape in shapes])
    assert result.flops == flops
    with FlopCounterMode(display=False) as counter:
        torch.einsum(equation, *(torch.zeros(1, *shape) for shape in shapes))
    assert counter.get_total_flops() == flops


def test_an_equation_may_be_long_but_not_endless():
    graph = single("Einsum", {"equation": "b" * 10**6}, [([3], "float32")])
    (problem,) = Inference(document(graph).graph).result("n0").problems
    assert (problem.code, problem.param) == ("bad-value", "equation")
    assert len(problem.message) < 400
