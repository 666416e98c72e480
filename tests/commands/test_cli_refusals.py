"""The command line refuses with exit status 2 and one line, whatever it is given."""

import io
import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from made_up_ferplus import write_ferplus, write_lists
from PIL import Image

from ran.__main__ import main
from ran.expressions import FERPLUS

ROOT = Path(__file__).parents[2]
ASTRONAUT, HOPPER = ROOT / "examples" / "astronaut.png", ROOT / "examples" / "grace_hopper.jpg"


@pytest.fixture
def run(capsys):
    """Run a command in this process; return exit status, standard output, standard error."""

    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


def refused(done, words):
    """Check that a command was refused with one line that ends like a sentence."""
    status, out, err = done
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith(".\n")
    assert "Traceback" not in err
    assert words in err


def png(width, height):
    """A PNG that claims a size and holds 100 kB of nothing, written by hand."""
    content = b"\x89PNG\r\n\x1a\n"
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    for kind, body in (
        (b"IHDR", head),
        (b"IDAT", zlib.compress(bytes(100_000), 0)),
        (b"IEND", b""),
    ):
        content += struct.pack(">I", len(body)) + kind + body
        content += struct.pack(">I", zlib.crc32(kind + body))
    return content


def encoded(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


UNUSABLE = {
    "no face.png": (encoded(Image.linear_gradient("L"), "PNG"), "No face found in no face.png"),
    "missing.jpg": (None, "does not exist"),
    "empty.jpg": (b"", "is empty"),
    "text.jpg": (b"Dear reader, this is no picture.\n" * 20, "not a picture"),
    "truncated.jpg": (HOPPER.read_bytes()[:20_000], "damaged"),
    "drawing.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing"),
    "phone.heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64), "HEIC picture"),
    "dot.png": (encoded(Image.new("RGB", (1, 1)), "PNG"), "1 x 1 pixels"),
    "vast.png": (png(60_000, 60_000), "64 megapixels"),
    "two\nlines.jpg": (b"no picture", "two lines.jpg is not a picture"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_photo_is_refused_in_one_line(name, run, checkpoint, tmp_path):
    content, words = UNUSABLE[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    refused(run("predict", tmp_path / name, "--checkpoint", checkpoint, "--json"), words)


def edited(folder, place, **changes):
    """A checkpoint with another card and the same file of parameters."""
    place.mkdir()
    os.link(folder / "model.safetensors", place / "model.safetensors")
    values = json.loads((folder / "card.json").read_text())
    (place / "card.json").write_text(json.dumps({**values, **changes}))
    return place


def test_an_unusable_checkpoint_is_refused_in_one_line(run, checkpoint, tmp_path):
    damaged = tmp_path / "damaged.pth.tar"
    damaged.write_bytes(b"PK\x03\x04" + bytes(500))
    for path, words in (
        (tmp_path / "none", "does not exist"),
        (damaged, "not a PyTorch file"),
        (edited(checkpoint, tmp_path / "hash", sha256="0" * 64), "damaged"),
        (edited(checkpoint, tmp_path / "classes", classes=["calm", "cross"]),
         "8 outputs, its card names 2 classes"),
        (edited(checkpoint, tmp_path / "unknown", **{"a\nb": 1}), "unknown a b"),
    ):  # fmt: skip
        refused(run("predict", ASTRONAUT, "--checkpoint", path), words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--hide ears", "no part 'ears'. Use one of eyes"),
        ("--sticker moustache", "no sticker 'moustache'. Use one of sunglasses"),
        ("--device moon", "no device 'moon'"),
        ("--rectangle 0.5 0.2 0.1 0.9", "left edge must be left"),
        ("--rectangle 0 0 nan 1", "Use finite numbers"),
        ("--rectangle 0 0 1", "expected 4 arguments. See `python -m ran predict --help`"),
        ("--rectangle 0 0 1 top", "invalid float value: 'top'"),
        ("--hide eyes --fill plaid", "no fill 'plaid'. Use one of black"),
        ("--hide eyes --fill colour", "has no colour"),
        ("--hide eyes --fill colour --colour 1 2 256", "numbers from 0 to 255"),
        ("--hide eyes --opacity 1.5", "from 0 to 1"),
        ("--hide eyes --fill noise --noise-seed -1", "The seed is -1"),
        ("--layout spiral", "invalid choice: 'spiral'"),
        ("--layout random --crops 0", "cannot be cut so: count 0. Expected"),
        ("--layout random --crop-seed -1", "cannot be cut so: seed -1. Expected"),
        ("--layout landmark --radius 0", "cannot be cut so: radius 0.0. Expected"),
    ],
)
def test_an_unusable_option_is_refused_in_one_line(options, words, run, checkpoint):
    refused(run("predict", ASTRONAUT, "--checkpoint", checkpoint, *options.split()), words)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("predict a.png --fill grey", "--fill needs something that hides the face"),
        ("predict a.png --opacity 0.5", "--opacity needs something that hides the face"),
        ("predict a.png --hide eyes --colour 1 2 3", "--colour needs --fill colour"),
        ("predict a.png --hide eyes --noise-seed 4", "--noise-seed needs --fill noise"),
        ("predict a.png --crops 3", "--crops needs --layout random"),
        ("predict a.png --layout landmark --crops 3", "--crops needs --layout random"),
        ("predict a.png --layout fixed --crop-seed 3", "--crop-seed needs --layout random"),
        ("predict a.png --radius 0.2", "--radius needs --layout landmark"),
        ("explain a.png --fill grey", "--fill needs something that hides the face"),
        ("explain a.png --bare", "--bare needs --out"),
        ("figure a.png --out f.pdf --layout strip --panel maps", "--panel needs a figure without"),
        ("figure a.png --out f.pdf --panel faces --method deeplift", "--method needs the panel"),
        ("figure a.png --out f.pdf --target fear", "--target needs the panel maps or shapley"),
        ("report a.png --out f.html --radius 0.2", "--radius needs --layout landmark"),
        (
            "report a.png --out f.html --method saliency --baseline grey",
            "--baseline needs a method",
        ),
        ("figure a.png --out f.pdf --radius 0.2", "--radius needs --regions landmark"),
        ("poses a.png --step 10", "--step needs --turn"),
        ("poses a.png --pitch 10", "--pitch needs --turn"),
        ("poses --turn --pitch a.png", "--pitch needs a number, got 'a.png'"),
        ("poses --ferplus a --lists b --turn", "--turn needs a photo"),
        ("poses --ferplus a --lists b --hide eyes", "--hide needs a photo"),
        ("evaluate --ferplus a --lists b --flip --photographs 3", "--flip needs neither"),
        ("evaluate --ferplus a --lists b --controls --flip", "--flip needs neither"),
        ("evaluate --ferplus a --lists b --controls --fast int8", "--fast needs neither"),
        ("evaluate --data a --fast int8", "--fast needs no --data"),
        ("evaluate --ferplus a --lists b --controls --photographs 3", "are two questions"),
        ("train heads --ferplus a --lists b --run c --out d", "--out needs the stage release"),
        ("train heads --ferplus a --lists b --run c --plain-out d", "--plain-out needs the stage"),
        (
            "train joint --ferplus a --lists b --run c --init d",
            "--init needs the stage begin",
        ),
        ("train all --ferplus a --lists b --run c --checkpoint d", "--checkpoint needs the stage"),
    ],
)
def test_an_option_that_would_change_nothing_is_refused_before_anything_is_read(
    line, words, run, tmp_path, monkeypatch
):
    monkeypatch.chdir(ROOT)
    arguments = [str(ASTRONAUT) if word == "a.png" and "--pitch a.png" not in line else word
                 for word in line.split()]  # fmt: skip
    refused(run(*arguments), words)


