"""Small pictures of networks are drawn when there is time for them."""

from threading import Event

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QWidget

from builder.theme import light
from builder.thumbnails import Thumbnails
from builder.waiting import is_waiting, wait_for
from graph.templates import template


def test_pictures_are_put_off_while_somebody_waits_for_work(qtbot):
    window, thumbnails, ready, ends = QWidget(), Thumbnails(), [], Event()
    qtbot.addWidget(window)
    thumbnails.ready.connect(ready.append)
    wanted = ("MLP", template("MLP").project(), QSize(120, 80), light(), 1.0)
    assert thumbnails.picture(*wanted) is None
    seen = []

    def look():
        seen.append((is_waiting(), list(ready)))
        ends.set()

    QTimer.singleShot(120, look)
    assert wait_for(lambda: ends.wait(10), "Opening...", window) is True
    assert seen == [(True, [])]
    qtbot.waitUntil(lambda: ready == ["MLP"])
    assert thumbnails.picture(*wanted).size() == QSize(120, 80)
    assert not is_waiting()
