"""Which split an example belongs to: a function of its content and its name alone.

So an example stays in its split when others come or go, in whatever order they are read, and copies
of a picture never stand on two sides. The order of the splits is that of the chain of assumptions:
`train`, `train_dev` (the same source, not trained on), `dev` and `test` (both from the target).
"""

import hashlib
import re
from fnmatch import fnmatchcase

from ..config import Data

SPLITS = ("train", "train_dev", "dev", "test")


def group_of(path: str, data: Data) -> str:
    """Return what `data.group` finds in a path below data/raw; "" for an example that stands alone.

    Where the expression has groups, what they hold counts, else the whole match.
    """
    found = re.search(data.group, path) if data.group else None
    if found is None:
        return ""
    return "/".join(part or "" for part in found.groups()) or found.group()


def split_of(path: str, md5: str, data: Data) -> str:
    """Return the split of the example at `path` below data/raw whose content has this MD5.

    Test is cut first: another dev_fraction or train_dev_fraction leaves it as it is.
    """
    group = group_of(path, data)
    unit = _unit(group, "group") if group else int(md5[:13], 16) / 16**13
    if not data.target or fnmatchcase(path, data.target):
        if unit < data.test_fraction:
            return "test"
        if unit < data.test_fraction + data.dev_fraction:
            return "dev"
    # Another draw, so that train-dev stays when the fractions of dev and test change.
    return "train_dev" if _unit(group or md5, "train-dev") < data.train_dev_fraction else "train"


def _unit(text: str, purpose: str) -> float:
    """Return a number in [0, 1) that follows from the text, another one for each purpose."""
    return int(hashlib.sha256(f"{purpose}/{text}".encode()).hexdigest()[:13], 16) / 16**13
