"""Where pages get their answers: one engine for all visitors, and errors put into words."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import streamlit as st

from ran.deadline import within
from ran.engine import Engine
from ran.engine.fast.gates import INT8, check_gate
from ran.engine.threads import take_threads
from ran.engine.turns import TURNS
from ran.errors import BadCheckpoint, BadRequest, RanError, memory_told
from ran.face.decoding.apart import Apart
from ran.face.photo import Photo, open_photo
from ran.net.checkpoints import DEFAULT, WEIGHTS
from ran.places import examples_folder
from ran.recipe import PhotoRef
from ran.scene import Scene
from ran.shown import Shown
from ran.study.evaluation.ablation_table import AblationTable
from ran.ui.shared.outside import escaped
from ran.ui.shared.session import FoundPhoto, Session
from ran.words import _, later

EXAMPLES = examples_folder()
FIRST_EXAMPLE = "astronaut.png"
ANSWER_S = 60.0
"""What a page computes at once may take so long; slow work has its own time for each step."""
QUICK_S = 600.0
"""What int8 takes to be made and compared, once, on a slow machine."""
_FAST = ("openvino", "nncf")
_Made = TypeVar("_Made")
_FULL = later("The GPU's memory is full: answers come from the CPU until there is room again.")
_ROOM_AGAIN = later("There is room in the GPU's memory again: answers come from there.")
_PARTS_OF_OURS = {"safetensors": "model.safetensors", "json": "card.json"}


@st.cache_resource(max_entries=3, show_spinner=later("Loading the network …"))
def _engine(checkpoint: str, device: str, state: str) -> Engine:
    """Return the engine of a checkpoint whose files are as `state` says."""
    del state  # another one is another engine
    take_threads()
    return Engine.load(checkpoint, device)


def engine(session: Session) -> Engine:
    """Return the visitor's own engine, or else the one of their checkpoint and device."""
    if session.own_engine is not None:
        return session.own_engine
    return engine_of(session, checkpoint_of(session))


def checkpoint_of(session: Session) -> str:
    """Return the path of the checkpoint in use, where it is not the visitor's own."""
    return session.checkpoint or opens_with()


def opens_with() -> str:
    """Return the checkpoint that a new visitor sees: the operator's, else the bundled RAN."""
    return os.environ.get("RAN_CHECKPOINT") or str(WEIGHTS / DEFAULT)


def ablations(session: Session) -> AblationTable | None:
    """Return the table that lies beside the checkpoint in use, if there is one."""
    if session.own_engine is not None:
        return None
    return AblationTable.read(Path(checkpoint_of(session)))


def engine_of(session: Session, checkpoint: str) -> Engine:
    """Return the engine of a checkpoint; what it remembers is the visitor's, and goes with them."""
    shared = _engine(checkpoint, session.device, files_state(Path(checkpoint)))
    mine = session.engines.get(shared.key)
    if mine is None or mine.model is not shared.model:
        mine = session.engines[shared.key] = shared.apart()
    return mine


def can_be_quick(session: Session, *checkpoints: str) -> bool:
    """Return whether int8 by OpenVINO may answer for all of these networks here.

    So it is where the extra [fast] is installed, the device is the CPU, and what was measured of
    each on this kind of CPU passes; never of a network of the visitor's own, whose card says
    what its owner likes.
    """
    if session.own_engine is not None or any(find_spec(name) is None for name in _FAST):
        return False
    for checkpoint in checkpoints:
        using = engine_of(session, checkpoint)
        try:
            check_gate(using.card)
        except BadRequest:
            return False
        if using.device != "cpu":
            return False
    return True


@st.cache_resource(max_entries=3, show_spinner=False)
def _quick(checkpoint: str, device: str, state: str) -> Engine:
    from ran.engine.fast.quickened import quickened  # OpenVINO, where the extra is installed

    return quickened(_engine(checkpoint, device, state), INT8)


def quick_engine(session: Session, checkpoint: str) -> Engine:
    """Return a checkpoint's network answering in int8; made once for all, in about a minute.

    Raises:
        BadRequest: if it answers otherwise on this machine.
    """
    with within(QUICK_S):
        shared = _quick(checkpoint, session.device, files_state(Path(checkpoint)))
    mine = session.engines.get(shared.key)
    if mine is None or mine.model is not shared.model:
        mine = session.engines[shared.key] = shared.apart()
    return mine


def files_state(checkpoint: Path) -> str:
    """Return what tells whether a checkpoint's files are the ones that were loaded.

    A file that is replaced while the app runs has another time, size or number: then its network is
    loaded, whose identity is a hash of its parameters (Engine.key).
    """
    told = []
    with suppress(OSError):  # loading says what is wrong
        for file in sorted(checkpoint.iterdir()) if checkpoint.is_dir() else [checkpoint]:
            state = file.stat()
            told.append((file.name, state.st_size, state.st_mtime_ns, state.st_ino))
    return repr(told)


def once(key: Hashable, make: Callable[[], _Made]) -> _Made:
    """Return what `make` gives, kept in the visitor's session until another key is asked for."""
    kept = st.session_state.get("ran_once")
    if kept is None or kept[0] != key:
        kept = st.session_state["ran_once"] = (key, make())
    made: _Made = kept[1]
    return made


