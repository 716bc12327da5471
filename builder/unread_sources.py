"""Keeps PySide from reading the source of everything that is imported.

It searches every module for its own name, as a module may ask for `snake_case` methods (PYSIDE-2029); nothing
here does. With PyTorch these are 1,400 files, which stay in `linecache`: 0.2 s and 50 MB.
"""

from __future__ import annotations

import sys


def leave_sources_unread() -> None:
    """Has PySide take it from now on that no module asks for other names; only its speed depends on it."""
    import PySide6.QtCore  # noqa: F401  which brings the search along

    feature = sys.modules.get("shibokensupport.feature")
    if hasattr(feature, "_mod_uses_pyside"):
        feature._mod_uses_pyside = lambda module: False
