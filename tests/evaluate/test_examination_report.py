"""An examination as a report: what it says in words, that it is true, and that nothing is left out."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from photocritic.core.bootstrap import Interval
from photocritic.data.dataset import GOOD_BAD, THREE_WAY
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.blocks import Block, Chart, Photos, Report, Section, Table
from photocritic.evaluate.examination import Comparison, Examination
from photocritic.evaluate.examination_report import ENDS, EXTREMES, GRID_MAX, MISTAKES, examination_report
from photocritic.evaluate.measures import MEASURES, SECTIONS
from photocritic.evaluate.report import write_report
from tests.browser import Browser, complaints, needs_chromium
from tests.evaluate.made import (
    around,
    made_critic,
    made_examination,
    made_likes,
    made_photos,
    made_table,
    made_truth,
)

TRUTH = made_truth(60)
ONE = made_critic(TRUTH)
TWO = made_critic(TRUTH, "two", 1.5, seed=1)
INTERVALS = "1,000 draws of whole groups with replacement, seed 0."
PUBLISHED = Table("published", "Published", "", ("critic", "SRCC"), (("NIMA", "0.612"),), [{"critic": "NIMA"}])


def reported(examination: Examination, **parts: object) -> Report:
    """Return the report of an examination."""
    likes, published = parts.get("likes", []), parts.get("published", [])
    return examination_report(examination, likes, published, details=["A detail."])  # type: ignore[arg-type]


def lead(examination: Examination) -> str:
    """Return what comes first."""
    return " ".join(reported(examination).lead)


def section(report: Report, title: str) -> Section:
    """Return the section of a title."""
    return next(each for each in report.sections if each.title == title)


def block(report: Report, name: str) -> Block:
    """Return the block of a name."""
    return next(each for section in report.sections for each in section.blocks if each.name == name)


def table(report: Report, name: str) -> Table:
    """Return the table of a name."""
    found = block(report, name)
    assert isinstance(found, Table)
    return found


def photos(report: Report, name: str) -> Photos:
    """Return the photos of a name."""
    found = block(report, name)
    assert isinstance(found, Photos)
    return found


def with_gain(examination: Examination, rival: str, gain: Interval) -> Examination:
    """Return an examination in which the first judge is better than a rival by so much."""
    comparisons = [
        each._replace(gain=gain) if (each.judge, each.rival, each.measure) == ("one", rival, "srcc_score") else each
        for each in examination.comparisons
    ]
    return replace(examination, comparisons=tuple(comparisons))


# ---- In words ----


def test_the_lead_says_how_well_a_critic_agrees() -> None:
    """With the figure, its interval, and what they mean."""
    examination = made_examination(TRUTH, [ONE])
    srcc = examination.figures["one"]["srcc_score"]
    said = lead(examination)

    assert "60 photos of made, which people rated on 1 to 7." in said
    assert f"'one' puts photos in people's order with SRCC {srcc.value:.3f} [{srcc.low:.3f}, {srcc.high:.3f}]" in said
    assert "of them on people's side of the line between good and bad." in said


def test_a_critic_that_beats_the_rules_is_told_so() -> None:
    """Also the constant, which has no SRCC to compare: by pairs."""
    said = lead(made_examination(TRUTH, [ONE]))

    assert "It beats constant and file size." in said
    assert "NOT" not in said


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        (Interval(0.01, -0.04, 0.06), "It has NOT been shown to be better than file size."),
        (Interval(-0.1, -0.2, -0.05), "It is WORSE than file size."),
    ],
)
def test_a_critic_that_does_not_is_told_so(gain: Interval, words: str) -> None:
    """Whether a rule is ahead, or merely not behind."""
    said = lead(with_gain(made_examination(TRUTH, [ONE]), "file size", gain))

    assert f"{words} It beats constant." in said


def test_of_too_few_photos_nothing_is_said_of_who_is_better() -> None:
    """Neither beside rules nor beside another critic."""
    few = made_truth(20)
    said = lead(made_examination(few, [made_critic(few, "one"), made_critic(few, "two", seed=1)]))

    assert "'one' puts photos in people's order" in said
    assert not re.search("beats|better|WORSE|told apart", said)


def test_the_lead_says_how_many_were_left_out() -> None:
    """Of those that people rated."""
    assert "60 of the 75 photos of made" in lead(replace(made_examination(TRUTH, [ONE]), asked_count=75))


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        (Interval(0.031, 0.012, 0.049), "'one' is better than 'two' by 0.031 [0.012, 0.049] SRCC."),
        (Interval(-0.031, -0.049, -0.012), "'two' is better than 'one' by 0.031 [0.012, 0.049] SRCC."),
        (
            Interval(0.004, -0.01, 0.018),
            "'one' and 'two' cannot be told apart: they differ by 0.004 [−0.010, 0.018] SRCC.",
        ),
    ],
)
def test_two_critics_are_compared(gain: Interval, words: str) -> None:
    """The better one is named first; whoever is not clearly better is not said to be."""
    assert words in lead(with_gain(made_examination(TRUTH, [ONE, TWO]), "two", gain))


def test_one_critic_is_compared_with_nobody() -> None:
    """But with the rules."""
    assert "On the same photos" not in lead(made_examination(TRUTH, [ONE]))
    assert "beat" not in lead(made_examination(TRUTH, [ONE], baselines=[]))


def test_a_critic_without_an_order_is_told_so() -> None:
    """It says the same of every photo, perhaps."""
    constant = Answers("one", "critic", np.full(len(TRUTH), 4.0), 5.0)

    assert "'one' puts photos in no order that could be compared with people's." in lead(
        made_examination(TRUTH, [constant])
    )


def test_of_two_classes_the_auc_counts() -> None:
    """There the order of people's means says little."""
    truth = made_truth(60, scale=GOOD_BAD)
    said = lead(made_examination(truth, [made_critic(truth)]))

    assert "60 photos of made, which people sorted into bad and good." in said
    assert re.search(
        r"rates a good photo above a bad one \d+% of the time \(AUC 0\.\d{3} \[0\.\d{3}, [01]\.\d{3}\]", said
    )
    assert "SRCC" not in said


