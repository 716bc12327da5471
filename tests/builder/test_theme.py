"""The theme: readable in both looks, told apart by everyone, following the system or the choice."""

import itertools
import math
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from shiboken6 import delete

from builder.canvas.annotation_layer import BAR, PAPER
from builder.canvas.style import CanvasStyle
from builder.icons import icon, names
from builder.panels.other_runs import RUN_COLORS
from builder.theme import ThemeManager, dark, font, light
from builder.theme.dressing import AT_ONCE
from builder.theme.stylesheet import stylesheet
from graph.annotations import COLORS
from graph.blocks import CATEGORY as BLOCKS
from graph.catalog import CATALOG

THEMES = [light(), dark()]
CONTROLS = Path(__file__).resolve().parents[2] / "resources" / "icons" / "controls"
by_name = pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)

# Colour vision without one kind of cone, as linear RGB matrices.
# Source: Machado, Oliveira, Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", 2009.
VISION = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def laid_over(color, base, share):
    """A colour as it looks where so much of it is mixed into another."""
    parts = zip(QColor(color).getRgb()[:3], QColor(base).getRgb()[:3], strict=True)
    return QColor(*(round(share * top + (1 - share) * under) for top, under in parts)).name()


def linear(color):
    channels = QColor(color).getRgbF()[:3]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def contrast(one, other):
    """The contrast ratio of WCAG 2."""
    levels = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(one), linear(other))]
    return (max(levels) + 0.05) / (min(levels) + 0.05)


def oklab(color, vision):
    """How a colour is seen; a distance of 0.02 can just be told apart. Source: Ottosson, "Oklab", 2020."""
    rgb = linear(color)
    r, g, b = (max(sum(m * c for m, c in zip(row, rgb, strict=True)), 0) for row in VISION[vision])
    cone_l = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    cone_m = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    cone_s = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * cone_l + 0.7936177850 * cone_m - 0.0040720468 * cone_s,
        1.9779984951 * cone_l - 2.4285922050 * cone_m + 0.4505937099 * cone_s,
        0.0259040371 * cone_l + 0.7827717662 * cone_m - 0.8086757660 * cone_s,
    )


@by_name
@pytest.mark.parametrize(
    "background", ["window", "surface", "raised", "hover", "pressed", "selection", "canvas", "node_fill"]
)
@pytest.mark.parametrize("text", ["text", "text_muted", "error", "accent_text"])
def test_text_is_readable_on_every_surface(theme, background, text):
    assert contrast(getattr(theme, text), getattr(theme, background)) >= 4.5


@by_name
@pytest.mark.parametrize("token", ["warning", "success", "info"])
def test_words_in_a_status_colour_are_readable(theme, token):
    for background in ("window", "surface", "raised", "hover", "canvas", f"{token}_soft"):
        assert contrast(getattr(theme, token), getattr(theme, background)) >= 4.5, background


@by_name
def test_cards_that_tell_of_problems_are_readable(theme):
    for kind in ("error", "warning", "success", "info"):
        for text in ("text", "text_muted", "accent_text", kind):
            assert contrast(getattr(theme, text), getattr(theme, f"{kind}_soft")) >= 4.5, (kind, text)


@by_name
def test_what_says_where_a_control_is_stands_out_from_every_ground(theme):
    """WCAG 1.4.11: outlines of controls, the focus ring, the frame of a ticked box."""
    for part in ("border_strong", "accent", "text_muted"):
        for ground in ("window", "surface", "raised"):
            assert contrast(getattr(theme, part), getattr(theme, ground)) >= 3, (part, ground)


@by_name
def test_the_name_of_a_layer_is_readable_on_its_block(qapp, theme):
    """A family is never told by its colour alone: the name stands on it."""
    style = CanvasStyle(theme)
    for category in {BLOCKS, *(spec.category for spec in CATALOG.values())}:
        family = style.family_of(category)
        assert contrast(family.on_color.color(), family.color) >= 4.5, category


@by_name
def test_code_is_readable_also_in_a_marked_line(theme):
    for token in ("keyword", "string", "number", "comment", "name", "self"):
        for background in ("surface", "code_line"):
            assert contrast(getattr(theme, f"code_{token}"), getattr(theme, background)) >= 4.5, token


@by_name
def test_primary_button_text_is_readable(theme):
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.on_accent, theme.accent_hover) >= 4.5


@by_name
def test_graphics_stand_out_from_their_ground(theme):
    for token in ("edge", "edge_hover", "port", "node_hover", "node_selected", "marquee"):
        assert contrast(getattr(theme, token), theme.canvas) >= 3, token
    for token in ("plot_train", "plot_val", "plot_lr", "plot_grad", *RUN_COLORS):
        assert contrast(getattr(theme, token), theme.surface) >= 3, token
    for family, color in theme.family.items():
        assert contrast(color, theme.node_fill) >= 3, family
        assert contrast(color, theme.canvas) >= 3, family


