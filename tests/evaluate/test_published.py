"""What others report: as the sources have it, and beside ours."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from photocritic.core.bootstrap import Interval
from photocritic.errors import InputError
from photocritic.evaluate.examination import Examination
from photocritic.evaluate.measures import MEASURES
from photocritic.evaluate.published import EMD_UNNAMED, Published, load_published, parse_published, published_tables
from tests.conftest import SHARED
from tests.evaluate.made import made_baselines, made_critic, made_examination, made_table, made_truth

SOURCES = SHARED.parent / "sources"
FIELD = SHARED.parent / "design" / "FIELD.md"

ENTRY = """
[[published]]
method = "it"
data = "AVA"
photos = "ava"
figures = { srcc_score = 0.5 }
source = "a paper"
sure = "paper"
"""


def of(method: str) -> Published:
    """Return the one entry whose method begins so."""
    [found] = [each for each in load_published() if each.method.startswith(method)]
    return found


@pytest.fixture(scope="module")
def examination() -> Examination:
    """A critic, a table and baselines."""
    truth = made_truth()
    return made_examination(truth, [made_critic(truth), made_table(truth)], baselines=made_baselines(truth))


def test_every_figure_has_a_name_of_ours_and_a_source() -> None:
    """And no method is there twice."""
    published = load_published()

    assert {measure for each in published for measure in each.figures} <= {*MEASURES, EMD_UNNAMED}
    assert all(each.source and each.data and each.method for each in published)
    assert len(published) == len({each.method for each in published})


def test_what_the_issue_names_is_there() -> None:
    """As papers, slides and blogs have it."""
    figures = {
        "Murray": {"accuracy_score": 0.667},
        "CharLeNet": {"polarised_accuracy_score": 0.874},
        "Flickr paper: fine-tuned": {"accuracy_score": 0.709},
        "Flickr paper: support": {"accuracy_score": 0.675},
        "Flickr paper: random": {"accuracy_score": 0.608},
        "a blogger": {"accuracy_score": 0.71, "auc_score": 0.81},
        "selfie": {"accuracy_score": 0.6},
        "MobileNet report": {"accuracy_score": 0.68},
    }

    assert figures == {method: dict(of(method).figures) for method in figures}
    assert 13_914 == of("MobileNet report").taught_count
    for method in (
        "RAPID, ",
        "NIMA, M",
        "NIMA, V",
        "NIMA, I",
        "idealo",
        "MUSIQ",
        "TANet",
        "VILA-R",
        "TOPIQ",
        "Q-Align",
    ):
        assert "AVA" in next(each for each in load_published() if each.method.startswith(method)).data


@pytest.mark.skipif(not SOURCES.is_dir(), reason="the shared sources are not here")
@pytest.mark.parametrize(
    ("method", "file", "words"),
    [
        ("CharLeNet", "000", ["87.4%", "only images with a score of 5.5 and higher, or 4.5 and lower", "50k photos"]),
        ("MobileNet report", "001", ["at least an accuracy of 68%", "just 13914 images", "“official” AVA test set"]),
        ("Flickr paper: fine-tuned", "002", ["Our method | 0.709", "513 382", "85 562"]),
        ("Flickr paper: support", "002", ["Baseline (SVM) | 0.675", "513 382", "85 562"]),
        ("Flickr paper: random", "002", ["Baseline (RF) | 0.608", "513 382", "85 562"]),
        ("a blogger", "003", ["~71% accurate (with an unbalanced test set) and had an AUC of 0.81", "~47k"]),
        (
            "selfie",
            "004",
            ["60% accuracy on my validation data", "1 million good and 1 million bad selfies", "in 2015"],
        ),
    ],
)
def test_the_sources_say_so(method: str, file: str, words: list[str]) -> None:
    """Word by word, where the documents are present."""
    [path] = SOURCES.glob(f"{file}_*.txt")
    text = path.read_text(encoding="utf-8")

    assert [] == [word for word in words if word not in text]
    assert of(method).figures


@pytest.mark.skipif(not FIELD.is_file(), reason="the notes on the field are not here")
def test_figures_on_ava_are_those_of_the_notes() -> None:
    """Every digit stands in the row of its method; a range is one of its ends."""
    rows = [line for line in FIELD.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    missing = []
    for each in load_published():
        if each.photos != "ava" or "goal" in each.method:
            continue
        words = each.method.split(",")[0].split(" et al")[0].removesuffix(" Pro")
        same = "".join(row for row in rows if words in row.replace("**", ""))
        for measure, figure in each.figures.items():
            digits = f"{100 * figure:.2f}".rstrip("0") if "accuracy" in measure else f"{figure:.3f}".lstrip("0")
            if digits.rstrip("0") not in same:
                missing.append((each.method, measure, digits))

    assert [] == missing


def test_ours_stand_beside_theirs(examination: Examination) -> None:
    """Critics and tables, not baselines, and first; each figure to three digits, and as data."""
    for table in published_tables(examination, None):
        assert ["one", "peer.csv"] == [cells[0] for cells in table.cells[:2]]
        assert frozenset({0, 1}) == table.strong
        assert {len(table.columns)} == {len(cells) for cells in table.cells}
        assert 1 == len({tuple(row) for row in table.rows})
        assert len(table.rows) == len(table.cells)
        json.dumps(table.rows, allow_nan=False)
    on_ava, others = published_tables(examination, None)

    assert f"{examination.figures['one']['srcc_score'].value:.3f}" == on_ava.cells[0][on_ava.columns.index("SRCC")]
    assert "0.709" in next(cells for cells in others.cells if "fine-tuned AlexNet" in cells[0])
    assert on_ava.name != others.name
    assert len(load_published()) + 4 == len(on_ava.rows) + len(others.rows)


def test_other_photos_are_marked(examination: Examination) -> None:
    """All but those of the same photos in the same split."""
    at = published_tables(examination, None)[0].columns.index("photos")

    def unmarked(photos: str | None) -> list[str]:
        tables = published_tables(examination, photos)
        return [
            str(cells[0])
            for table in tables
            for cells, row in zip(table.cells, table.rows, strict=True)
            if row["source"] != "this examination" and not str(cells[at]).startswith("other")
        ]

    assert [] == unmarked(None) == unmarked("oasis")
    assert [] == unmarked("ava-test")  # no source names AVA's official list


def test_mixed_distances_are_warned_of(examination: Examination) -> None:
    """Where there are any; both of ours stand beside those that are not named."""
    on_ava, others = published_tables(examination, "ava-test")

    assert "r = 1 and with r = 2" in on_ava.words
    assert "r = 1" not in others.words
    assert {"EMD, r = 1", "EMD, r = 2", "EMD, r not named"} <= set(on_ava.columns)


def test_what_cannot_be_said_is_a_dash(examination: Examination) -> None:
    """A figure that is NaN, as one that is not there."""
    figures = {name: dict(each) for name, each in examination.figures.items()}
    figures["one"]["srcc_score"] = Interval(float("nan"), float("nan"), float("nan"))
    table = published_tables(replace(examination, figures=figures), None)[0]
    at = table.columns.index("SRCC")

    assert "–" == table.cells[0][at]
    assert table.rows[0]["srcc_score"] is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("figures", "figure"), "there is no key figure"),
        (('"it"', "7"), "method must be of type str"),
        (('source = "a paper"', ""), "source must be of type str"),
        (("srcc_score", "srcc"), "it: srcc = 0.5 is none of srcc_score"),
        (("0.5", "87.4"), "srcc_score = 87.4"),
        (("0.5", '"high"'), "srcc_score = 'high'"),
        (("{ srcc_score = 0.5 }", "{ }"), "there are no figures"),
        (('sure = "paper"', 'sure = "hearsay"'), "sure is one of paper, repository, author, third party"),
        (('sure = "paper"', 'sure = "paper"\nyear = true'), "year must be of type int"),
        (("[[published]]", ""), "entries in TOML"),
        (("[[published]]", "[["), "entries in TOML"),
    ],
)
def test_a_broken_entry_is_refused(change: tuple[str, str], complaint: str) -> None:
    """With its method."""
    assert 1 == len(parse_published(ENTRY))
    with pytest.raises(InputError, match=complaint):
        parse_published(ENTRY.replace(*change))


def test_the_file_comes_with_the_package() -> None:
    """Beside the module that reads it."""
    import photocritic.evaluate.published as module

    assert module.__file__ is not None
    assert Path(module.__file__).with_suffix(".toml").is_file()
