"""File names that mean the same file on every system, and look like what they are.

What Windows does not allow: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
"""

import re
import unicodedata

# Invisible characters: https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point, and
# blanks that are not spaces.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d159"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_DEVICE = re.compile(
    r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³]) *(\..*)?", re.IGNORECASE
)


def name_problem(name: str) -> str:
    """Return what is wrong with a path such as `cat/1.png`, in a few words, or ""."""
    kinds = set() if name.isprintable() else set(map(unicodedata.category, name))
    if kinds & {"Cc", "Cs", "Zl", "Zp"}:
        return "has control characters, or bytes that are not text, in its name"
    if "Cf" in kinds or UNSEEN.search(name):
        return "has characters in its name that are invisible or reverse its direction"
    if "\\" in name:
        return "has a backslash in its name"
    if name.startswith("/"):
        return "has an absolute path"
    if re.match(r"[A-Za-z]:", name):
        return "starts with a drive letter"
    parts = name.split("/")
    if ".." in parts:
        return "leaves its folder through '..'"
    return next(filter(None, map(_part_problem, parts)), "")


def _part_problem(part: str) -> str:
    if reserved := re.search(r'[<>:"|?*]', part):
        return f"has a {reserved[0]} in its name, which Windows does not allow"
    if part not in ("", ".") and part[-1] in ". ":
        return f"ends with a {'dot' if part[-1] == '.' else 'space'}, which Windows drops"
    if _DEVICE.fullmatch(part):
        return "is the name of a device on Windows"
    return ""
