"""What fuzzing begins with: small good files of every kind, made here."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from PIL import Image

from ran.face.covers.occlusion import Fill
from ran.face.shapes import Ellipse, Polygon, Rectangle, Sticker, Stroke, shape_to_json
from ran.net.checkpoints import DEFAULT, WEIGHTS
from ran.recipe import CheckpointRef, LayoutChoice, PhotoRef, Recipe, TurnChoice

SHAPES = (
    Rectangle(0.1, 0.2, 0.4, 0.5, 12.0),
    Ellipse(0.3, 0.3, 0.9, 0.8, -30.0),
    Polygon(((0.1, 0.1), (0.8, 0.2), (0.5, 0.9))),
    Stroke(((0.2, 0.2), (0.7, 0.7), (0.8, 0.1)), 0.1),
    Stroke(((0.5, 0.5),), 0.2, erase=True),
    Sticker("sunglasses", 0.5, 0.4, 0.6, 3.0),
)
FACE = np.random.default_rng(1).integers(0, 256, (24, 24, 3), np.uint8)


def seeds(target: str) -> Iterator[bytes]:
    """Return the good files of a target."""
    yield from {
        "photo": _photos, "film": _films, "recipe": _recipes, "drawing": _drawings,
        "card": _cards, "label_csv": _tables,
    }[target]()  # fmt: skip


def _photos() -> Iterator[bytes]:
    rgb = Image.fromarray(FACE)
    for picture, kinds in (
        (rgb, ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")),
        (rgb.convert("RGBA"), ("PNG", "WEBP", "TIFF")),
        (rgb.convert("CMYK"), ("JPEG", "TIFF")),
        (Image.fromarray(FACE[..., 0].astype(np.uint16) * 257), ("PNG", "TIFF")),
        (rgb.convert("P"), ("PNG", "GIF")),
        (rgb.convert("1"), ("PNG", "TIFF", "BMP")),
    ):
        for kind in kinds:
            file = io.BytesIO()
            picture.save(file, kind)
            yield file.getvalue()
    turned, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    rgb.save(turned, "JPEG", exif=exif, progressive=True)
    yield turned.getvalue()


def _films() -> Iterator[bytes]:
    for kind, codec in (("mp4", "libx264"), ("matroska", "libx264"), ("avi", "mpeg4"),
                        ("mov", "mjpeg"), ("webm", "libvpx"), ("mpeg", "mpeg1video")):  # fmt: skip
        file = io.BytesIO()
        with av.open(file, "w", format=kind) as container:
            stream = container.add_stream(codec, rate=25)
            stream.width = stream.height = 32
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            for shade in (40, 140, 240):
                pixels = np.full((32, 32, 3), shade, np.uint8)
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        yield file.getvalue()


def _recipes() -> Iterator[bytes]:
    photo, checkpoint = PhotoRef("a" * 64, "face.png"), CheckpointRef("ran", "b" * 64)
    layouts = (LayoutChoice(), LayoutChoice("random", count=5, seed=3),
               LayoutChoice("landmark", radius=0.25))  # fmt: skip
    for layout in layouts:
        made = Recipe(photo, checkpoint, SHAPES, Fill("look"), layout, None, 1)
        yield made.to_json().encode()
        yield json.dumps(json.loads(made.to_json()) | {"shapes": [], "alpha": 0.05}).encode()
    turned = Recipe(photo, checkpoint, SHAPES[:1], Fill(), layouts[0], None, 0, TurnChoice())
    yield turned.to_json().encode()


def _drawings() -> Iterator[bytes]:
    for shape in SHAPES:
        yield json.dumps([shape_to_json(shape)]).encode()
    yield json.dumps([shape_to_json(shape) for shape in SHAPES]).encode()


def _cards() -> Iterator[bytes]:
    text = (WEIGHTS / DEFAULT / "card.json").read_text()
    yield text.encode()
    values = json.loads(text)
    later = ("per_class", "calibration", "photographs", "against_plain", "seeds", "layouts")
    yield json.dumps({name: value for name, value in values.items() if name not in later}).encode()


def _tables() -> Iterator[bytes]:
    yield b'a.png,"(0, 0, 48, 48)",4,0,0,1,3,2,0,0,0,0\nb.png,,0,10,0,0,0,0,0,0,0,0\n'
    yield "\ufeffa.png,,1,2,3,0,0,0,0,0,4,0\r\n".encode()


def write(folder: Path, target: str) -> None:
    """Put a target's seeds into its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(seeds(target)):
        (folder / f"seed-{number:02}").write_bytes(content)
