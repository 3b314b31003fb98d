"""The lists of folders that DVC keeps, as objects `<md5>.dir`: which files they name.

DVC writes each file where its list says, be that outside the folder or over one of Git's hooks. So
who changes one hash in a commit, and has a list of that hash on the remote, could run code wherever
that is checked out. No list counts here unless all of its names are plain ones, which mean the same
file, and only one, below its folder on every system.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any

from ..errors import UserError
from .artifacts import read_json

_HASH = re.compile(r"[0-9a-f]{32}(\.dir)?")
_KEPT_BY_TOOLS = re.compile(r"\.git|\.dvc|git~\d|dvc~\d", re.IGNORECASE)
_PLAIN = re.compile(r"[\w-][\w. -]*(?:/[\w-][\w. -]*)*", re.ASCII)  # of a million names, most
# Letters that show nothing: https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point, and
# blanks that are no spaces.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d159"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Letters that turn the direction of a name, so that it looks like another.
_TURNS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LONG = 100  # letters of a name, of which an error shows no more


def is_hash(name: str) -> bool:
    """Whether this is the hash of an object: of a file, or with `.dir` of a list."""
    return _HASH.fullmatch(name) is not None


def listed_files(content: bytes, folder: str) -> dict[str, str]:
    """Return {path below the folder: MD5} of the files that its list names.

    Raises:
        UserError: it is no list of DVC's, or a name leads elsewhere.
    """
    try:
        listed = read_json(content)
        refuse(listed, folder)
        found = {one["relpath"]: one["md5"] for one in listed}
        hashed = all(len(name) == 32 and is_hash(name) for name in found.values())
    except (ValueError, TypeError, KeyError, AttributeError):
        hashed = False
    if not hashed:
        raise UserError(
            f"the list of {folder} is none of DVC's; nothing was written. Delete it in DVC's cache "
            "and on the remote, and run 'make push' where the data is whole."
        )
    return found


def refuse(listed: Iterable[Mapping[str, Any]], folder: str) -> None:
    """Refuse entries of a list of which a name leads elsewhere, or means the same as another.

    Raises:
        UserError: there is such a name.
    """
    spelled = dict[str, str]()
    for one in listed:
        path = one["relpath"]
        if problem := _problem(path) or _twin(path, spelled):
            raise UserError(
                f"the list of {folder} names {_shown(path)}, which {problem}; nothing was written. "
                "If that file is yours, give it another name there and the folder its version "
                "again; else 'git log -p' says who brought in this hash."
            )


def misplaced(path: str) -> str:
    """What keeps an output from standing at this path of the project; "" if nothing does."""
    parts = path.split("/")
    kept = any(_KEPT_BY_TOOLS.match(part) for part in parts)
    return "is Git's or DVC's own" if kept else next(filter(None, map(_unfit, parts)), "")


def folded(name: str) -> str:
    """Return what names have in common that some file systems, or people, hold to be one.

    Windows drops dots and spaces at the end of a part; nobody sees what shows nothing.
    """
    if not name.isascii():
        seen = UNSEEN.sub("", name)
        seen = seen if seen.isprintable() else "".join(filter(_is_seen, seen))
        name = unicodedata.normalize("NFC", unicodedata.normalize("NFD", seen).casefold())
    return re.sub(r"[. ]+(?=/|$)", "", name.lower())


def _is_seen(letter: str) -> bool:
    return unicodedata.category(letter) != "Cf"


def _problem(path: str) -> str:
    if _PLAIN.fullmatch(path):
        return ""
    for part in path.split("/"):
        if problem := _unfit(part) or ("is hidden" if part[0] == "." else ""):
            return problem
    return ""


def _unfit(part: str) -> str:
    if not part:
        return "is absolute, or has an empty part"
    if part == "..":
        return "climbs out of its folder"
    if "\\" in part or re.match("[A-Za-z]:", part):
        return "leads elsewhere on Windows"
    if not _TURNS.isdisjoint(part):
        return "has letters that turn its direction"
    if not part.isprintable() and {"Cc", "Cs"} & set(map(unicodedata.category, part)):
        return "has control characters, or bytes that are no text"
    return ""


def _twin(path: str, spelled: dict[str, str]) -> str:
    """Note a file and the folders above it; what is wrong where another one has such a name."""
    above = path.rpartition("/")[0]
    if above and spelled.get(folded(above)) != f"{above}/":
        for folder in accumulate(above.split("/"), "{}/{}".format):
            known = spelled.setdefault(folded(folder), f"{folder}/")
            if known != f"{folder}/":
                return f"is one with {_shown(known)} on other systems"
    key = folded(path)
    known = spelled.get(key, "")
    spelled[key] = path
    return f"is one with {_shown(known)} on other systems" if known else ""


def _shown(path: str) -> str:
    return ascii(path if len(path) <= _LONG else f"{path[:_LONG]}...")
