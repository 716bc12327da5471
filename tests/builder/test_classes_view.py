"""How well a network tells classes apart: the matrix, and the figures of each class beside it."""

import pytest
from PySide6.QtCore import QPoint, Qt
from sklearn.metrics import precision_recall_fscore_support

from builder.panels.classes_view import class_figures
from builder.panels.confusion import ConfusionMatrix, telling_apart
from builder.panels.run_views import CLASSES
from builder.theme import light
from tests.builder.dashboards import shown_dashboard
from tests.builder.run_events import CLASSED, MATRIX, NAMES, classed_epoch, steps


@pytest.fixture
def dashboard(qtbot):
    return shown_dashboard(qtbot)


def test_figures_of_classes_are_those_of_scikit_learn():
    actual = [row for row, counts in enumerate(MATRIX) for count in counts for _ in range(count)]
    called = [column for counts in MATRIX for column, count in enumerate(counts) for _ in range(count)]
    precision, recall, f1, samples = precision_recall_fscore_support(
        actual, called, labels=[0, 1, 2], zero_division=0
    )
    found = class_figures(MATRIX, NAMES)
    assert [each.precision for each in found] == pytest.approx(precision)
    assert [each.recall for each in found] == pytest.approx(recall)
    assert [each.f1 for each in found] == pytest.approx(f1)
    assert [each.samples for each in found] == samples.tolist()


def test_an_epoch_fills_matrix_and_table(dashboard, qtbot):
    dashboard.switch.choose(CLASSES)
    dashboard.feed([CLASSED, steps(1, 100), classed_epoch()])
    qtbot.waitUntil(lambda: dashboard.classes.matrix.isVisible())
    table = dashboard.classes.table.model()
    texts = [[table.index(row, column).data() for column in range(5)] for row in range(3)]
    assert texts[0] == ["cat", "10", "88.9%", "80.0%", "84.2%"]
    assert texts[2] == ["eel", "0", "0.0%", "0.0%", "0.0%"]
    dashboard.classes.table.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    assert [table.index(row, 0).data() for row in range(3)] == ["eel", "dog", "cat"]
    assert "Epoch 1, 20 validation samples" in dashboard.classes.caption.text()


def test_the_matrix_takes_no_more_than_it_draws_and_the_table_stands_beside_it(dashboard, qtbot):
    dashboard.switch.choose(CLASSES)
    dashboard.feed([CLASSED, steps(1, 100), classed_epoch()])
    matrix, table = dashboard.classes.matrix, dashboard.classes.table
    qtbot.waitUntil(lambda: matrix.isVisible() and matrix.width() == matrix.fitting_width())
    right = matrix.cell_rect((0, 2)).right()
    assert right <= matrix.width() < right + 40
    assert table.x() - matrix.geometry().right() < 40
    header = table.model().headerData
    sides = [
        header(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole) & 0xF
        for column in (0, 1)
    ]
    assert sides == [Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight]


def test_without_classes_the_view_says_so(dashboard, qtbot):
    dashboard.switch.choose(CLASSES)
    dashboard.feed([CLASSED, steps(1, 100), classed_epoch(())])
    qtbot.waitUntil(lambda: dashboard.classes.note.isVisible())
    assert "no confusion matrix" in dashboard.classes.note.text()


@pytest.fixture
def matrix(qtbot):
    matrix = ConfusionMatrix(light())
    qtbot.addWidget(matrix)
    matrix.resize(400, 300)
    matrix.show_matrix(MATRIX, NAMES)
    matrix.show()
    return matrix


def test_a_cell_is_chosen_by_mouse_and_keyboard(matrix, qtbot):
    chosen = []
    matrix.cell_chosen.connect(lambda *cell: chosen.append(cell))
    center = matrix.cell_rect((1, 2)).center()
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=center)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Return):
        qtbot.keyClick(matrix, key)
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert chosen == [(1, 2), (0, 1)]
    assert matrix.accessibleDescription() == "2 of 10 “cat” (20 %) were taken for “dog”."


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["digit 0", "digit 1", "digit 10"], ["0", "1", "10"]),
        (["class10", "class11"], ["10", "11"]),
        (["red_car", "red_cart"], ["car", "cart"]),
        (["cat", "car"], ["cat", "car"]),
        (["ab", "ab c"], ["ab", "ab c"]),
        (["only one"], ["only one"]),
    ],
)
def test_names_above_the_columns_leave_out_what_all_begin_with(names, short):
    assert list(telling_apart(names)) == short


def test_columns_of_a_low_matrix_are_told_apart(matrix):
    def head(names):
        matrix.show_matrix([[1] * 10] * 10, names)
        first, last = matrix.cell_rect((0, 0)), matrix.cell_rect((0, 9))
        return matrix.grab().toImage().copy(first.left(), 0, last.right() - first.left(), first.top() - 1)

    matrix.resize(300, 160)
    figures = head([str(index) for index in range(10)])
    assert head([f"digit {index}" for index in range(10)]) == figures
    assert matrix.cell_rect((9, 9)).height() * 10 >= 0.8 * matrix.height()


def test_a_matrix_of_a_hundred_classes_fits(matrix):
    matrix.show_matrix([[1] * 100] * 100, [f"class {index}" for index in range(100)])
    picture = matrix.grab()
    assert picture.height() == 300
    assert matrix.cell_rect((99, 99)).bottom() < 320
