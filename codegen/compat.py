"""Torchvision beside any build of torch."""

from __future__ import annotations

import importlib
import threading
from types import ModuleType

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
