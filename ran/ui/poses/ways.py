"""The ways to poses: one photo turned, several photos, a short video, the published lists."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ran.engine import Engine
from ran.errors import BadFraming
from ran.face.covers.parts import PRESETS, preset
from ran.face.detect import Face
from ran.face.video import MAX_BYTES, MAX_SECONDS, SUFFIXES
from ran.recipe import TurnChoice
from ran.study.poses.posed import Cover
from ran.study.poses.sources import (
    LISTS,
    MOST_PHOTOS,
    data_folder,
    listed,
    of_photos,
    of_video,
    turned,
)
from ran.ui.poses.sweep import Plan, forget, kept
from ran.ui.shared import beside, compute
from ran.ui.shared.outside import escaped
from ran.ui.shared.session import Session
from ran.ui.shared.settings.posing import (
    ALONG_TIME,
    ALONG_YAW,
    AS_DRAWN,
    NO_COVER,
    NOTHING,
    OWN_FILE,
    PHOTOS,
    PUBLISHED,
    TURN,
    VIDEO,
)
from ran.ui.shared.settings.widgets import key_of, seed, seed_from
from ran.words import _, later

_PHOTO_SUFFIXES = ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif"]
_NOT_KEPT = later(
    ":small[:gray[:material/lock: Your photos are sent to the computer that runs this app and stay "
    "in its memory for this session. They are not kept, shared or used for training.]]"
)


def way(session: Session) -> str:
    """Ask for the way; published lists are offered where their data is."""
    ways = [TURN, PHOTOS, VIDEO] + ([PUBLISHED] if data_folder() else [])
    chosen: str = (
        st.segmented_control(
            _("Where the poses come from"),
            ways,
            format_func=_,
            key=_seed(session, "way"),
            required=True,
            label_visibility="collapsed",
        )
        or TURN
    )
    session.poses.way = chosen
    return chosen


def _seed(session: Session, name: str) -> str:
    """Return the key of the widget of one of the session's settings of poses, seeded from it."""
    return seed_from(session.poses, name, key_of("poses", name))


def plan(session: Session, face: Face, using: Engine) -> Plan | None:
    """Ask what the chosen way needs to know; None where there is nothing to do yet."""
    ask: dict[str, Callable[[Session, Face, Engine], Plan | None]] = {
        TURN: _turn, PHOTOS: _photos, VIDEO: _video, PUBLISHED: _published,
    }  # fmt: skip
    return ask[session.poses.way](session, face, using)


def _turn(session: Session, face: Face, using: Engine) -> Plan | None:
    was = session.poses.turn

    def turning(part: str) -> str:
        return seed(
            key_of("poses", part), getattr(was, part), partial(session.poses.vary_turn, part)
        )

    cells = st.grid(3, min_column_width=160)
    span: Any = cells.slider(
        _("Yaw, degrees"), -60, 60, step=_marks(*was.yaw), key=turning("yaw"),
        format="%+d",
        help=_("How far the nose is turned towards your right, beyond how it stands in the photo."),
    )  # fmt: skip
    pitch = cells.slider(
        _("Pitch, degrees"), -30, 30, step=_marks(was.pitch), key=turning("pitch"),
        format="%+d", help=_("How far the nose is turned up."),
    )  # fmt: skip
    step = cells.segmented_control(
        _("Step, degrees"), sorted({5, 15, was.step}, reverse=True),
        key=turning("step"), required=True,
        help=_("Of 5 degrees: up to 25 poses, one forward pass each."),
    )  # fmt: skip
    chosen = session.poses.turn = TurnChoice((span[0], span[1]), int(step or was.step), pitch)
    return Plan(
        TURN, ("turn", face.digest, chosen), len(chosen.yaws),
        lambda: turned(face, chosen.yaws, (float(chosen.pitch),), using=using),
    )  # fmt: skip


def _marks(*angles: int) -> int:
    """Return how far a slider's marks lie apart: a recipe's angles may lie between fives."""
    return 5 if all(angle % 5 == 0 for angle in angles) else 1


def _photos(session: Session, face: Face, using: Engine) -> Plan | None:
    files = st.file_uploader(
        _("Photos of one person"),
        type=_PHOTO_SUFFIXES,
        accept_multiple_files=True,
        max_upload_size=20,
        key="poses-photos",
        on_change=forget,
        args=("poses-photos",),
        help=_("At most {most_photos}, of any size; of each, the largest face is used.").format(
            most_photos=MOST_PHOTOS
        ),
    )
    st.markdown(_(_NOT_KEPT))
    if not files:
        return kept(PHOTOS)
    contents = [(file.name, file.getvalue()) for file in files]
    names = tuple(name for name, _ in contents)
    key = ("photos", using.card.framing, names, _digest(*(content for _, content in contents)))
    return Plan(
        PHOTOS,
        key,
        len(contents),
        lambda: of_photos(contents, using=using, decode=compute.decoding().photo),
    )


