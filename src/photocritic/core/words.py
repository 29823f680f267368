"""How numbers are said to a person."""


def counted(number: int, noun: str) -> str:
    """Return a number of things, in the singular for one.

    Example:
        >>> counted(1, "photo"), counted(25551, "photo")
        ('1 photo', '25,551 photos')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
