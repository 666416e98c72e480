"""ran app, predict, explain, figure, poses, evaluate, evidence, cohort, data, testset, ..."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ran.commands import (
    app,
    cohort,
    data,
    evaluate,
    evidence,
    explain,
    figure,
    poses,
    predict,
    report,
    testset,
)
from ran.commands.options.network import refuse_unused, say
from ran.errors import BadRequest, RanError, memory_told
from ran.expressions import CLASS_ORDERS
from ran.words import _

_NOT_OURS = {
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO,
    errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR,
}  # fmt: skip
"""What a path or a disk does, and a fault of ours does not."""


_EXTRAS = {
    "streamlit": "app", "pyarrow": "app", "av": "video", "accelerate": "train",
    "ray": "cluster", "openvino": "fast", "nncf": "fast",
}  # fmt: skip
"""What the core does without, and the extra that brings it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, 2 after one line on standard error, 1 if nobody reads on."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal cannot print is written with what stands for its letters.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            args = _parser(for_training=given[:1] == ["train"]).parse_args(given)
            with memory_told():
                args.perform(args)
        finally:
            sys.stdout.flush()  # a pipe that was closed shows here, not when Python ends
    except RanError as error:
        say(str(error))
        return 2
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRAS:
            raise
        extra = _EXTRAS[package]
        say(
            f"This needs {package}, which is not installed. Run "
            f"`pip install 'ran-face-lab[{extra}]'`."
        )
        return 2
    except BrokenPipeError:  # `| head` has what it wants; what is still buffered goes nowhere
        _drop_output()
        return 1
    except OSError as error:
        if error.errno not in _NOT_OURS:
            raise
        if error.filename is None:
            _drop_output()
            said = f"The output cannot be written: {error.strerror}. Send it elsewhere."
        else:
            said = f"{os.fsdecode(error.filename)}: {error.strerror}. Check the path."
        say(said)
        return 2
    return 0


def _open_missing_streams() -> None:
    """Open streams that were closed before we began; without them, Python has None instead."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115


def _drop_output() -> None:
    """Let what is still buffered go nowhere: Python would try to write it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


class _Parser(argparse.ArgumentParser):
    """A parser that refuses like everything else here: in one line, with the next step."""

    def error(self, message: str) -> NoReturn:
        raise BadRequest(
            f"{message[:1].upper()}{message[1:]}.",
            hint=_("See `{prog} --help`.").format(prog=self.prog),
        )


def _parser(*, for_training: bool) -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m ran", description="Region Attention Networks")
    commands = parser.add_subparsers(dest="command", required=True)
    app.add_arguments(commands.add_parser("app", help="the app in a browser, from any folder"))
    predict.add_arguments(commands.add_parser("predict", help="answer for every face of a photo"))
    explain.add_arguments(
        commands.add_parser("explain", help="which pixels of a face speak for a target")
    )
    figure.add_arguments(commands.add_parser("figure", help="a figure for a paper, and its LaTeX"))
    report.add_arguments(
        commands.add_parser("report", help="all about a scene as one file of HTML")
    )
    poses.add_arguments(commands.add_parser("poses", help="one face at several angles"))
    evaluate.add_arguments(
        commands.add_parser("evaluate", help="accuracy on the published test lists")
    )
    evidence.add_arguments(
        commands.add_parser("evidence", help="what the pages' measures do on many faces")
    )
    cohort.add_arguments(
        commands.add_parser("cohort", help="a row for every face of thousands of pictures")
    )
    data.add_arguments(commands.add_parser("data", help="what is wrong with a data set"))
    testset.add_arguments(
        commands.add_parser("testset", help="covered and turned faces of any data set")
    )
    convert = commands.add_parser("convert", help="the authors' .pth.tar to our folder, and back")
    convert.add_argument("source", type=Path)
    convert.add_argument("target", type=Path)
    convert.add_argument(
        "--classes", choices=tuple(CLASS_ORDERS), help="of the authors' .pth.tar; ferplus"
    )
    convert.set_defaults(perform=_convert)
    train = commands.add_parser("train", help="train a RAN on FERPlus")
    train.set_defaults(perform=_train)
    if for_training:
        # Its options come with torch: asked for only where they are wanted.
        from ran.commands.train import add_arguments

        add_arguments(train)
    return parser


def _convert(args: argparse.Namespace) -> None:
    from ran.net.checkpoints import convert

    if os.path.lexists(args.target):
        raise BadRequest(f"{args.target} exists.", hint=_("Choose a name that is free."))
    is_ours = args.source.is_dir()
    refuse_unused(args, {"classes": (not is_ours, "the authors' .pth.tar; our card names its own")})
    convert(args.source, args.target, classes=args.classes or "ferplus")


def _train(args: argparse.Namespace) -> None:
    from ran.commands.train import run

    run(args)


if __name__ == "__main__":
    sys.exit(main())
