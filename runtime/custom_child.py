"""Run by itself in a fresh interpreter: makes a custom layer on the meta device and tells what it gives.

It reads `request.json` in the folder that it is given and leaves `reply.json` there. It imports nothing of
Netloom by name, as an interpreter that is started isolated does not find it.
"""

from __future__ import annotations

import faulthandler
import importlib.util
import json
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

FILENAME = "<custom>"
MAX_TEXT = 400  # characters of an error


class Refused(Exception):
    """The layer does not do what a layer does; the text says so."""


def main(folder: Path) -> None:
    """Answers the request in a folder."""
    request = json.loads((folder / "request.json").read_text("utf-8"))
    torch.set_num_threads(1)
    warm_up()
    if "torchvision" in request["source"]:
        load_torchvision(request["torchvision_loader"])
    (folder / "started").touch()
    with (folder / "hang.txt").open("w", encoding="utf-8") as hang:
        limit_memory(request["memory"])
        # Ends the process from outside of the interpreter's lock, and says in which line it was.
        faulthandler.dump_traceback_later(request["seconds"], exit=True, file=hang)
        reply = answer(request)
        faulthandler.cancel_dump_traceback_later()
    (folder / "reply.json").write_text(json.dumps(reply), encoding="utf-8")


def warm_up() -> None:
    """Loads what PyTorch loads at the first use of the meta device, so that its time is not the layer's."""
    with torch.device("meta"):
        nn.Linear(1, 1)(torch.empty(1, 1)).mul(torch.tensor(1.0)).sum()


def load_torchvision(path: str) -> None:
    """Loads torchvision beside any build of torch, with the file that the window does it with."""
    spec = importlib.util.spec_from_file_location("loader", path)
    assert spec is not None
    assert spec.loader is not None
    loader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loader)
    with suppress(ImportError):  # the import in the source will say so
        loader.import_torchvision()


def limit_memory(more: int) -> None:
    """Lets the process take this many bytes more than it has, where the system knows such a limit."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (ImportError, OSError):
        return
    limit = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """What the layer gives in every run, or at which stage it fails and how."""
    stage = "import"
    try:
        network_class = class_of(request["source"], request["class_name"])
        found, parameters = [], 0
        for inputs in request["runs"]:
            with torch.device("meta"), torch.no_grad():
                stage = "make"
                network = network_class(**request["arguments"])
                stage = "check"
                require_module(network)
                stage = "forward"
                given = network(*(torch.empty(each["shape"], dtype=dtype_of(each)) for each in inputs))
            stage = "check"
            found.append(described(given))
            parameters = sum(parameter.numel() for parameter in network.parameters())
    # Whatever it raises, an exit included, is what the user has to hear of.
    except BaseException as error:
        return {"stage": stage, **explained(error)}
    return {"outputs": found, "parameters": parameters}


def class_of(source: str, class_name: str) -> Any:
    """The class that the source defines. The user trusts the source, or nobody would have asked."""
    module = ModuleType("custom")
    sys.modules["custom"] = module
    module.__dict__.update(torch=torch, nn=nn, F=nn.functional)
    exec(compile(source, FILENAME, "exec"), module.__dict__)
    return getattr(module, class_name)


def require_module(network: object) -> None:
    """Nothing, if it is a layer whose sizes are known."""
    if not isinstance(network, nn.Module):
        raise Refused("it does not derive from nn.Module")
    if any(is_lazy(parameter) for parameter in network.parameters()):
        raise Refused("it has parameters whose size is only known after it ran")


def dtype_of(tensor: dict[str, Any]) -> torch.dtype:
    """The dtype by its name."""
    dtype: torch.dtype = getattr(torch, tensor["dtype"])
    return dtype


def described(given: object) -> dict[str, Any]:
    """Shape and dtype of what `forward` returned."""
    if isinstance(given, tuple | list):
        raise Refused(f"forward returns a {type(given).__name__} of {len(given)}")
    if not isinstance(given, torch.Tensor):
        raise Refused(f"forward returns {'nothing' if given is None else type(given).__name__}")
    return {"shape": list(given.shape), "dtype": str(given.dtype).removeprefix("torch.")}


def explained(error: BaseException) -> dict[str, Any]:
    """The error as text, and the line of the source that it arose in."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILENAME
    ]
    if isinstance(error, SyntaxError) and error.filename == FILENAME:
        lines.append(error.lineno)
    is_memory = isinstance(error, MemoryError) or "can't allocate memory" in text_of(error)
    return {
        "kind": "memory" if is_memory else "refused" if isinstance(error, Refused) else "error",
        "error": text_of(error),
        "line": lines[-1] if lines else None,
    }


def text_of(error: BaseException) -> str:
    """What an error says, in one short line."""
    name = type(error).__name__
    try:
        text = " ".join(str(error).split())
    except Exception:  # the text of an error is code of the user as well
        return name
    if isinstance(error, Refused):
        return text
    return f"{name}: {text}"[:MAX_TEXT] if text else name


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    os._exit(0)  # no thread and no exit handler of the code keeps the process
