"""A dataset's vetting as one HTML page: findings, plots, best and worst photos. It needs no network and no script."""

import base64
import io
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import IO, Final

import numpy as np
from PIL import Image

from photocritic.core.charts import histogram_svg
from photocritic.core.images import load_photo
from photocritic.core.rows import printable
from photocritic.data.dataset import Dataset
from photocritic.data.figures import names_of
from photocritic.data.vetting import Severity, Vetting, class_counts
from photocritic.errors import InputError

_SHEET_COUNT: Final = 12
_THUMBNAIL_PX: Final = 200
_EXAMPLES_SHOWN: Final = 8
_SEVERITY_WORDS: Final = {
    Severity.SPOILS: "would spoil training",
    Severity.MIND: "to keep in mind",
    Severity.NOTE: "good to know",
}

_STYLE: Final = """
:root { color-scheme: light dark; --page: #e9e9e9; --card: #f6f6f6; --ink: #1c1c1c; --dim: #5a5a5a;
  --bar: #9b9b9b; --good: #2f6f4f; --bad: #a03a2c; --mind: #8a6410; --line: #cfcfcf; }
@media (prefers-color-scheme: dark) { :root { --page: #1b1b1b; --card: #262626; --ink: #ececec;
  --dim: #a6a6a6; --bar: #767676; --good: #7cc9a0; --bad: #ee8b7c; --mind: #dcb35c; --line: #3a3a3a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1200px; padding: clamp(12px, 3vw, 40px); background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { margin: 0 0 4px; font-size: 24px; font-weight: 600; overflow-wrap: anywhere; }
h2 { margin: 32px 0 10px; font-size: 17px; font-weight: 600; }
p { margin: 0 0 6px; color: var(--dim); max-width: 75ch; }
ul, ol { list-style: none; margin: 0; padding: 0; }
.findings li { background: var(--card); border: 1px solid var(--line); border-left: 5px solid var(--dim);
  border-radius: 6px; padding: 10px 14px; margin-bottom: 8px; }
.findings li.spoils { border-left-color: var(--bad); }
.findings li.mind { border-left-color: var(--mind); }
.findings b { font-weight: 600; }
.spoils b { color: var(--bad); }
.mind b { color: var(--mind); }
.examples { color: var(--dim); font-size: 13px; overflow-wrap: anywhere; }
.charts { display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; }
figcaption { font-size: 14px; margin-bottom: 6px; }
.chart { width: 100%; height: auto; display: block; }
.bar { fill: var(--bar); }
.bar.good { fill: var(--good); }
.chart text { fill: var(--dim); font-size: 12px; }
.chart line.axis { stroke: var(--dim); }
.box { fill: none; stroke: var(--ink); }
.median { stroke: var(--ink); stroke-width: 2.5; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { text-align: left; padding: 3px 18px 3px 0; font-weight: 400; vertical-align: top; }
th { color: var(--dim); }
td.count { text-align: right; white-space: nowrap; }
.sheet { display: grid; gap: 10px; grid-template-columns: repeat(auto-fill, minmax(min(150px, 45%), 1fr)); }
.sheet li { background: var(--card); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.sheet img, .sheet .none { width: 100%; height: 120px; object-fit: contain; background: #808080; display: block; }
.sheet span { display: block; padding: 6px 8px; font-size: 12px; overflow-wrap: anywhere; }
"""


def write_page(vetting: Vetting, photos: Path | None, file: IO[bytes]) -> None:
    """Write a vetting as a page.

    Args:
        vetting: What was found.
        photos: The folder of the photos, for the best and the worst; None shows none.
        file: Where the page goes.
    """
    for part in _page(vetting, photos):
        file.write(part.encode())


def _page(vetting: Vetting, photos: Path | None) -> Iterator[str]:
    name = escape(printable(vetting.dataset.path.name))
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
        f"<title>Vetting of {name}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Vetting of {name}</h1>\n"
    )
    yield f"<p>{escape(vetting.verdict)}</p>\n"
    yield from _findings(vetting)
    yield from _charts(vetting)
    yield from _history(vetting.dataset)
    if photos is not None:
        yield from _sheets(vetting, photos)
    yield "</body>\n</html>\n"


