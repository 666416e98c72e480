"""The pages there are, a row each: read before anything heavy is imported."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple

from ran.words import later


class Page(NamedTuple):
    """A page: its title, its icon in the navigation, and what it asks, in one sentence or two.

    has_face: whether it is about the face in use, which it can change.
    needs: a package that it cannot do without; where it is not installed, there is no such page.
    """

    title: str
    icon: str
    asks: str
    has_face: bool = True
    needs: str | None = None


_ALL = {
    "occlude": Page(
        later("Occlude"), ":material/draw:",
        later("Cover part of the face. Does the network turn to other regions?"),
    ),
    "explain": Page(
        later("Explain"), ":material/troubleshoot:",
        later(
            "Which pixels and which regions made the answer, and does the reply survive its "
            "tests?"
        ),
    ),
    "poses": Page(
        later("Poses"), ":material/3d_rotation:", later("Turn the face. Does the attention follow?")
    ),
    "robustness": Page(
        later("Robustness"), ":material/shield:",
        later("Move a cover over the face and map where the answer breaks."),
    ),
    "compare": Page(
        later("Compare"), ":material/compare:",
        later("Two faces, two covers or two networks side by side. What differs?"),
    ),
    "cohort": Page(
        later("Cohort"), ":material/groups:",
        later(
            "Run many faces through the network and compare expressions, kinds of occlusion and "
            "poses."
        ),
        has_face=False,
    ),
    "live": Page(
        later("Live"), ":material/videocam:",
        later("Move before the camera. Does the attention stay with the face, and on what?"),
        has_face=False, needs="streamlit_webrtc",
    ),
    "model": Page(
        later("Model"), ":material/schema:",
        later(
            "What was trained, on what, how well it does, and the equations behind every number."
        ),
    ),
}  # fmt: skip


def installed() -> dict[str, Page]:
    """Return the pages whose packages are there."""
    return {
        name: page for name, page in _ALL.items() if page.needs is None or find_spec(page.needs)
    }


PAGES = installed()
"""By the names of their files in pages/, in the order of the navigation."""
