"""Numbers and words as the pages write them, as plain text."""

from collections.abc import Sequence


def thousands(count: int) -> str:
    """Return a count such as `1,234`."""
    return f"{count:,}"


def share(part: int, whole: int) -> str:
    """Return a part of a whole as a percentage with one decimal; a dash if the whole is 0."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def percent(part: float) -> str:
    """Return a share such as 0.123 as a percentage with one decimal."""
    return f"{100 * part:.1f} %"


def plural(count: int, singular: str) -> str:
    """Return a count with its noun, such as `1 example` and `2 examples`."""
    return f"{count:,} {singular}{'' if count == 1 else 's'}"


def capital(words: str) -> str:
    """Return words with a capital at the start of the sentence."""
    return words[:1].upper() + words[1:]


def bar_places(value: float, interval: Sequence[float] | None, most: float) -> list[str]:
    """Return the ends of a bar and its whiskers, as percentages of a bar of `most`."""
    ends = (value, *(interval or (value, value)))
    return [f"{100 * min(max(end / most, 0), 1) if most else 0:.2f}%" for end in ends]