def _findings(vetting: Vetting) -> Iterator[str]:
    yield "<h2>Findings</h2>\n<ul class=findings>\n"
    for finding in vetting.findings:
        examples = [escape(printable(example)) for example in finding.examples[:_EXAMPLES_SHOWN]]
        more = len(finding.examples) - len(examples)
        shown = ", ".join(examples) + (f" and {more:,} more" if more > 0 else "")
        yield (
            f"<li class={finding.severity.value}><b>{_SEVERITY_WORDS[finding.severity]}</b>: {escape(finding.words)}"
            + (f"<div class=examples>{shown}</div>" if shown else "")
            + "</li>\n"
        )
    yield "</ul>\n"


def _charts(vetting: Vetting) -> Iterator[str]:
    figures = vetting.figures
    header = vetting.dataset.header
    ratings, good_from = figures.ratings, vetting.good_from
    if figures.is_labelled and ratings is figures.means:
        classes = ", ".join(f"{name} {count:,}" for name, count in class_counts(vetting.dataset, figures).items())
        bin_count = len(header.scale.levels)
        charts = [(f"In training: {classes}", histogram_svg(ratings, "Classes", "level", bin_count=bin_count))]
    else:
        spread = f"Ratings: {ratings.mean():.3f} ± {ratings.std():.3f} on average"
        if good_from is not None:
            spread += f"; {np.mean(ratings > good_from):.2%} above {good_from:g}"
        charts = [(spread, histogram_svg(ratings, "Ratings", "rating of a photo", has_box=True, good_from=good_from))]
    if figures.vote_counts.max() > 1 + 1e-6:
        votes = figures.vote_counts
        caption = f"Votes per photo: {votes.min():,.0f} to {votes.max():,.0f}, {votes.mean():,.1f} on average"
        charts.insert(0, (caption, histogram_svg(votes, "Votes per photo", "votes")))
    # Where only means were given, the votes are made up from them, and say nothing of how much people disagree.
    if not figures.is_labelled and np.isnan(figures.evidence).any():
        caption = f"How much people disagree about a photo: {figures.stds.mean():.2f} on average"
        charts.append((caption, histogram_svg(figures.stds, "Standard deviations", "standard deviation of its votes")))
    if vetting.sizes is not None:
        width, height, size_bytes = vetting.sizes.T.astype(float)
        charts += [
            ("Resolution", histogram_svg(width * height / 1e6, "Resolution", "megapixels")),
            ("Aspect ratio", histogram_svg(width / height, "Aspect ratio", "width / height")),
            ("Size of the files", histogram_svg(size_bytes / 1e6, "Size of the files", "MB")),
        ]
    yield "<h2>In figures</h2>\n<div class=charts>\n"
    for caption, chart in charts:
        yield f"<figure><figcaption>{escape(caption)}</figcaption>{chart}</figure>\n"
    yield "</div>\n"


def _history(dataset: Dataset) -> Iterator[str]:
    yield "<h2>How it was made</h2>\n<table>\n"
    for step in dataset.header.steps:
        change = f"{step.after:,}" if step.before == step.after else f"{step.before:,} → {step.after:,}"
        yield f"<tr><td>{escape(printable(step.words))}</td><td class=count>{change}</td></tr>\n"
    yield "</table>\n"


def _sheets(vetting: Vetting, photos: Path) -> Iterator[str]:
    figures = vetting.figures
    ratings = figures.ratings
    order = np.lexsort((figures.keys, -ratings))
    count = min(_SHEET_COUNT, len(order) // 2)
    names = names_of(vetting.dataset, [*order[:count].tolist(), *order[len(order) - count :].tolist()])
    titles = ("Best rated", "Worst rated")
    if figures.is_labelled and ratings is figures.means:
        level_names = vetting.dataset.header.level_names
        titles = (f"Some of {level_names[-1]}", f"Some of {level_names[0]}")
    for title, rows in zip(titles, (order[:count], order[len(order) - count :][::-1]), strict=True):
        if not len(rows):
            continue
        yield f"<h2>{title}</h2>\n<ol class=sheet>\n"
        for row in rows.tolist():
            name = escape(printable(names[row]))
            yield f"<li>{_thumbnail(photos / names[row], name)}<span>{ratings[row]:.2f} · {name}</span></li>\n"
        yield "</ol>\n"


def _thumbnail(path: Path, name: str) -> str:
    def size(width: int, height: int) -> tuple[int, int]:
        scale = min(1.0, _THUMBNAIL_PX / min(width, height), 4 * _THUMBNAIL_PX / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    try:
        image = Image.fromarray(load_photo(path, size).image)
    except InputError:
        return "<div class=none></div>"
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img loading=lazy decoding=async alt="{name}" src="data:image/jpeg;base64,{data}">'
