"""How a critic is taught, as a file says it: network, start, labels, input, loss and phases.

A recipe is a TOML file whose tables are the records below, field by field. Whatever else stands in it is refused, so a
misspelt key never teaches another critic than was meant. It knows nothing of torch, and of no particular data.
"""

import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Final, Literal, Self, TypeVar, get_args, get_origin, get_type_hints

from photocritic.core.records import CRITIC_NAME, InputSpec
from photocritic.errors import InputError, MissingExtraError

RECIPE_NAME: Final = "recipe.toml"
"""What a run's recipe is called in its folder, as it was taught."""

RECIPES_FOLDER: Final = Path(__file__).with_name("recipes")

OTHER_LAYERS: Final = "*"
"""The key of `Phase.multipliers` for every layer that no other key names."""

PACKAGED: Final = "packaged"
"""The start that is the packaged critic's weights."""

NO_WEIGHTS: Final = "none"
"""The start that is weights by chance; in ``--set``, also how a setting that may be missing is taken away."""

# What tells about a recipe, or is kept on the way, and changes nothing in what it teaches.
_WORDS: Final = frozenset({"follows", "departs", "costs", "reaches", "wants", "snapshot_steps"})

_Record = TypeVar("_Record")


def _hold(is_so: bool, must: str) -> None:
    if not is_so:
        raise InputError(must)


@dataclass(frozen=True, slots=True)
class NetworkChoice:
    """Which network is taught.

    Attributes:
        name: One of `photocritic.nets.networks.NETWORKS`, or ``hf:NAME``.
        dropout: The share of units hidden in teaching.
    """

    name: str
    dropout: float = 0.0

    def __post_init__(self) -> None:
        _hold(0 <= self.dropout < 1, f"dropout: a share >= 0 and below 1 is needed; got {self.dropout}")


@dataclass(frozen=True, slots=True)
class Start:
    """What weights the network begins with.

    Attributes:
        weights: A name in `photocritic.nets.weights.PUBLISHED`, a URL, a file, `PACKAGED` or `NO_WEIGHTS`.
        has_classifier: Whether the last layer begins with theirs, too, rather than by chance.
        sha256: What the SHA-256 of their file must be, if its publisher states none.
    """

    weights: str = NO_WEIGHTS
    has_classifier: bool = False
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """What the recipe expects of a dataset; it changes nothing in it.

    Attributes:
        kind: Votes on the levels of a scale, classes that were made of something, or either.
        count: How many levels or classes; None for any number.
        wants: How to make such a dataset, in words.
    """

    kind: Literal["any", "levels", "classes"] = "any"
    count: int | None = None
    wants: str = ""

    def __post_init__(self) -> None:
        _hold(self.count is None or self.count >= 2, f"count: at least 2 levels are needed; got {self.count}")