def test_alarms_notes_and_intervals_are_passed_on() -> None:
    """As they are."""
    report = reported(replace(made_examination(TRUTH, [ONE]), alarms=("It was taught on these.",)))

    assert ("It was taught on these.",) == tuple(report.alarms)
    assert [
        "A detail.",
        "The threshold is 5.",
        "1,000 draws of whole groups with replacement, seed 0.",
    ] == report.details


def test_notes_that_were_told_are_not_told_again() -> None:
    """Whoever made the examination may have passed them on."""
    report = examination_report(made_examination(TRUTH, [ONE]), [], [], details=["The threshold is 5."])

    assert ["The threshold is 5.", INTERVALS] == report.details


# ---- Figures ----


def test_every_figure_stands_in_the_tables() -> None:
    """Of every judge, baselines included, under the section of its measure; what there is not is a dash."""
    examination = made_examination(TRUTH, [ONE, made_table(TRUTH)])
    report = reported(examination)
    tables = [each for each in section(report, "All marks").blocks if isinstance(each, Table)]

    found = {(row["judge"], row["measure"]): row["value"] for each in tables for row in each.rows}
    assert {
        (judge, measure): interval.value
        for judge, figures in examination.figures.items()
        for measure, interval in figures.items()
    } == pytest.approx(found, nan_ok=True)
    for each in tables:
        assert [answers.judge for answers in examination.answers] == [cells[0] for cells in each.cells]
        assert frozenset({0, 1}) == each.strong
    assert ["one", "–"] == [tables[1].cells[0][0], tables[1].cells[1][1]]  # a table of scores has no EMD
    assert [SECTIONS[name] for name in ("order", "distribution", "good")] == [each.title for each in tables]


def test_the_first_table_is_that_of_the_order() -> None:
    """A terminal has room for one."""
    report = reported(made_examination(TRUTH, [ONE, TWO]))
    tables = [each for part in report.sections for each in part.blocks if isinstance(each, Table)]

    assert "marks-order" == tables[0].name


def test_the_tables_say_which_end_is_better() -> None:
    """In the headings, by an arrow."""
    columns = table(reported(made_examination(TRUTH, [ONE])), "marks-order").columns

    assert ["judge", "pairs in order ↑", "SRCC ↑", "PLCC ↑", "MAE ↓"] == list(columns)


def test_all_measures_have_a_place() -> None:
    """Whichever there are."""
    examination = made_examination(TRUTH, [ONE])
    figures = dict(examination.figures) | {"one": {name: around(0.5) for name in MEASURES}}
    report = reported(replace(examination, figures=figures))

    assert set(MEASURES) == {row["measure"] for each in section(report, "All marks").blocks for row in rows_of(each)}
    assert "at least 1 from the threshold" in table(report, "marks-polarised").words


def rows_of(each: Block) -> list[dict[str, object]]:
    """Return the data of a table or a chart."""
    assert not isinstance(each, Photos)
    return list(each.rows)


