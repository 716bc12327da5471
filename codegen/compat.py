"""Torchvision beside any build of torch."""

from __future__ import annotations

import functools
import importlib
import threading
from types import ModuleType
from typing import Any

import torch

# https://github.com/pytorch/vision/issues/9085: the import registers shapes for operators that are not there.
MISSING_OPERATORS = ("nms", "qnms")
SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_import_lock = threading.Lock()


def import_torchvision(module: str = "torchvision") -> ModuleType:
    """Gives torchvision, or a module of it, beside any build of torch; its detection operators may be absent.

    Raises:
        ImportError: torchvision is not installed.
    """
    with _import_lock:
        try:
            return importlib.import_module(module)
        except RuntimeError as error:
            if "torchvision::nms" not in str(error):
                raise
        for name in MISSING_OPERATORS:
            if not hasattr(torch.ops.torchvision, name):
                torch.library.define(f"torchvision::{name}", SIGNATURE)
        return importlib.import_module(module)


def import_models() -> ModuleType:
    """Gives torchvision's models, all of which can then be built on the meta device too.

    RegNets compute their widths with tensors and read the values, which a tensor on the meta device has not.

    Raises:
        ImportError: torchvision is not installed.
    """
    models = import_torchvision("torchvision.models")
    widths = importlib.import_module("torchvision.models.regnet").BlockParams
    compute = widths.from_init_params

    @functools.wraps(compute)
    def compute_on_cpu(*args: Any, **kwargs: Any) -> Any:
        with torch.device("cpu"):
            return compute(*args, **kwargs)

    with _import_lock:
        if not hasattr(widths.from_init_params, "__wrapped__"):
            widths.from_init_params = compute_on_cpu
    return models
