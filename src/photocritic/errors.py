"""The errors that photocritic raises, drawn as a tree.

    PhotocriticError
    ├── InputError          what came in cannot be used: a photo, a number, an option
    ├── ModelError          a model file is missing, corrupt or not a critic
    └── MissingExtraError   an optional dependency is not installed

A message says what must hold, what came, which file, and the remedy.
"""


class PhotocriticError(Exception):
    """Whatever photocritic raises on purpose."""


class InputError(PhotocriticError, ValueError):
    """What came in cannot be used: a photo, an array, a number, an option."""


class BusyError(InputError):
    """Another run is at work with the same file."""


class ModelError(PhotocriticError):
    """A model file is missing, corrupt, or not a photocritic critic."""


class MissingExtraError(PhotocriticError, ImportError):
    """An optional dependency is not installed.

    Args:
        purpose: What needs it, for the message: ``"Writing Parquet"``.
        extra: The extra of photocritic that brings it: ``"parquet"``.
    """

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs an optional part: pip install 'photocritic[{extra}]'")