@by_name
@pytest.mark.parametrize("vision", VISION)
def test_families_can_be_told_apart_whatever_the_eyes(theme, vision):
    seen = {family: oklab(color, vision) for family, color in theme.family.items()}
    for one, other in itertools.combinations(seen, 2):
        distance = sum((a - b) ** 2 for a, b in zip(seen[one], seen[other], strict=True)) ** 0.5
        assert distance >= 0.06, (one, other)


@by_name
def test_every_category_of_the_catalogue_has_its_colour(theme):
    for category in {BLOCKS, *(spec.category for spec in CATALOG.values())}:
        assert theme.family_color(category) in theme.family.values(), category


@by_name
def test_category_colours_survive_rewording_and_strangers_are_neutral(theme):
    assert (
        theme.family_color("Dropout")
        == theme.family_color("Regularization")
        == theme.family["regularization"]
    )
    assert theme.family_color("input/output") == theme.family["io"]
    assert theme.family_color("Something else") == theme.text_muted


def test_token_as_a_colour_with_transparency():
    color = light().color("accent", 0.5)
    assert color.name() == light().accent
    assert color.alphaF() == pytest.approx(0.5, abs=0.01)


@by_name
def test_stylesheet_is_complete_and_its_images_exist(theme):
    sheet = stylesheet(theme)
    assert "$" not in sheet
    images = re.findall(r'url\("([^"]+)"\)', sheet)
    assert images
    assert [path for path in images if not Path(path).is_file()] == []


@by_name
def test_control_images_have_the_colours_of_the_theme(theme):
    allowed = {theme.text_muted, theme.text_disabled, theme.on_accent}
    for path in (CONTROLS / theme.name).glob("*.svg"):
        assert set(re.findall(r"#[0-9a-f]{6}", path.read_text())) <= allowed, path.name


class System(QObject):
    """Stands in for the style hints of a system whose preference the test sets."""

    colorSchemeChanged = Signal(object)

    def __init__(self, preferred):
        super().__init__()
        self.preferred = preferred
        self.override = Qt.ColorScheme.Unknown

    def colorScheme(self):
        return self.preferred if self.override == Qt.ColorScheme.Unknown else self.override

    def setColorScheme(self, scheme):
        self.override = scheme
        self.colorSchemeChanged.emit(self.colorScheme())

    def prefer(self, scheme):
        self.preferred = scheme
        self.colorSchemeChanged.emit(self.colorScheme())


@pytest.fixture
def app(qapp):
    """The application, undressed again after the test."""
    style, colors = qapp.style().objectName(), qapp.palette()
    yield qapp
    qapp.setStyleSheet("")
    qapp.setPalette(colors)
    qapp.setStyle(style)


def test_system_mode_follows_the_system_while_it_runs(app, qtbot):
    system = System(Qt.ColorScheme.Dark)
    manager = ThemeManager(app, "system", system)
    assert manager.theme is dark()
    with qtbot.waitSignal(manager.changed) as seen:
        system.prefer(Qt.ColorScheme.Light)
    assert seen.args == [light()]
    assert QApplication.palette().color(QPalette.ColorRole.Window).name() == light().window
    assert light().accent in app.styleSheet()


def test_a_chosen_theme_stays_whatever_the_system_does(app, qtbot):
    system = System(Qt.ColorScheme.Light)
    manager = ThemeManager(app, "dark", system)
    with qtbot.assertNotEmitted(manager.changed):
        system.prefer(Qt.ColorScheme.Dark)
        system.prefer(Qt.ColorScheme.Light)
    assert manager.theme is dark()
    assert system.override == Qt.ColorScheme.Dark  # for title bars and native dialogs


def test_toggling_leaves_what_is_seen(app):
    manager = ThemeManager(app, "system", System(Qt.ColorScheme.Dark))
    manager.toggle()
    assert (manager.mode, manager.theme) == ("light", light())
    manager.toggle()
    assert (manager.mode, manager.theme) == ("dark", dark())


def test_back_to_system_mode_takes_the_systems_look_again(app):
    manager = ThemeManager(app, "dark", System(Qt.ColorScheme.Light))
    manager.set_mode("system")
    assert manager.theme is light()


def test_an_unknown_mode_is_refused(app):
    manager = ThemeManager(app, "light", System(Qt.ColorScheme.Light))
    with pytest.raises(ValueError, match=r"theme mode is 'blue'\. Expected one of system, light, dark"):
        manager.set_mode("blue")


def test_fonts_follow_the_size_of_the_system(app):
    base = app.font()
    assert font("heading").pointSizeF() == pytest.approx(1.5 * base.pointSizeF())
    assert font("caption").pointSizeF() < font("body").pointSizeF() == base.pointSizeF()


