"""What a person sees of a cull in the terminal: the plan as a table, and what was or would be done."""

import io
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from photocritic.cli.terminal import RunLog
from photocritic.core.formats import JPEG_SUFFIXES
from photocritic.core.records import Failure
from photocritic.core.rows import printable
from photocritic.core.words import counted
from photocritic.shoot.choice import Pile

if TYPE_CHECKING:
    from photocritic.shoot.apply import Outcome
    from photocritic.shoot.groups import Kind
    from photocritic.shoot.marking import Markings
    from photocritic.shoot.plan import Plan, Planned

_UNLIMITED_WIDTH = 10_000
_COLUMNS = ("group", "photo", "pile", "stars", "score", "crowd", "quality", "why")
_WIDE = 100  # characters, from which on all columns have room
_DONE = {"write": "written", "copy": "copied", "link": "linked", "move": "moved"}

KIND_WORDS: "dict[Kind, str]" = {
    "single": "",
    "burst": "burst",
    "duplicates": "",
    "bracket": "bracket",
    "focus_stack": "focus stack",
    "panorama": "panorama",
}
"""What a group is, in words."""


def write_plan_table(plan: "Plan", file: IO[bytes]) -> None:
    """Write a plan as a table, group after group.

    In a terminal the reasons are folded; elsewhere it is as wide as it needs.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not plan.photos:
        return
    is_terminal = file.isatty()
    text = io.StringIO()
    width = None if is_terminal else _UNLIMITED_WIDTH
    console = Console(file=text, width=width, force_terminal=is_terminal, legacy_windows=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    # Where there is little room, it is the reasons' and the names'.
    figures = {"score", "crowd", "quality"}
    is_personal = any(photo.look.assessment.personal is not None for photo in plan.photos)
    shown = [
        name
        for name in _COLUMNS
        if (console.width >= _WIDE or name not in figures) and (is_personal or name != "crowd")
    ]
    for name in shown:
        is_figure = name in figures
        table.add_column(
            name, justify="right" if is_figure else "left", no_wrap=name not in {"photo", "why"}, overflow="fold"
        )
    for group in plan.groups:
        for place, photo in enumerate(group):
            style = {Pile.KEEP: "bold", Pile.MAYBE: "", Pile.REJECT: "dim"}[photo.choice.pile]
            cells = dict(zip(_COLUMNS, _cells(photo, group, is_first=place == 0), strict=True))
            table.add_row(*(Text(cells[name]) for name in shown), style=style)
    console.print(table)
    for line in text.getvalue().splitlines():
        file.write(line.rstrip().encode() + b"\n")


def _cells(photo: "Planned", group: "list[Planned]", *, is_first: bool) -> tuple[str, ...]:
    kind = KIND_WORDS[photo.kind]
    copy_count = sum(one.copy_of is not None for one in group)
    copies = f" with {counted(copy_count, 'copy', 'copies')}" if copy_count else ""
    words = f"{photo.group} {kind} of {len(group) - copy_count}{copies}" if kind else f"{photo.group}{copies}"
    evidence, personal = photo.evidence, photo.look.assessment.personal
    return (
        words if is_first else "",
        printable(photo.name) + "".join(f" + {path.suffix}" for path in photo.files[1:]),
        photo.choice.pile.value,
        "★" * photo.choice.stars,
        f"{evidence.appeal:.0f}",
        "" if personal is None else f"{personal.crowd.score:.0f}",
        "" if evidence.quality is None else f"{evidence.quality:.0f}",
        printable(photo.choice.reason),
    )


class CullLog(RunLog):
    """Progress, failures and the summaries of a cull."""

    def say(self, words: str) -> None:
        """Print a line."""
        print(f"photocritic: {printable(words)}", file=sys.stderr)

    def draw(self, thumbnails: "Iterable[Path | Failure]", total: int) -> None:
        """Have thumbnails made, with progress, and print which cannot be."""
        self._restart(total)
        for thumbnail in thumbnails:
            if isinstance(thumbnail, Failure):
                self.failed(thumbnail)
            self._advance("thumbnails")

    def summarise_plan(self, plan: "Plan", stars: str, stars_by: str) -> None:
        """Print what was planned."""
        if not plan.photos:
            self.say("no photos found" if not self.failed_count else "no photo could be looked at")
            return
        scene_count = len({photo.scene for photo in plan.photos})
        known_count = sum(not photo.look.is_new for photo in plan.photos)
        known = f" ({known_count:,} known already)" if known_count else ""
        self.say(
            f"{counted(len(plan.photos), 'photo')}{known} in {self._elapsed_s():.1f} s; "
            f"{counted(len(plan.groups), 'group')} in {counted(scene_count, 'scene')}; critic {plan.model_id}"
        )
        kept_scenes = {photo.scene for photo in plan.photos if photo.choice.pile is Pile.KEEP}
        if len(kept_scenes) < scene_count:
            self.say(f"{scene_count - len(kept_scenes):,} of {scene_count:,} scenes have no photo among those kept")
        piles = Counter(photo.choice.pile for photo in plan.photos)
        given = Counter(photo.choice.stars for photo in plan.photos)
        self.say(
            ", ".join(f"{pile.value} {piles[pile]:,}" for pile in Pile)
            + "; "
            + ", ".join(f"{'★' * number} {given[number]:,}" for number in range(5, 0, -1))
            + f" (--stars {stars}, {'percent of the shoot' if stars_by == 'shoot' else 'points of the score'})"
        )

    def summarise_markings(self, markings: "Markings", program: str, *, is_applied: bool) -> None:
        """Print what is to be written where, and what is left alone."""
        for failure in markings.failures:
            self.failed(failure)
        if markings.person_count:
            self.say(f"what a person gave stays in {counted(markings.person_count, 'photo')}: stars, a flag or a label")
        for suffix, count in sorted(markings.unread.items()):
            self.say(
                f"{count:,} {suffix}: Lightroom and Capture One read ratings only inside such a file"
                + ("; --in-file writes them there" if suffix in JPEG_SUFFIXES else ", where photocritic writes none")
            )
        inside_count = sum(marking.is_inside for marking in markings.changes)
        sidecar_count = len(markings.changes) - inside_count
        files = f"{counted(sidecar_count, 'sidecar')}" + (
            f" and {counted(inside_count, 'JPEG')}" if inside_count else ""
        )
        if not is_applied:
            whom = "all programs" if program == "all" else program
            held = f"; {markings.same_count:,} hold their ratings already" if markings.same_count else ""
            self.say(f"nothing is written yet; --apply would write {files} for {whom}{held}")

    def summarise_applied(
        self, outcomes: "Iterable[Outcome]", total: int, *, same_count: int = 0, left_count: int = 0
    ) -> None:
        """Print what became of changes, reading them to their end.

        Args:
            outcomes: What became of each.
            total: How many there are.
            same_count: How many further files are as they should be already.
            left_count: How many photos are left alone, as told before.
        """
        counts = self._counted(outcomes, total)
        done = [
            f"{counted(count, 'file')} {_DONE[action]}"
            for (action, status), count in counts.items()
            if status == "done"
        ]
        same_count += sum(count for (_action, status), count in counts.items() if status == "same")
        same = [f"{same_count:,} as they should be already"] if same_count else []
        left = [f"{counted(left_count, 'photo')} left alone"] if left_count else []
        undo = "; `photocritic cull --undo` takes it back" if done else ""
        self.say((", ".join([*done, *same, *_failed_words(counts), *left]) or "nothing to do") + undo)

    def summarise_undone(self, outcomes: "Iterable[Outcome]") -> None:
        """Print what was taken back, reading it to its end."""
        places: list[Path] = []

        def noted(all_outcomes: "Iterable[Outcome]") -> "Iterator[Outcome]":
            for outcome in all_outcomes:
                places.append(outcome.path.parent)
                yield outcome

        counts = self._counted(noted(outcomes), None)
        done_count = sum(count for (_action, status), count in counts.items() if status == "done")
        forced = "; --force takes back those, too, that were changed since" if self.failed_count else ""
        where = f" in {os.path.commonpath(places)}" if places and os.name != "nt" else ""
        self.say(", ".join([f"{counted(done_count, 'change')} taken back{where}", *_failed_words(counts)]) + forced)

    def _counted(self, outcomes: "Iterable[Outcome]", total: int | None) -> Counter[tuple[str, str]]:
        counts: Counter[tuple[str, str]] = Counter()
        self._restart(total)
        for outcome in outcomes:
            counts[outcome.action, outcome.status] += 1
            if outcome.failure is not None:
                self.failed(outcome.failure)
            self._advance("")
        return counts


def _failed_words(counts: Counter[tuple[str, str]]) -> list[str]:
    failed_count = sum(count for (_action, status), count in counts.items() if status == "failed")
    return [f"{failed_count:,} failed"] if failed_count else []
