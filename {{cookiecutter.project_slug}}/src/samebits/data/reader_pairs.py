"""Examples that are an image and its mask, two files of one name."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..core.files import read_json
from .joined import HALF, content_md5, joined, joined_md5
from .reader_base import Reader
from .source import Source, sources

IMAGES, MASKS, TYPE = "images", "masks", ".png"
# By what a file is called below its folder, without its type: the files of that name, by path.
Named = dict[str, dict[str, Source]]


@dataclass(frozen=True)
class Pairs(Reader):
    """Images in data/raw/images, and in data/raw/masks a PNG of the same name for each.

    The answer is the path of the mask. The stamp is that of both files, and where the mask is.
    """

    unit = "images with their masks"
    folders = (IMAGES, MASKS)

    def wanted(self) -> str:
        """Return what data/raw must hold."""
        return f"{IMAGES}/NAME.jpg, or of another type, and {MASKS}/NAME{TYPE} for each"

    def files(self, raw: Path) -> Iterator[Source]:
        """Yield the images and the masks, each for itself."""
        for one in sources(raw):
            problem = _misplaced(one.path)
            yield one.without("misplaced", problem) if problem else one

    def examples(self, files: Iterable[Source], raw: Path) -> Iterator[Source]:
        """Yield each image with its mask, then what is one without the other."""
        found: dict[str, Named] = {IMAGES: {}, MASKS: {}}
        for one in files:
            if problem := _misplaced(one.path):
                yield one.without("misplaced", problem)
            else:
                found[PurePosixPath(one.path).parts[0]].setdefault(_name(one), {})[one.path] = one
        masks = found[MASKS]
        for name, images in found[IMAGES].items():
            yield from _paired(name, [*images.values()], [*masks.pop(name, {}).values()])
        for name, alone in masks.items():
            words = f"there is no image {IMAGES}/{name} of any type; add it, or remove the mask"
            yield from (one.without("missing-file", words) for one in alone.values())

    def content(self, source: Source, raw: Path) -> bytes:
        """Return image and mask as `joined` makes one of them."""
        _, *mask = read_json(source.stamp)
        return joined(source.content(raw), Source(*mask).content(raw))

    def size(self, source: Source) -> int:
        """Return the bytes of the larger file."""
        _, *mask = read_json(source.stamp)
        return max(source.size, Source(*mask).size)

    def md5(self, content: bytes) -> str:
        """Return a half of the MD5 of either file."""
        return content_md5(content)

    def listed(self, source: Source) -> tuple[str, str]:
        """Return which mask it is, whatever it is called, and the same of files."""
        stamp, *_, other = read_json(source.stamp)
        return f"mask {other[:HALF]}", joined_md5(stamp, other)

    def told(self, count: int, answers: int) -> str:
        """Return how many there are."""
        return f"{count} {self.unit}"


def _misplaced(path: str) -> str:
    """What is wrong with where a file stands, or ""."""
    folder, *below = PurePosixPath(path).parts
    if "" in path.split("/") or folder not in (IMAGES, MASKS) or not below:
        return f"images stand in {IMAGES}, their masks in {MASKS}; move it there"
    if folder == MASKS and PurePosixPath(path).suffix.lower() != TYPE:
        return f"masks are PNG files, for others change pixels; save it as {TYPE}"
    return ""


def _name(one: Source) -> str:
    return PurePosixPath(*PurePosixPath(one.path).parts[1:]).with_suffix("").as_posix()


def _paired(name: str, images: list[Source], masks: list[Source]) -> Iterator[Source]:
    """The example of a name, or why its images are none."""
    mask = f"{MASKS}/{name}{TYPE}"
    problem = ""
    if not masks:
        problem = f"there is no mask {mask}; add it, or remove the image"
    elif len(masks) > 1:
        both = " and ".join(one.path for one in masks)
        problem = f"{both} are both its masks; keep one of them"
    elif len(images) > 1:
        both = " and ".join(one.path for one in images)
        problem = f"{both} have one name, and {masks[0].path} is the mask of one; keep that one"
    for image in images:
        if problem:
            yield image.without("unlabelled", problem)
        else:
            stamp = json.dumps([image.stamp, *masks[0][:5]])
            yield image._replace(stamp=stamp, answer=masks[0].path)
