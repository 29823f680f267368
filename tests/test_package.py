"""What the package shows, and what it costs to start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import photocritic

HEAVY = {"numpy", "PIL", "onnxruntime", "rawpy", "pi_heif", "rich", "torch", "pyarrow"}


def test_the_public_names_are_these() -> None:
    """One sorted list; adding to it is a decision."""
    expected = [
        "Assessment",
        "Card",
        "Critic",
        "Failure",
        "InputError",
        "MissingExtraError",
        "ModelError",
        "PhotocriticError",
        "Scale",
        "Taste",
        "__version__",
    ]

    assert expected == sorted(photocritic.__all__) == photocritic.__all__ == dir(photocritic)
    for name in expected:
        assert getattr(photocritic, name) is not None


def test_another_name_is_an_attribute_error() -> None:
    """As in any module."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = photocritic.nothing


def modules_after(statement: str) -> set[str]:
    """Return which heavy modules a fresh Python has imported after a statement."""
    code = f"import sys\ntry:\n    {statement}\nexcept SystemExit:\n    pass\nprint(*sys.modules, file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return {module for module in run.stderr.split() if module in HEAVY}


@pytest.mark.parametrize(
    "statement",
    [
        "import photocritic",
        "import photocritic.cli as c; c.main(['--help'])",
        "import photocritic.cli as c; c.main(['rate', '--help'])",
        "import photocritic.cli as c; c.main(['--version'])",
    ],
)
def test_help_imports_nothing_heavy(statement: str) -> None:
    """It is there at once."""
    assert modules_after(statement) == set()


def test_judging_never_imports_torch() -> None:
    """Torch is needed to teach, never to judge."""
    heavy = modules_after("import photocritic; list(photocritic.Critic.load().rate(['nothing.jpg']))")

    assert "onnxruntime" in heavy
    assert "torch" not in heavy


def test_all_errors_are_photocritics() -> None:
    """One except clause catches what photocritic raises on purpose."""
    for error in (photocritic.InputError, photocritic.ModelError, photocritic.MissingExtraError):
        assert issubclass(error, photocritic.PhotocriticError)
    assert issubclass(photocritic.InputError, ValueError)


def test_nothing_leaves_the_machine_or_is_left_on_it(tmp_path: Path) -> None:
    """No telemetry: onnxruntime's, on unless told otherwise, would leave an id in the user's cache."""
    code = "import numpy, photocritic as p; list(p.Critic.load().rate([numpy.zeros((9, 9))]))"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"HOME": str(tmp_path)})

    assert list(tmp_path.rglob("*")) == []
