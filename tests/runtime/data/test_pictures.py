"""Image files as cameras, microscopes and drawing programs write them."""

import numpy as np
import pytest
import torch
from PIL import Image

from runtime.data.pictures import TURNS, read_pixels

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)
GREY = PIXELS[:, :, 0]


def channels(pixels):
    """What is expected of pixels (H, W) or (H, W, C)."""
    return torch.from_numpy(pixels.reshape(*pixels.shape[:2], -1).copy()).permute(2, 0, 1)


@pytest.mark.parametrize("name", ["deep.png", "deep.tif", "deep.pgm"])
def test_the_upper_half_of_16_bits_is_read(tmp_path, name):
    path = tmp_path / name
    deep = GREY.astype(np.uint16) << 8 | 0x7F
    if name.endswith("pgm"):
        path.write_bytes(b"P5 5 6 65535\n" + deep.astype(">u2").tobytes())
    else:
        Image.fromarray(deep).save(path)
    assert torch.equal(read_pixels(path, "L"), channels(GREY))
    assert torch.equal(read_pixels(path, "RGB"), channels(GREY).expand(3, -1, -1))


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_numbers_of_32_bits_have_no_known_white(tmp_path, dtype):
    Image.fromarray(GREY.astype(dtype)).save(tmp_path / "raw.tif")
    with pytest.raises(ValueError, match="32 bits, of which nobody knows what black and white are: save it"):
        read_pixels(tmp_path / "raw.tif", "RGB")


@pytest.mark.parametrize("orientation", range(10))
def test_a_photo_is_upright_as_every_viewer_shows_it(tmp_path, orientation):
    image = Image.fromarray(PIXELS)
    notes = image.getexif()
    notes[0x0112] = orientation
    image.save(tmp_path / "photo.png", exif=notes)
    expected = {
        2: PIXELS[:, ::-1], 3: PIXELS[::-1, ::-1], 4: PIXELS[::-1], 5: PIXELS.transpose(1, 0, 2),
        6: np.rot90(PIXELS, -1), 7: PIXELS[::-1, ::-1].transpose(1, 0, 2), 8: np.rot90(PIXELS),
    }.get(orientation, PIXELS)  # fmt: skip
    assert (orientation in TURNS) is (expected is not PIXELS)
    assert torch.equal(read_pixels(tmp_path / "photo.png", "RGB"), channels(expected))


def test_damaged_notes_of_a_camera_leave_the_pixels(tmp_path):
    path = tmp_path / "photo.webp"
    Image.fromarray(PIXELS).save(path, lossless=True, exif=b"Exif\0\0no such thing")
    assert torch.equal(read_pixels(path, "RGB"), channels(PIXELS))


def test_the_first_picture_of_several_is_read(tmp_path):
    frames = [Image.new("L", (5, 6), value) for value in (10, 200)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    assert read_pixels(tmp_path / "moving.gif", "L").unique().tolist() == [10]


@pytest.mark.parametrize(("mode", "colour"), [("CMYK", (0, 0, 0, 0)), ("P", 255), ("1", 1), ("LA", (255, 9))])
def test_other_colours_become_those_asked_for(tmp_path, mode, colour):
    image = Image.new(mode, (5, 6), colour)
    if mode == "P":
        image.putpalette([255] * 768)
    image.save(tmp_path / "other.tif")
    assert read_pixels(tmp_path / "other.tif", "RGB").unique().tolist() == [255]
