"""PySide leaves alone what is imported."""

import subprocess
import sys

import pytest

LOOK = "import linecache, builder.theme; print(any('theme' in name for name in linecache.cache))"


@pytest.mark.parametrize(
    ("before", "is_read"),
    [
        ("import PySide6.QtCore; ", "True"),
        ("from builder.unread_sources import leave_sources_unread; leave_sources_unread(); ", "False"),
    ],
    ids=["as PySide does it", "here"],
)
def test_no_source_is_read_on_import(before, is_read):
    answer = subprocess.run([sys.executable, "-c", before + LOOK], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == is_read
