"""Deep pictures: what is white is what the file says, else the least usual white; or a refusal."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from ran.errors import UnreadablePhoto
from ran.face.photo import open_photo

EXAMPLES = Path(__file__).parents[2] / "examples"
GREYS = np.arange(1024, dtype=np.uint8).reshape(32, 32) // 4 * 4 // 4
GREYS[0, 0], GREYS[-1, -1] = 0, 255


def saved(values, kind="TIFF", **tags) -> bytes:
    file, notes = io.BytesIO(), ImageFileDirectory_v2()
    for name, value in tags.items():
        number = {"black": 280, "white": 281, "float_white": 341}[name]
        notes[number] = value
        if number == 341:
            notes.tagtype[341] = 12
    options = {"tiffinfo": notes} if kind == "TIFF" else {}
    Image.fromarray(values).save(file, kind, **options)
    return file.getvalue()


def opened(content: bytes) -> np.ndarray:
    pixels = open_photo(content, name="scan.tif").pixels
    assert (pixels == pixels[..., :1]).all()
    return pixels[..., 0]


@pytest.mark.parametrize(
    "values",
    [
        (GREYS / 255).astype(np.float32),
        GREYS.astype(np.float32),
        GREYS.astype(np.float32) * 257,
        GREYS.astype(np.int32),
        GREYS.astype(np.int32) * 257,
        GREYS.astype(np.uint16),
        GREYS.astype(np.uint16) * 257,
    ],
    ids=["floats to 1", "floats to 255", "floats to 65535", "32 bits to 255", "32 bits to 65535",
         "16 bits to 255", "16 bits to 65535"],
)  # fmt: skip
def test_numbers_come_back_as_the_levels_they_were_made_from(values):
    np.testing.assert_array_equal(opened(saved(values)), GREYS)


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
def test_a_camera_of_fewer_bits_in_sixteen_is_not_black(bits, kind):
    scaled = np.round(GREYS * ((2**bits - 1) / 255)).astype(np.uint16)
    np.testing.assert_array_equal(opened(saved(scaled, kind)), GREYS)


def test_what_the_file_says_is_white_counts():
    dark = opened(saved(GREYS.astype(np.uint16) * 16, white=65535))
    np.testing.assert_array_equal(dark, np.round(GREYS.astype(int) * 16 / 257).astype(np.uint8))
    between = opened(saved(GREYS.astype(np.uint16) + 1000, black=1000, white=1255))
    np.testing.assert_array_equal(between, GREYS)
    floats = opened(saved(GREYS.astype(np.float32) * 400, float_white=102000.0))
    np.testing.assert_array_equal(floats, GREYS)


def white_is_zero(content: bytes) -> bytes:
    """The TIFF with its PhotometricInterpretation set to 0; Pillow writes its own, 1."""
    entry = struct.pack("<HHIH", 262, 3, 1, 1)
    assert content.count(entry) == 1
    return content.replace(entry, struct.pack("<HHIH", 262, 3, 1, 0))


@pytest.mark.parametrize("scale", [1, 257])
@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_a_deep_negative_is_turned_into_the_picture(kind, scale):
    """TIFF's WhiteIsZero, which Pillow heeds at eight bits alone."""
    np.testing.assert_array_equal(
        opened(white_is_zero(saved((255 - GREYS).astype(kind) * scale))), GREYS
    )
    shallow = white_is_zero(saved(255 - GREYS))
    np.testing.assert_array_equal(opened(shallow), GREYS)