def test_every_option_is_used_somewhere_or_refused():
    """An option that is added must be named here, with where it counts."""
    from ran.__main__ import _parser

    everywhere = {"help", "json", "checkpoint", "device", "photo", "recipe"}
    known = {
        "predict": {"hide", "rectangle", "sticker", "fill", "colour", "noise_seed", "opacity",
                    "layout", "crops", "crop_seed", "radius"},
        "poses": {"turn", "step", "pitch", "hide", "ferplus", "lists", "choose"},
        "evaluate": {"ferplus", "lists", "flip", "photographs", "controls", "covered",
                     "onto_card", "data", "against", "csv", "latex", "fast"},
        "evidence": {"ferplus", "lists", "tables", "measure", "faces", "onto_card"},
        "cohort": {"source", "out", "framed", "detect", "cover", "fill", "layout", "save", "shard",
                   "resume", "dry_run", "batch", "engine", "address", "workers", "fast"},
        "testset": {"path", "out", "kinds", "severity", "seed", "faces", "lists"},
        "convert": {"source", "target", "classes"},
    }  # fmt: skip
    known["explain"] = known["predict"] | {
        "method", "target", "baseline", "steps", "seed", "face", "out", "csv", "npz", "check",
        "worth",
    }  # fmt: skip
    known["explain"].add("bare")
    known["figure"] = known["predict"] | {
        "method", "target", "baseline", "face", "out", "panel", "arrangement", "width", "against",
        "against_checkpoint",
    }  # fmt: skip
    known["report"] = known["predict"] | {
        "method", "target", "baseline", "face", "out", "no_photo", "against", "against_checkpoint",
    }  # fmt: skip
    (commands,) = (
        action for action in _parser(for_training=False)._actions if action.dest == "command"
    )
    for name, options in known.items():
        assert {action.dest for action in commands.choices[name]._actions} - everywhere == options


