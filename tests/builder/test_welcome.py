"""The welcome page: templates with their pictures, recent projects, by mouse and by keyboard."""

import os

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QImage, QPainter
from PySide6.QtWidgets import QApplication, QMenu, QPushButton

from builder.canvas.style import CanvasStyle
from builder.gallery import gallery
from builder.recent import RecentProjects, ago
from builder.theme import dark, light
from builder.thumbnail import paint_thumbnail
from builder.welcome import WelcomePage
from graph.storage import save
from graph.templates import template, templates

Key = Qt.Key


@pytest.fixture
def recent(settings):
    return RecentProjects(settings)


@pytest.fixture
def page(qtbot, recent, themes):
    page = WelcomePage(recent, light())
    qtbot.addWidget(page)
    page.resize(1240, 760)
    page.show()
    qtbot.waitExposed(page)
    page.gallery.start()
    qtbot.waitUntil(lambda: len(page.cards) == len(templates()))
    page.activateWindow()
    return page


@pytest.fixture
def saved(tmp_path):
    def write(name):
        path = tmp_path / name
        save(template("MLP").project(), path)
        return path

    return write


def names(cards):
    return [card.text() for card in cards]


def card_of(page, name):
    return next(card for card in page.cards if card.text() == name)


def focused(page):
    return page.focusWidget()


def press(qtbot, page, key):
    qtbot.keyClick(focused(page), key)


# -- the gallery


def test_a_card_says_what_there_is_to_know_before_it_is_opened(page):
    card = card_of(page, "SmallCNN")
    assert card.facts == "94,186 parameters"
    assert card.data == "Learns from Handwritten digits, included"
    assert card.entry.template.description in card.accessibleDescription()
    assert "94,186 parameters" in card.accessibleDescription()
    assert card_of(page, "ResNet18").data == "Learns from CIFAR10"
    assert card_of(page, "UNet").data == "Learns from your own data"


def test_every_template_stands_in_a_group_the_simplest_first(page):
    groups = list(dict.fromkeys(card.entry.template.group for card in page.cards))
    assert groups[0] == "First steps"
    assert names(page.cards)[:2] == ["Regression", "LinearModel"]
    assert sorted(names(page.cards)) == sorted(each.name for each in templates())


def test_a_project_from_a_template_knows_nothing_of_the_gallery():
    assert template("MLP").project().extra == {}


def has_picture(card, theme):
    """Whether the colour of its first family of layers is in sight."""
    image = card.grab().toImage()
    color = theme.color(theme.family_color("Convolution")).name()
    inside = range(8, image.width() - 8), range(8, 112)
    return any(image.pixelColor(x, y).name() == color for x in inside[0] for y in inside[1])


def test_pictures_show_the_network_in_the_colours_of_the_theme(page, qtbot):
    card = card_of(page, "CNN")
    qtbot.waitUntil(lambda: has_picture(card, light()))
    page.set_theme(dark())
    qtbot.waitUntil(lambda: has_picture(card, dark()))


def test_the_smallest_picture_leads_edges_around_the_layers(qapp):
    image = QImage(250, 104, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    paint_thumbnail(painter, QRectF(image.rect()), template("SmallCNN").project(), CanvasStyle(light()))
    painter.end()
    first = light().color(light().family_color("Convolution")).name()
    columns = [{image.pixelColor(x, y).name() for y in range(image.height())} for x in range(image.width())]
    left = next(x for x, colors in enumerate(columns) if first in colors)
    assert any(colors != {"#ffffff"} for colors in columns[: left - 2]), (
        "the way from row to row is left of them"
    )


def test_pictures_are_drawn_once_they_are_seen_and_kept_for_each_theme(page, qtbot, monkeypatch):
    qtbot.waitUntil(lambda: has_picture(card_of(page, "CNN"), light()))
    drawn = []
    page.gallery.pictures.ready.connect(drawn.append)
    page.set_theme(dark())
    qtbot.waitUntil(lambda: has_picture(card_of(page, "CNN"), dark()))
    assert "GPT" not in drawn, "it is below the edge of the page"
    drawn.clear()
    page.set_theme(light())
    assert has_picture(card_of(page, "CNN"), light())
    assert drawn == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("unet", ["UNet"]),
        ("conv2d digits", ["CNN", "SmallCNN", "MultiHead"]),
        ("LSTM", ["LSTMClassifier"]),
        ("tables", ["Regression", "TabularMLP", "LSTMClassifier", "GRUClassifier", "GPT"]),
    ],
)
def test_a_search_looks_at_names_layers_data_and_groups(page, qtbot, text, found):
    page.gallery.search.setFocus()
    qtbot.keyClicks(page.gallery.search, text)
    assert names(page.gallery.shown_cards) == found
    press(qtbot, page, Key.Key_Escape)
    assert len(page.gallery.shown_cards) == len(page.cards)


