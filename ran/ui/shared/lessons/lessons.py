"""What the tour and the lessons ask, step by step; a lesson asks, the pages answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ran.words import later

if TYPE_CHECKING:
    from ran.ui.shared.session import Session

PARAMETER = "lesson"


@dataclass(frozen=True)
class Shows:
    """What a step can set up: an example's face, covers by name, cuts, the Explain page's maps."""

    example: str = ""
    covers: tuple[str, ...] = ()
    layout: str = ""
    methods: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """A step: the page that it is about, what it asks there, what it can set up."""

    page: str
    asks: str
    shows: Shows | None = None


@dataclass(frozen=True)
class Lesson:
    """A lesson: its title and its steps."""

    title: str
    steps: tuple[Step, ...]


_CLEAN = Shows("Astronaut", layout="Landmark")
LESSONS = {
    "tour": Lesson(
        later("A tour of the pages"),
        (
            Step("occlude", later(
                "Draw on the face or choose a sticker. The band above says what attention did, the "
                "cards what each region weighs. Which number changes first?")),
            Step("explain", later(
                "Heatmaps say which pixels speak for an answer; the badges say how far to trust "
                "them. Which badge is amber, and why?")),
            Step("poses", later(
                "The same face turned from left to right. At which angle does the answer change, "
                "and do the weights change before it?")),
            Step("robustness", later(
                "A window slides over the face. Where does the answer break, and does a random "
                "window break it as early as one guided by the heatmap?")),
            Step("compare", later(
                "Two faces, two covers or two networks. What differs, and by how much?")),
            Step("cohort", later(
                "One face is an anecdote. Does what you saw hold on many?")),
            Step("model", later(
                "What was this network trained on, what does it reach, and what is its attention "
                "worth?")),
        ),
    ),
    "attention": Lesson(
        later("What does attention look at?"),
        (
            Step("occlude", later(
                "Each card is a region that the network saw; its large number is w, the weight "
                "against uniform. Which region has the most? Guess before you look, and then "
                "outline it by its name."), _CLEAN),
            Step("occlude", later(
                "Now a mask hides the lower face. Which weights rise, which fall? The band says "
                "whether attention left the cover, and when it cannot tell."),
                Shows("Astronaut", ("mask",), "Landmark")),
            Step("poses", later(
                "The head turns. Do the regions on the side that turns away lose weight? Turned "
                "faces are synthetic: the Poses page says what real ones did."), _CLEAN),
            Step("model", later(
                "Over thousands of faces, what do μ, ν and w of a region do when it is covered? "
                "Was your face the rule or the exception?")),
        ),
    ),
    "mouth": Lesson(
        later("Cover the mouth"),
        (
            Step("occlude", later(
                "Note the answer and its probability. What will the network answer when the mouth "
                "is hidden? Write your guess down."), _CLEAN),
            Step("occlude", later(
                "The mouth is covered. Was your guess right? Does the same cover elsewhere on the "
                "face change as much?"), Shows("Astronaut", ("mouth",), "Landmark")),
            Step("robustness", later(
                "The map shows where a window changes the answer. Is the mouth the only such "
                "place?")),
            Step("compare", later(
                "The face with and without its cover, side by side: which region's worth fell, and "
                "did another one's rise?")),
            Step("cohort", later(
                "The same network on all examples under stickers: how often does the answer stay? "
                "Is one face enough to say what a cover does?")),
        ),
    ),
    "explanation": Lesson(
        later("Is attention an explanation?"),
        (
            Step("explain", later(
                "Below the maps: on the left how much attention each region gets, on the right "
                "what it was worth. Is their order the same beyond chance, and beyond one fixed "
                "order for all faces?"),
                Shows("Astronaut", ("mask",), "Landmark", ("grad-cam",))),
            Step("explain", later(
                "Put another face's weights, the mean or uniform ones in place of this face's. "
                "Does the answer change? If it does not, what did the weights explain?")),
            Step("explain", later(
                "A heatmap looks convincing. Does it beat a blob in the centre, and does it change "
                "when the network's parameters are drawn anew? Its badges answer.")),
            Step("model", later(
                "Is attention worth anything? The table holds accuracy with other weights in place "
                "of w. Jain and Wallace (2019) and Wiegreffe and Pinter (2019) disagree about what "
                "that shows: which of their arguments does this table support?")),
        ),
    ),
}  # fmt: skip
"""By the name that stands in a link."""


def step_of(session: Session) -> tuple[Lesson, Step] | None:
    """Return the lesson that a visitor walks and its step; None without one."""
    lesson = LESSONS.get(session.lesson)
    if lesson is None:
        return None
    session.lesson_step = min(max(0, session.lesson_step), len(lesson.steps) - 1)
    return lesson, lesson.steps[session.lesson_step]


def written(session: Session) -> dict[str, str]:
    """Return the parameter of the address for the lesson that is walked, such as "mouth.2"."""
    if session.lesson not in LESSONS:
        return {}
    return {PARAMETER: f"{session.lesson}.{session.lesson_step + 1}"}


def take(session: Session, query: Mapping[str, str]) -> None:
    """Begin the lesson that the address names; what is none is passed over."""
    name, _dot, number = query.get(PARAMETER, "").partition(".")
    if name in LESSONS:
        is_number = number.isascii() and number.isdecimal() and len(number) < 4
        session.lesson = name
        session.lesson_step = int(number) - 1 if is_number else 0
        step_of(session)
