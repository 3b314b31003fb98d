"""Names of files that mean one file, and look like what they are, on every system.

What Windows cannot hold: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
"""

import re
import unicodedata

from ..reproducibility.listings import UNSEEN

_DEVICE = re.compile(
    r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³]) *(\..*)?", re.IGNORECASE
)


def name_problem(name: str) -> str:
    """Return what is wrong with a path such as `cat/1.png`, in a few words, or ""."""
    kinds = set() if name.isprintable() else set(map(unicodedata.category, name))
    if kinds & {"Cc", "Cs", "Zl", "Zp"}:
        return "has control characters, or bytes that are no text, in its name"
    if "Cf" in kinds or UNSEEN.search(name):
        return "has letters in its name that cannot be seen or turn its direction"
    if "\\" in name:
        return "has a backslash in its name"
    if name.startswith("/"):
        return "has an absolute path"
    if re.match(r"[A-Za-z]:", name):
        return "starts with a drive letter"
    parts = name.split("/")
    if ".." in parts:
        return "climbs out of its folder with '..'"
    return next(filter(None, map(_part_problem, parts)), "")


def _part_problem(part: str) -> str:
    if reserved := re.search(r'[<>:"|?*]', part):
        return f"has a {reserved[0]} in its name, which Windows cannot hold"
    if part not in ("", ".") and part[-1] in ". ":
        return f"ends with a {'dot' if part[-1] == '.' else 'space'}, which Windows drops"
    if _DEVICE.fullmatch(part):
        return "is the name of a device on Windows"
    return ""