# What people type, and a template that it must find.
EVERYDAY = {
    "regr": "Regression", "regression": "Regression", "logistic regression": "LinearModel",
    "classify": "MLP", "classification": "TabularMLP", "classifier image": "CNN",
    "image": "SmallCNN", "picture": "ResNet18", "photo": "ViT", "vision": "MobileNet",
    "time series": "LSTMClassifier", "forecast": "GRUClassifier", "sequence": "TinyRNN",
    "rnn": "LSTMClassifier",
    "text": "GPT", "language": "GPT", "llm": "GPT", "nlp": "GPT", "generate": "GPT",
    "transformer": "ViT", "attention": "GPT",
    "autoencoder": "Autoencoder", "auto-encoder": "Autoencoder", "compress": "Autoencoder",
    "anomaly": "Autoencoder", "unsupervised": "Autoencoder", "denoise": "Autoencoder",
    "segmentation": "UNet", "mask": "UNet", "medical image": "UNet",
    "csv": "TabularMLP", "table": "TabularMLP", "tabular": "TabularMLP", "spreadsheet": "TabularMLP",
    "mnist": "CNN", "handwriting": "SmallCNN", "cifar": "ResNet18",
    "transfer learning": "FrozenBackbone", "fine-tune": "FrozenBackbone", "finetun": "FrozenBackbone",
    "mobile": "MobileNet", "lightweight": "MobileNet", "fast": "MobileNet",
    "multi-task": "MultiHead", "similarity": "Siamese", "compare": "Siamese",
    "beginner": "LinearModel", "simple": "LinearModel", "perceptron": "MLP", "fully connected": "MLP",
    "convolutional": "CNN", "residual": "ResNet18",
}  # fmt: skip


@pytest.mark.parametrize(("typed", "wanted"), EVERYDAY.items())
def test_words_that_people_type_find_a_template_for_them(page, typed, wanted):
    page.gallery.search.setText(typed)
    shown = names(page.gallery.shown_cards)
    assert wanted in shown
    assert len(shown) < len(page.cards)


@pytest.mark.parametrize("typed", ["regr", "regression", "diabetes", "predict a number", "estimate price"])
def test_who_wants_to_predict_a_number_finds_the_template_for_it_first(page, typed):
    page.gallery.search.setText(typed)
    assert names(page.gallery.shown_cards)[0] == "Regression"


@pytest.mark.parametrize(("typed", "wrong"), [("text", "UNet"), ("gan", "TinyRNN"), ("regression", "CNN")])
def test_a_keyword_finds_nothing_that_it_is_not_true_of(page, typed, wrong):
    page.gallery.search.setText(typed)
    assert wrong not in names(page.gallery.shown_cards)


def test_every_template_has_keywords_each_once():
    for each in templates():
        assert len(each.keywords) >= 5, each.name
        assert len(set(each.keywords)) == len(each.keywords), each.name
        assert all(word == word.casefold().strip() for word in each.keywords), each.name


def test_a_search_that_finds_nothing_says_what_else_to_try(page, qtbot):
    page.gallery.search.setFocus()
    qtbot.keyClicks(page.gallery.search, "qqq")
    assert page.gallery.shown_cards == []
    assert page.gallery.nothing.isVisible()
    assert "Try the name of a layer" in page.gallery.nothing.text()


def test_letters_typed_anywhere_begin_a_search(page, qtbot):
    page.new_button.setFocus()
    qtbot.keyClick(page.new_button, "v")
    assert page.gallery.search.hasFocus()
    qtbot.keyClicks(focused(page), "it")
    assert names(page.gallery.shown_cards) == ["ViT"]


def test_enter_in_the_search_opens_the_first_that_is_left(page, qtbot):
    page.gallery.search.setFocus()
    qtbot.keyClicks(page.gallery.search, "unet")
    with qtbot.waitSignal(page.template_chosen) as chosen:
        press(qtbot, page, Key.Key_Return)
    assert chosen.args[0].name == "UNet"


def test_arrows_go_through_the_cards_and_enter_opens_one(page, qtbot):
    page.gallery.search.setFocus()
    press(qtbot, page, Key.Key_Down)
    assert focused(page).text() == "Regression"
    press(qtbot, page, Key.Key_Right)
    press(qtbot, page, Key.Key_Right)
    assert focused(page).text() == "MLP"
    press(qtbot, page, Key.Key_Down)
    below = focused(page)
    assert below.text() == "TinyRNN", "the one right below, in a page three cards wide"
    press(qtbot, page, Key.Key_Down)
    assert focused(page).entry.template.group == "Images"
    assert focused(page).visibleRegion().boundingRect().height() == focused(page).height(), "it is in view"
    press(qtbot, page, Key.Key_Up)
    assert focused(page) is below
    press(qtbot, page, Key.Key_Up)
    press(qtbot, page, Key.Key_Up)
    assert page.gallery.search.hasFocus()
    below.setFocus()
    with qtbot.waitSignal(page.template_chosen) as chosen:
        press(qtbot, page, Key.Key_Return)
    assert chosen.args[0].name == "TinyRNN"


