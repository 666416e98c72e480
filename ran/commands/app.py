"""ran app: the app in a browser, from any folder."""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys

from ran.errors import BadRequest
from ran.places import app_folder


def add_arguments(app: argparse.ArgumentParser) -> None:
    """Add the options of `ran app` to a parser."""
    app.add_argument("--port", type=int, help="the server's port; Streamlit's own, 8501, else")
    app.add_argument("--address", help="the address it listens to; all of the machine's else")
    app.add_argument("--headless", action="store_true", help="open no browser")
    app.set_defaults(perform=run)


def run(args: argparse.Namespace) -> None:
    """Start the app by Streamlit's own command, in place of this process where that can be.

    Raises:
        BadRequest: if Streamlit is not installed, or the port is none.
    """
    if importlib.util.find_spec("streamlit") is None:
        raise ModuleNotFoundError("No module named 'streamlit'", name="streamlit")
    if args.port is not None and not 1 <= args.port <= 65535:
        raise BadRequest(f"There is no port {args.port}.", hint="Use 1 to 65535.")
    command = [sys.executable, "-m", "streamlit", "run", str(app_folder() / "streamlit_app.py")]
    if args.port is not None:
        command.append(f"--server.port={args.port}")
    if args.address is not None:
        command.append(f"--server.address={args.address}")
    if args.headless:
        command.append("--server.headless=true")
    sys.stdout.flush()
    if os.name == "posix":
        os.execv(sys.executable, command)  # signals then reach the server itself
    raise SystemExit(subprocess.call(command))
