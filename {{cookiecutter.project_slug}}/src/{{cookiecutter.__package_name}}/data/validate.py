"""Check pictures before anything learns from them: one folder per class, every file readable."""

from collections import Counter
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

from ..errors import UserError

MOST_SHOWN = 20


def pictures(raw: Path) -> list[Path]:
    """Return every file below `raw`, sorted; hidden files, and all in hidden folders, do not count.

    Raises:
        UserError: there is no such folder.
    """
    if not raw.is_dir():
        raise UserError(
            f"{raw} is not there; get the data with 'dvc pull data/raw.dvc', or the example's with "
            "'make data'."
        )
    names = {one: one.relative_to(raw) for one in sorted(raw.rglob("*")) if one.is_file()}
    shown = [one for one, name in names.items() if not any(part[0] == "." for part in name.parts)]
    return sorted(shown, key=lambda one: names[one].as_posix())


def validate(raw: Path) -> dict[str, Any]:
    """Check the pictures in `raw` and describe them.

    Returns:
        {"examples": count, "classes": {name: count}, "sizes": {"WxH": count}, "modes": {...}}

    Raises:
        UserError: what is wrong with which files; every problem that was found.
    """
    problems: list[str] = []
    files = pictures(raw)
    classes = dict.fromkeys(_classes(raw), 0)
    sizes: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    for path in tqdm(files, desc="validate", unit=" pictures", disable=None, leave=False):
        if path.parent.parent != raw:
            problems.append(f"{path}: pictures stand in one folder per class; move it to one.")
            continue
        try:
            size, mode = _look(path)
        except ValueError as error:
            problems.append(f"{path}: not a readable picture ({error}); replace or remove it.")
            continue
        sizes[size] += 1
        modes[mode] += 1
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


def _classes(raw: Path) -> list[str]:
    folders = [one.name for one in raw.iterdir() if one.is_dir()]
    return sorted(name for name in folders if not name.startswith("."))


def _look(path: Path) -> tuple[str, str]:
    """Return the size and the mode of a picture; a `ValueError` says why it cannot be read."""
    if path.stat().st_size == 0:
        raise ValueError("empty file")
    try:
        with Image.open(path) as image:
            image.load()
    except UnidentifiedImageError:
        raise ValueError("its content is in no picture format") from None
    except Exception as error:  # a decoder may raise anything on a damaged file
        raise ValueError(str(error) or type(error).__name__) from None
    if image.mode in ("I", "F"):
        raise ValueError("its 32-bit pixels have no fixed range; 8 and 16 bits have")
    return f"{image.width}x{image.height}", image.mode


def _listed(problems: list[str]) -> str:
    shown = problems[:MOST_SHOWN]
    if len(problems) > MOST_SHOWN:
        shown.append(f"and {len(problems) - MOST_SHOWN} more of this kind.")
    return f"{len(problems)} problem(s) in the data:\n  " + "\n  ".join(shown)
