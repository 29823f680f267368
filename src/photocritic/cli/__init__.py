"""The command line: one file per command, without logic of its own.

Nothing heavy is imported before a command runs, so that ``photocritic --help`` is there at once.
"""

import argparse
import os
import signal
import sys
from collections.abc import Container, Sequence
from contextlib import redirect_stderr
from pathlib import Path

from photocritic import __version__
from photocritic.cli import (
    advise,
    best,
    continuum,
    crop,
    cull,
    data,
    dream,
    evaluate,
    explain,
    map,  # noqa: A004 - it is the command's name
    model,
    rate,
    serve,
    taste,
    train,
    train_baselines,
    train_inspect,
    train_recipes,
)
from photocritic.errors import PhotocriticError

ALL_GOOD, SOME_FAILED, WRONG_REQUEST, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    Args:
        arguments: The words after ``photocritic``; those of this process if not given.

    Returns:
        0 if all is good, 1 if some photos failed, 2 if the request was wrong, 130 if interrupted.
    """
    parser = argparse.ArgumentParser(
        prog="photocritic",
        description="Looks at photographs and says how good people will find them, and how sure it is.",
        epilog="Everything happens on this machine; nothing is sent anywhere.",
    )
    parser.add_argument("--version", action="version", version=f"photocritic {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    looking = (rate, explain, advise, crop, best, continuum, map)
    teaching = (train, train_recipes, train_inspect, train_baselines)
    for command in (*looking, cull, serve, taste, evaluate, *teaching, dream, data, model):
        command.add_parser(commands)
    options = parser.parse_args(_named(sys.argv[1:] if arguments is None else arguments, commands.choices))
    try:
        status: int = options.run(options)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except PhotocriticError as err:
        from photocritic.core.rows import printable

        print(f"photocritic: error: {printable(str(err))}", file=sys.stderr)
        return WRONG_REQUEST
    except BrokenPipeError:  # whoever read our output has closed it (`| head`)
        _abandon_stdout()
        return ALL_GOOD
    except OSError as err:  # mostly stdout's: photos, models and files that we write have errors of their own
        _abandon_stdout()
        print(f"photocritic: error: cannot write the output: {err.strerror or err}", file=sys.stderr)
        return WRONG_REQUEST
    except KeyboardInterrupt:
        print("photocritic: interrupted; no file is half-written", file=sys.stderr)
        return INTERRUPTED


def run_command() -> int:
    """Run the command of this process, cleaning up when it is asked to end as when it is interrupted."""

    def end(_signal: int, _frame: object) -> None:
        sys.exit(TERMINATED)

    signal.signal(signal.SIGTERM, end)
    if sys.stderr is None:  # closed by the caller: print() would send what is meant for it to stdout, among the data
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stderr(nowhere):
            return main()
    return main()


def _named(words: Sequence[str], names: Container[str]) -> list[str]:
    """Return the words with the name of a command as one word: argparse knows no names of two, as ``train recipes``."""
    name = " ".join(words[:2])
    return [name, *words[2:]] if name in names else list(words)


def _abandon_stdout() -> None:
    # Python flushes stdout once more at exit, and would complain again.
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
