"""The contact sheet: one self-contained HTML page with the photos from best to worst.

It needs no network and runs no script. It knows nothing of how photos are judged.
"""

import base64
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import IO, Final, Self

from photocritic.core.ratings import percentile_score
from photocritic.core.records import Card, Failure, Verdict
from photocritic.core.rows import shown_name

_SCORE_BINS: Final = 20

_STYLE: Final = """
:root { color-scheme: light dark; --page: #e9e9e9; --card: #f6f6f6; --ink: #1c1c1c; --dim: #5a5a5a;
  --bar: #9b9b9b; --good: #2f6f4f; --line: #cfcfcf; }
@media (prefers-color-scheme: dark) { :root { --page: #1b1b1b; --card: #262626; --ink: #ececec;
  --dim: #a6a6a6; --bar: #767676; --good: #7cc9a0; --line: #3a3a3a; } }
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
  grid-template-columns: repeat(auto-fill, minmax(min(230px, 100%), 1fr)); }
li.photo { background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow: hidden;
  display: flex; flex-direction: column; content-visibility: auto; contain-intrinsic-size: auto 300px; }
li.photo img { width: 100%; height: 190px; object-fit: contain; background: #808080; display: block; }
.words { padding: 10px 12px 12px; display: grid; grid-template-columns: auto 1fr; gap: 2px 14px;
  align-items: center; }
.score { font-size: 30px; font-weight: 600; line-height: 1; font-variant-numeric: tabular-nums; }
.histogram { justify-self: end; }
.figures, .name { grid-column: 1 / -1; color: var(--dim); font-size: 13px;
  font-variant-numeric: tabular-nums; }
.name { color: var(--ink); overflow-wrap: anywhere; }
svg rect { fill: var(--bar); }
svg rect.good { fill: var(--good); }
.failures { display: block; columns: 2 420px; color: var(--dim); font-size: 14px; }
.failures li { break-inside: avoid; overflow-wrap: anywhere; margin-bottom: 6px; }
.failures b { color: var(--ink); font-weight: 500; }
@media print { li.photo { break-inside: avoid; } body { padding: 0; } }
"""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One photo of the sheet; its thumbnail lies in the spool."""

    name: str
    mean: float
    std: float
    p_good: float
    score: float
    probs: tuple[float, ...]
    size: str
    thumbnail_at: int
    thumbnail_bytes: int


@dataclass(slots=True)
class ContactSheet:
    """Collects verdicts as they come, and writes them as a page, best first.

    The thumbnails wait in a temporary file, so that memory does not grow with them; as a context, the sheet
    gives it back.

    Attributes:
        card: The card of the critic that judged.
        model_id: The critic's id.
    """

    card: Card
    model_id: str
    _entries: list[_Entry] = field(default_factory=list, init=False, repr=False)
    _failures: list[tuple[str, str]] = field(default_factory=list, init=False, repr=False)
    _spool: IO[bytes] = field(default_factory=tempfile.TemporaryFile, init=False, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._spool.close()

    def add(self, verdict: Verdict) -> None:
        """Take a verdict; an Assessment needs its thumbnail to show more than figures."""
        name = shown_name(verdict)
        if isinstance(verdict, Failure):
            self._failures.append((name, verdict.reason))
            return
        thumbnail = verdict.thumbnail or b""
        entry = _Entry(
            name=name,
            mean=verdict.mean,
            std=verdict.std,
            p_good=verdict.p_good,
            score=verdict.score,
            probs=tuple(map(float, verdict.probs)),
            size=f"{verdict.width} × {verdict.height}",
            thumbnail_at=self._spool.tell(),
            thumbnail_bytes=len(thumbnail),
        )
        self._spool.write(thumbnail)
        self._entries.append(entry)

    def write(self, file: IO[bytes]) -> None:
        """Write the page."""
        for part in self._page():
            file.write(part.encode())

    def _page(self) -> Iterator[str]:
        entries = sorted(self._entries, key=lambda entry: (-entry.mean, entry.name))
        yield (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta http-equiv="Content-Security-Policy" '
            "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
            f"<title>{_count(len(entries), 'photo')}, best first</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        )
        yield self._header(entries)
        yield "<main>\n<ol>\n"
        folder = _common_folder([entry.name for entry in entries])
        for rank, entry in enumerate(entries, start=1):
            yield self._figure(rank, entry, entry.name.removeprefix(folder))
        yield "</ol>\n"
        if self._failures:
            yield f"<h2>{_count(len(self._failures), 'photo')} could not be judged</h2>\n<ul class=failures>\n"
            for name, reason in self._failures:
                yield f"<li><b>{escape(name)}</b>: {escape(reason)}</li>\n"
            yield "</ul>\n"
        yield "</main>\n</body>\n</html>\n"

    def _header(self, entries: Sequence[_Entry]) -> str:
        scale = self.card.scale
        counts = [0] * _SCORE_BINS
        for entry in entries:
            counts[min(int(entry.score / 100 * _SCORE_BINS), _SCORE_BINS - 1)] += 1
        # A score is good where the critic's mean passes the scale's threshold.
        good_bin = float(percentile_score(scale.good_from, self.card.quantiles)) / 100 * _SCORE_BINS
        spread = _bars(
            counts,
            [index >= good_bin for index in range(_SCORE_BINS)],
            260,
            44,
            "How many photos have each score",
        )
        return (
            f"<header><div><h1>{_count(len(entries), 'photo')}, best first</h1>\n"
            f"<p>The score is a percentile: 80 means that the critic expects people to like the photo more than "
            f"80 of 100 reference photos. Below it stand the expected votes on {scale.worst:g} to {scale.best:g}: "
            f"mean ± spread, and the share of people who would give {scale.good_from:g} or more, in green.</p>\n"
            f"<p>Judged by {escape(self.model_id)}.</p></div>\n"
            f"<figure class=spread>{spread}<figcaption>how many photos have each score, 0 to 100;<br>"
            f"green: more than {scale.good_from:g} expected</figcaption></figure></header>\n"
        )

    def _figure(self, rank: int, entry: _Entry, name: str) -> str:
        scale = self.card.scale
        self._spool.seek(entry.thumbnail_at)
        thumbnail = base64.b64encode(self._spool.read(entry.thumbnail_bytes)).decode()
        shares = ", ".join(f"{level:g}: {share:.0%}" for level, share in zip(scale.levels, entry.probs, strict=True))
        bars = _bars(
            entry.probs,
            [level >= scale.good_from for level in scale.levels],
            98,
            34,
            f"Expected votes: {shares}",
        )
        return (
            f'<li class=photo><img loading=lazy decoding=async alt="{escape(entry.name)}" '
            f'src="data:image/jpeg;base64,{thumbnail}">\n'
            f'<div class=words><span class=score title="score, 0 to 100">{entry.score:.0f}</span>{bars}'
            f"<span class=figures>{entry.mean:.2f} ± {entry.std:.2f} · {entry.p_good:.0%} good</span>"
            f'<span class=name title="{escape(entry.name)}">{rank}. {escape(name)}</span></div></li>\n'
        )


def _bars(heights: Sequence[float], is_good: Sequence[bool], width_px: int, height_px: int, words: str) -> str:
    """Return a bar chart as inline SVG, with words in place of the picture for those who cannot see it."""
    step = width_px / len(heights)
    largest = max(*heights, 1e-9)
    rects = "".join(
        f"<rect{' class=good' if good else ''} x={index * step:.1f} y={height_px * (1 - height / largest):.1f} "
        f"width={step - 2:.1f} height={height_px * height / largest:.1f} />"
        for index, (height, good) in enumerate(zip(heights, is_good, strict=True))
    )
    return (
        f'<svg class=histogram role=img aria-label="{escape(words)}" width={width_px} height={height_px} '
        f'viewBox="0 0 {width_px} {height_px}"><title>{escape(words)}</title>{rects}</svg>'
    )


def _common_folder(names: Sequence[str]) -> str:
    """Return the beginning that all names share, up to a folder's end."""
    shared = os.path.commonprefix(names)  # noqa: RUF071 - cut at the last separator below
    return shared[: shared.rfind(os.sep) + 1]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
