"""The fences: who may import whom, who may name a device, and that importing does nothing."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import ran

ROOT = Path(__file__).parents[1]
LAYERS = (  # a lower line never imports a higher one
    ("streamlit_app", "pages"),
    (
        "ran.ui.app",
        "ran.ui.server",
        "ran.ui.visits",
        "ran.ui.messages",
        "ran.ui.asgi",
        "ran.ui.sign_in",
    ),
    (
        "ran.ui.occlude",
        "ran.ui.explain",
        "ran.ui.poses",
        "ran.ui.robustness",
        "ran.ui.compare",
        "ran.ui.cohort",
        "ran.ui.live",
        "ran.ui.model",
    ),
    ("ran.ui.shared", "ran.ui.components", "ran.ui.icon", "ran.ui.navigation"),
    ("ran.figures", "ran.report", "ran.__main__", "ran.commands", "ran.study"),
    ("ran.recipe",),
    ("ran.engine",),
    ("ran.explain",),
    ("ran.scene", "ran.prediction", "ran.shown"),
    ("ran.net",),
    ("ran.face",),
    ("ran.deadline",),
    ("ran.expressions", "ran.errors", "ran.words", "ran.writing", "ran.places"),
)
SHARED_NAMES = ("__init__.py", "page.py", "exports.py")
PAGE_ROOMS = LAYERS[2]
FENCES = {  # a third party -> the only modules that may import it
    "streamlit": ("ran.ui", "pages", "streamlit_app"),
    "captum": ("ran.explain",),
    "facenet_pytorch": ("ran.face.detector",),
    "av": ("ran.face.video",),
    "cv2": ("ran.face.pose",),
    "plotly": ("ran.figures",),
    "matplotlib": ("ran.figures.paper", "ran.commands.figure"),
    "streamlit_webrtc": ("ran.ui.live.camera",),
    "ray": ("ran.study.cohort",),
    "openvino": ("ran.engine.fast",),
    "nncf": ("ran.engine.fast",),
    "accelerate": ("ran.study.training.fit",),
}
MAY_NAME_DEVICES = ("ran.engine.devices", "ran.study.training.fit")
DEVICES = ("cuda", "mps")


@cache
def _sources() -> dict[str, ast.Module]:
    """Parse every module of ran/ and pages/ and the app, by dotted name."""
    files = [*ROOT.glob("ran/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "streamlit_app.py"]
    trees = {}
    for file in files:
        if file.is_file():
            parts = file.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            trees[name] = ast.parse(file.read_text(), str(file))
    return trees


def _imports(tree: ast.Module) -> Iterator[str]:
    """Name all that a module imports, inside functions too; `from a import b` gives a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                # `from ran import Scene` means the module that Scene lives in.
                home = ran._HOMES.get(alias.name) if node.module == "ran" else None
                yield home or f"{node.module}.{alias.name}"


