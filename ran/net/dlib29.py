"""The public-domain face backbone: a residual network of 29 convolutions, by Davis King.

Architecture as in dlib's `dlib_face_recognition_resnet_model_v1` (CC0 1.0), trained there to tell
3 million faces of 7,485 people apart; its affine layers are batch normalisation here, so that it
can be trained on. No padding where a block goes down, zeros at the right and the bottom where the
two ways differ by a row, zeros for channels that the short way has not: as the original does it.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

WIDTH = 256
SMALLEST = 103
"""Pixels of the side below which the last block has nothing left to see."""
LAST_STAGE = "stage3"
"""The stage of 128 channels, 8 x 8 at 150 pixels: the later ones are 4 x 4 and 2 x 2."""
MEAN = (122.782, 117.001, 104.298)
"""Red, green and blue of 0 to 255 that the original subtracts, before it divides by SCALE."""
SCALE = 256.0
_STAGES = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))
"""Channels and blocks of each stage; all but the first begin with a block that goes down."""


class Dlib29(nn.Module):
    """f32[N, 3, H, W], normalised by MEAN and SCALE, H and W at least SMALLEST -> f32[N, 256]."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, _STAGES[0][0], 7, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(_STAGES[0][0])
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(3, 2)
        before = _STAGES[0][0]
        for number, (channels, blocks) in enumerate(_STAGES, 1):
            goes_down = [number > 1] + [False] * (blocks - 1)
            widths = [before] + [channels] * (blocks - 1)
            stage = nn.Sequential(
                *(
                    Block(width, channels, goes_down=down)
                    for width, down in zip(widths, goes_down, strict=True)
                )
            )
            self.add_module(f"stage{number}", stage)
            before = channels

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the features, the mean over the positions of the last stage."""
        if min(pictures.shape[-2:]) < SMALLEST:
            raise ValueError(
                f"dlib29 needs pictures of at least {SMALLEST} pixels, got "
                f"{pictures.shape[-1]} x {pictures.shape[-2]}"
            )
        maps = self.pool(self.relu(self.norm(self.conv(pictures))))
        for number in range(1, len(_STAGES) + 1):
            maps = self.get_submodule(f"stage{number}")(maps)
        features: Tensor = maps.mean((2, 3))
        return features


class Block(nn.Module):
    """Two convolutions of 3 x 3 beside a short way; where it goes down, both halve the sides."""

    def __init__(self, before: int, channels: int, *, goes_down: bool) -> None:
        super().__init__()
        stride, padding = (2, 0) if goes_down else (1, 1)
        self.conv1 = nn.Conv2d(before, channels, 3, stride, padding, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.short = nn.AvgPool2d(2) if goes_down else nn.Identity()
        self.relu2 = nn.ReLU(inplace=True)

    def forward(self, maps: Tensor) -> Tensor:
        """Return f32[N, channels, h, w] for f32[N, before, H, W]."""
        long = self.norm2(self.conv2(self.relu1(self.norm1(self.conv1(maps)))))
        short = self.short(maps)
        height = max(long.shape[2], short.shape[2])
        width = max(long.shape[3], short.shape[3])
        summed: Tensor = self.relu2(
            _filled(long, long.shape[1], height, width)
            + _filled(short, long.shape[1], height, width)
        )
        return summed


def _filled(maps: Tensor, channels: int, height: int, width: int) -> Tensor:
    """Return the maps with zeros for missing channels, and at the right and the bottom."""
    missing = (width - maps.shape[3], height - maps.shape[2], channels - maps.shape[1])
    if not any(missing):
        return maps
    return F.pad(maps, (0, missing[0], 0, missing[1], 0, missing[2]))
