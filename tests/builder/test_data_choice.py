"""The choice of data: parted by headings that nobody can choose, whatever is used to choose."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QFontMetrics
from PySide6.QtTest import QTest

from builder.session import Session
from builder.theme import ThemeManager, dark, font, light
from graph.document import Document, Project
from runtime.data.choices import SOURCES
from runtime.data.source_choices import SOURCE_GROUPS
from tests.builder.plan_forms import shown_form

HEADINGS = [group.title for group in SOURCE_GROUPS]
NARROW = 280  # pixels


@pytest.fixture
def session(qapp):
    ThemeManager(qapp, "light")
    return Session(Document(Project("Demo", training={"data": {"source": "digits"}})))


@pytest.fixture
def form(qtbot, session):
    with shown_form(qtbot, session, height=1200) as form:
        yield form


@pytest.fixture
def field(qtbot, form):
    field = form.parts["data"].type_field
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    yield field
    field.hidePopup()


@pytest.fixture
def popup(qtbot, field):
    field.showPopup()
    qtbot.waitUntil(field.view().isVisible)
    return field.view()


def rows(field):
    return [field.itemText(row) for row in range(field.count())]


def source(session):
    return session.project.training["data"]["source"]


def test_every_source_stands_below_the_heading_of_its_group(field):
    expected = []
    for group in SOURCE_GROUPS:
        expected += [group.title, *(each.title for each in group.sources)]
    assert rows(field) == expected
    assert len(SOURCES) == field.count() - len(HEADINGS)


def test_a_source_that_is_not_known_stands_at_the_end_while_it_is_set(session, form, field):
    before = rows(field)
    session.load(Document(Project(training={"data": {"source": "nowhere"}})))
    assert rows(field) == [*before, "nowhere"]
    assert field.currentText() == "nowhere"
    session.load(Document(Project()))
    assert rows(field) == before


def test_arrows_walk_over_all_sources_and_over_no_heading(qtbot, session, field):
    walked = [field.currentText()]
    for _ in range(len(SOURCES) + 2):
        qtbot.keyClick(field, Qt.Key.Key_Down)
        walked.append(field.currentText())
    assert list(dict.fromkeys(walked)) == [each.title for each in SOURCES.values()]
    assert source(session) == list(SOURCES)[-1]
    qtbot.keyClick(field, Qt.Key.Key_Home)
    assert source(session) == next(iter(SOURCES)) == "digits"


@pytest.mark.parametrize(
    ("letters", "title"),
    [("co", "CIFAR10"), ("y", "Handwritten digits"), ("sy", "Sunspots"), ("images", "Image folder")],
)
def test_letters_lead_to_sources_and_to_no_heading(qtbot, session, field, letters, title):
    assert any(each.lower().startswith(letters) for each in HEADINGS)
    qtbot.keyClicks(field, letters)
    assert field.currentText() == SOURCES[source(session)].title == title


def test_the_keys_of_the_open_list_pass_by_headings(qtbot, session, field, popup):
    for key in [Qt.Key.Key_Down] * 6:  # the sixth from the digits is the first below the next heading
        qtbot.keyClick(popup, key)
    assert popup.currentIndex().data() == SOURCE_GROUPS[1].sources[0].title
    qtbot.keyClick(popup, Qt.Key.Key_Up)
    assert popup.currentIndex().data() == SOURCE_GROUPS[0].sources[-1].title
    qtbot.keyClick(popup, Qt.Key.Key_End)
    assert popup.currentIndex().data() == SOURCE_GROUPS[-1].sources[-1].title
    qtbot.keyClick(popup, Qt.Key.Key_Home)
    assert popup.currentIndex().data() == SOURCE_GROUPS[0].sources[0].title
    qtbot.keyClicks(popup, "im")
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert source(session) == "image_folder"


def test_a_click_takes_a_source_and_no_heading(qtbot, session, field, popup):
    def place(title):
        row = rows(field).index(title)
        return popup.visualRect(field.model().index(row, 0)).center()

    QTest.mouseMove(popup.viewport(), place("Wine"))
    qtbot.waitUntil(lambda: popup.currentIndex().data() == "Wine")
    QTest.mouseMove(popup.viewport(), place(HEADINGS[1]))
    qtbot.mouseClick(popup.viewport(), Qt.MouseButton.LeftButton, pos=place(HEADINGS[1]))
    assert source(session) == "digits"
    assert popup.isVisible()
    QTest.mouseMove(popup.viewport(), place("Wine"))
    qtbot.mouseClick(popup.viewport(), Qt.MouseButton.LeftButton, pos=place("Wine"))
    assert source(session) == "wine"
    assert not popup.isVisible()


def test_a_screen_reader_hears_names_and_groups(field, popup):
    table = QAccessible.queryAccessibleInterface(popup)
    heard = {}
    for row in range(table.childCount()):
        cell = table.child(row)
        state, name = cell.state(), cell.text(QAccessible.Text.Name)
        heard[name] = (bool(state.selectable), cell.text(QAccessible.Text.Description))
    assert list(heard) == rows(field)
    for group in SOURCE_GROUPS:
        assert heard[group.title] == (False, "")
        assert {heard[each.title] for each in group.sources} == {(True, group.title)}


def test_the_list_shows_all_that_the_screen_has_room_for(field, popup):
    room = popup.screen().availableGeometry().height()
    needed = sum(popup.sizeHintForRow(row) for row in range(field.count()))
    assert popup.viewport().height() >= min(needed, room - 40)


@pytest.mark.parametrize("mode", [light, dark])
def test_headings_can_be_read_in_a_narrow_form(qtbot, qapp, form, field, mode):
    ThemeManager(qapp, mode().name)
    form.window().resize(NARROW, 900)
    field.showPopup()
    view = field.view()
    qtbot.waitUntil(view.isVisible)
    wide = max(HEADINGS, key=QFontMetrics(font("strong")).horizontalAdvance)
    place = view.visualRect(field.model().index(rows(field).index(wide), 0))
    picture = view.viewport().grab(place).toImage()
    background = picture.pixelColor(place.width() - 1, 1)
    inked = [
        (x, picture.pixelColor(x, y))
        for x in range(picture.width())
        for y in range(picture.height())
        if picture.pixelColor(x, y) != background
    ]
    assert max(x for x, _ in inked) < picture.width() - 2, "the end of the text is there"
    assert mode().text_muted in {color.name() for _, color in inked}
