"""`python -m tests.benchmarks NAME` prints one JSON line; without a name it lists the benchmarks."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys

import tests.benchmarks
from runtime.spinning import spin_briefly


def names() -> list[str]:
    """Every benchmark there is."""
    modules = pkgutil.iter_modules(tests.benchmarks.__path__)
    return sorted(module.name for module in modules if not module.name.startswith("_"))


def main(arguments: list[str]) -> int:
    """Runs one benchmark; 2 for wrong usage."""
    if not arguments:
        sys.stdout.write("\n".join(names()) + "\n")
        return 0
    if len(arguments) > 1 or arguments[0] not in names():
        sys.stderr.write(f"Expected one of: {', '.join(names())}.\n")
        return 2
    spin_briefly()  # as the command does, for peers and floors too
    result = importlib.import_module(f"tests.benchmarks.{arguments[0]}").run()
    sys.stdout.write(json.dumps({"name": arguments[0], **result}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
