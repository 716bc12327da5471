"""Texts in another language: catalogues, numbers, and that nothing of what is covered stays English."""

import json
import re

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QWidget

from builder.texts import (
    FOLDER,
    MARKS,
    VARIABLE,
    Catalog,
    CatalogError,
    PseudoCatalog,
    install_language,
    read_catalog,
    tr,
    tr_count,
)
from graph.templates import template
from tests.builder.test_reasons import all_menus
from tests.translations import completed, texts


@pytest.fixture
def pseudo(installed):
    """Marks what can be translated, before the window is made."""
    installed(PseudoCatalog())


def is_marked(text):
    return text.startswith(MARKS[0]) and text.endswith(MARKS[1])


def test_english_stands_without_a_catalogue(qapp):
    assert tr("&Open...") == "&Open..."
    assert tr_count("{count} layer", "{count} layers", 1) == "1 layer"
    assert tr_count("{count} layer", "{count} layers", 2000) == "2,000 layers"
    for count in (2**31 - 2, 2**31 - 1, 2**31, 10**12 + 999, 10**30):
        assert tr_count("{count} layer", "{count} layers", count) == f"{count:,} layers"


def test_a_catalogue_translates_what_it_has_and_counts_as_its_language_does(installed):
    forms = ["{count} warstwa", "{count} warstwy", "{count} warstw"]
    plural = "n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2"
    installed(Catalog({"&Open...": "&Otwórz...", "Cancel": "", "{count} layers": forms}, plural))
    assert tr("&Open...") == "&Otwórz..."
    assert tr("Cancel") == "Cancel"
    told = [tr_count("{count} layer", "{count} layers", count) for count in (1, 3, 5, 22)]
    assert told == ["1 warstwa", "3 warstwy", "5 warstw", "22 warstwy"]


def test_the_language_that_is_asked_for_is_read_from_its_file(qapp, tmp_path, monkeypatch, installed):
    (tmp_path / "de.json").write_text(json.dumps({"texts": {"&Open...": "Ö&ffnen..."}}), encoding="utf-8")
    monkeypatch.setenv(VARIABLE, "de")
    before = qapp.findChildren(QTranslator)
    assert install_language(qapp, tmp_path) == "de"
    assert tr("&Open...") == "Ö&ffnen..."
    for translator in (each for each in qapp.findChildren(QTranslator) if each not in before):
        qapp.removeTranslator(translator)
        translator.deleteLater()
    assert tr("&Open...") == "&Open..."
    monkeypatch.setenv(VARIABLE, "en")
    assert install_language(qapp, tmp_path) == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "de.json"),
        ("[]", "Expected an object with texts"),
        ('{"texts": {"Save {name}": "Sichere {path}"}}', "'Save {name}' has no value path"),
        ('{"texts": {"Save": 3}}', "'Save' is translated by 3, which is no text"),
    ],
)
def test_a_catalogue_that_is_wrong_says_where(tmp_path, content, words):
    (tmp_path / "de.json").write_text(content, encoding="utf-8")
    with pytest.raises(CatalogError, match=words.replace("{", r"\{").replace("}", r"\}")):
        read_catalog(tmp_path / "de.json")


def test_a_broken_catalogue_leaves_english_and_a_line_in_the_log(qapp, tmp_path, monkeypatch, caplog):
    (tmp_path / "de.json").write_text("{", encoding="utf-8")
    monkeypatch.setenv(VARIABLE, "de")
    assert install_language(qapp, tmp_path) == ""
    assert "de.json" in caplog.text


def test_what_is_to_be_translated_is_found_and_what_was_done_is_kept():
    found = texts()
    assert {"&Open...", "&File", "Saves the project.", "Export figure", "Whole graph"} <= found.keys()
    assert found["Selection, {count} layers"] == ["", ""]
    again = completed({"plural": "0", "texts": {"&Open...": "Ö&ffnen...", "gone": "weg"}})
    assert again["plural"] == "0"
    assert again["texts"]["&Open..."] == "Ö&ffnen..."
    assert "gone" not in again["texts"]


def test_every_catalogue_that_is_shipped_is_sound():
    for path in FOLDER.glob("*.json"):
        read_catalog(path)


def test_no_action_menu_or_panel_stays_english(pseudo, window):
    english = []
    for spec in window.actions_:
        action = window.actions_[spec.id]
        tip = action.toolTip().removesuffix(window.actions_.why_disabled(spec.id)).strip()
        english += [action.text()] if not is_marked(action.text()) else []
        english += [line for line in tip.splitlines()[1:] if not is_marked(line)]
    for menu in all_menus(window):
        english += [menu.title()] if not is_marked(menu.title()) else []
    marked = {each.strip("".join(MARKS)) for each in [menu.title() for menu in all_menus(window)]}
    assert marked <= texts().keys()
    docks = [window.docks[title] for title in window.docks.titles if title != "Problems"]
    english += [dock.windowTitle() for dock in docks if not is_marked(dock.windowTitle())]
    assert english == []
    assert set(window.docks.titles) <= texts().keys()


SAME_EVERYWHERE = {"SVG", "PDF", "PNG", "Netloom", "auto", "float32", ""}  # names and signs
NUMBER = re.compile(r"[\d.,]+( ?[%×]| \w?FLOP)?")


def english_in(area):
    """What the widgets in an area say in English, and what they say that no catalogue could have."""
    seen = [area.windowTitle(), area.accessibleName()] if area.isWindow() else []
    for widget in area.findChildren(QWidget):
        if isinstance(widget, (QAbstractButton, QLabel)):
            seen += [*widget.text().splitlines(), widget.toolTip()]
        elif isinstance(widget, QComboBox):
            seen += [widget.toolTip(), *map(widget.itemText, range(widget.count()))]
        seen.append(widget.accessibleName())
    seen = [text.strip().replace("&&", "&") for text in seen]
    seen = [text for text in seen if text not in SAME_EVERYWHERE and not NUMBER.fullmatch(text)]
    constant = {text.strip("".join(MARKS)) for text in seen if not any(map(str.isdigit, text))}
    return [text for text in seen if not is_marked(text)], constant - texts().keys()


def test_the_dialogs_stay_english_nowhere(pseudo, window, qtbot):
    window.files.new_project(template("SmallCNN").project())
    window.session.select(list(window.session.graph.nodes)[:2])
    window.figures.export_figure()
    window.tools.show_preferences()
    for dialog in (window.figures.dialog, window.tools.preferences_dialog):
        assert english_in(dialog) == ([], set())
        dialog.close()


def test_the_status_bar_stays_english_nowhere(pseudo, window):
    window.files.new_project(template("SmallCNN").project())
    assert english_in(window.status) == ([], set())
    settings = window.run_bar.settings
    labels = [label.text() for label in settings.findChildren(QLabel)]
    assert [text for text in labels if not is_marked(text)] == []
