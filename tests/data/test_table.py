"""Any table of ratings."""

import pytest

from photocritic.core.ratings import ratings_mean, ratings_std
from photocritic.data.dataset import GOOD_BAD, Sample
from photocritic.data.table import parse_scale, read_table
from photocritic.errors import InputError
from tests.data.conftest import Write


def _samples(write: Write, text: str, **options: object) -> list[Sample]:
    return list(read_table(write("t.csv", text), **options).samples)  # type: ignore[arg-type]


def test_votes_per_level(write: Write) -> None:
    """Columns votes_1 to votes_3 are the levels 1 to 3, in whatever order they stand."""
    evidence = read_table(write("t.csv", "photo,votes_2,votes_1,votes_3,theme\na.jpg,5,,1,sea\n"))

    assert (1.0, 2.0, 3.0) == evidence.scale.levels
    assert [Sample("a.jpg", (0.0, 5.0, 1.0), "table", group="sea")] == list(evidence.samples)


def test_plain_numbers_are_levels(write: Write) -> None:
    """Columns may be called by the levels alone."""
    assert (1.0, 0.0, 2.0) == _samples(write, "image,1,2,3\na.jpg,1,0,2\n")[0].votes


def test_means_become_distributions_with_that_mean_and_deviation(write: Write) -> None:
    """A mean, deviation and number of votes give so many votes of that mean and deviation."""
    [sample] = _samples(write, "photo,mean,std,n\na.jpg,6.2,1.4,210\n", scale=parse_scale("1:10"))

    assert 210 == pytest.approx(sum(sample.votes))
    assert 6.2 == pytest.approx(float(ratings_mean(sample.votes)), abs=1e-6)
    assert 1.4 == pytest.approx(float(ratings_std(sample.votes)), abs=1e-6)
    assert 6.2 == sample.evidence


def test_a_mean_alone_is_enough(write: Write) -> None:
    """Without a deviation the distribution has the mean, and one vote's weight."""
    [sample] = _samples(write, "photo,mos\na.jpg,0.25\n", scale=parse_scale("0:1"))

    assert (0.75, 0.25) == pytest.approx(sample.votes, abs=1e-5)


def test_a_list_of_votes(write: Write) -> None:
    """JSON lines and Parquet may hold the votes in one column, as our own datasets do."""
    path = write("t.jsonl", '{"photo": "a.jpg", "votes": [1, 2, 3]}\n{"photo": "b.jpg", "votes": [0, 1, 0]}\n')

    evidence = read_table(path)

    assert (1.0, 2.0, 3.0) == evidence.scale.levels
    assert [(1.0, 2.0, 3.0), (0.0, 1.0, 0.0)] == [sample.votes for sample in evidence.samples]
    with pytest.raises(InputError, match="line 2: votes must be a list of 2 votes"):
        list(read_table(write("u.jsonl", '{"photo": "a", "votes": [1, 2]}\n{"photo": "b", "votes": [1]}\n')).samples)


def test_levels_that_only_later_rows_have_are_not_lost(write: Write) -> None:
    """In JSON lines the scale is that of all rows."""
    path = write("t.jsonl", '{"photo": "a", "1": 3, "2": 1}\n{"photo": "b", "1": 1, "3": 50}\n')

    assert [(3.0, 1.0, 0.0), (1.0, 0.0, 50.0)] == [sample.votes for sample in read_table(path).samples]


def test_the_deviation_may_be_that_of_a_sample(write: Write) -> None:
    """With n - 1 in its denominator it may be a little larger than any of votes."""
    [sample] = _samples(write, "photo,mean,std,n\na.jpg,4,3.2,5\n", scale=parse_scale("1:7"))

    assert 5 == pytest.approx(sum(sample.votes))
    with pytest.raises(InputError, match="Is 1 to 7 the scale of the ratings"):
        _samples(write, "photo,mean,std\na.jpg,4,3.2\n", scale=parse_scale("1:7"))


def test_whole_numbers_as_pandas_writes_them(write: Write) -> None:
    """5.0 is the label 5; False and True are known words."""
    stars = read_table(write("a.csv", "photo,rating\na.jpg,5.0\nb.jpg,2.0\n"), scale=parse_scale("1:5"))
    known = read_table(write("b.csv", "photo,label\na.jpg,True\nb.jpg,False\n"))

    assert [4, 1] == [sample.votes.index(1.0) for sample in stars.samples]
    assert [1, 0] == [sample.votes.index(1.0) for sample in known.samples]
    assert ("false", "true") == known.names


def test_a_scale_and_an_order_are_one_too_many(write: Write) -> None:
    """Numbers have a scale, words an order."""
    with pytest.raises(InputError, match="give one of the two"):
        read_table(write("t.csv", "photo,label\na,good\n"), scale=parse_scale("1:5"), order=["bad", "good"])


