"""Where the files of the app lie: in a checkout, or in the package that was installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def app_folder() -> Path:
    """Return the folder of streamlit_app.py, pages/, examples/ and .streamlit/.

    A wheel has them inside the package, as ran/installed.
    """
    installed = _PACKAGE / "installed"
    return installed if installed.is_dir() else _PACKAGE.parent


def examples_folder() -> Path:
    """Return the folder of the example faces."""
    return app_folder() / "examples"
