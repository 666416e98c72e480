"""The lock file holds what requirements.txt asks for and all that it pulls in, with hashes."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


def asked() -> dict[str, Requirement]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    made = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(one.name): one for one in made}


def locked() -> dict[str, tuple[str, list[str]]]:
    """Name -> version and hashes."""
    text = (ROOT / "requirements.lock").read_text()
    found = re.findall(r"^(\S+)==(\S+)((?:.*\\\n.*)*)", text, re.MULTILINE)
    return {
        canonicalize_name(name): (version, re.findall(r"--hash=sha256:([0-9a-f]{64})\b", rest))
        for name, version, rest in found
    }


def test_every_requirement_is_locked_at_its_version():
    lock = locked()
    assert {name: lock[name][0] for name in asked()} == {
        name: str(next(iter(one.specifier)).version) for name, one in asked().items()
    }


def test_every_line_of_the_lock_has_a_hash():
    lock = locked()
    assert len(lock) > len(asked()), "what is pulled in is locked too"
    assert [name for name, (_version, hashes) in lock.items() if not hashes] == []


def test_the_lock_names_no_place_to_get_them_from():
    assert "://" not in (ROOT / "requirements.lock").read_text()
