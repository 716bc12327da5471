"""What the hands of a test leave to the next one: nothing."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from tests.builder.window_hands import let_go

NONE = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.NoButton
CTRL = Qt.KeyboardModifier.ControlModifier


def held():
    return QGuiApplication.queryKeyboardModifiers(), QGuiApplication.mouseButtons()


@pytest.fixture
def button(qtbot):
    button = QPushButton()
    qtbot.addWidget(button)
    with qtbot.waitExposed(button):
        button.show()
    return button


@pytest.mark.parametrize("other", [Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton])
def test_a_button_that_is_pressed_is_let_go(button, other):
    assert held() == NONE
    QTest.mousePress(button, other, CTRL)
    assert held() == (CTRL, other)
    let_go()
    assert held() == NONE


def test_ctrl_is_not_pressed_any_more_after_a_key(button):
    assert held() == NONE
    QTest.keyClick(button, Qt.Key.Key_A, CTRL)
    assert held()[0] == CTRL, "which Qt believes until the next event"
    let_go()
    assert held() == NONE
