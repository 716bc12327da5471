"""What can be translated, and how far it is: writes and completes catalogues.

python -m tests.translations            # how many texts there are, and how far each catalogue is
python -m tests.translations de         # writes resources/translations/de.json, or adds to it what is new
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from builder.panels.plan_edits import PARTS, SETTING, part_specs
from builder.panels.setting_groups import english
from builder.texts import FOLDER
from builder.window_actions import ALL_ACTIONS, MENUS, SUBMENUS
from graph.templates import templates
from runtime.plan import TABLES
from tests.literals import ROOT, prose, read_modules, tree_of

BUILDER = ROOT / "builder"
COMMANDS = ("builder", "commands")
ROOMS = ("graph", "codegen", "runtime")
MAKERS = (BUILDER / "figure" / "files.py",)
PLURAL = "n != 1"


def window_modules() -> list[Path]:
    """The modules whose texts people read in the window; the command line speaks English."""
    return sorted(path for path in BUILDER.rglob("*.py") if path.relative_to(ROOT).parts[:2] != COMMANDS)


def texts() -> dict[str, str | list[str]]:
    """Every English text that goes through the translation layer, with an empty translation."""
    found: dict[str, str | list[str]] = dict.fromkeys(made_texts(), "")
    for spec in ALL_ACTIONS:
        found |= dict.fromkeys((spec.text, spec.tooltip, spec.category), "")
    found |= {f"&{title}": "" for title in MENUS}
    found |= {title: "" for title, _ in SUBMENUS.values()}
    for each in read_modules(window_modules()).translated:
        found[each.text] = ["", ""] if each.has_forms else ""
    found.pop("", None)
    return found


def made_texts() -> Iterator[str]:
    """What the other rooms say of a network and of a run, with `{0}`, `{1}`, ... for the values in it."""
    for path in (*(each for room in ROOMS for each in sorted((ROOT / room).rglob("*.py"))), *MAKERS):
        for each in prose(tree_of(path), set()):
            yield each.text
    data = [spec.name for source in TABLES["data"] for spec in part_specs("data", source)]
    yield from (english(name) for name in (*PARTS, *SETTING, *data))
    for template in templates():
        yield from (template.description, template.group, *template.keywords)


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
