"""What a visitor has set on the Robustness page."""

from __future__ import annotations

from dataclasses import dataclass

from ran.words import later

THIS, EXAMPLES, COHORT = later("This face"), later("Examples"), later("Faces of the Cohort page")


@dataclass
class RobustnessSettings:
    """Whose answer is to break, what slides over it, and what is read."""

    whose: str = THIS
    side: float = 0.25
    fill: str = "grey"
    region: str = ""
    """Whose w is mapped; the first crop until one is chosen."""
    by: str = "size"
    kind: str = "rectangles"
    number: str = "probability"
    value: float = 0.3
    """Where the slider of the curve stands."""
