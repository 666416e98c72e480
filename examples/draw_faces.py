"""Draw the example faces that nobody posed for: python examples/draw_faces.py [FOLDER]."""

from __future__ import annotations

import sys
from pathlib import Path

from drawing.head import draw
from drawing.people import AMBER, EXPRESSIONS, ROSE, SAND, UMBER

PICTURES = {
    "drawn_neutral.png": (SAND, "neutral", 0.0),
    "drawn_happiness.png": (UMBER, "happiness", 0.0),
    "drawn_surprise.png": (AMBER, "surprise", 0.0),
    "drawn_sadness.png": (ROSE, "sadness", 0.0),
    "drawn_anger.png": (SAND, "anger", 0.0),
    "drawn_happiness_turned.png": (ROSE, "happiness", 26.0),
}
"""File -> who, what, and degrees turned to the viewer's right."""


def main(folder: Path) -> None:
    """Write every picture into a folder."""
    for name, (person, expression, yaw) in PICTURES.items():
        picture = draw(person, EXPRESSIONS[expression], yaw=yaw)
        picture.save(folder / name, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
