"""Which letters the bytes of a text file stand for: UTF-8, else what programs on Windows write."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from runtime.data.raw import DataError

CHUNK = 1 << 20  # bytes
UTF8, WINDOWS = "utf-8", "cp1252"
MARKS: Mapping[bytes, str] = {
    codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip


def encoding_of(path: Path, expected: str) -> tuple[str, tuple[str, ...]]:
    """The name of a text file's encoding, and what the user should know of it.

    Args:
        path: of the file.
        expected: what messages say there should be, such as `a text`.

    Raises:
        DataError: it cannot be read, or is no text.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(codecs.BOM_UTF8))
            marked = next((name for mark, name in MARKS.items() if start.startswith(mark)), None)
            if marked is not None:
                return marked, ()
            file.seek(0)
            wrong = _first_wrong(file)
            if wrong is None:
                return UTF8, ()
            file.seek(0)
            is_text = _is_windows(file)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error}). Expected {expected}. Check its rights.") from error
    if not is_text:
        raise DataError(f"{path} is not UTF-8 text (byte {wrong}). Expected {expected}. Save it as UTF-8.")
    return WINDOWS, (
        f"{path.name} is not UTF-8, so it is read as Windows-1252. Save it as UTF-8 if letters look wrong.",
    )


def _first_wrong(file: BinaryIO) -> int | None:
    """About where the first byte stands that is not UTF-8; None if all are."""
    decoder, done = codecs.getincrementaldecoder(UTF8)(), 0
    while block := file.read(CHUNK):
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            return done + error.start
        done += len(block)
    return None if not decoder.getstate()[0] else done - 1


def _is_windows(file: BinaryIO) -> bool:
    """Whether all bytes are letters there; those of pictures and archives are not."""
    while block := file.read(CHUNK):
        try:
            block.decode(WINDOWS)
        except UnicodeDecodeError:
            return False
        if b"\0" in block:
            return False
    return True
