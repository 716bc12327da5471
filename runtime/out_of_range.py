"""Tells of numbers that an embedding has no row for: PyTorch says neither what it expects nor what to do.

It says it in five ways, by the layer, its parameters and the number of threads.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from codegen.live import LiveModel, NodeError
from runtime.failure import TrainingFailure

LOOKUPS = (nn.Embedding.forward.__code__, nn.EmbeddingBag.forward.__code__)
SIGNS = ("valid range", "num_embeddings", "index_size")  # of a RuntimeError that is about such a number
GIVEN = "there are numbers that it has no row for."
EXPECTED = "Expected numbers from 0 to below num_embeddings."
REMEDY = "Set num_embeddings above the largest number in the data."


def is_out_of_range(error: BaseException) -> bool:
    """Whether an embedding was given a number that it has no row for."""
    if str(error).startswith(GIVEN):
        return True
    is_meant = isinstance(error, IndexError) or any(sign in str(error) for sign in SIGNS)
    frames = traceback.walk_tb(error.__traceback__)
    return is_meant and any(frame.f_code in LOOKUPS for frame, _ in frames)


def in_words(error: BaseException, held: str = "", remedy: str = REMEDY) -> IndexError:
    """The error that says it: what there is, what is expected, what to do.

    Args:
        error: of PyTorch.
        held: what the batch has, where that is known; begins with a space.
        remedy: what to do.
    """
    told = IndexError(f"{GIVEN}{held} {EXPECTED} {remedy}")
    told.__cause__ = error
    return told


def out_of_range(live: LiveModel, error: BaseException) -> NodeError:
    """The embedding that such an error comes from, and the error in words."""
    return live.explain(error if str(error).startswith(GIVEN) else in_words(error))


@contextmanager
def told_in_words(live: LiveModel) -> Iterator[None]:
    """Lets such an error be a TrainingFailure that names the embedding."""
    try:
        yield
    except (IndexError, RuntimeError) as error:
        if not is_out_of_range(error):
            raise
        node_id, text = out_of_range(live, error)
        raise TrainingFailure(text, node=node_id) from error
