"""What makes a disk fail, for tests of what happens then."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs a device or a signal of Linux")


def fail_with(number: int) -> Any:
    """A function that fails with a number of the system."""

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail
