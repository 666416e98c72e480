"""All measures of one network: what `python -m ran evidence` prints and writes onto its card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ran.engine import Engine
from ran.errors import BadRequest
from ran.explain.regions.controls import LEARNT
from ran.net.measures import Evidence
from ran.net.model import RegionAttentionNetwork
from ran.study.data.ferplus import Faces
from ran.study.evaluation.accuracy import exam, listed_layout, logits, on_list
from ran.study.evaluation.confusion import report
from ran.study.evaluation.control_table import table_of, valid_faces
from ran.study.evaluation.covered_list import VALID_SEED, covered_list
from ran.study.evaluation.photographs import photographed
from ran.study.evidence.calibration import calibrations
from ran.study.evidence.leaving import leaving
from ran.study.evidence.map_badges import badges
from ran.study.evidence.ranking import (
    features_of,
    hidden_shares,
    margins,
    mean_weights,
    ranks,
    under_covers,
)
from ran.study.evidence.turned import turned_faces

VALID, TEST, PHOTOGRAPHS = "FER2013Valid", "ferplus", "photographs"
"""Names of lists: of the faces that choose, of all test faces, and of these on a canvas."""
Table = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class Study:
    """A network and the faces that it is asked about: `most` of FER2013Valid, evenly over all."""

    engine: Engine
    ferplus: Path
    lists: Path
    most: int | None = None

    def faces(self, usual: int | None) -> Faces:
        """Return `most` faces of FER2013Valid, or the usual number; None is all."""
        return some(valid_faces(self.ferplus, self.lists), self.most or usual)

    @property
    def ran(self) -> RegionAttentionNetwork:
        """Return the network, which has attention.

        Raises:
            BadRequest: if it is a plain one.
        """
        if not isinstance(self.engine.model, RegionAttentionNetwork):
            raise BadRequest(
                "A plain network has no attention to measure.", hint="Give a RAN's checkpoint."
            )
        return self.engine.model


def some(faces: Faces, most: int | None) -> Faces:
    """Return so many of the faces, evenly over all; None is all."""
    count = len(faces) if most is None else min(most, len(faces))
    return faces.at(np.linspace(0, len(faces) - 1, count).round().astype(np.int64))


def _attention(study: Study) -> Evidence:
    """Measure ranks, margins and what covers do, by layout, on clean and on covered faces."""
    clean, side = study.faces(None), study.engine.card.input_size
    covered = covered_list(clean, seed=VALID_SEED)
    labels = torch.from_numpy(clean.labels())
    found: Evidence = {"ranks": {}, "margins": {}, "under_covers": {}, "mean_w": {}}
    for kind in study.engine.card.trained_layouts:
        layout = listed_layout(kind)
        both = {
            name: features_of(study.ran, faces, side, layout)
            for name, faces in ((kind, clean), (f"{kind}, covered", covered))
        }
        for name, features in both.items():
            mean = mean_weights(study.ran, features).tolist()
            found["mean_w"][name] = dict(zip(layout.names, mean, strict=True))
            found["ranks"][name] = {**ranks(study.ran, features)}
            found["margins"][name] = {
                **margins(study.ran, features, labels, alpha=study.engine.card.alpha)
            }
        before, after = both.values()
        shares = hidden_shares(clean, covered, layout)
        for hidden, row in under_covers(study.ran, before, after, shares).items():
            found["under_covers"][f"{kind}, {hidden}"] = {**row}
    return found


def _leaving(study: Study) -> Evidence:
    found: Table = {}
    for kind in study.engine.card.trained_layouts:
        rows = leaving(study.engine, study.faces(60), listed_layout(kind))
        found |= {f"{kind}: {name}": {**row} for name, row in rows.items()}
    return {"leaving": found}


def _answers(study: Study) -> Evidence:
    """Measure what an accuracy leaves out, and whether probabilities are what they say.

    The latter also where the test pictures are photographs, in which a face must be found first.
    """
    engine, card = study.engine, study.engine.card
    faces, subsets = exam(study.ferplus, study.lists)
    every = study.faces(None)
    found: Evidence = {"lists": {}, "calibration": {}}
    for asked, parts in ((every, {VALID: frozenset(every.names)}), (faces, subsets)):
        answered = logits(engine.model, asked, card.input_size)
        right = torch.from_numpy(asked.labels())
        for name, row in calibrations(answered, asked, parts, temperature=card.temperature).items():
            rows = on_list(asked, parts[name])
            said = report(answered[rows].argmax(1), right[rows], classes=len(card.classes))
            counts = said.pop("confusion")
            found["lists"][name], found["calibration"][name] = said, {**row}
            if name == TEST:
                found["confusion"] = {
                    label: dict(zip(card.classes, row, strict=True))
                    for label, row in zip(card.classes, counts, strict=True)
                }
    shown = some(faces, study.most)
    seen, answered = photographed(engine, shown)
    if seen:
        there = shown.at(np.array(seen))
        part = {PHOTOGRAPHS: frozenset(there.names)}
        of_them = calibrations(answered, there, part, temperature=card.temperature)
        found["calibration"][PHOTOGRAPHS] = {**of_them[PHOTOGRAPHS]}
    return found


def _controls(study: Study) -> Evidence:
    """Measure what other weights in place of w cost on each test list, by layout."""
    faces, subsets = exam(study.ferplus, study.lists)
    labels, table = torch.from_numpy(faces.labels()), {}
    for kind in study.engine.card.trained_layouts:
        side = study.engine.card.input_size
        features = features_of(study.ran, faces, side, listed_layout(kind))
        for name, members in subsets.items():
            rows = on_list(faces, members)
            measured = table_of(study.ran, features[rows.to(features.device)], labels[rows])
            row: dict[str, float | None] = {"n": measured[LEARNT]["n"]}
            for control, found in measured.items():
                row[control] = found["accuracy"]
                if control != LEARNT:
                    row[f"{control}, p"] = found["p"]
            table[f"{kind}, {name}"] = row
    return {"controls": table}


def _badges(study: Study) -> Evidence:
    return {"badges": badges(study.engine, study.faces(30))}


def _turned(study: Study) -> Evidence:
    listed, subsets = exam(study.ferplus, study.lists)
    most = study.most or 200
    return {"turned": turned_faces(study.engine, study.faces(None), listed, subsets, most=most)}


PARTS: dict[str, Callable[[Study], Evidence]] = {
    "attention": _attention,
    "leaving": _leaving,
    "answers": _answers,
    "controls": _controls,
    "badges": _badges,
    "turned": _turned,
}
"""What can be measured, by name; "answers", "controls" and "turned" ask the test lists."""
