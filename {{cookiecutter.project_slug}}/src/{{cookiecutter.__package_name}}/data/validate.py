"""Check pictures before anything learns from them: one folder per class, every file readable."""

from collections import Counter
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

from ..errors import UserError

MOST_SHOWN = 20


def pictures(raw: Path) -> list[Path]:
    """Return every file below the class folders of `raw`, sorted; hidden files do not count.

    Raises:
        UserError: there is no such folder.
    """
    if not raw.is_dir():
        raise UserError(f"{raw} is not there; get the data with 'dvc pull', or 'make data'.")
    found = [one for one in raw.rglob("*") if one.is_file() and not one.name.startswith(".")]
    return sorted(found, key=lambda one: one.relative_to(raw).as_posix())


def validate(raw: Path) -> dict[str, Any]:
    """Check the pictures in `raw` and describe them.

    Returns:
        {"examples": count, "classes": {name: count}, "sizes": {"WxH": count}, "modes": {...}}

    Raises:
        UserError: what is wrong with which files; every problem that was found.
    """
    problems: list[str] = []
    classes = {one.name: 0 for one in sorted(raw.iterdir()) if one.is_dir()} if raw.is_dir() else {}
    sizes: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    for path in tqdm(pictures(raw), desc="validate", unit=" pictures", disable=None, leave=False):
        if path.parent.parent != raw:
            problems.append(f"{path}: pictures stand in one folder per class; move it to one.")
            continue
        try:
            with Image.open(path) as image:
                image.load()
                sizes[f"{image.width}x{image.height}"] += 1
                modes[image.mode] += 1
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
            reason = "empty file" if path.stat().st_size == 0 else str(error)
            problems.append(f"{path}: not a readable picture ({reason}); replace or remove it.")
            continue
        classes[path.parent.name] += 1
    problems += [
        f"{raw / name}: class without a readable picture; add some or remove it."
        for name, count in classes.items()
        if count == 0
    ]
    if len(classes) < 2:
        problems.append(f"{raw}: {len(classes)} class folders; learning needs at least 2.")
    if problems:
        raise UserError(_listed(problems))
    return {
        "examples": sum(classes.values()),
        "classes": classes,
        "sizes": dict(sorted(sizes.items())),
        "modes": dict(sorted(modes.items())),
    }


def _listed(problems: list[str]) -> str:
    shown = problems[:MOST_SHOWN]
    if len(problems) > MOST_SHOWN:
        shown.append(f"and {len(problems) - MOST_SHOWN} more of this kind.")
    return f"{len(problems)} problems in the data:\n  " + "\n  ".join(shown)
