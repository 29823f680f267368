"""photocritic looks at a photograph once and says how good people will find it.

Example:
    >>> from photocritic import Critic
    >>> critic = Critic.load()
    >>> for verdict in critic.rate(["a.jpg", "b.jpg"]):  # doctest: +SKIP
    ...     print(verdict)

The names below are loaded when first used, so that ``import photocritic`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from photocritic.core.records import Assessment, Card, Failure, Scale
    from photocritic.critic.critic import Critic
    from photocritic.errors import InputError, MissingExtraError, ModelError, PhotocriticError
    from photocritic.taste.taste import Taste

__version__ = "0.1.0"

_HOMES = {
    "Assessment": "photocritic.core.records",
    "Card": "photocritic.core.records",
    "Critic": "photocritic.critic.critic",
    "Failure": "photocritic.core.records",
    "InputError": "photocritic.errors",
    "MissingExtraError": "photocritic.errors",
    "ModelError": "photocritic.errors",
    "PhotocriticError": "photocritic.errors",
    "Scale": "photocritic.core.records",
    "Taste": "photocritic.taste.taste",
}

__all__ = [
    "Assessment",
    "Card",
    "Critic",
    "Failure",
    "InputError",
    "MissingExtraError",
    "ModelError",
    "PhotocriticError",
    "Scale",
    "Taste",
    "__version__",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'photocritic' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
