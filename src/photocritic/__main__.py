"""``python -m photocritic``."""

import sys

from photocritic.cli import run_command

sys.exit(run_command())
