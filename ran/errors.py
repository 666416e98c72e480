"""What a visitor can cause, in words a visitor can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ran.words import _


class RanError(Exception):
    """The base of all that a visitor can cause. `hint` is the next step, one sentence."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"


class UnreadablePhoto(RanError):
    """A file that is not a picture we can open."""


class UnreadableVideo(RanError):
    """A file that is not a video we can read frames of."""


class NoFaceFound(RanError):
    """A picture in which the detector found no face."""


class BadCheckpoint(RanError):
    """A checkpoint that is missing, damaged, or not what its card says."""


class BadShape(RanError):
    """A shape drawn over the face that cannot be read."""


class BadFraming(RanError):
    """A face cut out in another way than the network was trained on."""


class BadRequest(RanError):
    """An option, name or path that does not exist."""


class BadRecipe(RanError):
    """A recipe that cannot be read, or not be replayed on this face."""


class OutOfMemory(RanError):
    """Something that does not fit into the memory that is there."""


class TookTooLong(RanError):
    """An answer that was given up."""


_NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")
"""What torch says where Python raises MemoryError: its own errors for it are RuntimeErrors."""


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory ran out, on any device."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_MEMORY)
    )


@contextmanager
def memory_told() -> Iterator[None]:
    """Turn every way in which memory runs out into words.

    Raises:
        OutOfMemory: instead of MemoryError and what torch raises, on any device.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemory(
            _("There is not enough memory for this."),
            hint=_("Ask for less at a time: fewer crops, steps or poses, or a smaller picture."),
        ) from error
