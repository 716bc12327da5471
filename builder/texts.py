"""The window's texts in the language of whoever reads them; English stands in the code.

A catalogue is `resources/translations/LANGUAGE.json`: the English text, and what it is called there.

    {"plural": "n != 1",
     "texts": {"&Open...": "Ö&ffnen...", "{count} layers": ["{count} Ebene", "{count} Ebenen"]}}

What a catalogue does not have stays English. `python -m tests.translations LANGUAGE` writes or completes one.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from gettext import c2py
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

from builder.made_texts import MadeTexts

CONTEXT = "Netloom"
MADE = "made"  # of texts with values in them already
FOLDER = Path(__file__).resolve().parents[1] / "resources" / "translations"
VARIABLE = "NETLOOM_LANGUAGE"  # a language such as `de`, in place of the system's
PSEUDO = "pseudo"  # marks every text that can be translated, to find those that cannot
MARKS = ("⟦", "⟧")

_log = logging.getLogger("netloom")


class CatalogError(Exception):
    """A catalogue cannot be read; the text says where it is wrong."""


def tr(text: str, /, **values: object) -> str:
    """An English text as the reader's language has it: `tr("Opens {path}.", path=path)`.

    Never give it a text with values already put in: no catalogue has that one.
    """
    found = QCoreApplication.translate(CONTEXT, text)
    return found.format(**values) if values else found


def later(text: str) -> str:
    """The text itself, noted for catalogues: it is a constant, and goes through `tr` when it is shown."""
    return text


def tr_made(text: str) -> str:
    """A text that the graph or the engine made, values and all, as the reader's language has it."""
    return QCoreApplication.translate(MADE, text)


def tr_count(one: str, many: str, count: int) -> str:
    """`tr_count("{count} layer", "{count} layers", 2)`: the form for a number, with the number in it."""
    most = (
        2**31 - 1
    ) // 1000 * 1000 - 1000  # of Qt's numbers; larger ones take the forms of their last digits
    found = QCoreApplication.translate(CONTEXT, many, None, min(count, most + count % 1000))
    form = one if found == many and count == 1 else found
    return form.replace("{count}", f"{count:,}")


class Catalog(QTranslator):
    """One language.

    Args:
        texts: what an English text is there; a list of forms for one with a number.
        plural: which form a number takes, as gettext writes it: `n != 1`.
    """

    def __init__(
        self, texts: Mapping[str, str | list[str]], plural: str = "n != 1", parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._texts = dict(texts)
        self._made = MadeTexts(self._texts)
        self._form: Callable[[int], int] = c2py(plural)

    def isEmpty(self) -> bool:
        return not self._texts

    def translate(
        self, context: str, sourceText: str, disambiguation: str | None = None, n: int = -1
    ) -> str | None:
        if context == MADE:
            return self._made.translated(sourceText)
        if context != CONTEXT:
            return None
        found = self._texts.get(sourceText)
        if isinstance(found, list):
            return found[min(self._form(max(n, 0)), len(found) - 1)] or None
        return found or None


class PseudoCatalog(Catalog):
    """Marks every text that goes through `tr`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__({"": ""}, parent=parent)

    def translate(
        self, context: str, sourceText: str, disambiguation: str | None = None, n: int = -1
    ) -> str | None:
        return sourceText.join(MARKS) if context in (CONTEXT, MADE) and sourceText else None


def read_catalog(path: Path) -> Catalog:
    """A language from its file.

    Raises:
        CatalogError: it is no catalogue, or a translation lost a value that is put in.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        texts, plural = content["texts"], str(content.get("plural", "n != 1"))
        _require_sound(texts)
        return Catalog(texts, plural)
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error) or type(error).__name__
        raise CatalogError(f"{path.name}: {reason}. Expected an object with texts.") from error


def wanted_languages() -> list[str]:
    """Languages that the reader wants, the best one first, as file names without their end."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return [chosen]
    tags = [tag.replace("-", "_") for tag in QLocale().uiLanguages()]
    return list(dict.fromkeys(each for tag in tags for each in (tag, tag.split("_")[0])))


def install_language(app: QCoreApplication, folder: Path = FOLDER) -> str:
    """Shows texts in the best language that there is from now on; gives its name, empty for English."""
    for name in wanted_languages():
        if name == "en":
            return ""
        if name == PSEUDO:
            app.installTranslator(PseudoCatalog(app))
            return name
        path = folder / f"{name}.json"
        if path.is_file():
            return _install(app, path)
    return ""


def _install(app: QCoreApplication, path: Path) -> str:
    try:
        catalog = read_catalog(path)
    except CatalogError as error:
        _log.warning("%s", error)
        return ""
    catalog.setParent(app)
    own = QTranslator(app)  # of Qt's own dialogs
    if own.load(f"qtbase_{path.stem}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(own)
    app.installTranslator(catalog)
    return path.stem


def _require_sound(texts: Mapping[str, Any]) -> None:
    """Refuses translations that are no text, or that lack a value of the original or have another."""
    for source, found in texts.items():
        for form in found if isinstance(found, list) else [found]:
            if not isinstance(form, str):
                raise TypeError(f"{source!r} is translated by {form!r}, which is no text")
            if form and _values(form) - _values(source):
                raise ValueError(f"{source!r} has no value {', '.join(_values(form) - _values(source))}")


def _values(text: str) -> set[str]:
    """Names of the values that are put into a text: `{count}`."""
    return {part.split("}")[0] for part in text.split("{")[1:] if "}" in part}