def test_the_confusion_counts_every_photo() -> None:
    """Rightly: people's side in rows, the judge's in columns."""
    report = reported(made_examination(TRUTH, [ONE]))
    rows = table(report, "confusion--one").rows
    is_called = ONE.scores >= 5

    assert {
        ("bad", "bad"): int((~TRUTH.is_good & ~is_called).sum()),
        ("bad", "good"): int((~TRUTH.is_good & is_called).sum()),
        ("good", "bad"): int((TRUTH.is_good & ~is_called).sum()),
        ("good", "good"): int((TRUTH.is_good & is_called).sum()),
    } == {(row["people"], row["judge"]): row["count"] for row in rows}


def test_a_judge_without_a_threshold_has_no_confusion() -> None:
    """Nor are any of its photos wrong."""
    names = {
        each.name for part in reported(made_examination(TRUTH, [made_table(TRUTH)])).sections for each in part.blocks
    }

    assert not [name for name in names if name.startswith("confusion")]


def test_of_three_classes_each_is_told_from_each() -> None:
    """And no chart of means is drawn, for there are none."""
    truth = made_truth(60, scale=THREE_WAY)
    report = reported(made_examination(truth, [made_critic(truth)]))
    cells = table(report, "confusion-classes--one").cells

    assert ["people: bad", "people: average", "people: good"] == [row[0] for row in cells]
    assert 60 == sum(row["count"] for row in table(report, "confusion-classes--one").rows)
    assert ["classes--one", "calibration--one"] == [each.name for each in section(report, "one").blocks]


def test_comparisons_stand_in_a_table() -> None:
    """Each pair once, the judge that is no baseline first; a comparison the other way round is turned."""
    examination = made_examination(TRUTH, [ONE, TWO])
    turned = tuple(
        Comparison(each.rival, each.judge, each.measure, Interval(-each.gain.value, -each.gain.high, -each.gain.low))
        for each in examination.comparisons
    )
    one, other = (
        table(reported(each), "comparisons").cells for each in (examination, replace(examination, comparisons=turned))
    )

    assert one == other
    assert [
        *(["one", rival] for rival in ("two", "constant", "file size")),
        *(["two", rival] for rival in ("constant", "file size")),
    ] == [list(row[:2]) for row in one]


def test_each_judge_has_its_charts() -> None:
    """Those that it has the figures for."""
    report = reported(made_examination(TRUTH, [ONE, made_table(TRUTH)]))

    assert ["means--one", "histograms--one", "error--one", "calibration--one"] == [
        each.name for each in section(report, "one").blocks
    ]
    assert ["means--peer.csv"] == [each.name for each in section(report, "peer.csv").blocks]


def test_files_of_judges_have_names_of_their_own() -> None:
    """Also where names differ only in what a file's name cannot hold."""
    names = ["A b", "a/b", "a b!", "日本", "写真"]
    report = reported(made_examination(TRUTH, [replace(ONE, judge=name) for name in names]))
    files = [each.name for part in report.sections for each in part.blocks]

    assert len(set(files)) == len(files)
    assert all(re.fullmatch(r"[a-z0-9_.-]+", name) for name in files)


def test_published_figures_and_tags_have_their_sections() -> None:
    """If there are any."""
    report = reported(made_examination(TRUTH, [ONE]), published=[PUBLISHED])
    bare = reported(replace(made_examination(TRUTH, [ONE]), parts=()))

    assert [PUBLISHED] == section(report, "Beside published figures").blocks
    assert ["parts-srcc_score"] == [each.name for each in section(report, "By what photos show").blocks]
    assert not {"By what photos show", "Beside published figures"} & {each.title for each in bare.sections}


# ---- What a critic likes ----


def test_what_a_critic_likes_is_shown_with_photos_of_both_ends() -> None:
    """Six each, the least first."""
    truth = replace(TRUTH, folder=Path("photos"))
    report = reported(made_examination(truth, [ONE]), likes=[made_likes(truth)])
    ends = photos(report, "likes--one--tilt").tiles

    assert isinstance(block(report, "likes--one"), Chart)
    assert [truth.path(row) for row in (*range(ENDS), *range(59, 59 - ENDS, -1))] == [tile.path for tile in ends]
    assert [f"least · {ONE.scores[0]:.2f}", f"most · {ONE.scores[59]:.2f}"] == [ends[0].caption, ends[ENDS].caption]


def test_of_faces_only_their_presence_is_told() -> None:
    """And that this is all that was asked."""
    report = reported(made_examination(TRUTH, [ONE]), likes=[made_likes(TRUTH)])
    [said] = section(report, "What one likes").paragraphs

    assert "one is found in 12 photos, none in 48" in said
    assert "a difference of +0.300 [0.100, 0.500]; people's means differ by −0.100 [−0.300, 0.100]" in said
    assert "nobody's sex, age or race is guessed" in said
    assert not section(
        reported(made_examination(TRUTH, [ONE]), likes=[made_likes(TRUTH, has_faces=False)]), "What one likes"
    ).paragraphs


