"""How numbers and names are said to a person."""

from collections.abc import Collection, Sequence


def counted(number: int, noun: str, nouns: str | None = None) -> str:
    """Return a number of things, in the singular for one.

    Args:
        number: How many.
        noun: What one is called.
        nouns: What several are called; with an s, if not given.

    Example:
        >>> counted(1, "photo"), counted(25551, "photo")
        ('1 photo', '25,551 photos')
    """
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def ordinal(number: int) -> str:
    """Return a place in an order.

    Example:
        >>> ordinal(1), ordinal(2), ordinal(13), ordinal(103)
        ('1st', '2nd', '13th', '103rd')
    """
    is_teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if is_teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def distinct(names: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """Return names of which no two are the same, and none is taken: later ones are numbered.

    Example:
        >>> distinct(["peer", "default", "peer", "photo"], taken=["photo"])
        ['peer', 'default', 'peer (2)', 'photo (2)']
    """
    found: list[str] = []
    for name in names:
        unique, number = name, 2
        while unique in found or unique in taken:
            unique, number = f"{name} ({number})", number + 1
        found.append(unique)
    return found
