"""The options that commands share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from contextlib import suppress

from ran.errors import BadRequest


def add_network(command: argparse.ArgumentParser) -> None:
    """Add the options of every command that loads a network."""
    command.add_argument("--checkpoint", help="a folder of ours or the authors' .pth.tar")
    command.add_argument("--device", default="auto", help="cuda, cuda:1, mps or cpu")
    command.add_argument("--json", action="store_true", help="print JSON and nothing else")


def refuse_unused(args: argparse.Namespace, needs: Mapping[str, tuple[bool, str]]) -> None:
    """Refuse an option that was given and would change nothing.

    Args:
        args: what the command line gave.
        needs: by the option's name in `args`, whether what it needs is there, and that in words.

    Raises:
        BadRequest: naming the first such option and what it needs.
    """
    for name, (is_there, words) in needs.items():
        value = getattr(args, name, None)
        if value is not None and value is not False and value != [] and not is_there:
            option = f"--{name.replace('_', '-')}"
            raise BadRequest(f"{option} needs {words}.", hint=f"Give it, or leave out {option}.")


def say(text: str) -> None:
    """Print one line on standard error, whatever names are in it; nothing if nobody can hear."""
    with suppress(OSError):
        print(one_line(text), file=sys.stderr)


def one_line(text: str) -> str:
    """Return a text on one line; what would steer a terminal is written out, not obeyed."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in " ".join(text.split())
    )
