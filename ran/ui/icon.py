"""The app's icon, drawn here: a face with a region round one eye. No other host is asked."""

from __future__ import annotations

from PIL import Image, ImageDraw

_SIDE = 64


def icon() -> Image.Image:
    """Return the icon, 64 x 64 pixels, RGBA."""
    picture = Image.new("RGBA", (_SIDE, _SIDE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((4, 2, 60, 62), fill="#0F766E")
    for x in (22, 42):
        draw.ellipse((x - 4, 22, x + 4, 30), fill="#FFFFFF")
    draw.arc((20, 30, 44, 50), 20, 160, fill="#FFFFFF", width=4)
    draw.rectangle((30, 14, 54, 38), outline="#F2B65A", width=3)
    return picture