def use_own_checkpoint(session: Session, files: Sequence[tuple[str, bytes]]) -> None:
    """Load an uploaded checkpoint for this visitor alone; if it fails, nothing changes."""
    session.use_engine(uploaded_engine(files, session.device))


def uploaded_engine(files: Sequence[tuple[str, bytes]], device: str) -> Engine:
    """Return the engine of an uploaded checkpoint.

    Args:
        files: name and content: model.safetensors with card.json, or the authors' .pth.tar.
        device: as Engine.load takes it.

    Raises:
        BadCheckpoint: if they are no checkpoint, or more than one.
        BadRequest: if this machine has no room for them.
    """
    try:
        return _loaded(files, device)
    except OSError as error:
        raise BadRequest(
            _("The server cannot store your checkpoint: {why}.").format(why=error.strerror),
            hint=_("Try again later, or tell its operator: its temporary folder is full."),
        ) from error


def _loaded(files: Sequence[tuple[str, bytes]], device: str) -> Engine:
    with TemporaryDirectory(prefix="ran-checkpoint-") as place:
        folder = Path(place)
        released: Path | None = None
        for name, content in files:
            ours = _PARTS_OF_OURS.get(name.rsplit(".", 1)[-1].lower())
            path = folder / (ours or file_name(name))
            if path.exists() or (released is not None and not ours):
                second = (
                    _("is a second {ours}").format(ours=ours)
                    if ours
                    else _("is a second checkpoint")
                )
                raise BadCheckpoint(f"{name} {second}.", hint=_("Give one checkpoint."))
            path.write_bytes(content)
            released = released if ours else path
        if released is not None and len(files) > 1:
            raise BadCheckpoint(
                _("{name} is a whole checkpoint, and others are given beside it.").format(
                    name=released.name
                ),
                hint=_("Give it alone, or model.safetensors with card.json."),
            )
        try:
            return Engine.load(released or folder, device)
        except BadCheckpoint as error:
            # Where the upload lay for a moment is nobody's business.
            said = error.message.replace(f"{place}/", "").replace(place, _("The upload"))
            raise BadCheckpoint(said, hint=error.hint) from error


def file_name(name: str) -> str:
    """Return a visitor's name of a file as one that can be written: letters, one line, short."""
    kept = "".join(c for c in name if c.isprintable() and c not in "/\\\0").strip(". ")
    kept = kept.encode("utf-8", "replace").decode()
    head, dot, ending = kept.partition(".")
    return f"{head[:60] or 'checkpoint'}{dot}{ending[-20:]}"


@st.cache_resource(max_entries=2, show_spinner=later("Finding the examples' faces …"))
def _examples(framing: str, _using: Engine) -> dict[str, FoundPhoto]:
    found = {}
    paths = [path for path in EXAMPLES.glob("*") if path.suffix in (".png", ".jpg")]
    # Photographs first.
    for path in sorted(paths, key=lambda path: (path.name.startswith("drawn_"), path.name)):
        found[path.stem.replace("_", " ").title()] = look_at_example(_using, path)
    return found


def examples(using: Engine) -> dict[str, FoundPhoto]:
    """Return every example photo with its faces, by the name to show; found once."""
    return _examples(using.card.framing, using)


@st.cache_resource(show_spinner=False)
def decoding() -> Apart:
    """Return what opens visitors' files, for all of them: this program reads none by itself."""
    apart = Apart()
    apart.warm()
    return apart


def look_at(using: Engine, content: bytes, name: str) -> FoundPhoto:
    """Open a visitor's photo and find its faces, framed for the engine in use."""
    return _found(using, decoding().photo(content, name=name))


def _found(using: Engine, photo: Photo) -> FoundPhoto:
    faces, upright = using.find_both(photo)
    return FoundPhoto(photo.name, PhotoRef.of(photo), faces, upright=upright)


def look_at_example(using: Engine, path: Path) -> FoundPhoto:
    """Open an example and find its faces, framed for the engine in use."""
    return replace(_found(using, open_photo(path)), is_example=True)


def shown(using: Engine, scene: Scene) -> tuple[Shown, ...]:
    """Return the clean face and, where something is hidden, the covered one, with their answers."""
    bare = scene.clean()
    with TURNS.quick():
        was = using.computed_on
        clean, covered = using.predict_many([bare, scene])
    if using.computed_on != was:
        st.toast(_(_FULL if using.computed_on == "cpu" else _ROOM_AGAIN), icon=":material/memory:")
    first = Shown(later("clean"), bare, clean)
    return (first, Shown(later("covered"), scene, covered)) if covered.covered.any() else (first,)


@contextmanager
def told(after: str = "") -> Iterator[None]:
    """Turn a RanError into words on the page; what is below it in the block is left out.

    The block may compute for ANSWER_S.

    `after` is one more sentence: what has not changed.
    """
    try:
        with memory_told(), within(ANSWER_S):
            yield
    except RanError as error:
        say(error, after)


def say(error: RanError, after: str = "") -> None:
    """Put a RanError into words on the page; `after` is one more sentence."""
    texts = (f"**{escaped(error.message)}**", escaped(error.hint), after)
    st.warning(" ".join(text for text in texts if text), icon=":material/error:")