def test_a_photo_after_a_number_of_degrees_is_a_photo(run, checkpoint, monkeypatch):
    monkeypatch.setattr(
        "ran.study.poses.sources.turned", lambda face, yaws, pitches, using: iter(())
    )
    status, _, err = run(
        "poses", "--turn", "--pitch", "-5", "0", ASTRONAUT, "--checkpoint", checkpoint
    )
    assert status == 2
    assert err == f"No pose came of {ASTRONAUT}. Give another photo.\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "required: command. See `python -m ran --help`"),
        ("guess", "invalid choice: 'guess'"),
        ("predict", "required: photo"),
        ("evaluate --ferplus a", "Give --ferplus and --lists, or --data"),
        ("train", "See `python -m ran train --help`"),
        ("convert a b --classes emoji", "invalid choice: 'emoji'"),
    ],
)
def test_an_unfinished_command_is_refused_in_one_line(line, words, run):
    refused(run(*line.split()), words)


def test_evaluate_refuses_what_it_cannot_score(run, checkpoint, tmp_path):
    write_lists(tmp_path / "lists", write_ferplus(tmp_path / "data"))
    ferplus, lists = ["--ferplus", tmp_path / "data"], ["--lists", tmp_path / "lists"]
    missing = ["--ferplus", tmp_path / "none", *lists]
    refused(run("evaluate", *missing, "--checkpoint", checkpoint), "none does not exist")
    missing = [*ferplus, "--lists", tmp_path / "none"]
    refused(run("evaluate", *missing, "--checkpoint", checkpoint), "holds FERplus_dir")
    other = edited(checkpoint, tmp_path / "other", classes=list(reversed(FERPLUS)))
    refused(
        run("evaluate", *ferplus, *lists, "--checkpoint", other),
        "FERPlus' lists need neutral, happ",
    )


def test_convert_refuses_to_overwrite_and_to_guess(run, checkpoint, tmp_path):
    refused(run("convert", checkpoint, checkpoint), "exists. Choose a name that is free")
    refused(run("convert", tmp_path / "none.pth.tar", tmp_path / "ours"), "does not exist")
    refused(run("convert", checkpoint, tmp_path / "theirs.pth.tar"), "softmax convention")
    assert list(tmp_path.iterdir()) == []


NAMES = {"not UTF-8": b"caf\xe9.png", "a smile": "\N{GRINNING FACE}.png".encode()}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("encoding", ["utf-8:strict", "cp1252", "ascii"])
@pytest.mark.parametrize("command", ["poses", "predict"])
def test_a_name_that_cannot_be_printed_is_no_hindrance(name, encoding, command, tmp_path):
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(b"no picture")
    done = subprocess.run(
        [sys.executable, "-m", "ran", command, path],
        cwd=ROOT, capture_output=True, check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )  # fmt: skip
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b".png is not a picture" in done.stderr


def test_a_full_disk_is_said_in_one_line():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ran", "predict", str(ASTRONAUT), "--json", "--device", "cpu"],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert (
        done.stderr == "The output cannot be written: No space left on device. Send it elsewhere.\n"
    )


def test_as_a_process_it_prints_one_line_and_no_traceback(tmp_path):
    (tmp_path / "damaged.pth.tar").write_bytes(b"PK\x03\x04" + bytes(500))
    done = subprocess.run(
        [sys.executable, "-m", "ran", "predict", str(ASTRONAUT), "--checkpoint",
         str(tmp_path / "damaged.pth.tar")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    refused((done.returncode, done.stdout, done.stderr), "not a PyTorch file")
