"""DVC's lists of folders, objects `<md5>.dir`: read them and check the file names in them.

DVC writes each file where its list says, even outside the folder or over one of Git's hooks. So
anyone who changes a hash in a commit, and puts a list of that hash on the remote, could run code
wherever it is checked out. A list is used only if every name in it is plain: on every system it
means the same, distinct file below its folder.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any

from ..console.errors import UserError
from ..core.file_names import UNSEEN
from ..core.files import read_json

_HASH = re.compile(r"[0-9a-f]{32}(\.dir)?")
_KEPT_BY_TOOLS = re.compile(r"\.git|\.dvc|git~\d|dvc~\d", re.IGNORECASE)
_PLAIN = re.compile(r"[\w-][\w. -]*(?:/[\w-][\w. -]*)*", re.ASCII)  # a fast test for most names
# Characters that turn the direction of text, so that a name looks like another.
_TURNS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LONG = 100  # characters of a name that an error shows


def is_hash(name: str) -> bool:
    """Whether this is the hash of an object: of a file, or, with `.dir`, of a list."""
    return _HASH.fullmatch(name) is not None


def listed_files(content: bytes, folder: str) -> dict[str, str]:
    """Return {path below the folder: MD5} of the files in its list.

    Raises:
        UserError: it is not a list of DVC's, or a name leads outside the folder.
    """
    try:
        listed = read_json(content)
        refuse(listed, folder)
        files = {entry["relpath"]: entry["md5"] for entry in listed}
        hashed = all(len(name) == 32 and is_hash(name) for name in files.values())
    except (ValueError, TypeError, KeyError, AttributeError):
        hashed = False
    if not hashed:
        raise UserError(
            f"the list of {folder} is not one of DVC's; nothing was written. Delete it in DVC's "
            "cache and on the remote, and run 'make push' where the data is complete."
        )
    return files


def refuse(listed: Iterable[Mapping[str, Any]], folder: str) -> None:
    """Refuse a list with a name that leads outside the folder, or that is the same as another.

    Raises:
        UserError: there is such a name.
    """
    spelled = dict[str, str]()
    for entry in listed:
        path = entry["relpath"]
        if problem := _problem(path) or _twin(path, spelled):
            raise UserError(
                f"the list of {folder} names {_shown(path)}, which {problem}; nothing was written. "
                "If the file is yours, rename it there and record the folder again; otherwise "
                "'git log -p' says who added this hash."
            )


def misplaced(path: str) -> str:
    """Return why no output may be at this path of the project; "" if one may."""
    parts = path.split("/")
    kept = any(_KEPT_BY_TOOLS.match(part) for part in parts)
    return "is Git's or DVC's own" if kept else next(filter(None, map(_unfit, parts)), "")


def folded(name: str) -> str:
    """Return a form of the name that is equal for names that some systems, or people, confuse.

    Windows drops dots and spaces at the end of a part; invisible characters are dropped, too.
    """
    if not name.isascii():
        visible = UNSEEN.sub("", name)
        visible = visible if visible.isprintable() else "".join(filter(_is_visible, visible))
        name = unicodedata.normalize("NFC", unicodedata.normalize("NFD", visible).casefold())
    return re.sub(r"[. ]+(?=/|$)", "", name.lower())


def _is_visible(letter: str) -> bool:
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
        return "leaves its folder"
    if "\\" in part or re.match("[A-Za-z]:", part):
        return "leads elsewhere on Windows"
    if not _TURNS.isdisjoint(part):
        return "has characters that reverse its direction"
    if not part.isprintable() and {"Cc", "Cs"} & set(map(unicodedata.category, part)):
        return "has control characters, or bytes that are not text"
    return ""


def _twin(path: str, spelled: dict[str, str]) -> str:
    """Note a file and the folders above it; return why not if a name is taken on other systems."""
    above = path.rpartition("/")[0]
    if above and spelled.get(folded(above)) != f"{above}/":
        for folder in accumulate(above.split("/"), "{}/{}".format):
            known = spelled.setdefault(folded(folder), f"{folder}/")
            if known != f"{folder}/":
                return f"is the same as {_shown(known)} on other systems"
    key = folded(path)
    known = spelled.get(key, "")
    spelled[key] = path
    return f"is the same as {_shown(known)} on other systems" if known else ""


def _shown(path: str) -> str:
    return ascii(path if len(path) <= _LONG else f"{path[:_LONG]}...")
