"""How soon the system lets the window's thread work, while others keep all processors busy.

Linux shares processors out in slices of some milliseconds. A thread that wakes up beside a training waits for
the end of one, which the system looks for 250 times a second: on two processors the window answered 4 ms late
one time in ten. A thread may say that shorter slices are enough for it, and then has its turn at once; its
share stays the same. Before Linux 6.12 that changes nothing; other systems favour the window by themselves.

Source: https://www.kernel.org/doc/html/latest/scheduler/sched-eevdf.html
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys

# Nanoseconds, the least there is: the shorter, the more often it is due before what is left of the 1.4 ms
# that others have. With 1 ms a wake-up in ten came 4 ms late, with this one in twenty-five.
SLICE = 100_000
SYSTEM_CALLS = {"x86_64": 314, "aarch64": 274}  # of sched_setattr, for which glibc has no function
USUAL_POLICY = 0
RESET_ON_FORK = 1  # threads and processes that are begun by this thread have slices as others do


class _Attributes(ctypes.Structure):
    """`struct sched_attr` in its first version.

    Source: https://man7.org/linux/man-pages/man2/sched_setattr.2.html
    """

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    )


def answer_soon() -> bool:
    """Asks the system for short slices of the thread that calls; whether it understood.

    A refusal is no fault: the window then waits a few milliseconds longer.
    """
    number = SYSTEM_CALLS.get(platform.machine()) if sys.platform == "linux" else None
    if number is None or os.sched_getscheduler(0) != USUAL_POLICY:
        return False  # whoever chose another policy for the window has thought of it
    attributes = _Attributes(
        size=ctypes.sizeof(_Attributes),
        policy=USUAL_POLICY,
        flags=RESET_ON_FORK,
        nice=os.getpriority(os.PRIO_PROCESS, 0),
        runtime=SLICE,
    )
    return bool(ctypes.CDLL(None).syscall(number, 0, ctypes.byref(attributes), 0) == 0)
