"""The plan's form in a window of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtWidgets import QVBoxLayout, QWidget

from builder.panels.plan_form import PlanForm


@contextmanager
def shown_form(qtbot, session, height=1600) -> Iterator[PlanForm]:
    """Shows a session's plan, and puts it away again."""
    holder = QWidget()
    form = PlanForm(session)
    QVBoxLayout(holder).addWidget(form)
    qtbot.addWidget(holder)
    holder.resize(400, height)
    holder.show()
    qtbot.waitExposed(holder)
    holder.activateWindow()
    yield form
    holder.close()
