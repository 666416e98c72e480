"""The table that `train ablate` writes beside a checkpoint, and the Model page reads."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ran.errors import BadCheckpoint
from ran.net.card import read_json
from ran.writing import write_text

NAME = "ablation.json"
WITH_RB_LOSS, WITHOUT_RB_LOSS = "As the paper", "Without RB-loss"
"""The two rows whose RB margins are kept face by face, as histograms."""


@dataclass(frozen=True)
class Row:
    """One variant: how it was built, and what it reaches on FER2013Valid over the seeds.

    accuracy and its spread (standard deviation) in [0, 1]; margin, the mean RB margin, and
    above_alpha, the share of faces whose margin reaches the row's own alpha, None without crops.
    """

    name: str
    layout: str
    crops: int
    attention: str
    relation: bool
    alpha: float
    rb_loss: float
    accuracy: float
    spread: float
    margin: float | None
    above_alpha: float | None


@dataclass(frozen=True)
class AblationTable:
    """Heads trained in several variants on the frozen features of one backbone.

    about says whose backbone, shows what the table shows, if somebody has written it down. edges
    are those of the histograms in `margins`, counts of faces by the name of the row.
    """

    about: str
    input_size: int
    epochs: int
    faces: int
    valid: int
    seeds: tuple[int, ...]
    rows: tuple[Row, ...]
    edges: tuple[float, ...]
    margins: dict[str, tuple[int, ...]]
    shows: str = ""

    def write(self, folder: Path) -> None:
        """Write the table into a folder."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        write_text(folder / NAME, text + "\n")

    @staticmethod
    def read(folder: Path) -> AblationTable | None:
        """Return the table of a folder, None where there is none.

        Raises:
            BadCheckpoint: if it is damaged.
        """
        path = folder / NAME
        if not path.is_file():
            return None
        try:
            values = read_json(path)
            rows = tuple(Row(**row) for row in values.pop("rows"))
            margins = {name: tuple(counts) for name, counts in values.pop("margins").items()}
            edges, seeds = tuple(values.pop("edges")), tuple(values.pop("seeds"))
            table = AblationTable(rows=rows, margins=margins, edges=edges, seeds=seeds, **values)
            if any(len(counts) != len(edges) - 1 for counts in margins.values()):
                raise ValueError("a histogram does not fit its edges")
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise BadCheckpoint(
                f"{path} is no table of ablations: {error}.",
                hint="Write it again with `python -m ran train ablate`, or remove it.",
            ) from error
        return table
