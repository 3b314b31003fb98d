"""Data sets of numbers with a known defect: `OF_NUMBERS[rule]` plants it, and says what is found.

`raw` is a folder of images in a folder for each number.
"""

from pathlib import Path

import numpy as np
from PIL import Image


def image(folder: Path, label: str, grey: float, name: str = "a.png") -> Path:
    path = folder / label / name
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng([len(label), *label.encode()]).integers(0, 9, (9, 9))
    Image.fromarray((grey + noise).astype(np.uint8)).save(path)
    return path


def no_number(raw: Path) -> None:
    image(raw, "n/a".replace("/", "-"), 100)
    image(raw, "nan", 110)
    image(raw, "1e999", 120)
    image(raw, "1,5", 130)


def same(raw: Path) -> None:
    for at, folder in enumerate(sorted(raw.iterdir())):
        (folder / "a.png").rename(raw / "0" / f"{at}.png")
        if folder.name != "0":
            folder.rmdir()


def few(raw: Path) -> None:
    for folder in sorted(raw.iterdir())[2:]:
        (folder / "a.png").unlink()
        folder.rmdir()


def twice(raw: Path) -> None:
    (raw / "1" / "b.png").write_bytes((raw / "2" / "a.png").read_bytes())


def another_unit(raw: Path) -> None:
    image(raw, "900", 100)


def wrong(raw: Path) -> None:
    (raw / "9" / "z.png").write_bytes(image(raw, "-4.9", 30).read_bytes())
    (raw / "-4.9" / "a.png").unlink()
    (raw / "-4.9").rmdir()


OF_NUMBERS = {
    "no-number": (no_number, "1,5/a.png has the answer 1,5, which is not a number such as 12.5"),
    "constant-answer": (same, "all 60 answers are 0, so there is nothing to learn"),
    "few-examples": (few, "fewer than data.least_examples, 3"),
    "two-answers": (twice, "1/b.png (1) and 2/a.png (2) are the same except for the answers"),
    "far-answer": (another_unit, "900/a.png (900): far from the others, of which half lie between"),
    "label-error": (wrong, "9/z.png: the answer is 9, but a linear model says -"),
}
