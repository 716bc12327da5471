"""Events wait for the window without piling up."""

from __future__ import annotations

from runtime.events import DataProgress, NodeFigures, NodesInspected, RunEnded, StateChanged, StepsRecorded
from runtime.mailbox import Mailbox


def record(first_step: int) -> StepsRecorded:
    return StepsRecorded(first_step, 1, (0.5,), (0.1,), (1.0,), (0.0,))


def test_events_come_out_once_and_in_order() -> None:
    mailbox = Mailbox()
    events = [StateChanged("running"), record(1), RunEnded("finished")]
    for event in events:
        mailbox.put(event)
    assert mailbox.drain() == events
    assert mailbox.drain() == []


def test_only_the_newest_data_progress_is_kept() -> None:
    mailbox = Mailbox()
    for done in range(3):
        mailbox.put(DataProgress("Reading", done, 3))
    assert mailbox.drain() == [DataProgress("Reading", 2, 3)]


def test_only_the_newest_look_at_the_nodes_is_kept() -> None:
    mailbox = Mailbox()
    looks = [NodesInspected(step, {("n1",): NodeFigures(0.1, 1.0)}) for step in (1, 20)]
    mailbox.put(looks[0])
    mailbox.put(record(2))
    mailbox.put(looks[1])
    assert mailbox.drain() == [record(2), looks[1]]


def test_too_many_records_drop_the_oldest_and_nothing_else() -> None:
    mailbox = Mailbox(capacity=2)
    mailbox.put(StateChanged("running"))
    for step in range(1, 5):
        mailbox.put(record(step))
    mailbox.put(RunEnded("finished"))
    assert mailbox.drain() == [StateChanged("running"), record(3), record(4), RunEnded("finished")]
    for step in range(5, 8):
        mailbox.put(record(step))
    assert mailbox.drain() == [record(6), record(7)]