@dataclass(frozen=True, slots=True)
class Input:
    """How a photo becomes the network's input: an `InputSpec`, but for the pixels, which the weights decide.

    Attributes:
        short_side_px: See `InputSpec`.
        long_side_max_px: See `InputSpec`.
        multiple_px: See `InputSpec`.
        crop_px: See `InputSpec`.
        is_width_fixed: See `InputSpec`.
        offset: Subtracted from each channel; only for weights in a file that does not say how they want the pixels.
        divisor: Likewise.
    """

    short_side_px: int
    long_side_max_px: int
    multiple_px: int
    crop_px: int | None = None
    is_width_fixed: bool = False
    offset: tuple[float, ...] | None = None
    divisor: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for name, values in (("offset", self.offset), ("divisor", self.divisor)):
            _hold(values is None or len(values) == 3, f"{name}: three numbers are needed, R, G, B; got {values}")
        _hold((self.offset is None) == (self.divisor is None), "offset: it goes with divisor; give both or neither")
        self.spec((0.0,) * 3, (1.0,) * 3)

    def spec(self, offset: tuple[float, float, float], divisor: tuple[float, float, float]) -> InputSpec:
        """Return the settings of the pixel path, with the pixels that the weights want."""
        return InputSpec(
            self.short_side_px,
            self.long_side_max_px,
            self.multiple_px,
            offset,
            divisor,
            self.crop_px,
            self.is_width_fixed,
        )


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How a photo is shown differently each time.

    Attributes:
        is_crop_random: Whether the crop is cut anywhere out of the resized photo, rather than out of its middle.
        is_mirrored: Whether every other showing, by chance, is mirrored left to right.
    """

    is_crop_random: bool = False
    is_mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the learning rate falls in a phase.

    Attributes:
        kind: Not at all; to 0 along half a cosine; by a factor every so many steps; by a factor each epoch.
        factor: By which it falls.
        every_steps: How many steps lie between two falls, for ``"step"``.
    """

    kind: Literal["constant", "cosine", "step", "epoch"] = "constant"
    factor: float = 1.0
    every_steps: int = 1

    def __post_init__(self) -> None:
        _hold(0 < self.factor <= 1, f"factor: above 0 and at most 1; got {self.factor}")
        _hold(self.every_steps >= 1, f"every_steps: at least 1; got {self.every_steps}")


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of teaching with one set of rates.

    Attributes:
        name: What it is called.
        learning_rate: Of a layer whose multiplier is 1.
        epochs: How long it lasts: this many times over the photos; or
        steps: this many steps of the optimiser. One of the two is given.
        optimizer: Which.
        momentum: Of ``sgd``.
        weight_decay: Of weights; biases and norms have none.
        multipliers: Times the learning rate, by the first letters of a layer's name; the longest that fits holds,
            `OTHER_LAYERS` for the rest (else 1). 0 freezes: such layers keep weights and running statistics.
        warm_up_steps: Over how many steps the rate grows to its full height.
        schedule: How it falls.
        accumulate: How many batches make one step.
        ema_decay: Of the running average of the weights that is judged and kept; None for the weights themselves.
        patience: After how many epochs without a better loss on the validation photos the phase ends, with the best
            weights; None for never.
        has_class_weights: Whether rarer levels weigh more, so that all weigh the same together.
        drop_between: Photos of which the rating that their label was made of lies between these two are left out.
        snapshot_steps: After how many steps the weights are written to a file of their own each time; None for never.
    """

    learning_rate: float
    name: str = ""
    epochs: int | None = None
    steps: int | None = None
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    momentum: float = 0.9
    weight_decay: float = 0.0
    multipliers: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    warm_up_steps: int = 0
    schedule: Schedule = Schedule()
    accumulate: int = 1
    ema_decay: float | None = None
    patience: int | None = None
    has_class_weights: bool = False
    drop_between: tuple[float, ...] | None = None
    snapshot_steps: int | None = None

    def __post_init__(self) -> None:
        _hold((self.epochs is None) != (self.steps is None), "epochs: give epochs or steps, one of the two")
        for name in ("epochs", "steps", "accumulate", "patience", "snapshot_steps"):
            value = getattr(self, name)
            _hold(value is None or value >= 1, f"{name}: at least 1; got {value}")
        _hold(self.learning_rate > 0, f"learning_rate: above 0; got {self.learning_rate}")
        _hold(0 <= self.momentum < 1, f"momentum: >= 0 and below 1; got {self.momentum}")
        _hold(self.weight_decay >= 0, f"weight_decay: >= 0; got {self.weight_decay}")
        _hold(self.warm_up_steps >= 0, f"warm_up_steps: >= 0; got {self.warm_up_steps}")
        _hold(self.ema_decay is None or 0 < self.ema_decay < 1, f"ema_decay: between 0 and 1; got {self.ema_decay}")
        _hold(min(self.multipliers.values(), default=0) >= 0, f"multipliers: >= 0; got {dict(self.multipliers)}")
        gap = self.drop_between
        _hold(
            gap is None or (len(gap) == 2 and gap[0] < gap[1]),
            f"drop_between: two ascending ratings or none; got {gap}",
        )


@dataclass(frozen=True)
class Recipe:
    """How a critic is taught.

    Attributes:
        name: What it is called, and the critic that it teaches.
        follows: Whose work it follows.
        departs: Where it departs from it, and why, a sentence each.
        costs: What it should cost, in words.
        reaches: What it should reach, in words.
        network: Which network.
        input: What it sees of a photo.
        phases: Stretches of teaching, one after the other.
        start: What the network begins with.
        labels: What it expects of the dataset.
        augmentation: How photos are shown differently each time.
        loss: What teaching makes small.
        batch_size: Photos in a batch, at most.
        seed: What all chance comes from.
    """

    name: str
    follows: str
    departs: tuple[str, ...]
    costs: str
    reaches: str
    network: NetworkChoice
    input: Input
    phases: tuple[Phase, ...]
    start: Start = Start()
    labels: Labels = Labels()
    augmentation: Augmentation = Augmentation()
    loss: Literal["emd", "cross_entropy"] = "emd"
    batch_size: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        is_name = bool(CRITIC_NAME.fullmatch(self.name)) and not self.name.startswith(".")
        _hold(is_name, f"name: letters, digits, - _ and ., not first; got {self.name!r:.60}")
        _hold(self.batch_size >= 1, f"batch_size: at least 1; got {self.batch_size}")
        _hold(self.seed >= 0, f"seed: >= 0; got {self.seed}")
        _hold(bool(self.phases), "phases: at least one is needed")
        _hold(
            not self.augmentation.is_crop_random or self.input.crop_px is not None,
            "augmentation.is_crop_random: there is no input.crop_px to cut",
        )

    @classmethod
    def load(cls, source: str | Path) -> Self:
        """Return a recipe.

        Args:
            source: The name of one that comes in the package, or a TOML file.

        Raises:
            InputError: With file and key, if there is none, or it is not one.

        Example:
            >>> Recipe.load("gapnet").batch_size
            4
        """
        path = packaged_recipes().get(str(source), Path(source))
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as err:
            names = ", ".join(packaged_recipes())
            raise InputError(f"there is no recipe {str(source)!r}; there are {names}, or give a .toml file") from err
        except OSError as err:
            raise InputError(f"cannot read the recipe {path}: {err.strerror or err}") from err
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
            raise InputError(f"{path} is no TOML file: {err}") from err
        except RecursionError as err:
            raise InputError(f"{path} is no recipe: it is nested too deeply") from err
        return cls.from_tables(tables, str(path))

    @classmethod
    def from_tables(cls, tables: Mapping[str, object], place: str) -> Self:
        """Return the recipe that TOML's tables hold; ``place`` stands before what is wrong with them."""
        return _record(cls, tables, place, "")

    def with_settings(self, settings: tuple[str, ...] | list[str]) -> Self:
        """Return the recipe with some values changed.

        Args:
            settings: ``key=value`` each: the key with dots and numbers, as ``phases.0.epochs``; the value as in TOML,
                words also without quotes, ``none`` for a setting that may be missing. A phase's ``epochs`` take the
                place of its ``steps``, and the other way round.

        Raises:
            InputError: If a key is not there or a value impossible.

        Example:
            >>> Recipe.load("gapnet").with_settings(["batch_size=2", "phases.0.epochs=1"]).batch_size
            2
        """
        tables = _plain(self)
        for setting in settings:
            key, equals, text = setting.partition("=")
            if not equals:
                raise InputError(f"--set takes KEY=VALUE, as phases.0.epochs=2; got {setting!r}")
            _put(tables, key.strip(), _value(text.strip()))
        return self.from_tables(tables, "--set")

    @property
    def pixels(self) -> tuple[tuple[float, float, float], tuple[float, float, float]] | None:
        """How its weights want the pixels, offset and divisor, if it says so itself."""
        offset, divisor = self.input.offset, self.input.divisor
        if offset is None or divisor is None:
            return None
        return (offset[0], offset[1], offset[2]), (divisor[0], divisor[1], divisor[2])

    def with_pixels(self, offset: tuple[float, ...], divisor: tuple[float, ...]) -> Self:
        """Return the recipe as it says itself how its weights want the pixels."""
        return replace(self, input=replace(self.input, offset=offset, divisor=divisor))

    def to_toml(self) -> str:
        """Return the recipe as a file says it; `load` reads it back.

        Raises:
            MissingExtraError: If a part of photocritic is not installed.
        """
        try:
            import tomli_w
        except ImportError as err:
            raise MissingExtraError("Teaching", "train") from err
        return tomli_w.dumps(_without_none(_plain(self)))

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all that decides what is taught.

        Words do not, nor the critic's name, nor how the weights want the pixels: that hangs on the weights.
        """
        tables = _without_words(_plain(self))
        del tables["name"], tables["input"]["offset"], tables["input"]["divisor"]
        return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()


def packaged_recipes() -> dict[str, Path]:
    """Return the recipes that come in the package, by name.

    Example:
        >>> list(packaged_recipes())
        ['charlenet', 'default', 'gapnet', 'nima-mobilenet', 'photo-critic', 'selfie-vgg']
    """
    return {path.stem: path for path in sorted(RECIPES_FOLDER.glob("*.toml"))}


def _record(kind: type[_Record], table: object, place: str, key: str) -> _Record:
    """Return a record of a table, each value of its field's type."""
    if not isinstance(table, Mapping):
        raise InputError(f"{place}: {key} must be a table; got {table!r:.60}")
    assert is_dataclass(kind)
    own = {each.name: each for each in fields(kind)}
    for name in table:
        if name not in own:
            raise InputError(f"{place}: there is no {_joined(key, name)}; there are {', '.join(own)}")
    for name, each in own.items():
        if each.default is MISSING and each.default_factory is MISSING and name not in table:
            raise InputError(f"{place}: {_joined(key, name)} is missing")
    hints = get_type_hints(kind)
    values = {name: _typed(hints[name], value, place, _joined(key, name)) for name, value in table.items()}
    try:
        return kind(**values)
    except InputError as err:
        raise InputError(f"{place}: {_joined(key, str(err))}") from err


