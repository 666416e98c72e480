"""The options that commands share."""

from __future__ import annotations

import argparse


def add_network(command: argparse.ArgumentParser) -> None:
    """Add the options of every command that loads a network."""
    command.add_argument("--checkpoint", help="a folder of ours or the authors' .pth.tar")
    command.add_argument("--device", default="auto", help="cuda, cuda:1, mps or cpu")
    command.add_argument("--json", action="store_true", help="print JSON and nothing else")
