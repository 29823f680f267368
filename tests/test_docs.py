"""What README and the docs show is what happens."""

import re
import shlex
from pathlib import Path

import pytest

from demo.photos import main as copy_demo_photos
from photocritic.cli import main
from photocritic.cli.rate import add_parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
ROW = re.compile(r"^ *(\d+)  .*? (\d\.\d\d) ± \d\.\d\d .* (\S+) *$", re.MULTILINE)


def test_the_readme_shows_what_the_demo_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same photos in the same order; another processor may move a score by a point."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["demo.photos", "build/demo/photos"])
    copy_demo_photos()
    assert main(["rate", "build/demo/photos"]) == 0
    shown, printed = ROW.findall(README), ROW.findall(capfd.readouterr().out)

    assert len(shown) == 15
    assert [name for _score, _mean, name in shown] == [name for _score, _mean, name in printed]
    for (score, mean, _name), (new_score, new_mean, _new_name) in zip(shown, printed, strict=True):
        assert abs(int(score) - int(new_score)) <= 1
        assert float(mean) == pytest.approx(float(new_mean), abs=0.02)


@pytest.mark.parametrize("page", ["README.md", "docs/rate.md", "docs/critic.md", "docs/design.md", "docs/taste.md"])
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link is to a file that is there."""
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or ((ROOT / page).parent / target).exists(), target


def test_the_commands_in_the_docs_are_commands() -> None:
    """Each `photocritic` line of README parses."""
    import argparse

    lines = re.findall(r"photocritic (rate .*)$", README, re.MULTILINE)
    assert len(lines) >= 4
    for line in lines:
        commands = argparse.ArgumentParser(exit_on_error=False).add_subparsers()
        add_parser(commands)
        commands.choices["rate"].parse_args(shlex.split(line, comments=True)[1:])


def test_the_design_names_every_module() -> None:
    """docs/design.md draws the house as it stands."""
    drawn = (ROOT / "docs" / "design.md").read_text()
    for module in (ROOT / "src" / "photocritic").rglob("*.py"):
        if not module.name.startswith("__"):
            assert module.name in drawn or module.parent.name == "cli", module
