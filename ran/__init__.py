"""See what a Region Attention Network looks at in a face. Importing this does nothing."""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "open_photo": "ran.face.photo",
    "Photo": "ran.face.photo",
    "find_faces": "ran.face.detect",
    "Face": "ran.face.detect",
    "Pose": "ran.face.pose",
    "turn": "ran.face.head",
    "Rectangle": "ran.face.shapes",
    "Ellipse": "ran.face.shapes",
    "Fill": "ran.face.covers.occlusion",
    "Scene": "ran.scene",
    "Recipe": "ran.recipe",
    "read_recipe": "ran.recipe",
    "Engine": "ran.engine",
    "Intervention": "ran.explain.regions.intervene",
    "Prediction": "ran.prediction",
    "load_checkpoint": "ran.net.checkpoints",
    "RanError": "ran.errors",
    "UnreadablePhoto": "ran.errors",
    "NoFaceFound": "ran.errors",
    "BadRecipe": "ran.errors",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'ran' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