def _within(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def _own_modules(tree: ast.Module) -> set[str]:
    """Return the modules of ours that a module imports, by their full names."""
    found = set()
    for name in _imports(tree):
        while name and name not in _sources():
            name = name.rpartition(".")[0]
        found.add(name)
    return found - {"", "ran"}


def _layer(module: str) -> int:
    (level,) = [level for level, places in enumerate(LAYERS) if _within(module, places)]
    return level


def test_no_module_imports_a_higher_line():
    wrong = [
        f"{module} imports {other}"
        for module, tree in _sources().items()
        if module != "ran"
        for other in _own_modules(tree)
        if _layer(other) < _layer(module)
    ]
    assert not wrong


def test_no_page_knows_another():
    wrong = [
        f"{module} imports {other}"
        for module, tree in _sources().items()
        for room in PAGE_ROOMS
        if _within(module, (room,))
        for other in _own_modules(tree)
        if _within(other, PAGE_ROOMS) and not _within(other, (room,))
    ]
    assert not wrong


def test_no_folder_is_crowded_and_no_two_modules_share_a_name():
    files = [
        file
        for file in ROOT.glob("ran/**/*")
        if file.is_file() and not {"commands", "__pycache__"} & set(file.parts)
    ]
    folders = Counter(file.parent for file in files)
    assert {folder.name: n for folder, n in folders.items() if n > 14} == {}
    names = Counter(
        file.name for file in files if file.suffix == ".py" and file.name not in SHARED_NAMES
    )
    assert {name: n for name, n in names.items() if n > 1} == {}


def test_no_module_imports_itself_in_a_circle():
    graph = {module: _own_modules(tree) - {module} for module, tree in _sources().items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize("package", FENCES)
def test_only_its_fence_imports(package):
    outside = [
        module
        for module, tree in _sources().items()
        if any(_within(name, (package,)) for name in _imports(tree))
        and not _within(module, FENCES[package])
    ]
    assert not outside


def test_only_the_engine_and_training_name_devices():
    def names_one(node: ast.AST) -> bool:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value.split(":")[0] in DEVICES
        return isinstance(node, ast.Attribute) and node.attr in DEVICES

    wrong = [
        f"{module}, line {getattr(node, 'lineno', 0)}"
        for module, tree in _sources().items()
        if not _within(module, MAY_NAME_DEVICES)
        for node in ast.walk(tree)
        if names_one(node)
    ]
    assert not wrong


def test_no_markup_is_written_in_python():
    """Pages are drawn by templates, which escape by themselves: ran/figures/html."""
    markup = re.compile(r"style=['\"]|</?(div|span|table|t[rdh]|p|img)\b[^>]*>?")
    wrong = [
        f"{module}, line {node.lineno}: {node.value[:40]}"
        for module, tree in _sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and markup.search(node.value)
    ]
    assert not wrong


def _pieced_keys(tree: ast.AST) -> Iterator[int]:
    """Yield the lines where a key is an f-string: given by name, to seed() or to a variable."""
    for node in ast.walk(tree):
        given: ast.AST | None = None
        if isinstance(node, ast.keyword) and node.arg == "key":
            given = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = node.args[0] if node.func.id == "seed" and node.args else None
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            given = node.value if "key" in names else None
        if given and any(isinstance(part, ast.JoinedStr) for part in ast.walk(given)):
            yield given.lineno  # type: ignore[attr-defined]


def test_no_key_is_pieced_together_by_hand():
    """Widgets' come from key_of, what is kept lies under a value's own key."""
    wrong = [
        f"{module}, line {line}"
        for module, tree in _sources().items()
        for line in _pieced_keys(tree)
    ]
    assert not wrong


def test_the_fences_would_notice_a_breach():
    tree = ast.parse("def f():\n    from captum.attr import Saliency\n    from ran import Engine\n")
    assert set(_imports(tree)) == {"captum.attr.Saliency", "ran.engine"}
    assert _own_modules(tree) == {"ran.engine"}
    assert _layer("ran.study.training.fit") < _layer("ran.engine") < _layer("ran.face.photo")
    pieced = ast.parse('button(key=f"a-{b}")\nseed(f"{b}", 1)\nkey = f"{b}"')
    assert set(_pieced_keys(pieced)) == {1, 2, 3}


def _in_fresh_python(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_importing_ran_loads_neither_torch_nor_streamlit():
    _in_fresh_python(
        "import sys, ran\n"
        "heavy = {'torch', 'numpy', 'streamlit'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )


def test_training_needs_neither_streamlit_nor_captum_nor_facenet():
    _in_fresh_python(
        "import sys\n"
        "for name in ('streamlit', 'captum', 'facenet_pytorch'):\n"
        "    sys.modules[name] = None\n"  # an import of it now raises ImportError
        "import ran.study.training.fit\n"
    )


def test_importing_every_module_does_nothing():
    """No socket, no process, no seed, no device; detection and Captum load at first use."""
    names = sorted(name for name in _sources() if _within(name, ("ran",)))
    _in_fresh_python(
        "import sys, importlib, numpy, torch\n"
        "events = ('socket.connect', 'socket.getaddrinfo', 'socket.bind')\n"
        "done = []\n"
        "sys.addaudithook(lambda name, _: done.append(name) if name in events else None)\n"
        "before = torch.get_rng_state(), str(numpy.random.get_state())\n"
        f"for name in {names!r}:\n"
        "    importlib.import_module(name)\n"
        "assert not done, done\n"
        "assert torch.equal(before[0], torch.get_rng_state())\n"
        "assert before[1] == str(numpy.random.get_state())\n"
        "assert not torch.cuda.is_initialized()\n"
        "early = {'facenet_pytorch', 'captum'} & set(sys.modules)\n"
        "assert not early, early\n"
    )
