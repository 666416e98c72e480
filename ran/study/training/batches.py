"""The batches of an epoch: which faces, in what order, with whose random numbers.

All depends on the seed alone: a resumed epoch, or one that several processes share, is what it
would have been.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ran.face.framing import FERPLUS
from ran.net.regions import RegionLayout, landmark_layout, pixel_boxes, random_layout
from ran.study.evaluation.accuracy import MEDIAN_RADIUS, listed_layout
from ran.study.training.answering import REGION_DRAWS
from ran.study.training.options import Recipe
from ran.study.training.views.augmentation import VIEWS
from ran.study.training.views.covering import COVER_DRAWS, covered
from ran.study.training.views.mixing import MIX_DRAWS, mixed

MOST_REGIONS = 6
"""Regions of every layout that networks are trained on."""
JITTER = 0.03
"""Largest shift of a landmark's square while a network is trained, in sides of the face."""


@dataclass(frozen=True, eq=False)
class Batch:
    """One process's share of a step.

    rows i64[N], faces of the data set; draws f32[N, DRAWS], of each one's view; the same of its
    partner, the face before it in the whole batch; mix f32[N, MIX_DRAWS], of how the two are mixed;
    covers f32[N, COVER_DRAWS], of its cover; regions f32[N, REGION_DRAWS, MOST_REGIONS], of which
    regions are left out or exchanged.
    """

    rows: Tensor
    draws: Tensor
    partners: Tensor
    partner_draws: Tensor
    mix: Tensor
    covers: Tensor
    regions: Tensor


def epoch_batches(
    labels: Tensor, batch: int, recipe: Recipe, *, seed: int, share: tuple[int, int], quiet: bool
) -> Iterator[Batch]:
    """Yield this process's share of each whole batch of an epoch, on the labels' device.

    Args:
        labels: i64[N] in 0..7, of every face.
        batch: faces of a step in all processes together.
        recipe: its views, balance, mixup and cutmix.
        seed: of the epoch.
        share: this process's number, and of how many.
        quiet: whether no progress is shown.
    """
    generator, faces, device = torch.Generator().manual_seed(seed), len(labels), labels.device
    whole = faces // batch * batch
    if recipe.balance > 0:
        # A face may be drawn twice: its numbers belong to its place in the epoch.
        counts = labels.cpu().bincount(minlength=1).double()
        chances = counts[labels.cpu()] ** -recipe.balance
        order = torch.multinomial(chances, whole, replacement=True, generator=generator)
        owners = torch.arange(whole)
    else:
        order = torch.randperm(faces, generator=generator)[:whole]
        owners = order
    draws = torch.rand(faces, VIEWS[recipe.views].draws, generator=generator).to(device)
    mix = torch.rand(whole, MIX_DRAWS, generator=generator).to(device)
    covers = torch.rand(whole, COVER_DRAWS, generator=generator).to(device)
    regions = torch.rand(whole, REGION_DRAWS, MOST_REGIONS, generator=generator).to(device)
    order, owners = order.to(device), owners.to(device)
    number, processes = share
    for places in tqdm(
        torch.arange(whole, device=device).split(batch), disable=quiet, mininterval=30
    ):
        mine = places[number::processes]
        before = places.roll(1)[number::processes]
        yield Batch(
            order[mine], draws[owners[mine]], order[before], draws[owners[before]], mix[mine],
            covers[mine], regions[mine],
        )  # fmt: skip


def drawn_layout(kind: str, generator: torch.Generator) -> RegionLayout:
    """Return a layout of the kind as one step of training sees it.

    The fixed layout is always the same; the squares of "landmark" are shifted by up to JITTER each,
    about the medians of FERPlus' framing; "random" is drawn anew.
    """
    if kind == "landmark":
        shift = (2.0 * torch.rand(5, 2, generator=generator) - 1.0) * JITTER
        medians = np.asarray(FERPLUS.landmarks, np.float32)
        return landmark_layout(medians + shift.numpy(), radius=MEDIAN_RADIUS)
    if kind == "random":
        return random_layout(seed=int(torch.randint(2**31, (), generator=generator)))
    return listed_layout(kind)


def step_boxes(layouts: Sequence[str], side: int, crops: int, *, seed: int) -> Iterator[Tensor]:
    """Yield for each step of an epoch the boxes that it sees, i64[R, 4] in pixels, without end.

    Attention takes any number of regions: a step that sees few of them costs so much less, and no
    crop can be relied on. Of several layouts each step draws one.

    Args:
        layouts: kinds of layout, one or more; none of them: the whole face alone.
        side: pixels of a face.
        crops: how many of the layout's crops are drawn beside the whole face; 0: all of them.
        seed: of the epoch; all processes draw the same.
    """
    generator = torch.Generator().manual_seed(seed)
    while True:
        if not layouts:
            yield torch.tensor([[0, 0, side, side]])
            continue
        kind = layouts[0]
        if len(layouts) > 1:
            kind = layouts[int(torch.randint(len(layouts), (), generator=generator))]
        boxes = pixel_boxes(drawn_layout(kind, generator), side)
        drawn = torch.randperm(len(boxes) - 1, generator=generator)[: crops or None].sort().values
        yield boxes[torch.cat([torch.zeros(1, dtype=torch.int64), drawn + 1])]


def views_of(
    batch: Batch,
    pixels: Tensor,
    targets: Tensor,
    recipe: Recipe,
    *,
    side: int,
    scale: tuple[float, float],
) -> tuple[Tensor, Tensor]:
    """Return the random views of a batch, f32[N, 3, side, side], and their soft labels, f32[N, C].

    Args:
        batch: which faces, and their random numbers.
        pixels: u8[F, 1, H, W], of all faces.
        targets: f32[F, C], of all faces.
        recipe: its views, covers, mixup and cutmix.
        side: pixels of a view.
        scale: smallest and largest scale of a view.
    """
    make = VIEWS[recipe.views].make
    views, soft = make(pixels[batch.rows], side, batch.draws, scale=scale), targets[batch.rows]
    if recipe.covers + recipe.mixup + recipe.cutmix == 0:
        return views, soft
    others = make(pixels[batch.partners], side, batch.partner_draws, scale=scale)
    if recipe.covers > 0:
        views = covered(views, others, batch.covers, share=recipe.covers)
    return mixed(
        views, others, soft, targets[batch.partners], batch.mix,
        mixup=recipe.mixup, cutmix=recipe.cutmix,
    )  # fmt: skip
