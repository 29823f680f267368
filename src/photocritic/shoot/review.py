"""A plan with what a person decided by eye laid over it: what holds for each photo of a shoot.

What a person decided holds before what they said in the photo's files, and that before what was proposed. Once a
decision has been written to the files it is the other way round: what these say otherwise was said later. The groups,
their order and all that was measured stay as they are: nothing is chosen anew.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from photocritic.core.records import Failure
from photocritic.core.xmp_merge import Concept, Said
from photocritic.shoot.choice import Choice, Pile, Target
from photocritic.shoot.decisions import CONCEPTS, Decision, Decisions, PersonFlag, PhotoKey
from photocritic.shoot.marking import FLAGS_OF_PILES, LABELS_OF_PILES, spoken
from photocritic.shoot.person import one_said
from photocritic.shoot.plan import Plan, Planned, plan_cull
from photocritic.shoot.shoot import Shoot

_REJECTED: Final = -1
_PILES: Final[Mapping[str | None, Pile]] = {flag: pile for pile, flag in FLAGS_OF_PILES.items()}


@dataclass(frozen=True, slots=True)
class Held:
    """What holds for a photo, or what was proposed for it.

    Attributes:
        flag: ``"pick"``, ``"reject"``, or None: neither.
        stars: 0 … 5. A rejected photo has its stars, too; files only say that it is rejected.
        label: A colour label; a person's own may be any text. None if there is none.
    """

    flag: Literal["pick", "reject"] | None
    stars: int
    label: str | None


def photo_key(photo: Planned) -> PhotoKey:
    """Return what a photo of a plan is known by in `Decisions`."""
    return PhotoKey.of(photo.files[0], photo.look.content)


def decided(plan: Plan, decisions: Decisions) -> dict[str, Decision]:
    """Return what a person decided of the photos of a plan, by their names.

    Ask it of the whole plan before anything of it is decided; see `Decisions.of`.

    Raises:
        InputError: If the decisions cannot be read.
    """
    keys = {photo.name: photo_key(photo) for photo in plan.photos}
    found = decisions.of(keys.values())
    return {name: found[key] for name, key in keys.items() if key in found}


def reviewed(plan: Plan, said: Mapping[str, Said | Failure], decisions: Mapping[str, Decision]) -> Plan:
    """Return a plan with what a person said and decided laid over it.

    Args:
        plan: The plan as it was proposed, or an earlier review of it.
        said: What a person said in the files of each photo, by its name, or why that cannot be told.
        decisions: What they decided by eye, by names; photos without any may be missing.

    Returns:
        The plan. The choice of each photo is what holds, `Planned.proposal` what was proposed. `markings_of` writes
        what was decided as the person's own word, and all else as it does without a review.
    """
    photos = tuple(
        reviewed_photo(photo, said.get(photo.name, Said()), decisions.get(photo.name, Decision()))
        for photo in plan.photos
    )
    return replace(plan, photos=photos)


def proposed_plan(shoot: Shoot, target: Target) -> Plan:
    """Return the plan of a cull, to be reviewed: for what a person flagged, what would be proposed without that."""
    plan = plan_cull(shoot, target)
    flagged = {name for name, said in shoot.said.items() if isinstance(said, Said) and flag_said(said) is not None}
    if not flagged:
        return plan
    free = {photo.name: photo.choice for photo in plan_cull(shoot, target, overwrites_person=True).photos}
    photos = (replace(photo, choice=free[photo.name]) if photo.name in flagged else photo for photo in plan.photos)
    return replace(plan, photos=tuple(photos))


def reviewed_photo(photo: Planned, said: Said | Failure, decision: Decision) -> Planned:
    """Return one photo of a plan with a person's words laid over it, and of the decision what holds."""
    proposal = proposed_choice(photo)
    words = Said() if isinstance(said, Failure) else said
    decision = standing(decision, words)
    flag = decision.flag if decision.flag is not None else flag_said(words)
    if flag is None and not (decision.stars and proposal.pile is Pile.REJECT):
        pile = proposal.pile
    else:  # a rejection of ours gives way to stars
        pile = _PILES[flag or None]
    stars = _stars_said(words) if decision.stars is None else decision.stars
    reason = proposal.reason if decision.flag is None else _reason(proposal, decision.flag)
    choice = Choice(proposal.rank, pile, proposal.stars if stars is None else stars, reason)
    return replace(photo, choice=choice, decision=decision, proposal=proposal)


def standing(decision: Decision, said: Said) -> Decision:
    """Return what of a decision holds: not what was written and the files say otherwise now.

    Example:
        >>> standing(Decision(flag="pick", stars=3, written=frozenset({"rating"})), Said(rating=5, flag="reject"))
        Decision(flag='pick', stars=None, label=None)
    """

    def is_overruled(concept: Concept, ours: object, theirs: int | str | None) -> bool:
        # What stood there when it was written is no later word: the file could not be written, perhaps.
        words = {(concept, theirs), ("rating", _REJECTED)} if theirs == "reject" else {(concept, theirs)}
        return concept in decision.written and theirs not in (None, ours) and words.isdisjoint(decision.stood)

    return replace(
        decision,
        flag=None if is_overruled("pick", decision.flag, flag_said(said)) else decision.flag,
        stars=None if is_overruled("rating", decision.stars, _stars_said(said)) else decision.stars,
        label=None if is_overruled("label", decision.label, said.label) else decision.label,
    )


