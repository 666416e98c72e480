"""What `pip install .` gives: the whole app, the command `ran`, and words for what is left out."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from pathlib import Path
from urllib.error import URLError

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
LEFT_OUT = shutil.ignore_patterns("__pycache__", "runs", "build", "*.egg-info")
PARTS = ("ran", "pages", "examples", ".streamlit")
FIRST_PAGE = """
from ran.places import app_folder
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(str(app_folder() / "streamlit_app.py"), default_timeout=120).run()
assert not app.exception, app.exception
print([title.value for title in app.title], len(app.get("image")) > 0, app_folder())
"""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built of a copy: building leaves folders behind in the tree."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    for part in PARTS:
        shutil.copytree(ROOT / part, source / part, ignore=LEFT_OUT)
    for file in ROOT.iterdir():
        if file.is_file():
            shutil.copy(file, source)
    run(
        sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation",
        "--wheel-dir", place, source,
    )  # fmt: skip
    (built,) = place.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The folder of the commands of an environment of its own, with the wheel and nothing of ours.

    What the wheel needs is seen from the environment of the tests.
    """
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=False)
    commands = place / "bin"
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run(
        sys.executable, "-m", "pip", "--python", commands / "python", "install", "-q", "--no-deps",
        "--no-index", wheel,
    )  # fmt: skip
    return commands


def test_the_wheel_holds_all_that_the_app_needs_and_nothing_of_the_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for name in (
        "streamlit_app.py", "pages/occlude.py", "examples/astronaut.png", ".streamlit/config.toml",
    ):  # fmt: skip
        assert f"ran/installed/{name}" in names
    assert "ran/py.typed" in names
    assert any(name.startswith("ran/net/weights/") and name.endswith("tensors") for name in names)
    homes = {name.split("/")[0] for name in names}
    assert {home for home in homes if not home.endswith(".dist-info")} == {"ran"}


def test_the_installed_app_opens_in_any_folder(installed, tmp_path, free_port):
    titles = run(installed / "python", "-c", FIRST_PAGE, cwd=tmp_path)
    assert "Occlude" in titles
    assert "installed" in titles
    log = tmp_path / "log"
    with log.open("w") as output, subprocess.Popen(
        [installed / "ran", "app", "--port", str(free_port), "--address", "127.0.0.1",
         "--headless"],
        cwd=tmp_path, stdout=output, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            address = f"http://127.0.0.1:{free_port}"
            assert answered(f"{address}/_stcore/health", process) == "ok", log.read_text()
            assert "<title>" in answered(address, process)
        finally:
            process.terminate()
            process.wait(30)


def answered(address: str, process: subprocess.Popen) -> str:
    """Return what a server says, as soon as it says something."""
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return answer.read().decode()
        except (URLError, ConnectionError):
            time.sleep(0.1)
    return ""


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


HIDDEN = """
import json, sys
for name in json.loads(sys.argv[1]):
    sys.modules[name] = None
from ran.__main__ import main
sys.exit(main(sys.argv[2:]))
"""


def without(packages, *arguments):
    """Run a command where these packages are not installed."""
    return subprocess.run(
        [sys.executable, "-c", HIDDEN, json.dumps(packages), *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "RAN_DEVICE": "cpu"},
    )  # fmt: skip


@pytest.mark.parametrize("command", ["explain", "figure"])
def test_the_core_explains_and_draws_without_the_apps_packages(command, checkpoint, tmp_path):
    out = tmp_path / "map.png"
    done = without(
        ["streamlit", "plotly", "av"], command, ROOT / "examples" / "astronaut.png",
        "--checkpoint", checkpoint, "--out", out, "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert str(out) in json.loads(done.stdout)["files"]
    with Image.open(out) as written:
        assert written.format == "PNG"


@pytest.mark.parametrize(
    ("package", "arguments", "extra"),
    [
        ("streamlit", ("app",), "app"),
        ("av", ("poses", "film.mp4"), "video"),
        ("pyarrow", ("cohort", "examples", "--out", "rows"), "app"),
        ("pyarrow", ("testset", ROOT / "examples", "--out", "rows"), "app"),
    ],
)
def test_what_is_missing_is_named_with_its_extra(package, arguments, extra, tmp_path):
    film = tmp_path / "film.mp4"
    film.write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(200))
    places = {"film.mp4": film, "map.svg": tmp_path / "map.svg"}
    given = [places.get(argument, argument) for argument in arguments]
    done = without([package], *given)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        f"This needs {package}, which is not installed. "
        f"Run `pip install 'ran-face-lab[{extra}]'`.\n"
    )


@pytest.mark.parametrize("port", ["0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(port, capsys):
    from ran.__main__ import main

    assert main(["app", f"--port={port}"]) == 2
    assert "There is no port" in capsys.readouterr().err
