"""Open an untrusted picture: limits first, then decoding, and a clear refusal for the rest."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from ran.errors import UnreadablePhoto
from ran.face.decoding.levels import Said, is_deep, levels, said_by
from ran.words import _, later

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 64_000_000
MIN_SIDE = 20
"""Detection looks for faces of 20 pixels and more; nothing smaller can hold one."""
_USE = later("Use a JPEG, PNG or WebP picture.")
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, TypeError)
"""What Pillow's decoders were seen to raise in 240,000 damaged pictures."""

_Begun = Callable[[int, int], object] | None


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded picture, upright: pixels u8[H, W, 3] in RGB, and the name it came under."""

    pixels: NDArray[np.uint8]
    name: str

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the upright pixels and their size, whatever file they came in."""
        digest = hashlib.sha256(repr(self.pixels.shape).encode())
        digest.update(self.pixels.reshape(-1).data)
        return digest.hexdigest()


def open_photo(source: str | Path | bytes, *, name: str | None = None) -> Photo:
    """Open JPEG, PNG, WebP, BMP, TIFF or the first frame of a GIF, turned upright by its EXIF.

    Transparency is laid on white; deep greys (ran.face.decoding.levels) and CMYK become 8-bit RGB.
    Bytes and pixels are counted before anything is decoded.

    Raises:
        UnreadablePhoto: if there is no such file, or it is empty, too large, damaged, too small
            or no picture of these kinds.
    """
    if isinstance(source, bytes):
        content, name = source, name or "the picture"
    else:
        content, name = _read(Path(source)), name or Path(source).name
    return Photo(np.asarray(decode_photo(content, name)), name)


def decode_photo(content: bytes, name: str, begun: _Begun = None) -> Image.Image:
    """Return the picture that a file holds, upright and in mode RGB, as `open_photo` does.

    `begun` is told its sides once they are known and found to be allowed, before it is decoded.

    Raises:
        UnreadablePhoto: as `open_photo`.
    """
    if not content:
        raise UnreadablePhoto(_("{name} is empty.").format(name=name), hint=_(_USE))
    if len(content) > MAX_BYTES:
        raise UnreadablePhoto(
            _("{name} has {count:.0f} MB, more than {max_bytes} MB.").format(
                name=name, count=len(content) / 2**20, max_bytes=MAX_BYTES // 2**20
            ),
            hint=_("Save it smaller and try again."),
        )
    kind = _kind_by_first_bytes(content)
    if kind is not None:
        raise UnreadablePhoto(
            _("{name} is {kind}, which cannot be opened here.").format(name=name, kind=kind),
            hint=_(_USE),
        )
    return _decode(content, name, begun)


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise UnreadablePhoto(
                _("{path} is a folder.").format(path=path), hint=_("Give the path of one picture.")
            )
        if not path.exists():
            raise UnreadablePhoto(
                _("{path} does not exist.").format(path=path), hint=_("Check the path.")
            )
        if not path.is_file():
            raise UnreadablePhoto(
                _("{path} is not a file.").format(path=path),
                hint=_("Give the path of one picture."),
            )
        if path.stat().st_size > MAX_BYTES:
            raise UnreadablePhoto(
                _("{name} is larger than {max_bytes} MB.").format(
                    name=path.name, max_bytes=MAX_BYTES // 2**20
                ),
                hint=_("Save it smaller and try again."),
            )
        return path.read_bytes()
    except OSError as error:
        raise UnreadablePhoto(
            _("{path} cannot be read: {strerror}.").format(path=path, strerror=error.strerror),
            hint=_("Check the path and the file's permissions."),
        ) from error


_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "a HEIC picture"),
    **dict.fromkeys((b"avif", b"avis"), "an AVIF picture"),
    **dict.fromkeys((b"mif1", b"msf1", b"mif2"), "a HEIF picture"),
}
"""Brands of the file type box (ISO/IEC 23008-12); the last are any codec's, so they come last."""


def _kind_by_first_bytes(content: bytes) -> str | None:
    if content[4:8] == b"ftyp":
        end = min(int.from_bytes(content[:4], "big"), 512)
        # The major brand, its version, then all that the file also is.
        named = {content[8:12], *(content[at : at + 4] for at in range(16, end, 4))}
        return next((kind for brand, kind in _BRANDS.items() if brand in named), None)
    start = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(b"<svg") or (start.startswith(b"<?xml") and b"<svg" in start):
        return "an SVG drawing"
    return None


_NOTES = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
"""Chunks of a PNG that say nothing of its pixels as they are shown here: texts, a colour profile.

Pillow refuses a picture whose notes are long, to save memory; none of them is used.
"""


def _without_notes(content: bytes) -> bytes:
    """Return a PNG without its texts and its profile; other bytes as they are."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        return content
    kept, at = [content[:8]], 8
    while at + 12 <= len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        if content[at + 4 : at + 8] not in _NOTES:
            kept.append(content[at:end])
        at = end
    return b"".join([*kept, content[at:]])


def _decode(content: bytes, name: str, begun: _Begun) -> Image.Image:
    with warnings.catch_warnings():
        # Pillow warns at its own limit of pixels, where ours refuses in words, and of damaged
        # notes beside a sound picture.
        warnings.simplefilter("ignore")
        loaded = _loaded(_without_notes(content), name, begun)
        # What it says of black and white is lost where it is turned.
        return _rgb(_upright(loaded), said_by(loaded), name)


def _loaded(content: bytes, name: str, begun: _Begun) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        _check_size(name, *picture.size)
        if begun is not None:
            begun(*picture.size)
        picture.load()
    except Image.DecompressionBombError as error:
        raise _too_many(name, "far too many pixels") from error
    except UnidentifiedImageError as error:
        raise UnreadablePhoto(
            _("{name} is not a picture that can be opened here.").format(name=name), hint=_(_USE)
        ) from error
    except _DAMAGE as error:
        raise UnreadablePhoto(
            _("{name} is damaged and cannot be decoded.").format(name=name),
            hint=_("Save or download it again."),
        ) from error
    return picture


def _check_size(name: str, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_many(name, f"{width} x {height} pixels")
    if min(width, height) < MIN_SIDE:
        raise UnreadablePhoto(
            _("{name} is {width} x {height} pixels, too small to hold a face.").format(
                name=name, width=width, height=height
            ),
            hint=_("Use a picture of at least {min_side} pixels on each side.").format(
                min_side=MIN_SIDE
            ),
        )


def _upright(picture: Image.Image) -> Image.Image:
    try:
        # Else it would be copied.
        is_turned = picture.getexif().get(ExifTags.Base.Orientation, 1) != 1
        return ImageOps.exif_transpose(picture) if is_turned else picture
    except _DAMAGE:
        # Damaged notes: the picture itself was decoded, so it is shown as it lies.
        return picture


def _too_many(name: str, size: str) -> UnreadablePhoto:
    return UnreadablePhoto(
        _("{name} has {size}, more than {max_pixels} megapixels.").format(
            name=name, size=size, max_pixels=MAX_PIXELS // 10**6
        ),
        hint=_("Save it with fewer pixels and try again."),
    )


def _rgb(picture: Image.Image, said: Said, name: str) -> Image.Image:
    if is_deep(picture):
        # Pillow's own conversion would clip at 255 instead of scaling.
        picture = Image.fromarray(levels(picture, said, name))
    if picture.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(white, picture)
    return picture if picture.mode == "RGB" else picture.convert("RGB")