def said_since(words: Sequence[Said], decision: Decision) -> Said:
    """Return what a person says in the files of a photo: what they said since it was written first.

    Another program may change one place and leave the others, which then still say what we wrote there. Who gave stars
    or a flag since to a photo that was rejected took that back.

    Args:
        words: What they say, place by place.
        decision: What they decided by eye.
    """
    said = one_said(words)
    if not decision.stood:
        return said
    since = one_said([_without(one, decision.stood) for one in words])
    was_rejected = not decision.stood.isdisjoint({("rating", _REJECTED), ("pick", "reject")})
    if was_rejected and (_stars_said(since) is not None or since.flag not in (None, "reject")):
        said = Said(
            rating=None if said.rating == _REJECTED else said.rating,
            flag="" if said.flag in (None, "reject") else said.flag,
            label=said.label,
        )
    return Said(
        rating=said.rating if since.rating is None else since.rating,
        flag=said.flag if since.flag is None else since.flag,
        label=said.label if since.label is None else since.label,
    )


def written(decision: Decision, words: Sequence[Said]) -> Decision:
    """Return a decision that has just been written, with what now stands in the files: `Decision.stood`.

    What overruled it before, and was not written over, stays what was said since.

    Args:
        decision: The decision, as `Decisions.of` has it.
        words: What a person says in the files now, place by place.
    """
    fresh = decision.concepts - decision.written if decision.written else frozenset(CONCEPTS)

    def is_fresh(concept: Concept, value: int | str) -> bool:
        return concept in fresh or (value == _REJECTED and "pick" in fresh)

    now = {field for one in words for field in _fields(one) if is_fresh(*field)}
    return replace(decision, stood=frozenset(now | {field for field in decision.stood if not is_fresh(*field)}))


def proposed_choice(photo: Planned) -> Choice:
    """Return what was proposed for a photo, whatever was laid over that."""
    return photo.choice if photo.proposal is None else photo.proposal


def proposed(photo: Planned) -> Held:
    """Return what was proposed for a photo, as flag, stars and label."""
    choice = proposed_choice(photo)
    return Held(FLAGS_OF_PILES[choice.pile], choice.stars, LABELS_OF_PILES[choice.pile])


def held(photo: Planned, said: Said | Failure) -> Held:
    """Return what holds for a reviewed photo, as flag, stars and label.

    A label of ours goes with the flag that holds; beside words of a person in files it is not given, as it is not
    written then.
    """
    words = Said() if isinstance(said, Failure) else said
    own, theirs = spoken(photo).beside(words).label, photo.decision.label
    label = words.label if theirs is None and words.label is not None else own
    return Held(FLAGS_OF_PILES[photo.choice.pile], photo.choice.stars, label or None)


def flag_said(said: Said) -> PersonFlag | None:
    """Return the flag that a person's words in files mean; empty where they want neither, None where they are silent.

    Example:
        >>> flag_said(Said(rating=-1)), flag_said(Said(rating=3)), flag_said(Said(flag="pending"))
        ('reject', None, '')
    """
    if said.rating == -1 or said.flag == "reject":
        return "reject"
    if said.flag is None:
        return None
    return "pick" if said.flag == "pick" else ""


def flag_counts(plan: Plan) -> dict[str, int]:
    """Return how many photos of a plan hold each flag: ``pick``, ``none`` and ``reject``."""
    counts = Counter(FLAGS_OF_PILES[photo.choice.pile] for photo in plan.photos)
    return {"pick": counts["pick"], "none": counts[None], "reject": counts["reject"]}


def _fields(said: Said) -> list[tuple[Concept, int | str]]:
    fields: tuple[tuple[Concept, int | str | None], ...] = (
        ("rating", said.rating),
        ("pick", said.flag),
        ("label", said.label),
    )
    return [(concept, value) for concept, value in fields if value is not None]


def _without(said: Said, stood: Collection[tuple[Concept, int | str]]) -> Said:
    return Said(
        None if ("rating", said.rating) in stood else said.rating,
        None if ("pick", said.flag) in stood else said.flag,
        None if ("label", said.label) in stood else said.label,
    )


def _stars_said(said: Said) -> int | None:
    """Return the stars that a person gave in files, 0 if they took ours away; None if they said none that mean any."""
    return said.rating if isinstance(said.rating, int) and said.rating >= 0 else None


def _reason(proposal: Choice, flag: PersonFlag) -> str:
    """Return why a photo has the flag that a person decided, as a plan says it once that stands in the files."""
    if flag == "reject":
        return "rejected by a person"
    place = proposal.reason.partition("; ")[0]
    return f"{place}; {'picked' if flag else 'left open'} by a person"
