"""What can be translated, and how far it is: writes and completes catalogues.

python -m tests.translations            # how many texts there are, and how far each catalogue is
python -m tests.translations de         # writes resources/translations/de.json, or adds to it what is new
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from builder.texts import FOLDER
from builder.window_actions import ALL_ACTIONS, MENUS, SUBMENUS

BUILDER = Path(__file__).resolve().parents[1] / "builder"
PLURAL = "n != 1"


def texts() -> dict[str, str | list[str]]:
    """Every English text that goes through `tr`, with an empty translation."""
    found: dict[str, str | list[str]] = {}
    for spec in ALL_ACTIONS:
        found |= dict.fromkeys((spec.text, spec.tooltip, spec.category), "")
    found |= {f"&{title}": "" for title in MENUS}
    found |= {title: "" for title, _ in SUBMENUS.values()}
    for path in sorted(BUILDER.rglob("*.py")):
        for text, has_forms in _called(ast.parse(path.read_text(encoding="utf-8"))):
            found[text] = ["", ""] if has_forms else ""
    found.pop("", None)
    return found


def _called(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """The literals and constants given to `tr`, `later` and `tr_count` in a module."""
    constants = dict(_constants(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("tr", "later") and node.args:
                for text in _strings(node.args[0], constants):
                    yield text, False
            elif node.func.id == "tr_count":
                for text in _strings(node.args[1], constants):
                    yield text, True


def _constants(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """Names at the top of a module that stand for texts."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            strings = [
                each.value
                for each in ast.walk(node.value)
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
            yield node.targets[0].id, strings


def _strings(node: ast.expr, constants: dict[str, list[str]]) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
        elif isinstance(each, ast.Name):
            yield from constants.get(each.id, [])


def completed(content: dict[str, Any]) -> dict[str, Any]:
    """A catalogue with everything that there is to be translated, and nothing that is gone."""
    before = content.get("texts", {})
    return {
        "plural": content.get("plural", PLURAL),
        "texts": {text: before.get(text, empty) for text, empty in sorted(texts().items())},
    }


def main() -> int:
    for name in sys.argv[1:]:
        path = FOLDER / f"{name}.json"
        content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        path.parent.mkdir(exist_ok=True)
        text = json.dumps(completed(content), ensure_ascii=False, indent=1)
        path.write_text(f"{text}\n", encoding="utf-8")
    sys.stdout.write(f"{len(texts())} texts\n")
    for path in sorted(FOLDER.glob("*.json")):
        done = json.loads(path.read_text(encoding="utf-8"))["texts"]
        sys.stdout.write(f"{path.stem}: {sum(1 for each in done.values() if any(each))} translated\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
