"""What a visitor asks on the Explain page: it lives in their session."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class ExplainSettings:
    """Which maps are wanted, of what and against what; and what is done to the regions.

    `steps` None is each method's own number; `draws` is what badges rest on; `refined` holds, by
    method, the steps that Refine has doubled. Regions go by their index: `pinned` is the one whose
    weight is pinned, to its `pins`.
    """

    methods: list[str] = field(default_factory=lambda: ["grad-cam", "input-x-gradient"])
    target: str = "predicted"
    minus: str = ""
    baseline: str = "black"
    steps: int | None = None
    draws: int = 10
    refined: dict[str, int] = field(default_factory=dict)
    at_once: set[str] = field(default_factory=set)
    """Slow methods that were asked for by a click and not begun yet."""
    unused: list[int] = field(default_factory=list)
    pinned: int | None = None
    pins: dict[int, float] = field(default_factory=dict)
    swapped: list[int] = field(default_factory=list)
    replaced: str | None = None
    """What stands in place of the face's own weights, by ran.ui.explain.other_weights."""
    regions: tuple[str, ...] = ()
    undone: int = 0
    """Counts how often the interventions began anew: part of their widgets' keys."""

    @property
    def has_interventions(self) -> bool:
        """Return whether anything is done to the regions."""
        return bool(self.unused or self.swapped or self.replaced or self.pinned is not None)

    def undo(self) -> None:
        """Leave the regions alone again."""
        self.unused, self.pinned, self.pins, self.swapped = [], None, {}, []
        self.replaced = None
        self.undone += 1

    def cut_into(self, regions: tuple[str, ...]) -> None:
        """Leave the regions alone where they are others than before."""
        if regions != self.regions:
            self.undo()
            self.regions = regions

    def refine(self, method: str, steps: int) -> None:
        """Ask a method for more steps than it took, at once."""
        self.refined[method] = steps
        self.at_once.add(method)

    def set_steps(self, steps: int | None) -> None:
        """Take another number of steps for all methods; what was refined counts no more."""
        if steps != self.steps:
            self.steps = steps
            self.refined.clear()
