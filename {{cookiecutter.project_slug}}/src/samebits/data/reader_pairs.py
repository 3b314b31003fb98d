"""The reader `pairs`: an example is an image and its mask, two files with the same name."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..core.files import read_json
from .joined import HALF, content_md5, joined, joined_md5
from .reader_base import Reader
from .source import Source, sources

IMAGES, MASKS, TYPE = "images", "masks", ".png"
# By name below the folder, without the type: the files of that name, by path.
Named = dict[str, dict[str, Source]]


@dataclass(frozen=True)
class Pairs(Reader):
    """Images in data/raw/images, and in data/raw/masks a PNG of the same name for each.

    The answer is the path of the mask. The stamp holds those of both files, and the mask's place.
    """

    unit = "images with their masks"
    folders = (IMAGES, MASKS)

    def wanted(self) -> str:
        """Return what data/raw must hold."""
        return f"{IMAGES}/NAME.jpg, or of another type, and {MASKS}/NAME{TYPE} for each"

    def files(self, raw: Path) -> Iterator[Source]:
        """Yield the images and the masks, one by one."""
        for source in sources(raw):
            problem = _misplaced(source.path)
            yield source.without("misplaced", problem) if problem else source

    def examples(self, files: Iterable[Source], raw: Path) -> Iterator[Source]:
        """Yield each image with its mask, then images and masks without a partner."""
        named: dict[str, Named] = {IMAGES: {}, MASKS: {}}
        for source in files:
            if problem := _misplaced(source.path):
                yield source.without("misplaced", problem)
            else:
                folder = PurePosixPath(source.path).parts[0]
                named[folder].setdefault(_name(source), {})[source.path] = source
        masks = named[MASKS]
        for name, images in named[IMAGES].items():
            yield from _paired(name, [*images.values()], [*masks.pop(name, {}).values()])
        for name, alone in masks.items():
            words = f"there is no image {IMAGES}/{name} of any type; add it, or remove the mask"
            yield from (mask.without("missing-file", words) for mask in alone.values())

    def content(self, source: Source, raw: Path) -> bytes:
        """Return the image and the mask as a single content, made by `joined`."""
        _, *mask = read_json(source.stamp)
        return joined(source.content(raw), Source(*mask).content(raw))

    def size(self, source: Source) -> int:
        """Return the bytes of the larger file."""
        _, *mask = read_json(source.stamp)
        return max(source.size, Source(*mask).size)

    def md5(self, content: bytes) -> str:
        """Return half of the MD5 of each file."""
        return content_md5(content)

    def listed(self, source: Source) -> tuple[str, str]:
        """Return the mask by its MD5, and the MD5 of the pair."""
        stamp, *_, other = read_json(source.stamp)
        return f"mask {other[:HALF]}", joined_md5(stamp, other)

    def told(self, count: int, answers: int) -> str:
        """Return the count of examples."""
        return f"{count} {self.unit}"


def _misplaced(path: str) -> str:
    """What is wrong with the place of a file, or ""."""
    folder, *below = PurePosixPath(path).parts
    if "" in path.split("/") or folder not in (IMAGES, MASKS) or not below:
        return f"images belong in {IMAGES}, their masks in {MASKS}; move it there"
    if folder == MASKS and PurePosixPath(path).suffix.lower() != TYPE:
        return f"masks must be PNG files, as other types change pixels; save it as {TYPE}"
    return ""


def _name(source: Source) -> str:
    return PurePosixPath(*PurePosixPath(source.path).parts[1:]).with_suffix("").as_posix()


def _paired(name: str, images: list[Source], masks: list[Source]) -> Iterator[Source]:
    """The example of a name, or its images with the reason why they are not."""
    mask = f"{MASKS}/{name}{TYPE}"
    problem = ""
    if not masks:
        problem = f"there is no mask {mask}; add it, or remove the image"
    elif len(masks) > 1:
        both = " and ".join(source.path for source in masks)
        problem = f"{both} are both its masks; keep one of them"
    elif len(images) > 1:
        both = " and ".join(source.path for source in images)
        problem = f"{both} share a name, but {masks[0].path} is the mask of only one; keep that one"
    for image in images:
        if problem:
            yield image.without("unlabelled", problem)
        else:
            stamp = json.dumps([image.stamp, *masks[0][:5]])
            yield image._replace(stamp=stamp, answer=masks[0].path)
