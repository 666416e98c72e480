"""The command line and the system: paths that cannot be, closed streams, output that is taken."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ran.__main__ import main

ROOT = Path(__file__).parents[2]
ASTRONAUT = ROOT / "examples" / "astronaut.png"


@pytest.fixture
def run(capsys):
    """Run a command in this process; return exit status, standard output, standard error."""

    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


LONG = "x" * 300
"""More letters than a file's name may have."""


@pytest.mark.parametrize("place", [LONG, f"{LONG}/y", "loop", "loop/y", "plain/y", "folder"])
@pytest.mark.parametrize(
    "line",
    [
        "predict PLACE",
        "predict PHOTO --checkpoint PLACE",
        "predict PHOTO --recipe PLACE",
        "explain PHOTO --csv PLACE",
        "poses PLACE",
        "poses --ferplus PLACE --choose",
        "poses --ferplus folder --lists PLACE",
        "evaluate --ferplus folder --lists PLACE",
        "convert PLACE new.pth.tar",
        "convert PLACE new",
        "convert PHOTO PLACE",
        "train backbone --ferplus folder --lists PLACE --run run",
        "train backbone --ferplus folder --lists folder --run run --config PLACE",
        "train backbone --ferplus folder --lists folder --run run --init PLACE",
        "train release --ferplus folder --lists folder --run PLACE --out new",
    ],
)
def test_a_path_that_cannot_be_is_refused_in_one_line(
    line, place, run, checkpoint, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "plain").write_text("x")
    (tmp_path / "folder").mkdir()
    words = {"PLACE": place, "PHOTO": ASTRONAUT}
    status, out, err = run(*(words.get(word, word) for word in line.split()))
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith(".\n")
    assert {path.name for path in tmp_path.iterdir()} == {"loop", "plain", "folder"}


def test_a_fault_of_ours_stays_loud(monkeypatch):
    def fails(*_args, **_options):
        raise FileNotFoundError(2, "No such file or directory", "a file of the package")

    monkeypatch.setattr("ran.face.photo.open_photo", fails)
    with pytest.raises(FileNotFoundError):
        main(["predict", str(ASTRONAUT)])


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_stream_that_is_closed_is_no_hindrance(closed, tmp_path):
    line = f'"{sys.executable}" -m ran predict "$0" {closed}'
    cases = [(tmp_path / "none.png", 2)]
    if closed == ">&- 2>&-":
        cases.append((ASTRONAUT, 0))
    for photo, status in cases:
        done = subprocess.run(
            ["sh", "-c", line, photo], cwd=ROOT, capture_output=True, check=False, text=True
        )
        assert done.returncode == status
        assert "Traceback" not in done.stderr
        if "2>&-" in closed and status == 2:
            assert done.stdout == "", "a refusal is no output"


def test_with_json_no_file_goes_to_standard_output(run, checkpoint):
    status, out, err = run("explain", ASTRONAUT, "--csv", "/dev/stdout", "--json")
    assert (status, out) == (2, "")
    assert err == (
        "--csv would write into the JSON on standard output. Leave out --json, or choose a file.\n"
    )


def explained(checkpoint, stdout, *options):
    return subprocess.run(
        [sys.executable, "-m", "ran", "explain", ASTRONAUT, "--checkpoint", checkpoint,
         "--device", "cpu", *options],
        cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE, check=False, text=True,
    )  # fmt: skip


def test_a_table_on_standard_output_has_it_for_itself(checkpoint, tmp_path):
    done = explained(checkpoint, subprocess.PIPE, "--csv", "/dev/stdout")
    assert done.returncode == 0
    assert done.stdout.startswith("map,row,column,value\n")
    assert all(row.count(",") == 3 for row in done.stdout.splitlines())
    assert "grad-cam of" in done.stderr


def test_a_file_that_the_answer_is_printed_to_is_no_output(checkpoint, tmp_path):
    with (tmp_path / "out.txt").open("w") as out:
        done = explained(checkpoint, out, "--csv", tmp_path / "out.txt", "--json")
    assert done.returncode == 2
    assert "--csv would write over standard output" in done.stderr
    assert (tmp_path / "out.txt").read_text() == ""