def _typed(hint: Any, value: object, place: str, key: str) -> Any:
    """Return a value as the type of its field has it, or refuse it."""
    if get_origin(hint) is UnionType:
        if value is None or value == NO_WEIGHTS:
            return None
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
    origin = get_origin(hint)
    if is_dataclass(hint):
        return _record(hint, value, place, key)  # type: ignore[arg-type]
    if origin is Literal:
        if value not in get_args(hint):
            raise InputError(f"{place}: {key} is one of {', '.join(map(repr, get_args(hint)))}; got {value!r:.60}")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise InputError(f"{place}: {key} must be a list; got {value!r:.60}")
        return tuple(_typed(get_args(hint)[0], each, place, f"{key}.{at}") for at, each in enumerate(value))
    if origin is Mapping:
        if not isinstance(value, Mapping):
            raise InputError(f"{place}: {key} must be a table; got {value!r:.60}")
        return MappingProxyType({name: _typed(float, each, place, _joined(key, name)) for name, each in value.items()})
    return _simple(hint, value, place, key)


def _simple(hint: type, value: object, place: str, key: str) -> object:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    said = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}[hint]
    if type(value) is not hint or (isinstance(value, float) and not math.isfinite(value)):
        raise InputError(f"{place}: {key} must be {said}; got {value!r:.60}")
    return value