def _video(session: Session, face: Face, using: Engine) -> Plan | None:
    file = st.file_uploader(
        _("A short video of one person"),
        type=list(SUFFIXES),
        max_upload_size=MAX_BYTES // 2**20,
        key="poses-video",
        on_change=forget,
        args=("poses-video",),
        help=_(
            "Its first {max_seconds:.0f} seconds are used; the head may turn as it likes."
        ).format(max_seconds=MAX_SECONDS),
    )
    frames = session.poses.frames = st.slider(
        _("Frames, evenly"), 5, 30, key=_seed(session, "frames")
    )
    st.markdown(_(_NOT_KEPT))
    if file is None:
        return kept(VIDEO)
    content, name = file.getvalue(), file.name
    key = ("video", name, _digest(content), frames)
    video = compute.once(key, lambda: compute.decoding().video(content, name=name, frames=frames))
    if video.is_cut:
        st.markdown(
            _(
                ":material/info: {name} is {seconds:.0f} s long; its first "
                "{max_seconds:.0f} seconds are used."
            ).format(name=escaped(name), seconds=video.seconds, max_seconds=MAX_SECONDS)
        )
    if video.is_damaged:
        st.markdown(
            _(
                ":material/info: {name} is damaged; the {count} frames that can be read are used."
            ).format(name=escaped(name), count=len(video.frames))
        )
    return Plan(
        VIDEO, (*key, using.card.framing), len(video.frames), lambda: of_video(video, using=using)
    )


def along(session: Session) -> str:
    """Ask what a film's charts have as their axis."""
    chosen: str = (
        st.segmented_control(
            _("Charts along"),
            (ALONG_TIME, ALONG_YAW),
            format_func=_,
            key=_seed(session, "along"),
            required=True,
            help=_("Along the yaw no line joins the frames: a film goes to and fro."),
        )
        or ALONG_TIME
    )
    session.poses.along = chosen
    return chosen


def _published(session: Session, face: Face, using: Engine) -> Plan | None:
    folder = data_folder()
    if folder is None:
        return None
    names = dict(zip(LISTS, (_("Pose > 45°"), _("Pose > 30°")), strict=True))
    cells = st.grid(2, min_column_width=160)
    name = cells.selectbox(
        _("List"), LISTS, format_func=names.__getitem__, key=seed("poses-list", LISTS[0])
    )
    count = cells.slider(_("Faces, evenly"), 5, 40, key=seed("poses-count", 15))
    key = ("list", str(folder), name, count)
    return Plan(PUBLISHED, key, count, lambda: listed(folder, name, count, using=using))


def cover(session: Session, face: Face) -> Cover | None:
    """Ask what hides every pose: nothing, what hides the face on Occlude, or a named part."""
    on_occlude = session.face or face
    drawn = session.shapes(on_occlude)
    options = [NO_COVER, *([AS_DRAWN] if drawn else []), *PRESETS]
    key = _seed(session, "cover")
    if st.session_state[key] not in options:
        st.session_state[key] = NO_COVER
    chosen = session.poses.cover = st.selectbox(
        _("Cover on every pose"),
        options,
        format_func=_,
        key=key,
        help=_(
            "It follows the landmarks of each face. What you draw on Occlude can be chosen here."
        ),
    )
    if chosen == NO_COVER:
        return None
    if chosen == AS_DRAWN:
        return Cover(on_occlude, drawn, session.fill)
    return Cover(face, preset(chosen, face), session.fill)


def other_engine(session: Session, using: Engine, below: DeltaGenerator) -> Engine | None:
    """Ask for a second network to lay over the first; None for none.

    `below` is the place where a checkpoint of the visitor's own is asked for.
    """
    known = beside.networks(session)
    options = [NOTHING, *known, OWN_FILE]
    key = _seed(session, "other")
    if st.session_state[key] not in options:
        st.session_state[key] = NOTHING
    chosen = session.poses.other = st.selectbox(
        _("Compare with"), options, format_func=_, key=key,
        help=_("A second network answers for the same poses; its points are hollow."),
    )  # fmt: skip
    if chosen == NOTHING:
        return None
    other: Engine | None = None
    with below, compute.told(_("No second network is shown.")):
        if chosen == OWN_FILE:
            _ask_for_second(session)
            other = session.second_engine
        else:
            other = compute.engine_of(session, known[chosen])
        if other is not None and other.card.framing != using.card.framing:
            theirs, other = other.card.framing, None
            raise BadFraming(
                _(
                    "The second network takes faces framed as {theirs!r}, {name} as {ours!r}."
                ).format(theirs=theirs, name=using.card.name, ours=using.card.framing),
                hint=_("Compare networks of one framing."),
            )
    return other


def _ask_for_second(session: Session) -> None:
    """Take a checkpoint; what was laid over stays until the new one is loaded."""
    second = session.second_engine
    if second is not None:
        st.markdown(_("Laid over, hollow: **{name}**.").format(name=escaped(second.card.name)))
    files = st.file_uploader(
        _("A second checkpoint"),
        type=["safetensors", "json", "tar", "pth"],
        accept_multiple_files=True,
        max_upload_size=200,
        key="poses-second",
        help=_(
            "model.safetensors together with card.json, or the authors' .pth.tar. It is used in "
            "your session alone."
        ),
    )
    if files and st.button(_("Lay it over"), icon=":material/layers:", key="poses-lay-over"):
        session.second_engine = compute.uploaded_engine(
            [(file.name, file.getvalue()) for file in files], session.device
        )
        st.rerun()


def _digest(*contents: bytes) -> str:
    digest = hashlib.sha256()
    for content in contents:
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()
