"""Custom layers run in processes of their own: what they give, and what code that misbehaves comes to."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import pytest

from graph.custom_shapes import Found, Question, Refusal
from graph.dims import symbol
from graph.shapes import BATCH, TensorSpec
from runtime import custom_child, custom_probe
from runtime.custom_probe import ShapeProbe
from tests.graph.custom_layers import GATE, forward
from tests.runtime.custom_runs import Everything, Here

SEQUENCE = TensorSpec((BATCH, symbol("T"), 8))
SECONDS = 3.0
ENDLESS = "its code does not come to an end: it was stopped after 3 seconds"

CONV = """\
class Half(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv1d(8, channels, 3, stride=2, padding=1)

    def forward(self, x):
        return self.conv(x.transpose(1, 2)).transpose(1, 2)
"""
LAZY = """\
class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.LazyLinear(3)

    def forward(self, x):
        return self.linear(x)
"""


class Nothing:
    """Trusts no source."""

    def is_trusted(self, source):
        return False


@dataclass(frozen=True)
class Case:
    """A source and what is said of it: the shape and the number of parameters, or a part of the refusal."""

    source: str
    said: str
    arguments: str = "{}"


APART = {  # in a process of their own
    "a layer": Case(GATE, "(N, T, 8) 72", '{"channels": 8}'),
    "prints, with threads and exit handlers": Case(
        "import atexit\nimport threading\nimport time\n\n"
        "ASLEEP = threading.Thread(target=time.sleep, args=(1000,))\n\n\n"
        + forward(
            "if not ASLEEP.is_alive():",
            "    ASLEEP.start()",
            "atexit.register(time.sleep, 1000)",
            "print('x' * 10**7)",
            "return x",
        ),
        "(N, T, 8) 0",
    ),
    "needs torchvision": Case(
        "from torchvision.ops import StochasticDepth\n\n\n"
        + forward("return StochasticDepth(0.5, 'row')(x)[:, 1:]"),
        "(N, T - 1, 8) 0",
    ),
    "never ends": Case(forward("while True: pass"), f"{ENDLESS} in line 3 of the source."),
    "sleeps when read": Case(
        f"import time\nX = time.sleep(1000)\n{forward('return x')}", f"{ENDLESS} in line 2 of the source."
    ),
    "holds the interpreter": Case(forward("return 10 ** 10 ** 9"), f"{ENDLESS} in line 3 of the source."),
    "ends the process": Case(
        "import os\n" + forward("os._exit(3)"), "its code ended the process that ran it (exit code 3)."
    ),
    "fills the memory": Case(
        forward("return [bytearray(10**7) for _ in range(10**6)]"),
        "needs more than 0.25 GiB of memory in line 3 of the source.",
    ),
    "writes the answer": Case(
        "import os\nimport pathlib\n"
        + forward("pathlib.Path('reply.json').write_text('{\"outputs\": 7}')", "os._exit(0)"),
        "its code wrote over the answer",
    ),
}
HARMLESS = {
    "every other step": Case(CONV, "(N, (T + 1)//2, 16) 400", '{"channels": 16}'),
    "rows of all samples": Case(forward("return x.reshape(-1, 8)"), "(N*T, 8) 0"),
    "exits": Case("import sys\n" + forward("sys.exit('bye')"), "in line 4 of the source: SystemExit: bye"),
    "asks for a large tensor": Case(
        forward("return torch.ones(10**12, device='cpu')"), "needs more than 0.25 GiB of memory in line 3"
    ),
    "reads numbers": Case(forward("return x * x.max().item()"), "Compute the shape from shapes"),
    "does not fit": Case(
        forward("return x @ torch.empty(5, 5)"), "forward with (N, T, 8) fails in line 3 of the source: Run"
    ),
    "needs a package": Case(
        "import nowhere_to_be_found\n" + forward("return x"),
        "reading its source fails in line 1 of the source: ModuleNotFoundError",
    ),
    "fails when made": Case(
        GATE, "making the layer fails in line 10 of the source: TypeError", '{"channels": []}'
    ),
    "an error without a text": Case(
        "class Odd(Exception):\n    def __str__(self):\n        return 1 / 0\n" + forward("raise Odd"),
        "fails in line 6 of the source: Odd.",
    ),
    "is no layer": Case("class Layer(object):\n def forward(self): ...", "does not derive from nn.Module"),
    "returns several": Case(forward("return x, x"), "forward returns a tuple of 2. Expected a layer whose"),
    "returns nothing": Case(forward("x.sum()"), "forward returns nothing."),
    "returns another rank": Case(
        forward("return x if len(x) == 2 else x[0]"), "depending on the batch. Expected as many dims"
    ),
    "returns complex numbers": Case(forward("return x + 1j"), "forward gives complex64. Expected float32"),
    "follows no rule": Case(
        forward("return x.new_empty(len(x), x.shape[1].bit_length())"), "no rule is known that gives those"
    ),
    "size unknown until it ran": Case(LAZY, "parameters whose size is only known after it ran"),
}
CASES = APART | HARMLESS


def question(case):
    return Question(case.source, "", case.arguments, (SEQUENCE,))


def told(answer):
    if isinstance(answer, Found):
        return f"{answer.output} {answer.parameters}"
    return f"{answer.what}. Expected {answer.expected}. {answer.hint}"


@pytest.fixture(scope="module")
def answers():
    """What is said of each case; processes run two at a time."""
    apart, here = (kind(Everything(), seconds=SECONDS, memory=2**28) for kind in (ShapeProbe, Here))
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda case: told(apart.answer(question(case))), APART.values()))
    found += [told(here.answer(question(case))) for case in HARMLESS.values()]
    return dict(zip(CASES, found, strict=True))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", CASES)
def test_what_is_said_of_a_source(answers, name):
    if "memory" in CASES[name].said and sys.platform != "linux":
        pytest.skip("only Linux tells how much memory a process has")
    assert CASES[name].said in answers[name]
    assert len(answers[name]) < 900


def test_untrusted_code_is_not_run(tmp_path):
    marker = tmp_path / "ran"
    source = f"import pathlib\nX = pathlib.Path({str(marker)!r}).touch()\n{forward('return x')}"
    answer = ShapeProbe(Nothing()).answer(Question(source, "", "{}", (SEQUENCE,)))
    assert isinstance(answer, Refusal)
    assert "not trusted" in answer.what
    assert not marker.exists()


def test_an_answer_is_found_once(monkeypatch):
    probe = Here(Everything())
    first = probe.answer(question(CASES["rows of all samples"]))
    monkeypatch.setattr(custom_child, "answer", None)
    assert probe.answer(question(CASES["rows of all samples"])) is first
    assert probe.known(question(CASES["a layer"])) is None
    probe.forget()
    assert probe.known(question(CASES["rows of all samples"])) is None


def test_closing_ends_what_runs(monkeypatch):
    started, has_started = [], Event()
    start = custom_probe.subprocess.Popen

    def remember(*args, **kwargs):
        started.append(start(*args, **kwargs))
        has_started.set()
        return started[0]

    monkeypatch.setattr(custom_probe.subprocess, "Popen", remember)
    probe, answers = ShapeProbe(Everything()), []
    waiting = Thread(target=lambda: answers.append(probe.answer(question(CASES["never ends"]))))
    waiting.start()
    assert has_started.wait(60)
    probe.close()
    waiting.join()
    assert answers[0].what == "its code was stopped"
    assert started[0].poll() is not None
    assert probe.known(question(CASES["never ends"])) is None


def test_the_request_holds_what_was_asked(monkeypatch):
    seen = []

    def keep(self, folder):
        seen.append(json.loads((folder / "request.json").read_text("utf-8")))
        return 0

    monkeypatch.setattr(ShapeProbe, "_exit_code_of_child", keep)
    answer = ShapeProbe(Everything()).answer(Question(GATE, "", '{"channels": 8}', (SEQUENCE,)))
    assert isinstance(answer, Refusal)
    (request,) = seen
    assert (request["class_name"], request["arguments"]) == ("Gate", {"channels": 8})
    batches = {run[0]["shape"][0] for run in request["runs"]}
    assert batches == {2, 3, 5, 7}
    assert Path(custom_probe.CHILD).exists()
