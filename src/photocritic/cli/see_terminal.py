"""What a person sees in the terminal while pictures of many photos are made."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from photocritic.cli.terminal import RunLog
from photocritic.core.records import Failure
from photocritic.core.rows import printable
from photocritic.core.words import counted

_Item = TypeVar("_Item")


class SeeLog(RunLog):
    """Progress, failures and the summary of a picture of many photos.

    Attributes:
        failures: What could not be shown, in the order in which it was told.
    """

    def __init__(self, total: int | None, has_progress: bool) -> None:
        super().__init__(total, has_progress)
        self.failures: list[Failure] = []

    def failed(self, failure: Failure) -> None:
        """Keep a failure, count it and print it."""
        self.failures.append(failure)
        super().failed(failure)

    def say(self, words: str) -> None:
        """Print a line."""
        print(f"photocritic: {printable(words)}", file=sys.stderr)

    def steps(self, total: int, words: str) -> Callable[[int], None]:
        """Say what comes next, and return what is to be told how many of its steps are done."""
        self.say(words)
        self._restart(total)

        def done(count: int) -> None:
            if self._progress:
                self._progress.update(self._progress.task_ids[0], completed=count, rate="steps")
            if count >= total:
                self._stop()

        return done

    def drawn(self, items: "Iterable[_Item | Failure]", total: int) -> "Iterator[_Item | Failure]":
        """Pass on what is drawn of photos, with progress, and print which cannot be."""
        self._restart(total)
        for item in items:
            if isinstance(item, Failure):
                self.failed(item)
            self._advance("drawn")
            yield item
        self._stop()

    def summarise_picture(self, shown_count: int, known_count: int, output: object, model_id: str) -> None:
        """Print what was made, in one line."""
        known = f" ({known_count:,} known already)" if known_count else ""
        failed = f", {self.failed_count:,} could not be shown" if self.failed_count else ""
        self.say(
            f"{output}: {counted(shown_count, 'photo')}{known}{failed} in {self._elapsed_s():.1f} s; critic {model_id}"
        )
