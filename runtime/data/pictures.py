"""Image files as 8-bit pixels, as every viewer shows them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import torch
from PIL import ExifTags, Image, UnidentifiedImageError
from torch import Tensor

READ_ERRORS = (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError)
NOTE_ERRORS = (*READ_ERRORS, struct.error, LookupError, TypeError)  # of what a camera noted beside the pixels
# How a picture is turned upright that a camera has noted to lie otherwise, by the number of the note.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_pixels(path: Path, mode: str) -> Tensor:
    """The first picture of a file, upright.

    Args:
        path: the file.
        mode: Pillow's name of the colours that are read, such as `RGB`.

    Shape: gives uint8 (C, H, W).

    Raises:
        READ_ERRORS: it is damaged or gone, or holds numbers of which nobody knows what black and white are.
    """
    with Image.open(path) as image:
        turn = TURNS.get(_noted_turn(image))
        converted = of_8_bits(image).convert(mode)
        pixels = np.array(converted if turn is None else converted.transpose(turn))
    return torch.from_numpy(pixels.reshape(*pixels.shape[:2], -1)).permute(2, 0, 1).contiguous()


def of_8_bits(image: Image.Image) -> Image.Image:
    """The picture with the upper half of 16 bits, where Pillow would take all that is not dark for white."""
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError(
            "it holds numbers of 32 bits, of which nobody knows what black and white are: save it with 8 or "
            "16 bits, or all pictures as arrays"
        )
    return image


def _noted_turn(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except NOTE_ERRORS:
        return 1  # the note is damaged, and the pixels need not be