def painted_colors(pixmap):
    image = pixmap.toImage()
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {color.name() for color in pixels if color.alpha() == 255}


@pytest.mark.parametrize("name", sorted(names()))
def test_icon_is_drawn_in_one_colour(qapp, name):
    pixmap = icon(name, "#ff0000").pixmap(QSize(96, 96))
    assert "#ff0000" in painted_colors(pixmap)


def test_icon_follows_the_theme_that_is_on(app):
    manager = ThemeManager(app, "light", System(Qt.ColorScheme.Light))
    play = icon("play")
    assert light().text in painted_colors(play.pixmap(QSize(64, 64)))
    manager.toggle()
    assert dark().text in painted_colors(play.pixmap(QSize(64, 64)))
    assert dark().text_disabled in painted_colors(play.pixmap(QSize(64, 64), QIcon.Mode.Disabled))


def test_icon_is_sharp_on_a_dense_screen(qapp):
    pixmap = icon("stop").pixmap(QSize(18, 18), 2.0)
    assert pixmap.size() == QSize(36, 36)
    assert pixmap.devicePixelRatio() == 2.0


def test_changing_a_copy_of_an_icon_leaves_both_usable(qapp):
    original = icon("save")
    copy = QIcon(original)
    copy.addPixmap(QPixmap(4, 4))
    assert not copy.pixmap(QSize(18, 18)).isNull()
    assert not original.pixmap(QSize(18, 18)).isNull()


def test_an_unknown_icon_is_refused(qapp):
    with pytest.raises(ValueError, match="no icon 'plya'"):
        icon("plya")


@by_name
def test_titles_of_frames_and_texts_of_notes_can_be_read(theme):
    assert set(theme.frame) == set(COLORS)
    for hue in theme.frame.values():
        assert contrast(theme.text, laid_over(hue, theme.canvas, BAR)) >= 4.5
        assert contrast(hue, theme.canvas) >= 3
    assert contrast(theme.text, laid_over(theme.frame["yellow"], theme.node_fill, PAPER)) >= 4.5
    assert contrast(theme.text_muted, laid_over(theme.frame["yellow"], theme.node_fill, PAPER)) >= 4.5


@by_name
def test_colours_of_frames_are_told_apart(theme):
    for one, other in itertools.combinations(theme.frame.values(), 2):
        assert QColor(one) != QColor(other)
        distance = math.dist(oklab(one, "normal"), oklab(other, "normal"))
        assert distance > 0.04, (one, other)


def test_what_is_hidden_is_dressed_after_what_is_seen(qtbot, themes):
    page = QWidget()
    qtbot.addWidget(page)
    layout = QVBoxLayout(page)
    seen, hidden = QLabel("seen"), QLabel("hidden")
    for label in (seen, hidden):
        label.setProperty("role", "muted")
        layout.addWidget(label)
    page.show()
    hidden.hide()
    gone = QLabel(page)
    gone.show()
    gone.hide()
    for mode, theme in (("dark", dark()), ("light", light()), ("dark", dark())):
        themes.set_mode(mode)
        assert ink(seen) == QColor(theme.text_muted)
    assert ink(hidden) == QColor(light().text_muted)
    delete(gone)
    qtbot.waitUntil(lambda: ink(hidden) == QColor(dark().text_muted))


def full_page(qtbot):
    """A window with more in sight than is dressed at once."""
    page = Page()
    qtbot.addWidget(page)
    layout = QVBoxLayout(page)
    labels = [QLabel(str(number)) for number in range(AT_ONCE + 20)]
    for label in labels:
        label.setProperty("role", "muted")
        layout.addWidget(label)
    page.show()
    qtbot.waitExposed(page)
    return page, labels


class Page(QWidget):
    """Notes whether it was painted at once, and did not only ask for an update."""

    painted_at_once = False

    def repaint(self):
        super().repaint()
        self.painted_at_once = self.updatesEnabled()


def test_a_window_in_its_new_theme_waits_for_no_update_that_may_be_lost(qtbot, themes):
    page, _ = full_page(qtbot)
    themes.set_mode("dark")
    assert not page.updatesEnabled()
    qtbot.waitUntil(page.updatesEnabled)
    assert page.painted_at_once


def test_a_full_window_is_dressed_bit_by_bit_and_painted_once_it_is_whole(qtbot, themes):
    page, labels = full_page(qtbot)
    before = ink(labels[0]).name()
    themes.set_mode("dark")
    assert {ink(label).name() for label in labels} == {before}  # a turn of its own
    assert not page.updatesEnabled()
    themes.set_mode("light")
    themes.set_mode("dark")
    qtbot.waitUntil(page.updatesEnabled)
    assert {ink(label).name() for label in labels} == {dark().text_muted}


def ink(label):
    return label.palette().color(QPalette.ColorRole.WindowText)
