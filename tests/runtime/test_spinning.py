"""Threads that wait for each other let their processors go, unless the user wants it otherwise."""

import os
import subprocess
import sys

import pytest

from runtime.spinning import ROUNDS, SPIN_COUNT, WAIT_POLICY, spin_briefly


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {SPIN_COUNT: str(ROUNDS)}),
        ({SPIN_COUNT: "7"}, {SPIN_COUNT: "7"}),
        ({WAIT_POLICY: "active"}, {WAIT_POLICY: "active"}),
    ],
)
def test_what_the_user_has_set_stays(before, after):
    spin_briefly(before)
    assert before == after


def test_the_command_says_so_before_pytorch_is_loaded():
    code = """
import os, sys
from builder.cli import main
main(["--version"])
assert "torch" not in sys.modules
print(os.environ["GOMP_SPINCOUNT"])
"""
    environment = {name: value for name, value in os.environ.items() if name not in (SPIN_COUNT, WAIT_POLICY)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1:] == [str(ROUNDS)], done.stderr
