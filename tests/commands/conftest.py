"""What tests of commands share."""

from pathlib import Path

import pytest

from ran.__main__ import main

ASTRONAUT = Path(__file__).parents[2] / "examples/astronaut.png"


@pytest.fixture
def run(capsys, checkpoint):
    """Run a command on a photo; return exit status, standard output, standard error."""

    def run(command, *options, photo=ASTRONAUT):
        line = [command, str(photo), "--checkpoint", str(checkpoint), "--device", "cpu"]
        status = main([*line, *(str(option) for option in options)])
        return status, *capsys.readouterr()

    return run
