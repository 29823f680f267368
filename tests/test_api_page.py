"""Every example of docs/api.md does what the page shows, against a real server.

When the server answers something else, ``python -m tests.test_api_page`` writes the page anew; look at the difference.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from demo.photos import copy_photos
from tests.pages import DOCS, PYTHON, without_figures
from tests.serve.serving import served

PAGE = DOCS / "api.md"
COMMANDS = re.compile(r"```console\n(.*?)```", re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"

pytestmark = [
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]


def _run_page(url: str, folder: Path) -> str:
    """Run the page's examples in a folder of photos, and return the page with what they print."""
    copy_photos(folder)

    def with_output(match: re.Match[str]) -> str:
        commands = [line.removeprefix("$ ") for line in match[1].splitlines() if line.startswith("$ ")]
        return (
            "```console\n" + "".join(f"$ {command}\n{_printed(command, url, folder)}" for command in commands) + "```"
        )

    text = COMMANDS.sub(with_output, PAGE.read_text())
    for code in PYTHON.findall(text):
        environment = os.environ | {"PYTHONWARNINGS": "error"}
        run = [sys.executable, "-c", code.replace(ADDRESS, url)]
        subprocess.run(run, cwd=folder, env=environment, check=True, capture_output=True)
    return text


def _printed(command: str, url: str, folder: Path) -> str:
    shell = ["bash", "-c", command.replace(ADDRESS, url)]
    done = subprocess.run(shell, cwd=folder, check=True, capture_output=True, text=True)
    printed = done.stdout.replace(url, ADDRESS)
    return printed if not printed or printed.endswith("\n") else printed + "\n"


def test_every_example_answers_what_the_page_shows(tmp_path: Path) -> None:
    """But for figures: another processor adds up in another order, and moves a rating by a hair."""
    with served() as server:
        assert without_figures(PAGE.read_text()) == without_figures(_run_page(server.url, tmp_path))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch, served() as server:
        PAGE.write_text(_run_page(server.url, Path(scratch)))
    sys.exit(os.system(f"git -C {PAGE.parent} diff --stat {PAGE.name}") != 0)  # noqa: S605 - our own page's name
