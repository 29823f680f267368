"""The contact sheet: an HTML page with the photos from best to worst, or from worst to best.

It is one file, unless its pictures are taken elsewhere. It needs no network and runs no script. It knows nothing of how
photos are judged.
"""

import base64
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import IO, Final, NamedTuple, Protocol, Self

from photocritic.core.charts import bars_svg
from photocritic.core.ratings import percentile_score
from photocritic.core.records import Aspect, Card, Failure, Rating, Verdict
from photocritic.core.rows import shown_name
from photocritic.core.words import counted

_SCORE_BINS: Final = 20

_STYLE: Final = """
:root { color-scheme: light dark; --page: #e9e9e9; --card: #f6f6f6; --ink: #1c1c1c; --dim: #5a5a5a;
  --bar: #9b9b9b; --good: #2f6f4f; --line: #cfcfcf; --wrong: #c22a1e; }
@media (prefers-color-scheme: dark) { :root { --page: #1b1b1b; --card: #262626; --ink: #ececec;
  --dim: #a6a6a6; --bar: #767676; --good: #7cc9a0; --line: #3a3a3a;
  --wrong: #ff7a6b; } }
* { box-sizing: border-box; }
body { margin: 0; padding: clamp(12px, 3vw, 40px); background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: 12px 40px; align-items: end; justify-content: space-between;
  margin-bottom: 24px; }
h1 { margin: 0 0 4px; font-size: 24px; font-weight: 600; }
h2 { margin: 32px 0 8px; font-size: 17px; font-weight: 600; }
header p { margin: 0; color: var(--dim); max-width: 70ch; }
.spread { margin: 0; }
.spread figcaption { color: var(--dim); font-size: 13px; }
ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 14px;
  grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr)); }
li.photo { background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow: hidden;
  display: flex; flex-direction: column; content-visibility: auto; contain-intrinsic-size: auto 300px; }
li.photo img { width: 100%; height: 190px; object-fit: contain; background: #808080; display: block; }
.words { padding: 10px 12px 12px; display: grid; grid-template-columns: minmax(48px, auto) 1fr auto; gap: 6px 10px;
  align-items: center; font-variant-numeric: tabular-nums; }
.score, .quality { line-height: 1; text-align: right; }
.score { font-size: 28px; font-weight: 600; }
.quality { font-size: 22px; color: var(--dim); }
.histogram { justify-self: end; }
.figures, .name { color: var(--dim); font-size: 12px; line-height: 1.3; }
.figures { white-space: nowrap; }
.name { grid-column: 1 / -1; color: var(--ink); font-size: 13px; overflow-wrap: anywhere; }
svg rect { fill: var(--bar); }
svg rect.good { fill: var(--good); }
li.wrong { outline: 3px solid var(--wrong); outline-offset: -1px; }
.people { grid-column: 1 / -1; color: var(--wrong); font-size: 13px; line-height: 1.3; }
.failures { display: block; columns: 2 420px; color: var(--dim); font-size: 14px; }
.failures li { break-inside: avoid; overflow-wrap: anywhere; margin-bottom: 6px; }
.failures b { color: var(--ink); font-weight: 500; }
@media print { li.photo { break-inside: avoid; } body { padding: 0; } }
"""


class Pictures(Protocol):
    """Takes the pictures of a page."""

    @property
    def sources(self) -> str:
        """What a Content-Security-Policy has to allow pictures to come from."""
        ...

    def address(self, name: str, jpeg: bytes) -> str:
        """Keep a JPEG, and return where the page finds it."""
        ...


class InThePage:
    """Leaves the pictures in the page itself."""

    sources = "data:"

    def address(self, _name: str, jpeg: bytes) -> str:
        """Return the picture itself."""
        return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


IN_THE_PAGE: Final = InThePage()