def _plain(value: Any) -> Any:
    """Return records as TOML's tables have them."""
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _without_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_words(each) for name, each in value.items() if name not in _WORDS}
    return [_without_words(each) for each in value] if isinstance(value, list) else value


def _without_none(value: Any) -> Any:
    """Return tables without what is missing, for which TOML has no word."""
    if isinstance(value, dict):
        return {name: _without_none(each) for name, each in value.items() if each is not None}
    return [_without_none(each) for each in value] if isinstance(value, list) else value


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text


def _put(tables: Any, key: str, value: object) -> None:
    """Set what a key with dots names."""
    *parts, last = key.split(".")
    there = tables
    for part in parts:
        there = _inside(there, part, key)
    if isinstance(there, list):
        _inside(there, last, key)
        there[int(last)] = value
    elif isinstance(there, dict):
        there[last] = value  # whether there is such a key is seen when the recipe is built
        if last in {"epochs", "steps"} and value != NO_WEIGHTS:
            there[{"epochs": "steps", "steps": "epochs"}[last]] = None
    else:
        raise InputError(f"--set: there is nothing like {key!r} in a recipe")


def _inside(there: Any, part: str, key: str) -> Any:
    if isinstance(there, dict) and part in there:
        return there[part]
    if isinstance(there, list) and part.isdecimal() and int(part) < len(there):
        return there[int(part)]
    raise InputError(f"--set: there is no {part!r} on the way to {key!r}")


def _joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
