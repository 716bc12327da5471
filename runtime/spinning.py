"""How long threads that compute together wait for each other with their processors kept busy; needs no torch.

GNU's OpenMP, which PyTorch's Linux builds come with, spins 300,000 rounds before it lets the processor go.
Where other programs want it too, the thread that is waited for then does not get one: a step took eight
times as long beside four busy programs on two processors. To let go at once makes small steps twice as long.

Source: https://gcc.gnu.org/onlinedocs/libgomp/GOMP_005fSPINCOUNT.html
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping

SPIN_COUNT, WAIT_POLICY = "GOMP_SPINCOUNT", "OMP_WAIT_POLICY"
ROUNDS = 10_000  # some tens of microseconds: as long as a thread of an undisturbed step has to wait


def spin_briefly(environment: MutableMapping[str, str] = os.environ) -> None:
    """Has threads let their processors go soon; to be called before PyTorch is loaded.

    Who has set one of the two variables has the last word.
    """
    if WAIT_POLICY not in environment:
        environment.setdefault(SPIN_COUNT, str(ROUNDS))