def test_files_are_written_all_or_none(run, checkpoint, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "map.png").write_text("old")
    status, out, err = run(
        "explain", ASTRONAUT, "--checkpoint", checkpoint, "--out", tmp_path / "map.png",
        "--csv", tmp_path / "map.csv", "--npz", tmp_path / "folder",
    )  # fmt: skip
    assert (status, out) == (2, "")
    assert err.endswith(f"{tmp_path / 'folder'} cannot be written: it is a folder. "
                        "Choose another place.\n")  # fmt: skip
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "map.png"}
    assert (tmp_path / "map.png").read_text() == "old"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--baseline noise", "--baseline needs a method with a baseline, or --check"),
        ("--method saliency --seed 3", "--seed needs a method that draws"),
        ("--method deeplift --seed 3", "--seed needs a method that draws"),
        ("--method saliency --steps 3", "takes no number of steps"),
    ],
)
def test_what_a_method_does_not_use_is_refused(options, words, run, checkpoint):
    status, out, err = run("explain", ASTRONAUT, "--checkpoint", checkpoint, *options.split())
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_what_a_method_uses_is_taken(run, checkpoint):
    for options in ("deeplift --baseline noise --seed 3", "smoothgrad --seed 3 --steps 2"):
        line = f"--checkpoint {checkpoint} --json --method {options}"
        status, out, _ = run("explain", ASTRONAUT, *line.split())
        assert status == 0
        assert json.loads(out)["method"] == options.split()[0]


def test_class_orders_are_for_the_authors_files_alone(run, checkpoint, tmp_path):
    status, _, err = run("convert", checkpoint, tmp_path / "new.pth.tar", "--classes", "rafdb")
    assert status == 2
    assert err.startswith("--classes needs the authors' .pth.tar; our card names its own.")


def test_a_device_is_for_networks_alone(run, tmp_path):
    status, _, err = run("poses", "--ferplus", tmp_path, "--lists", tmp_path, "--device", "cpu")
    assert status == 2
    assert err.startswith("--device needs a photo")


def test_one_file_that_gives_no_pose_is_refused_in_one_line_and_many_each(run, checkpoint):
    network = ("--checkpoint", checkpoint)
    assert run("poses", "a.png", *network) == (2, "", "a.png does not exist. Check the path.\n")
    status, _, err = run("poses", "a.png", "b.png", *network)
    assert status == 2
    assert err.splitlines() == [
        "a.png does not exist. Check the path.",
        "b.png does not exist. Check the path.",
        "No pose came of a.png, b.png. The lines above say why, one a file.",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [(b'{"seed": 1, "seed": 2}', "'seed' stands twice"), (b"[" * 10**5, "nested too deeply")],
)
def test_options_of_a_run_are_read_strictly(text, words, run, tmp_path):
    (tmp_path / "options.json").write_bytes(text)
    status, _, err = run(
        "train", "backbone", "--ferplus", tmp_path, "--lists", tmp_path, "--run", tmp_path / "run",
        "--config", tmp_path / "options.json",
    )  # fmt: skip
    assert (status, err.count("\n")) == (2, 1)
    assert words in err


def test_a_mark_of_byte_order_is_no_part_of_a_runs_options(run, tmp_path):
    (tmp_path / "options.json").write_bytes(b'\xef\xbb\xbf{"seed": -1}')
    _, _, err = run(
        "train", "backbone", "--ferplus", tmp_path, "--lists", tmp_path, "--run", tmp_path / "run",
        "--config", tmp_path / "options.json",
    )  # fmt: skip
    assert err.startswith("seed is -1.")


def test_a_name_that_would_steer_the_terminal_is_written_out_on_one_line(run, checkpoint, tmp_path):
    name = "a\nb\x1b[2Jc.png"
    status, _, err = run("predict", name)
    assert (status, err) == (2, "a b\\x1b[2Jc.png does not exist. Check the path.\n")
    (tmp_path / name).write_bytes(ASTRONAUT.read_bytes())
    line = ("poses", tmp_path / name, "none\n.png", "--checkpoint", checkpoint)
    status, out, err = run(*line)
    assert (status, out.count("\n"), err.count("\n")) == (0, 1, 1)
    assert out.endswith("  a b\\x1b[2Jc.png\n")
    status, out, _ = run(*line, "--json")
    assert json.loads(out)["skipped"][0]["source"] == "none\n.png", "JSON keeps the name"


def test_a_refusal_that_nobody_can_hear_is_one_all_the_same():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ran", "predict", "none.png"],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=full, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, b"")
