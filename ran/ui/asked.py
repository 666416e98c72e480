"""What a visitor asks on the Explain page: it lives in their session."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Asked:
    """Which maps are wanted, of what and against what; and what is done to the regions.

    `steps` None is each method's own number; `refined` holds, by method, the steps that Refine has
    doubled. `pinned` is a region's number and its weight, None where the weights are left alone.
    """

    methods: list[str] = field(default_factory=lambda: ["grad-cam", "input-x-gradient"])
    target: str = "predicted"
    minus: str = ""
    baseline: str = "black"
    steps: int | None = None
    refined: dict[str, int] = field(default_factory=dict)
    at_once: set[str] = field(default_factory=set)
    """Slow methods that were asked for by a click and not begun yet."""
    unused: list[int] = field(default_factory=list)
    pinned: int | None = None
    pinned_to: float = 0.5
    swapped: list[int] = field(default_factory=list)

    def refine(self, method: str, steps: int) -> None:
        """Ask a method for more steps than it took, at once."""
        self.refined[method] = steps
        self.at_once.add(method)

    def set_steps(self, steps: int | None) -> None:
        """Take another number of steps for all methods; what was refined counts no more."""
        if steps != self.steps:
            self.steps = steps
            self.refined.clear()
