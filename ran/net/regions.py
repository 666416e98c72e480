"""Where the regions of a face are, and how they are cut out of it.

Region 0 is always the whole face. The three ways to place the crops are those of Wang et al. 2020
(arXiv:1905.04075), section on region generation: fixed positions, random positions, landmarks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ran.words import later

WHOLE_FACE = later("Whole face")
_CENTRE, _RANDOM = later("Centre"), later("Random")
"""A number follows."""
RANDOM_SIDE = (0.70, 0.95)
"""Smallest and largest side of a random crop, in units of the face's side."""
LANDMARK_NAMES = (
    later("Left eye"), later("Right eye"), later("Nose"), later("Left mouth corner"),
    later("Right mouth corner"),
)  # fmt: skip
"""In MTCNN's order; left and right as the viewer sees them."""


@dataclass(frozen=True)
class Box:
    """A named rectangle in [0, 1] face units, edges x0 < x1 and y0 < y1, origin top left."""

    name: str
    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        edges = (self.x0, self.y0, self.x1, self.y1)
        if not (0.0 <= self.x0 < self.x1 <= 1.0 and 0.0 <= self.y0 < self.y1 <= 1.0):
            raise ValueError(
                f"box {self.name!r} must satisfy 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1, "
                f"got {edges}; clip it to the face first"
            )

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Return x0, y0, x1, y1."""
        return (self.x0, self.y0, self.x1, self.y1)


@dataclass(frozen=True)
class RegionLayout:
    """Which regions a face is cut into. `boxes[0]` is the whole face; the order is the network's.

    `kind` is "fixed", "random", "landmark" or "custom" and says how the boxes were made.
    """

    boxes: tuple[Box, ...]
    kind: str = "custom"

    def __post_init__(self) -> None:
        if not self.boxes or self.boxes[0].edges != (0.0, 0.0, 1.0, 1.0):
            raise ValueError(
                "the first box of a layout must be the whole face, edges (0, 0, 1, 1); "
                f"got {self.boxes[:1]}"
            )

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the regions' names, whole face first."""
        return tuple(box.name for box in self.boxes)

    def unit(self) -> Tensor:
        """Return the boxes as f32[R, 4], x0 y0 x1 y1 in [0, 1]."""
        return torch.tensor([box.edges for box in self.boxes], dtype=torch.float32)


_WHOLE = Box(WHOLE_FACE, 0.0, 0.0, 1.0, 1.0)


def fixed_layout() -> RegionLayout:
    """Return the paper's fixed layout: the whole face and five crops.

    Three crops of 0.75 of the side (upper left, upper right, lower middle) and two centred ones of
    0.90 and 0.85 (Wang et al. 2020, fixed position cropping).
    """
    return RegionLayout(
        (
            _WHOLE,
            Box(later("Upper left"), 0.0, 0.0, 0.75, 0.75),
            Box(later("Upper right"), 0.25, 0.0, 1.0, 0.75),
            Box(later("Lower middle"), 0.125, 0.25, 0.875, 1.0),
            Box(f"{_CENTRE} 0.90", 0.05, 0.05, 0.95, 0.95),
            Box(f"{_CENTRE} 0.85", 0.075, 0.075, 0.925, 0.925),
        ),
        "fixed",
    )


def random_layout(count: int = 5, *, seed: int = 0) -> RegionLayout:
    """Return the whole face and `count` square crops at random places.

    The side of each is drawn from RANDOM_SIDE, its place uniformly among those inside the face
    (Wang et al. 2020, random cropping). The same seed gives the same crops.
    """
    if count < 1:
        raise ValueError(f"a random layout needs at least one crop, got {count}")
    generator = np.random.default_rng(seed)
    crops = []
    for number in range(1, count + 1):
        side = generator.uniform(*RANDOM_SIDE)
        x0, y0 = generator.uniform(0.0, 1.0 - side, size=2)
        crops.append(Box(f"{_RANDOM} {number}", x0, y0, min(x0 + side, 1.0), min(y0 + side, 1.0)))
    return RegionLayout((_WHOLE, *crops), "random")


def landmark_layout(landmarks: NDArray[np.float32], *, radius: float = 0.25) -> RegionLayout:
    """Return the whole face and a square round each of the five landmarks, cut at the border.

    Args:
        landmarks: f32[5, 2], x y in [0, 1] face units, in the order of LANDMARK_NAMES.
        radius: half the side of a square, in units of the face's side.

    Raises:
        ValueError: if a square lies wholly outside the face, or the shape or radius is wrong.
    """
    if landmarks.shape != (5, 2):
        raise ValueError(f"landmarks must be [5, 2], got {list(landmarks.shape)}")
    if not 0.0 < radius <= 1.0:
        raise ValueError(f"radius must be in (0, 1], got {radius}")
    crops = []
    for name, (x, y) in zip(LANDMARK_NAMES, landmarks.tolist(), strict=True):
        x0, y0, x1, y1 = (
            float(np.clip(edge, 0.0, 1.0))
            for edge in (x - radius, y - radius, x + radius, y + radius)
        )
        crops.append(Box(name, x0, y0, x1, y1))
    return RegionLayout((_WHOLE, *crops), "landmark")


def pixel_boxes(layout: RegionLayout, side: int) -> Tensor:
    """Return the boxes of `layout` as i64[R, 4] in pixels of a face of `side` pixels.

    Edges are rounded to the nearest pixel; a box never becomes narrower than one pixel.
    """
    boxes = torch.floor(layout.unit().double() * side + 0.5).to(torch.int64)
    boxes[:, :2] = boxes[:, :2].clamp(max=side - 1)
    boxes[:, 2:] = torch.maximum(boxes[:, 2:], boxes[:, :2] + 1)
    return boxes


def crop_regions(face: Tensor, boxes: Tensor) -> Tensor:
    """Cut each region out of the face and enlarge it to the face's own size.

    Differentiable in `face`; a pixel outside every box gets no gradient. Bilinear and antialiased,
    as Pillow's crop-then-resize: no pixel outside the box is read.

    Args:
        face: f32[B, 3, H, W], values in [0, 1].
        boxes: i64[R, 4], x0 y0 x1 y1 in pixels; row 0 is the whole face. Or i64[B, R, 4], for
            crops that differ by face.

    Returns:
        f32[B, R, 3, H, W].

    Raises:
        ValueError: if a box is empty or leaves the face, or `boxes` is neither.
    """
    if boxes.ndim == 3 and len(boxes) == len(face):
        each = [crop_regions(one[None], own) for one, own in zip(face, boxes, strict=True)]
        return torch.cat(each)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or len(boxes) < 1:
        raise ValueError(
            f"boxes must be [R, 4] with R >= 1, or one such a face, got {list(boxes.shape)}; "
            "wrap a single box in a list"
        )
    height, width = face.shape[-2:]
    return torch.stack([_crop(face, box, (height, width)) for box in boxes.tolist()], dim=1)


def _crop(face: Tensor, box: Sequence[int], size: tuple[int, int]) -> Tensor:
    height, width = size
    x0, y0, x1, y1 = box
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise ValueError(
            f"a box must lie inside the face of {width} x {height} pixels and not be empty, "
            f"got {tuple(box)}; clip it first"
        )
    if (x0, y0, x1, y1) == (0, 0, width, height):
        return face
    return F.interpolate(
        face[..., y0:y1, x0:x1], size, mode="bilinear", align_corners=False, antialias=True
    )
