"""`python -m tests.fuzz [TARGET ...] [--seconds 600]`: look for bytes that break a reader.

Coverage-guided by atheris (libFuzzer), each target in a program of its own. It begins with the kept
corpus and the seeds; what reaches new lines is kept, as few and as short files as reach them all. A
finding is written to the working folder and ends the run with its own status.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.seeds import write
from tests.fuzz.targets import CORPUS, TARGETS

MOST_BYTES = 8192
"""Of one input: every reader's own limits are tested elsewhere."""
_ONE = "--one"


def main() -> int:
    """Fuzz one target after another; 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=600, help="for each target")
    if sys.argv[1:2] == [_ONE]:
        return _fuzz(sys.argv[2], sys.argv[3:])
    args = parser.parse_args()
    unknown = sorted(set(args.targets) - set(TARGETS))
    if unknown:
        parser.error(f"there is no target {unknown[0]!r}; use {', '.join(TARGETS)}")
    found = [name for name in args.targets or TARGETS if not _held(name, args.seconds)]
    print("a finding in " + ", ".join(found) if found else "no finding")
    return 1 if found else 0


def _held(name: str, seconds: int) -> bool:
    """Fuzz a target, then keep the shortest files that reach as much."""
    kept = CORPUS / name
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        begun, grown = Path(place) / "seeds", Path(place) / "grown"
        write(begun, name)
        grown.mkdir()
        limits = [f"-max_len={MOST_BYTES}", "-rss_limit_mb=4096", "-timeout=25"]
        print(f"{name}: {seconds} s", flush=True)
        options = [*limits, f"-max_total_time={seconds}", "-print_final_stats=1"]
        if _run(name, [*options, str(grown), str(kept), str(begun)]):
            return False
        # libFuzzer starts itself anew to merge, by the name of its program.
        again = Path(place) / "again"
        again.write_text(f'#!/bin/sh\nexec {shlex.join(_command(name))} "$@"\n')
        again.chmod(0o700)
        fewest = Path(place) / "fewest"
        fewest.mkdir()
        folders = [str(folder) for folder in (fewest, kept, begun, grown)]
        if _run(name, [str(again), *limits, "-merge=1", *folders]):
            return False
        for old in kept.iterdir():
            old.unlink()
        for file in fewest.iterdir():
            file.rename(kept / file.name)
    return True


def _run(name: str, options: list[str]) -> int:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run([*_command(name), *options], check=False, env=environment).returncode


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", "tests.fuzz", _ONE, name]


def _fuzz(name: str, options: list[str]) -> int:
    try:
        import atheris
    except ImportError:
        print("atheris is not installed: pip install atheris", file=sys.stderr)
        return 2
    with atheris.instrument_imports(include=["ran.face", "ran.net.card", "ran.recipe",
                                             "ran.study.data"]):  # fmt: skip
        for module in [name for name in sys.modules if name.startswith("ran.")]:
            del sys.modules[module]
        for module in ("tests.fuzz.targets", "tests.fuzz.seeds"):
            sys.modules.pop(module, None)
        from tests.fuzz.targets import TARGETS as instrumented
        from tests.fuzz.targets import try_one

    def one(content: bytes) -> None:
        try_one(instrumented[name], content)

    itself = [] if options and not options[0].startswith("-") else [sys.argv[0]]
    atheris.Setup([*itself, *options], one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
