"""What a visitor has set on the Live page."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class LiveSettings:
    """Stickers, by their names, that follow the face."""

    stickers: list[str] = field(default_factory=list)
