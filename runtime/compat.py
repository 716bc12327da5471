"""Ways around what PyTorch's packages do that a desktop app cannot afford."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import torch
from torch.optim import Optimizer

from runtime.host_memory import trim


def skip_compiler_import() -> None:
    """Lets optimizers be built and saved without importing PyTorch's compiler.

    Some methods of an optimizer are shielded from `torch.compile` by a decorator that imports the compiler
    when they are first called: 70 MB and a second or two, for runs that compile nothing. The decorator looks
    for an earlier answer on the function first; this leaves one there. Where PyTorch does it otherwise,
    nothing changes.

    Source: torch/_compile.py
    """
    for member in vars(Optimizer).values():
        shielded = getattr(member, "__wrapped__", None)
        if shielded is not None and not hasattr(shielded, "__dynamo_disable"):
            setattr(shielded, "__dynamo_disable", shielded)


def skip_sparse_warning() -> None:
    """Says once for the process that sparse tensors are not to be checked, which is PyTorch's own choice.

    Else it warns of that choice when Adagrad makes one. Only gradients that PyTorch made become such.

    Source: torch/sparse/__init__.py, check_sparse_tensor_invariants
    """
    checks = torch.sparse.check_sparse_tensor_invariants
    if not checks.is_enabled():
        checks.disable()


def plain_step(optimizer: Optimizer, closure: Callable[[], object] | None = None) -> Callable[[], None]:
    """An optimizer's step without the wrappers around it, the outermost of which imports the compiler too.

    It does the same in eager mode; step hooks are not called.

    Args:
        optimizer: whose step it is.
        closure: works the loss and the gradients out at other weights, for an optimizer that asks for it.

    Source: torch/optim/optimizer.py, _use_grad_for_differentiable
    """
    step = inspect.unwrap(type(optimizer).step)
    optimizer._opt_called = True  # type: ignore[attr-defined]  # what learning-rate schedules warn without

    @torch.no_grad()
    def take() -> None:
        step(optimizer, closure)

    return take


def give_memory_back() -> None:
    """Hands memory that a run has freed back, which PyTorch on a GPU and glibc keep for the process."""
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    trim()
