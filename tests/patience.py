"""How long tests wait for what has to come: until a busy machine has loaded PyTorch, too."""

from functools import partialmethod

from pytestqt.qtbot import QtBot

PATIENCE = 120.0  # seconds
MILLISECONDS = round(PATIENCE * 1000)


class PatientBot(QtBot):
    """Waits so long unless told otherwise."""

    waitSignal = partialmethod(QtBot.waitSignal, timeout=MILLISECONDS)
    waitSignals = partialmethod(QtBot.waitSignals, timeout=MILLISECONDS)
    waitUntil = partialmethod(QtBot.waitUntil, timeout=MILLISECONDS)
    waitExposed = partialmethod(QtBot.waitExposed, timeout=MILLISECONDS)
    waitActive = partialmethod(QtBot.waitActive, timeout=MILLISECONDS)