class _Figures(NamedTuple):
    """What is shown of a rating."""

    score: float
    mean: float
    std: float
    p_good: float
    probs: tuple[float, ...]

    @classmethod
    def of(cls, rating: Rating) -> Self:
        # With one decimal, as rows have it, so that page and table round to the same number.
        return cls(round(rating.score, 1), rating.mean, rating.std, rating.p_good, tuple(map(float, rating.probs)))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One photo of the sheet; its thumbnail lies in the spool."""

    name: str
    appeal: _Figures
    quality: _Figures | None
    wrong: str
    crowd_score: float | None
    thumbnail_at: int
    thumbnail_bytes: int


@dataclass(slots=True)
class ContactSheet:
    """Collects verdicts as they come, and writes them as a page, best first unless told otherwise.

    The thumbnails wait in a temporary file, so that memory does not grow with them; as a context, the sheet
    gives it back.

    Attributes:
        card: The card of the critic that judged.
        model_id: The critic's id.
        title: What the sheet is called; how many photos and in which order, if not given.
        is_worst_first: Whether the worst photo comes first.
        taste: The id of the taste by which it judged; empty for people in general.
    """

    card: Card
    model_id: str
    title: str = ""
    is_worst_first: bool = False
    taste: str = ""
    _entries: list[_Entry] = field(default_factory=list, init=False, repr=False)
    _failures: list[tuple[str, str]] = field(default_factory=list, init=False, repr=False)
    _spool: IO[bytes] = field(default_factory=tempfile.TemporaryFile, init=False, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._spool.close()

    def add(self, verdict: Verdict, *, wrong: str = "") -> None:
        """Take a verdict; an Assessment needs its thumbnail to show more than figures.

        Args:
            verdict: The verdict.
            wrong: What people say of a photo that the critic is wrong about; it is outlined in red.
        """
        name = shown_name(verdict)
        if isinstance(verdict, Failure):
            self._failures.append((name, verdict.reason))
            return
        thumbnail = verdict.thumbnail or b""
        entry = _Entry(
            name=name,
            appeal=_Figures.of(verdict.appeal),
            quality=None if verdict.quality is None else _Figures.of(verdict.quality),
            wrong=wrong,
            crowd_score=None if verdict.personal is None else round(verdict.personal.crowd.score, 1),
            thumbnail_at=self._spool.tell(),
            thumbnail_bytes=len(thumbnail),
        )
        self._spool.write(thumbnail)
        self._entries.append(entry)

    def write(self, file: IO[bytes], pictures: Pictures = IN_THE_PAGE) -> None:
        """Write the page.

        Args:
            file: Where it goes.
            pictures: What takes the thumbnails, named by their ranks.
        """
        for part in self._page(pictures):
            file.write(part.encode())

    def _page(self, pictures: Pictures) -> Iterator[str]:
        entries = sorted(self._entries, key=lambda entry: (-entry.appeal.mean, entry.name), reverse=self.is_worst_first)
        order = "worst first" if self.is_worst_first else "best first"
        title = escape(self.title) or f"{counted(len(entries), 'photo')}, {order}"
        yield (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta http-equiv="Content-Security-Policy" '
            f"content=\"default-src 'none'; img-src {pictures.sources}; style-src 'unsafe-inline'\">\n"
            f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        )
        yield self._header(entries, title)
        yield "<main>\n<ol>\n"
        folder = _common_folder([entry.name for entry in entries])
        for rank, entry in enumerate(entries, start=1):
            self._spool.seek(entry.thumbnail_at)
            address = pictures.address(f"{rank:04}.jpg", self._spool.read(entry.thumbnail_bytes))
            yield self._figure(rank, entry, entry.name.removeprefix(folder), address)
        yield "</ol>\n"
        if self._failures:
            yield f"<h2>{counted(len(self._failures), 'photo')} could not be judged</h2>\n<ul class=failures>\n"
            for name, reason in self._failures:
                yield f"<li><b>{escape(name)}</b>: {escape(reason)}</li>\n"
            yield "</ul>\n"
        yield "</main>\n</body>\n</html>\n"

    def _header(self, entries: Sequence[_Entry], title: str) -> str:
        aspect = self.card.appeal
        scale = aspect.scale
        counts = [0] * _SCORE_BINS
        for entry in entries:
            counts[min(int(entry.appeal.score / 100 * _SCORE_BINS), _SCORE_BINS - 1)] += 1
        # A score is good where the critic's mean passes the scale's threshold.
        good_bin = float(percentile_score(scale.good_from, aspect.quantiles)) / 100 * _SCORE_BINS
        spread = bars_svg(
            counts,
            [index >= good_bin for index in range(_SCORE_BINS)],
            260,
            44,
            "How many photos have each score",
        )
        return (
            f"<header><div><h1>{title}</h1>\n"
            f"<p>The score is a percentile: 80 means that the critic expects "
            f"{'this person' if self.taste else 'people'} to like the photo more than "
            f"{'people like ' if self.taste else ''}80 of 100 reference photos. Beside it stand the expected "
            f"votes on {scale.worst:g} to {scale.best:g}, "
            f"below it their mean ± spread, and {'how likely' if self.taste else 'the share of people who would give'} "
            f"{scale.good_from:g} or more{' is' if self.taste else ''}, "
            f"in green.{self._quality_words()}</p>\n"
            f"{self._taste_words()}<p>Judged by {escape(self.model_id)}.</p></div>\n"
            f"<figure class=spread>{spread}<figcaption>how many photos have each score, 0 to 100;<br>"
            f"green: more than {scale.good_from:g} expected</figcaption></figure></header>\n"
        )

    def _taste_words(self) -> str:
        if not self.taste:
            return ""
        return (
            f"<p>Scores, votes and order are by the taste {escape(self.taste)}; "
            f"<i>crowd</i> is the score for people in general.</p>\n"
        )

    def _quality_words(self) -> str:
        if self.card.quality is None:
            return ""
        scale = self.card.quality.scale
        return (
            f" Quality is a percentile, too: how well the photo is made, that is sharp, clean and well exposed. "
            f"Its expected opinions are on {scale.worst:g} to {scale.best:g}, and good from {scale.good_from:g}."
        )

    def _figure(self, rank: int, entry: _Entry, name: str, address: str) -> str:
        crowd = "" if entry.crowd_score is None else f"<br>crowd {entry.crowd_score:.0f}"
        words = _rating(entry.appeal, self.card.appeal, "score", crowd)
        if entry.quality is not None and self.card.quality is not None:
            words += _rating(entry.quality, self.card.quality, "quality")
        people = f"<span class=people>{escape(entry.wrong)}</span>" if entry.wrong else ""
        kind = "photo wrong" if entry.wrong else "photo"
        return (
            f'<li class="{kind}">'
            f'<img loading=lazy decoding=async alt="{escape(entry.name)}" '
            f'src="{address}">\n'
            f"<div class=words>{words}{people}"
            f'<span class=name title="{escape(entry.name)}">{rank}. {escape(name)}</span></div></li>\n'
        )


def _rating(figures: _Figures, aspect: Aspect, name: str, below: str = "") -> str:
    """Return one rating's score, histogram and figures, with what stands below these."""
    levels, good_from = aspect.scale.levels, aspect.scale.good_from
    shares = ", ".join(f"{level:g}: {share:.0%}" for level, share in zip(levels, figures.probs, strict=True))
    bars = bars_svg(
        figures.probs, [level >= good_from for level in levels], 84, 34, f"Expected votes, {name}: {shares}"
    )
    words = f"{name} · {figures.p_good:.0%} good<br>{figures.mean:.2f} ± {figures.std:.2f}{below}"
    return (
        f'<span class={name} title="{name}, 0 to 100">{figures.score:.0f}</span>'
        f"<span class=figures>{words}</span>{bars}\n"
    )


def _common_folder(names: Sequence[str]) -> str:
    """Return the beginning that all names share, up to a folder's end."""
    shared = os.path.commonprefix(names)  # noqa: RUF071 - cut at the last separator below
    return shared[: shared.rfind(os.sep) + 1]
