"""Runs trusted code of custom layers in processes of their own, to find out what it gives."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Lock
from time import monotonic
from typing import Any

from graph import custom
from graph.custom_dims import Sizes, recognised, trials
from graph.custom_shapes import Answer, Found, Question, Refusal
from graph.shapes import DTYPES, TensorSpec, evaluate_shape
from runtime.custom_trust import TrustStore

TORCHVISION_LOADER = Path(__file__).parent.parent / "codegen" / "compat.py"
CHILD = Path(__file__).with_name("custom_child.py")
SECONDS = 10.0  # for the code of a layer
STARTING_SECONDS = 120.0  # for the interpreter and PyTorch, which a busy machine may read from a slow disk
MEMORY = 2**31  # bytes; a thread alone reserves a hundred million
MAX_REPLY = 2**20  # bytes
MAX_ANSWERS = 256
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG", "LC_ALL")
_HANGS_AT = re.compile(r'File "<custom>", line (\d+)')


class ShapeProbe:
    """Answers questions about custom layers, each once; callers wait meanwhile.

    Args:
        trust: decides whose code may run.
        seconds: that the code of a layer may take.
        memory: bytes that it may take, where the system can limit that.
    """

    def __init__(
        self, trust: TrustStore | None = None, *, seconds: float = SECONDS, memory: int = MEMORY
    ) -> None:
        self.trust = trust or TrustStore()
        self._seconds, self._memory = seconds, memory
        self._answers: dict[Question, Answer] = {}
        self._lock = Lock()
        self._closed = Event()
        self._running: set[subprocess.Popen[bytes]] = set()

    def is_trusted(self, source: str) -> bool:
        """Whether the user trusts exactly this text."""
        return self.trust.is_trusted(source)

    def known(self, question: Question) -> Answer | None:
        """The answer, if it was found before."""
        return self._answers.get(question)

    def answer(self, question: Question) -> Answer:
        """What the layer gives; takes the seconds that a process needs to start."""
        known = self.known(question)
        if known is not None:
            return known
        if not self.is_trusted(question.source):
            return Refusal("its code is not trusted, so it is never run", "trusted code", "Trust it first.")
        try:
            found: Answer = self._run(question)
        except OSError as error:
            what = f"its code could not be run: {error.strerror or error}"
            found = Refusal(what, "a system that starts processes", "Free some memory and disk space.")
        with self._lock:
            while len(self._answers) >= MAX_ANSWERS:
                del self._answers[next(iter(self._answers))]
            if not self._closed.is_set():
                self._answers[question] = found
        return found

    def forget(self) -> None:
        """Drops every answer: what the code depends on may have changed."""
        with self._lock:
            self._answers.clear()

    def close(self) -> None:
        """Ends every process; whoever waits for one gets a refusal."""
        self._closed.set()
        with self._lock:
            for process in self._running:
                _kill(process)

    def _run(self, question: Question) -> Answer:
        runs = trials(question.inputs)
        with tempfile.TemporaryDirectory(prefix="netloom-custom-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            (folder / "request.json").write_text(json.dumps(self._request(question, runs)), "utf-8")
            exit_code = self._exit_code_of_child(folder)
            reply = _reply_in(folder)
            if reply is None:
                return self._crashed(folder, exit_code)
        return self._answer_from(reply, question, runs)

    def _request(self, question: Question, runs: Sequence[Sizes]) -> dict[str, Any]:
        return {
            "source": question.source,
            "class_name": custom.read(question.source).layer(question.class_name).name,
            "arguments": json.loads(question.arguments),
            "runs": [[_sized(tensor, sizes) for tensor in question.inputs] for sizes in runs],
            "seconds": self._seconds,
            "memory": self._memory,
            "torchvision_loader": str(TORCHVISION_LOADER),
        }

    def _exit_code_of_child(self, folder: Path) -> int | None:
        """How the process ended; None if it had to be."""
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-X", "utf8", str(CHILD), str(folder)],
            cwd=folder,
            env={**environment, "HOME": str(folder), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with self._lock:
            self._running.add(process)
        try:
            return self._wait(process, folder / "started")
        finally:
            with self._lock:
                self._running.discard(process)
            _kill(process)
            process.wait()

    def _wait(self, process: subprocess.Popen[bytes], started: Path) -> int | None:
        """Waits in short steps, first for PyTorch, then for the layer."""
        limit, has_started = monotonic() + STARTING_SECONDS, False
        while monotonic() < limit and not self._closed.is_set():
            try:
                return process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                if not has_started and started.exists():
                    # The child watches the time itself; this is for code that keeps it from doing so.
                    limit, has_started = monotonic() + self._seconds + 1, True
        return None

    def _crashed(self, folder: Path, exit_code: int | None) -> Refusal:
        if self._closed.is_set():
            return Refusal("its code was stopped", "", "Open the project again.")
        hang = folder / "hang.txt"
        text = hang.read_text("utf-8", "replace")[:MAX_REPLY] if hang.exists() else ""
        line = _HANGS_AT.search(text)
        if exit_code is None or text:
            where = f" in line {line[1]} of the source" if line else ""
            what = f"its code does not come to an end: it was stopped after {self._seconds:g} seconds{where}"
            return Refusal(what, f"code that ends within {self._seconds:g} seconds", _hint(line and line[1]))
        how = f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
        what = f"its code ended the process that ran it ({how})"
        return Refusal(what, "code that returns a tensor", _hint(None))

    def _answer_from(self, reply: dict[str, Any], question: Question, runs: Sequence[Sizes]) -> Answer:
        try:
            if "error" in reply:
                return self._failed(reply, question)
            return _found(reply["outputs"], int(reply["parameters"]), runs)
        except (KeyError, TypeError, ValueError, AttributeError):
            return Refusal("its code wrote over the answer", "code that returns a tensor", _hint(None))

    def _failed(self, reply: dict[str, Any], question: Question) -> Refusal:
        line = reply["line"]
        where = f" in line {line} of the source" if line else ""
        hint = _hint(line)
        if reply["kind"] == "memory":
            limit = f"{self._memory / 2**30:g} GiB of memory"
            return Refusal(f"its code needs more than {limit}{where}", f"at most {limit}", hint)
        if reply["kind"] == "refused":
            return Refusal(reply["error"], "a layer whose forward returns one tensor", hint)
        given = ", ".join(map(str, question.inputs))
        doing = {"import": "reading its source", "make": "making the layer"}
        action = doing.get(reply["stage"], f"forward with {given}")
        if "on meta tensor" in reply["error"]:
            hint = "Compute the shape from shapes, not from the numbers in a tensor."
        return Refusal(f"{action} fails{where}: {reply['error']}", "code that runs", hint)


def _sized(tensor: TensorSpec, sizes: Sizes) -> dict[str, Any]:
    return {"shape": evaluate_shape(tensor.shape, sizes), "dtype": tensor.dtype}


def _reply_in(folder: Path) -> dict[str, Any] | None:
    """What the child wrote, if it got that far."""
    try:
        with (folder / "reply.json").open("rb") as file:
            reply = json.loads(file.read(MAX_REPLY))
    except (OSError, ValueError):
        return None
    return reply if isinstance(reply, dict) else None


def _found(outputs: list[dict[str, Any]], parameters: int, runs: Sequence[Sizes]) -> Answer:
    shapes = [[int(size) for size in output["shape"]] for output in outputs]
    dtypes = sorted({str(output["dtype"]) for output in outputs})
    if len(dtypes) > 1 or len({len(shape) for shape in shapes}) > 1:
        what = f"forward gives {' or '.join(sorted({str(tuple(shape)) for shape in shapes})[:3])}"
        return Refusal(
            f"{what}, depending on the batch", "as many dims for any batch", "Keep dims and dtype the same."
        )
    if dtypes[0] not in DTYPES:
        return Refusal(f"forward gives {dtypes[0]}", ", ".join(DTYPES), "Cast the result.")
    columns = [list(column) for column in zip(*shapes, strict=True)]
    dims = [recognised(column, runs) for column in columns]
    if None in dims:
        index = dims.index(None)
        what = f"dim {index} of its output is {', '.join(map(str, sorted(set(columns[index]))[:4]))}, ..."
        return Refusal(
            f"{what} for inputs of several sizes, and no rule is known that gives those",
            "a fixed size, or a sum, product or quotient of the input's sizes",
            "Give the dims of the Input a size.",
        )
    shape = tuple(dim for dim in dims if dim is not None)
    return Found(TensorSpec(shape, dtypes[0]), parameters)


def _hint(line: int | str | None) -> str:
    return f"Change line {line} of the source." if line else "Change the source."


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and, where the system has groups of them, everything it started."""
    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # it is gone already
