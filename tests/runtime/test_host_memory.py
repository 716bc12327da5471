"""Memory that a run frees is there for its next step, and goes back to the system after the run."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other C libraries keep memory their own way")
COUNTING = """
import resource, threading, torch
from runtime.host_memory import freed_memory_kept, share_memory_among_threads, trim

LARGE = 16 << 20  # floats: 64 MiB, far more than glibc keeps by itself

def pages_for(floats):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(floats)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
"""


def hold(code: str) -> None:
    """Runs assertions in a fresh interpreter: what a thread allocates from may change for good."""
    done = subprocess.run([sys.executable, "-c", COUNTING + code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "switch", ["freed_memory_kept()", "backends_of(TrainingPlan(), torch.device('cpu'))"]
)
def test_a_run_takes_its_memory_from_the_system_once(switch):
    hold(f"""
from runtime.backends import backends_of
from runtime.plan import TrainingPlan

def pages_again():
    torch.ones(2 * LARGE)
    return pages_for(LARGE)

before = pages_again()
with {switch}:
    during = pages_again()
trim()
after = pages_again()
assert during < min(before, after) / 10, (before, during, after)
""")


def test_threads_share_what_one_of_them_has_freed():
    hold("""
share_memory_among_threads()
fetched = []
def take(floats):
    fetched.append(pages_for(floats))
with freed_memory_kept():
    take(2 * LARGE)
    thread = threading.Thread(target=take, args=(LARGE,))
    thread.start()
    thread.join()
assert fetched[1] < fetched[0] / 10, fetched
""")
