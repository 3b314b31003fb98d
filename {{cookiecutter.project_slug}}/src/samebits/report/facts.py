"""What else is known of the examples than their answers: of images, sizes and colour modes."""

from collections.abc import Mapping, Sequence
from typing import Any

from .markup import capital, text

MOST = 8  # kinds that are named


def kinds(data: Mapping[str, Any]) -> str:
    """Return a paragraph on the commonest sizes and modes, of reports/data.json."""
    titles = {"Sizes in pixels": data["sizes"], "Colour modes": data["modes"]}
    listed = {
        title: ", ".join(f"{text(kind)} ({count:,})" for kind, count in _commonest(counts))
        for title, counts in titles.items()
        if counts
    }
    return f"<p>{' '.join(f'{title}: {kinds}.' for title, kinds in listed.items())}</p>"


def moved(unseen: Sequence[str], since: str, statistics: Mapping[str, Any]) -> str:
    """Return what was compared with the last release, and what could not be looked for at all.

    Args:
        unseen: the rules that could not be applied.
        since: what was compared with, in words.
        statistics: of reports/data.json.
    """
    drifting = [kind for kind in ("brightness", "size") if f"{kind}-drift" not in unseen]
    values = [name for kind in ("numbers", "categories") for name in statistics.get(kind, ())]
    kinds = dict.fromkeys(name.partition(" ")[0] for name in values)
    drifting += [f"{kind}s" for kind in kinds]  # facts, columns
    said = [f"{text(capital(' and '.join(drifting)))}: {since}."] if drifting else []
    if "near-duplicates" in unseen:
        said.append("Near-duplicates were not looked for, as the examples have no image.")
    return " ".join(said)


def _commonest(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST]
