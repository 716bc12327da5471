"""Counts and sizes as people read them."""

from __future__ import annotations

import re

from graph.dims import Dim

_POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_FLOP_UNITS = ("FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP")
_MAC_UNITS = ("MAC", "kMAC", "MMAC", "GMAC", "TMAC", "PMAC")
_BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def flops_text(flops: Dim) -> str:
    """`3.63 GFLOP`; a formula where the amount hangs on a symbol."""
    return _scaled(flops, _FLOP_UNITS, 1000) if isinstance(flops, int) else f"{formula_text(flops)} FLOP"


def macs_text(macs: Dim) -> str:
    """`1.81 GMAC`; a formula where the amount hangs on a symbol."""
    return _scaled(macs, _MAC_UNITS, 1000) if isinstance(macs, int) else f"{formula_text(macs)} MAC"


def formula_text(amount: Dim) -> str:
    """`256·T² + 32,768·T`."""
    text = re.sub(r"\b\d+\b", lambda found: f"{int(found[0]):,}", str(amount))
    return re.sub(r"\b([^\W\d]\w*)((?:\*\1\b)+)", _power_text, text).replace("*", "·")


def bytes_text(count: int) -> str:
    """`98 KiB`."""
    return _scaled(count, _BYTE_UNITS, 1024)


def _scaled(amount: int, units: tuple[str, ...], step: int) -> str:
    value, unit = float(amount), 0
    while value >= step and unit < len(units) - 1:
        value, unit = value / step, unit + 1
    digits = f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"
    return f"{digits} {units[unit]}"


def _power_text(found: re.Match[str]) -> str:
    """`T³` for `T*T*T`."""
    return f"{found[1]}{str(found[2].count('*') + 1).translate(_POWERS)}"
