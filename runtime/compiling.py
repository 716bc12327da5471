"""`torch.compile` for a run, with reasons that a person understands where it cannot be had."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from runtime.failure import TrainingFailure
from runtime.optim import sparse_layers

REMEDY = "Install one, or set compile = false."


def compiled(model: nn.Module, device: torch.device) -> Callable[..., Any]:
    """The network as one compiled function; it shares its weights and is compiled at the first batch.

    Raises:
        TrainingFailure: there is no compiler for the device, or what is compiled cannot be trained.
    """
    _require_no_limited_sparse(model)
    _require_compiler(device)
    function = torch.compile(model)

    def call(*inputs: Any) -> Any:
        try:
            return function(*inputs)
        except Exception as error:
            if type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
                raise TrainingFailure(
                    f"torch.compile cannot compile the network: {_first_line(error)} Expected a network that "
                    "PyTorch can compile. Set compile = false."
                ) from error
            raise

    return call


def _require_compiler(device: torch.device) -> None:
    if device.type == "cuda":
        from torch.utils._triton import has_triton

        if not has_triton():
            raise TrainingFailure(
                f"torch.compile needs Triton, which compiles for GPUs and is not installed. "
                f"Expected the package triton beside PyTorch. {REMEDY}"
            )
        return
    from torch._inductor import cpp_builder, exc

    try:
        cpp_builder.get_cpp_compiler()
    except (exc.InvalidCxxCompiler, OSError) as error:
        raise TrainingFailure(
            "torch.compile cannot be used, as PyTorch finds no C++ compiler on this computer. "
            f"Expected g++ or clang, on the path or named by CXX. {REMEDY}"
        ) from error


def _require_no_limited_sparse(model: nn.Module) -> None:
    """PyTorch leaves embeddings with sparse gradients out of what it compiles, unless with `max_norm`."""
    for layer, module in sparse_layers(model):
        if module.max_norm is not None:
            raise TrainingFailure(
                f"torch.compile cannot train the layer {layer}, which has sparse gradients and max_norm. "
                f"Expected one of the two. Set compile = false, or clear sparse or max_norm of {layer}."
            )


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{lines[0].rstrip('.')}." if lines else f"{type(error).__name__}."