def test_arrows_stay_within_what_a_search_has_left(page, qtbot):
    page.gallery.search.setFocus()
    qtbot.keyClicks(page.gallery.search, "conv2d digits")
    press(qtbot, page, Key.Key_Down)
    for _ in range(4):
        press(qtbot, page, Key.Key_Right)
    assert focused(page).text() == "MultiHead"


def test_a_click_gives_a_fresh_project_each_time(page, qtbot):
    opened = []
    page.template_chosen.connect(opened.append)
    for _ in range(2):
        qtbot.mouseClick(card_of(page, "MLP"), Qt.MouseButton.LeftButton)
    assert [project.name for project in opened] == ["MLP", "MLP"]
    assert opened[0].graph is not opened[1].graph


def test_templates_that_cannot_be_read_are_explained(qtbot, recent, themes, monkeypatch, caplog):
    def fail():
        raise OSError("the disk is gone")

    monkeypatch.setattr("builder.template_gallery.gallery", fail)
    page = WelcomePage(recent, light())
    qtbot.addWidget(page)
    with qtbot.waitSignal(page.gallery.settled):
        page.gallery.start()
    assert "the disk is gone" in page.gallery.nothing.text()
    caplog.clear()


def test_what_trains_without_any_file_is_marked():
    ready = {entry.template.name for entry in gallery() if entry.is_ready}
    assert {"MLP", "SmallCNN", "TabularMLP", "Regression"} <= ready
    assert not ready & {"ResNet18", "UNet"}


# -- recent projects


def test_recent_projects_say_where_they_are_and_when_they_changed(page, recent, saved, tmp_path):
    path = saved("mine.netloom")
    os.utime(path, (0, 0))
    recent.add(path)
    (row,) = page.recent.rows
    assert row.button.text() == "mine"
    assert row.about.text() == f"{tmp_path} · {ago(0)}"
    assert row.about.text().endswith("months ago")
    assert str(path) in row.button.toolTip()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (-5, "just now"),
        (61, "1 minute ago"),
        (3 * 3600, "3 hours ago"),
        (30 * 3600, "yesterday"),
        (12 * 86400, "12 days ago"),
        (90 * 86400, "3 months ago"),
    ],
)
def test_times_are_told_as_people_say_them(seconds, text):
    assert ago(1e9, 1e9 + seconds) == text


def test_a_missing_file_is_marked_and_can_be_taken_off_the_list(page, recent, saved, qtbot):
    gone, here = saved("gone.netloom"), saved("here.netloom")
    recent.add(gone)
    recent.add(here)
    gone.unlink()
    page.recent.refresh()
    rows = page.recent.rows
    assert [row.about.text().endswith("missing") for row in rows] == [False, True]
    assert "The file is gone" in rows[1].button.toolTip()
    assert recent.paths == [here]
    qtbot.mouseClick(rows[1].remove_button, Qt.MouseButton.LeftButton)
    assert [row.button.text() for row in page.recent.rows] == ["here"]


def test_recent_projects_by_keyboard(page, recent, saved, qtbot):
    paths = [saved(f"{name}.netloom") for name in "abc"]
    for path in paths:
        recent.add(path)
    page.recent.rows[0].button.setFocus()
    press(qtbot, page, Key.Key_Down)
    assert focused(page).text() == "b"
    with qtbot.waitSignal(page.path_chosen) as chosen:
        press(qtbot, page, Key.Key_Return)
    assert chosen.args == [paths[1]]
    press(qtbot, page, Key.Key_Delete)
    assert recent.paths == [paths[2], paths[0]]
    assert paths[1].exists(), "only the list forgets it"
    assert focused(page).text() == "a"


def test_a_recent_project_opens_in_a_window_of_its_own_from_its_menu(page, recent, saved, qtbot):
    path = saved("mine.netloom")
    recent.add(path)
    row = page.recent.rows[0]
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(5, 5), row.mapToGlobal(QPoint(5, 5)))
    QApplication.sendEvent(row, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    action = next(each for each in menu.actions() if each.text() == "Open in new window")
    with qtbot.waitSignal(page.elsewhere_asked) as asked:
        action.trigger()
    menu.close()
    assert asked.args == [path]


def test_without_recent_projects_the_list_says_what_will_be_there(page):
    assert page.recent.rows == []
    assert page.recent._empty.isVisible()


# -- in the window


def test_help_is_one_click_away(window, qtbot, monkeypatch):
    opened = []
    monkeypatch.setattr("builder.help.QDesktopServices.openUrl", lambda url: opened.append(url.toString()))
    links = {button.text(): button for button in window.welcome.findChildren(QPushButton)}
    qtbot.mouseClick(links["PyTorch documentation"], Qt.MouseButton.LeftButton)
    assert opened == ["https://docs.pytorch.org/docs/stable/nn.html"]


def test_pytorch_is_loaded_once_the_templates_are_there(window, qtbot, monkeypatch):
    started = []
    monkeypatch.setattr(window.loader, "start", lambda: started.append(len(window.welcome.cards)))
    qtbot.waitUntil(lambda: bool(window.welcome.cards))
    qtbot.waitUntil(lambda: bool(started))
    assert started[0] == len(templates())