def test_the_hint_can_be_pasted(write: Write) -> None:
    """Quoted where it must be."""
    with pytest.raises(InputError, match="worst first: --order 'so so,wow'"):
        read_table(write("t.csv", "photo,label\na,wow\nb,so so\n"))


def test_labels(write: Write) -> None:
    """Words whose order is known, numbers, and words in an order of one's own."""
    good_bad = read_table(write("a.csv", "photo,label\na.jpg,Good\nb.jpg,bad\n"))
    stars = read_table(write("b.csv", "photo,label\na.jpg,5\nb.jpg,2\n"))
    own = read_table(write("c.csv", "photo,label\na.jpg,wow\nb.jpg,meh\n"), order=["meh", "wow"])

    assert GOOD_BAD == good_bad.scale == own.scale
    assert [(0.0, 1.0), (1.0, 0.0)] == [sample.votes for sample in good_bad.samples]
    assert (2.0, 3.0, 4.0, 5.0) == stars.scale.levels
    assert [1, 0] == [sample.votes.index(1.0) for sample in own.samples]


def test_the_other_fields(write: Write) -> None:
    """Split, group, tags, URL and checksum travel along; a photo is called after its URL if it has no name."""
    digest = "AB" * 32
    text = f"url,label,split,tags,sha256\nhttps://example.org/x/a.jpg?s=1#top,good,val,sea;sky,{digest}\n,bad,,,\n"

    with pytest.raises(InputError, match="line 3: it names no photo"):
        _samples(write, text)
    [sample] = _samples(write, text.replace(",bad,,,\n", ""), order=["bad", "good"])

    assert "a.jpg" == sample.photo
    assert ("validation", ("sea", "sky"), digest.lower()) == (sample.split, sample.tags, sample.sha256)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("photo,1,2\na.jpg,1,-2\n", "line 2: votes must be >= 0; got -2"),
        ("photo,1,2\na.jpg,0,0\n", "line 2: it has no votes on any of the 2 levels"),
        ("photo,1,2\na.jpg,x,0\n", "line 2: 1 must be a number; got 'x'"),
        ("photo,1,2\n../a.jpg,1,0\n", "line 2: the photo '../a.jpg' lies outside"),
        ("photo,1,2,split\na.jpg,1,0,exam\n", "line 2: a split is one of train, validation, test; got 'exam'"),
        ("photo,1,2,sha256\na.jpg,1,0,12\n", "line 2: sha256 must be 64 hex digits"),
        ("photo,1,vote_1\na.jpg,1,0\n", "two columns of votes are for one level"),
        ("photo,other\na.jpg,1\n", "neither votes .* nor a mean, nor a label"),
        ("x,1,2\na.jpg,1,0\n", "which column names the photo"),
        ("photo,mean\na.jpg,4\n", "on which scale are the means"),
        ("photo,label\na.jpg,nice\nb.jpg,nasty\n", "which labels are better than which"),
        ("photo,label\na.jpg,\n", "line 2: it has no label"),
        ("photo,1,2\n", "t.csv has no rows"),
    ],
)
def test_what_is_wrong_is_said(write: Write, text: str, complaint: str) -> None:
    """Each complaint names the file, and the line where there is one."""
    with pytest.raises(InputError, match=complaint):
        _samples(write, text)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("11,1,5", "a mean on the scale 1 to 10 is needed; got 11"),
        (",1,5", "a mean on the scale 1 to 10 is needed; got None"),
        ("5.5,0.1,5", "a standard deviation of 0.50 to 4.50; got 0.1"),
        ("5.5,9,5", "a standard deviation of 0.50 to 4.50; got 9"),
        ("5,1,0", "the number of votes must be above 0; got 0"),
    ],
)
def test_impossible_means_are_refused(write: Write, row: str, complaint: str) -> None:
    """No votes have such a mean and deviation: the scale is another, or the row is wrong."""
    with pytest.raises(InputError, match=f"line 2: .*{complaint}"):
        _samples(write, f"photo,mean,std,n\na.jpg,{row}\n", scale=parse_scale("1:10"))


def test_a_label_of_no_level_is_refused(write: Write) -> None:
    """An order names all labels."""
    with pytest.raises(InputError, match="line 3: a label is one of bad, good; got 'ok'"):
        _samples(write, "photo,label\na.jpg,good\nb.jpg,ok\n", order=["bad", "good"])


@pytest.mark.parametrize("text", ["1", "1:1", "5:1", "a:b", "1:1000", ""])
def test_scales_that_are_none(text: str) -> None:
    """A scale is two whole numbers, the worst first."""
    with pytest.raises(InputError):
        parse_scale(text)
