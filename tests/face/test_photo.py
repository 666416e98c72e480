"""Photos: what is opened comes out as it was meant, and what is refused is refused in words."""

import hashlib
import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ran.errors import UnreadablePhoto
from ran.face import photo as photo_module
from ran.face.photo import MAX_BYTES, MAX_PIXELS, Photo, open_photo

EXAMPLES = Path(__file__).parents[2] / "examples"
COLOURS = np.random.default_rng(5).integers(0, 256, (24, 32, 3), dtype=np.uint8)


def encoded(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width, height, *, depth=8, colour=2):
    """A PNG that claims a size and holds next to nothing: written by hand, not by Pillow."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    rows = zlib.compress(bytes(100_000), 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


JPEG = encoded(Image.fromarray(COLOURS), "JPEG")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_lossless_pictures_keep_every_level(kind):
    opened = open_photo(encoded(Image.fromarray(COLOURS), kind))
    np.testing.assert_array_equal(opened.pixels, COLOURS)


def test_lossless_webp_keeps_every_level():
    opened = open_photo(encoded(Image.fromarray(COLOURS), "WEBP", lossless=True))
    np.testing.assert_array_equal(opened.pixels, COLOURS)


def test_an_animated_gif_gives_its_first_frame():
    red, blue = (Image.new("RGB", (30, 30), colour) for colour in ("red", "blue"))
    opened = open_photo(encoded(red, "GIF", save_all=True, append_images=[blue]))
    assert (opened.pixels == (255, 0, 0)).all()


# Exif orientation, by the standard's own words: where the stored row 0 and column 0 are shown.
UPRIGHT = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],  # top, right
    3: lambda stored: stored[::-1, ::-1],  # bottom, right
    4: lambda stored: stored[::-1],  # bottom, left
    5: lambda stored: stored.transpose(1, 0, 2),  # left, top
    6: lambda stored: stored.transpose(1, 0, 2)[:, ::-1],  # right, top
    7: lambda stored: stored.transpose(1, 0, 2)[::-1, ::-1],  # right, bottom
    8: lambda stored: stored.transpose(1, 0, 2)[::-1],  # left, bottom
}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_exif_orientation_is_followed(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    opened = open_photo(encoded(Image.fromarray(COLOURS), "PNG", exif=exif))
    np.testing.assert_array_equal(opened.pixels, UPRIGHT[orientation](COLOURS))


def test_transparency_is_laid_on_white():
    pixels = np.zeros((24, 24, 4), np.uint8)
    pixels[..., 3] = np.linspace(0, 255, 24).round().astype(np.uint8)
    opened = open_photo(encoded(Image.fromarray(pixels), "PNG"))
    expected = 255 - pixels[..., 3].astype(int)  # black at that opacity over white
    assert np.abs(opened.pixels - expected[..., None]).max() <= 1


def test_a_transparent_palette_colour_becomes_white():
    picture = Image.new("P", (24, 24), 1)
    picture.putpalette([0, 0, 0, 200, 10, 10])
    opened = open_photo(encoded(picture, "PNG", transparency=1))
    assert (opened.pixels == 255).all()


def test_sixteen_bit_greys_are_scaled_not_clipped():
    levels = np.linspace(0, 65535, 24 * 24).reshape(24, 24)
    opened = open_photo(encoded(Image.fromarray(levels.astype(np.uint16)), "PNG"))
    assert np.abs(opened.pixels[..., 0] - levels / 65535 * 255).max() <= 1
    assert (opened.pixels == opened.pixels[..., :1]).all()


def test_cmyk_becomes_rgb():
    picture = Image.new("CMYK", (24, 24), (0, 255, 255, 0))  # magenta and yellow ink: red
    opened = open_photo(encoded(picture, "TIFF"))
    assert (opened.pixels == (255, 0, 0)).all()
    jpeg = open_photo(encoded(picture, "JPEG", quality=95))
    assert np.abs(jpeg.pixels.astype(int) - (255, 0, 0)).max() <= 3


def test_grey_and_bilevel_pictures_get_three_channels():
    assert (
        open_photo(encoded(Image.new("L", (24, 24), 77), "PNG")).pixels.tolist()[0][0] == [77] * 3
    )
    assert (open_photo(encoded(Image.new("1", (24, 24), 1), "PNG")).pixels == 255).all()


def test_a_path_a_string_and_bytes_give_the_same_pixels_and_the_files_name():
    path = EXAMPLES / "grace_hopper.jpg"
    by_path, by_string, by_bytes = (
        open_photo(path),
        open_photo(str(path)),
        open_photo(path.read_bytes(), name="her.jpg"),
    )
    np.testing.assert_array_equal(by_path.pixels, by_string.pixels)
    np.testing.assert_array_equal(by_path.pixels, by_bytes.pixels)
    assert (by_path.name, by_bytes.name) == ("grace_hopper.jpg", "her.jpg")


REFUSED = {
    "empty": (b"", "is empty"),
    "text named .jpg": (b"Dear reader, this is no picture.\n" * 20, "not a picture"),
    "truncated jpeg": (JPEG[: len(JPEG) // 2], "damaged"),
    "svg": (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
    "svg without prologue": (b"\xef\xbb\xbf <svg width='9'/>", "an SVG drawing"),
    "heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64), "a HEIC picture"),
    "avif": (b"\x00\x00\x00\x18ftypavif" + bytes(64), "an AVIF picture"),
    "one pixel": (encoded(Image.new("RGB", (1, 1)), "PNG"), "1 x 1 pixels, too small"),
    "narrow": (encoded(Image.new("RGB", (400, 19)), "PNG"), "400 x 19 pixels, too small"),
    "sixty thousand squared": (png_header(60_000, 60_000), "64 megapixels"),
    "just over the limit": (png_header(8_001, 8_000), "8001 x 8000 pixels, more than 64"),
    "where Pillow only warns": (png_header(10_000, 10_000), "10000 x 10000 pixels, more than 64"),
    "a kind nobody offered": (encoded(Image.fromarray(COLOURS), "PPM"), "not a picture"),
    "a PDF": (b"%PDF-1.7\n" + bytes(100), "not a picture"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_opened_is_refused_in_words_with_a_next_step(case, capfd):
    content, words = REFUSED[case]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # none of Pillow's warnings may come through
        with pytest.raises(UnreadablePhoto) as refusal:
            open_photo(content, name="me.jpg")
    assert words in refusal.value.message
    assert refusal.value.message.startswith("me.jpg ")
    assert refusal.value.hint.endswith(".")
    assert "\n" not in str(refusal.value)
    assert capfd.readouterr() == ("", "")


def test_pixels_are_counted_before_anything_is_decoded(monkeypatch):
    def decode(*_):
        raise AssertionError("decoded a picture that is over the limit")

    monkeypatch.setattr(Image.Image, "load", decode)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decode)
    for side in (8_001, 12_000, 60_000):
        with pytest.raises(UnreadablePhoto, match="megapixels"):
            open_photo(png_header(side, side))


def test_the_pixel_limit_itself_is_allowed(monkeypatch):
    assert MAX_PIXELS == 64_000_000
    monkeypatch.setattr(photo_module, "MAX_PIXELS", 24 * 32)
    assert open_photo(JPEG).pixels.shape == (24, 32, 3)
    monkeypatch.setattr(photo_module, "MAX_PIXELS", 24 * 32 - 1)
    with pytest.raises(UnreadablePhoto, match="32 x 24 pixels"):
        open_photo(JPEG)


def test_bytes_are_counted_before_a_file_is_read(tmp_path, monkeypatch):
    path = tmp_path / "large.jpg"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("read a file over the limit"))
    with pytest.raises(UnreadablePhoto, match="larger than 20 MB"):
        open_photo(path)
    with pytest.raises(UnreadablePhoto, match="20 MB"):
        open_photo(bytes(MAX_BYTES + 1))


def test_missing_files_folders_and_impossible_paths_are_refused(tmp_path):
    for path, words in (
        (tmp_path / "none.jpg", "does not exist"),
        (tmp_path, "is a folder"),
        (tmp_path / ("x" * 5000), "cannot be read"),
        ("a\0b.jpg", "does not exist"),
    ):
        with pytest.raises(UnreadablePhoto, match=words):
            open_photo(path)


def test_damaged_exif_does_not_lose_a_sound_picture():
    exif = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(range(40))
    opened = open_photo(encoded(Image.fromarray(COLOURS), "JPEG", exif=exif))
    assert opened.pixels.shape == COLOURS.shape


SEEDS = [
    JPEG,
    encoded(Image.fromarray(COLOURS), "PNG"),
    encoded(Image.fromarray(COLOURS), "WEBP"),
    encoded(Image.fromarray(COLOURS), "BMP"),
    encoded(Image.fromarray(COLOURS), "GIF"),
    encoded(Image.fromarray(COLOURS), "TIFF"),
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    st.integers(0, 3000),
)
def test_damage_gives_a_picture_or_a_refusal_and_nothing_else(content, changes, end):
    damaged = bytearray(content[: max(1, end)])
    for place, value in changes:
        damaged[place % len(damaged)] = value
    try:
        pixels = open_photo(bytes(damaged)).pixels
    except UnreadablePhoto:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3


def test_the_digest_is_that_of_the_upright_pixels_whatever_file_they_came_in():
    expected = hashlib.sha256(b"(24, 32, 3)" + COLOURS.tobytes()).hexdigest()
    turned = Image.Exif()
    turned[0x0112] = 3  # the stored picture is to be turned by half
    files = (
        encoded(Image.fromarray(COLOURS), "PNG"),
        encoded(Image.fromarray(COLOURS), "BMP"),
        encoded(Image.fromarray(COLOURS[::-1, ::-1].copy()), "PNG", exif=turned),
    )
    assert {open_photo(file).digest for file in files} == {expected}
    mirrored = Photo(COLOURS[:, ::-1], "a view on the same memory")
    assert mirrored.digest == Photo(mirrored.pixels.copy(), "a copy").digest != expected


def test_other_pixels_or_another_shape_of_the_same_bytes_have_another_digest():
    other = COLOURS.copy()
    other[0, 0, 0] ^= 1
    pictures = (COLOURS, other, COLOURS.reshape(32, 24, 3))
    assert len({Photo(pixels, "same name").digest for pixels in pictures}) == 3
