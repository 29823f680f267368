"""Pages whose commands are run as they stand there."""

import io
import os
import re
import shlex
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Final

from photocritic.cli import main

DOCS: Final = Path(__file__).parents[1] / "docs"
BLOCK: Final = re.compile(r"```(file|console) ?(\S*)\n(.*?)```", re.DOTALL)
FIGURE: Final = re.compile(r"[+−-]?\d+(?:[.,]\d+)*%?")
DECIMAL: Final = re.compile(r"\d+(?:\.\d+)?")
PYTHON: Final = re.compile(r"```python\n(.*?)```", re.DOTALL)


def files_of(page: Path) -> dict[str, str]:
    """Return the files that a page lays out, by name."""
    return {name: text for kind, name, text in BLOCK.findall(page.read_text()) if kind == "file"}


def run_page(
    page: Path, evidence: Callable[[Path], AbstractContextManager[None]], is_good: Callable[[int, str], bool]
) -> str:
    """Run a page's commands in an empty folder and return the page with what they print.

    Args:
        page: The page.
        evidence: Lays out in the folder what the page speaks of.
        is_good: Whether a command's status fits what it printed.
    """

    def with_output(match: re.Match[str]) -> str:
        kind, name, text = match.groups()
        if kind == "file":
            return match[0]
        commands = [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]
        return (
            f"```console {name}\n".replace(" \n", "\n")
            + "".join(f"$ {command}\n{_printed(command, is_good)}" for command in commands)
            + "```"
        )

    before = Path.cwd()
    text = page.read_text()
    with tempfile.TemporaryDirectory() as folder, evidence(Path(folder)):
        os.chdir(folder)
        try:
            text = BLOCK.sub(with_output, text)
            with redirect_stdout(io.StringIO()):
                for code in PYTHON.findall(text):
                    exec(code, {})  # noqa: S102 - the page's own examples
            return text
        finally:
            os.chdir(before)


def without_figures(text: str) -> list[str]:
    """Return the lines of a page without its figures, which another processor may move by a hair."""
    return [" ".join(FIGURE.sub("#", line).split()) for line in text.splitlines()]


def assert_same_but_for_digits(shown: str, printed: str, most: float) -> None:
    """Assert that two pages are the same, and that their figures differ by so much at most."""
    for one, other in zip(shown.splitlines(), printed.splitlines(), strict=True):
        assert DECIMAL.sub("#", one) == DECIMAL.sub("#", other)
        for first, second in zip(DECIMAL.findall(one), DECIMAL.findall(other), strict=True):
            assert abs(float(first) - float(second)) <= most, f"{one}\n{other}"


def _printed(command: str, is_good: Callable[[int, str], bool]) -> str:
    """Run a command and return what it printed, without what differs from run to run."""
    program, *arguments = shlex.split(command)
    if program == "cat":
        return Path(arguments[0]).read_text()
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            status = main(arguments)
        except SystemExit:  # argparse's own
            status = -1
    printed.seek(0)
    text = printed.read().replace(os.path.realpath(Path.cwd()), "/home/you")
    assert is_good(status, text), f"{command}: {text}"
    return re.sub(r" in [\d.,]+ s\b", " in 0.1 s", text)
