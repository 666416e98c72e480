"""What a visitor has set on the Cohort page; the faces themselves are not in it."""

from __future__ import annotations

from dataclasses import dataclass

from ran.words import later

EXAMPLES, ZIP, PUBLISHED, FOLDER = (
    later("Examples under stickers"), later("Zip of faces"), later("Published list"),
    later("Folder"),
)  # fmt: skip
NO_COVER = later("none")
NOTHING = later("nothing")


@dataclass
class CohortSettings:
    """Where the faces come from, what hides each, and what is shown of them."""

    source: str = EXAMPLES
    published: str = "occlusion"
    most: int = 200
    folder: str = ""
    is_framed: bool = False
    has_poses: bool = False
    """Whether each face's yaw is estimated, which takes longer."""
    is_quick: bool = False
    """Whether int8 by OpenVINO answers, where it may."""
    cover: str = NO_COVER
    other: str = NOTHING
    """The second network: NOTHING or a bundled one's name."""
    by: str = ""
    number: str = ""
    shown: str = ""
    """Which faces the table shows, by ran.ui.cohort.faces_table."""