# ---- Photos ----


def test_without_a_folder_no_photo_is_shown() -> None:
    """There is nobody to look at them."""
    report = reported(made_examination(TRUTH, [ONE]), likes=[made_likes(TRUTH)])

    assert not [each for part in report.sections for each in part.blocks if isinstance(each, Photos)]


def test_all_photos_stand_best_first_and_wrong_ones_are_marked() -> None:
    """By score; wrong is what people put on the other side."""
    truth = replace(TRUTH, folder=Path("photos"))
    grid = photos(reported(made_examination(truth, [ONE])), "grid--one")
    scores = [float(tile.caption.split()[0]) for tile in grid.tiles]

    assert len(TRUTH) == len(grid.tiles)
    assert scores == sorted(scores, reverse=True)
    assert int(((ONE.scores >= 5) != TRUTH.is_good).sum()) == sum(tile.is_wrong for tile in grid.tiles)
    assert grid.words.startswith("All, from the highest score")


def test_of_many_photos_some_are_shown_evenly() -> None:
    """The best and the worst among them, and it is said."""
    truth = replace(made_truth(2 * GRID_MAX), folder=Path("photos"))
    one = made_critic(truth)
    report = reported(made_examination(truth, [one]))
    grid = photos(report, "grid--one")

    assert GRID_MAX == len(grid.tiles)
    assert grid.words.startswith("600 of the 1,200 photos, evenly taken")
    assert truth.path(int(one.scores.argmax())) == grid.tiles[0].path
    assert truth.path(int(one.scores.argmin())) == grid.tiles[-1].path
    assert EXTREMES == len(photos(report, "best--one").tiles) == len(photos(report, "worst--one").tiles)
    assert grid.tiles[-1].path == photos(report, "worst--one").tiles[0].path


def test_the_worst_mistakes_come_first() -> None:
    """By how far score and people's mean lie apart, with both histograms."""
    truth = replace(TRUTH, folder=Path("photos"))
    mistakes = photos(reported(made_examination(truth, [ONE])), "mistakes--one")
    order = np.argsort(-np.abs(ONE.scores - TRUTH.means), kind="stable")[:MISTAKES]

    assert [truth.path(row) for row in order] == [tile.path for tile in mistakes.tiles]
    assert mistakes.tiles[0].histograms is not None
    assert ONE.probs is not None
    assert pytest.approx(ONE.probs[order[0]]) == mistakes.tiles[0].histograms[1]


def test_mistakes_on_another_scale_are_told_by_places() -> None:
    """There scores cannot be taken from means."""
    truth = replace(TRUTH, folder=Path("photos"))
    upside_down = Answers("peer", "table", -1000 * TRUTH.means)
    mistakes = photos(reported(made_examination(truth, [upside_down])), "mistakes--peer")

    ends = {truth.path(int(TRUTH.means.argmin())), truth.path(int(TRUTH.means.argmax()))}
    assert ends == {tile.path for tile in mistakes.tiles[:2]}
    assert "its place in the judge's order" in mistakes.words
    assert not any(
        tile.is_wrong for tile in photos(reported(made_examination(truth, [upside_down])), "grid--peer").tiles
    )


def test_of_a_second_judge_only_mistakes_are_shown() -> None:
    """All photos once are enough."""
    truth = replace(TRUTH, folder=Path("photos"))
    report = reported(made_examination(truth, [ONE, TWO]))
    names = [each.name for part in report.sections for each in part.blocks if isinstance(each, Photos)]

    assert ["grid--one", "best--one", "worst--one", "mistakes--one", "mistakes--two"] == names


# ---- In a browser ----


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, without a page."""
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@needs_chromium
def test_a_whole_report_fits_a_phone(browser: Browser, tmp_path: Path) -> None:
    """All that an examination can have, with no complaint, light and dark; and it is found in the contents."""
    truth = made_truth(40, folder=tmp_path / "photos")
    made_photos(truth)
    judges = [made_critic(truth), made_critic(truth, "a-critic-with-a-long-name_" * 4, 1.0), made_table(truth)]
    report = reported(made_examination(truth, judges), likes=[made_likes(truth)], published=[PUBLISHED])
    page = write_report(report, tmp_path / "report")
    for scheme in ("light", "dark"):
        browser.resize(360, 740, is_phone=True, scheme=scheme)
        browser.open(page)

        assert 360 == browser.tell("document.documentElement.scrollWidth")
        assert complaints(browser) == []
    titles = browser.tell("[...document.querySelectorAll('nav a')].map(each => each.textContent)")
    assert [*(part.title for part in report.sections), "How this was made"] == titles
    assert browser.tell("[...document.querySelectorAll('nav a')].every(each => document.querySelector(each.hash))")