@pytest.mark.parametrize("order", ["I;16", "I;16B"])
def test_either_order_of_bytes_gives_the_same_levels(order):
    values = GREYS.astype(">u2" if order.endswith("B") else "<u2") * 257
    file = io.BytesIO()
    Image.frombytes(order, (32, 32), values.tobytes()).save(file, "TIFF")
    np.testing.assert_array_equal(opened(file.getvalue()), GREYS)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (GREYS.astype(np.float32) - 100, "from -100 to 155 and does not say which is white"),
        (GREYS.astype(np.int32) - 1, "from -1 to 254"),
        (GREYS.astype(np.float32) * 1e6, "does not say which is white"),
        (np.where(GREYS > 200, np.nan, GREYS).astype(np.float32), "no numbers"),
        (np.where(GREYS > 200, np.inf, GREYS).astype(np.float32), "no numbers"),
    ],
    ids=["below zero", "integers below zero", "too large", "not a number", "endless"],
)
def test_numbers_that_do_not_say_what_is_white_are_refused_by_name(values, said):
    with pytest.raises(UnreadablePhoto, match=said) as refused:
        open_photo(saved(values), name="scan.tif")
    assert "scan.tif" in str(refused.value)
    assert "8-bit" in refused.value.hint


def _colours() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8))


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kind", ["tEXt", "iTXt", "iCCP"])
def test_long_notes_do_not_make_a_sound_png_damaged(zipped, kind):
    notes, long = PngImagePlugin.PngInfo(), "x" * (3 << 20)
    if kind == "tEXt":
        notes.add_text("parameters", long, zip=zipped)
    elif kind == "iTXt":
        notes.add_itxt("parameters", long, zip=zipped)
    else:
        notes.add(b"iCCP", b"name\0\0" + zlib.compress(long.encode()))
    file = io.BytesIO()
    _colours().save(file, "PNG", pnginfo=notes)
    np.testing.assert_array_equal(open_photo(file.getvalue()).pixels, np.asarray(_colours()))


def test_a_png_saved_again_with_its_exif_is_the_same_picture():
    exif = Image.Exif()
    exif[274] = 6
    first, again = io.BytesIO(), io.BytesIO()
    _colours().save(first, "PNG", exif=exif)
    Image.open(first).save(again, "PNG", exif=Image.open(first).getexif(), optimize=True)
    one, other = open_photo(first.getvalue()), open_photo(again.getvalue())
    assert one.digest == other.digest
    np.testing.assert_array_equal(one.pixels, np.rot90(np.asarray(_colours()), 3))


_UPRIGHT = {1: lambda p: p, 2: np.fliplr, 3: lambda p: np.rot90(p, 2), 4: np.flipud,
            5: lambda p: p.transpose(1, 0, 2), 6: np.rot90,
            7: lambda p: np.rot90(p, 2).transpose(1, 0, 2),
            8: lambda p: np.rot90(p, 3)}  # fmt: skip
"""By EXIF's orientation (CIPA DC-008, 4.6.5): how a picture is stored that it shows upright."""


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("orientation", _UPRIGHT)
@pytest.mark.parametrize("name", ["astronaut.png", "grace_hopper.jpg", "drawn_anger.png"])
def test_an_example_saved_again_with_any_orientation_is_the_same_picture(name, orientation, kind):
    photo = open_photo(EXAMPLES / name)
    exif, file = Image.Exif(), io.BytesIO()
    exif[274] = orientation
    stored = np.ascontiguousarray(_UPRIGHT[orientation](photo.pixels))
    Image.fromarray(stored).save(file, kind, exif=exif)
    assert open_photo(file.getvalue()).digest == photo.digest


@pytest.mark.parametrize(
    ("major", "others", "kind"),
    [
        (b"mif1", (b"mif1", b"avif", b"miaf"), "an AVIF picture"),
        (b"mif1", (b"mif1", b"heic"), "a HEIC picture"),
        (b"avif", (b"mif1",), "an AVIF picture"),
        (b"heic", (b"mif1",), "a HEIC picture"),
        (b"msf1", (b"avis", b"msf1"), "an AVIF picture"),
        (b"mif1", (b"jpeg",), "a HEIF picture"),
    ],
)
def test_a_picture_of_another_kind_is_called_by_its_own_name(major, others, kind):
    body = major + b"\0\0\0\0" + b"".join(others)
    content = struct.pack(">I", 8 + len(body)) + b"ftyp" + body + bytes(200)
    with pytest.raises(UnreadablePhoto, match=f"phone.jpg is {kind}"):
        open_photo(content, name="phone.jpg")
