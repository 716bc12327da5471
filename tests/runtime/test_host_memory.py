"""Memory that a run frees is there for its next step, and goes back to the system after the run."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest
import torch

from runtime.backends import backends_of
from runtime.host_memory import freed_memory_kept, trim
from tests.runtime.training import CPU, make_plan

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other C libraries keep memory their own way")
FLOATS = 16 << 20  # 64 MiB, far more than glibc keeps by itself


def pages_fetched() -> int:
    """How many pages the system has to give for a large block, where a larger one was just freed."""
    torch.ones(2 * FLOATS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(FLOATS)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.parametrize("switch", [freed_memory_kept, lambda: backends_of(make_plan(), CPU)])
def test_a_run_takes_its_memory_from_the_system_once(switch):
    trim()
    before = pages_fetched()
    with switch():
        during = pages_fetched()
    trim()
    after = pages_fetched()
    assert during < before / 10
    assert during < after / 10


def test_threads_share_what_one_of_them_has_freed():
    """In a fresh interpreter, as it cannot be undone: a thread finds what the first one has freed."""
    code = """
import resource, threading, torch
from runtime.host_memory import freed_memory_kept, share_memory_among_threads
share_memory_among_threads()
fetched = []
def take(floats):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(floats)
    fetched.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
with freed_memory_kept():
    take(32 << 20)
    thread = threading.Thread(target=take, args=(16 << 20,))
    thread.start()
    thread.join()
assert fetched[1] < fetched[0] / 10, fetched
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
