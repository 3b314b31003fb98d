"""A list of DVC's is accepted if its names stay below its folder."""

import json

import pytest

from samebits.console.errors import UserError
from samebits.remote.dir_lists import is_hash, listed_files, misplaced

HASH = "0" * 32


def listed(*names: str) -> bytes:
    return json.dumps([{"md5": HASH, "relpath": name} for name in names]).encode()


def test_plain_names() -> None:
    names = ["a", "cat/1.png", "cat/Zoë 2.png", "dog/1.png", "dog/cat/1..png"]
    assert listed_files(listed(*names), "data/raw") == dict.fromkeys(names, HASH)
    assert listed_files(b"[]", "data/raw") == {}


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("../../.git/hooks/pre-commit", "leaves its folder"),
        ("cat/../../x", "leaves its folder"),
        ("..", "leaves its folder"),
        ("/etc/passwd", "is absolute"),
        ("", "has an empty part"),
        ("cat//1.png", "has an empty part"),
        ("cat/", "has an empty part"),
        ("./cat", "is hidden"),
        ("cat/.hidden", "is hidden"),
        (".git/hooks/pre-commit", "is hidden"),
        ("cat/.GIT/config", "is hidden"),
        (".dvc/config", "is hidden"),
        ("..\\..\\x", "elsewhere on Windows"),
        ("C:/x", "elsewhere on Windows"),
        ("cat/c:x", "elsewhere on Windows"),
        ("cat/1\0.png", "control characters"),
        ("cat/1\n.png", "control characters"),
        ("cat/gnp\u202e.1", "reverse its direction"),
        ("cat/\udc80", "not text"),
    ],
)
def test_names_that_lead_elsewhere(name: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem) as error:
        listed_files(listed("a", name), "data/raw")
    assert str(error.value).startswith("the list of data/raw names '")
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    "names",
    [
        ("a.png", "a.png"),
        ("cat/A.png", "cat/a.png"),
        ("cat/1.png", "Cat/2.png"),
        ("cat/e\u0301.png", "cat/\u00e9.png"),
        ("straße", "STRASSE"),
        ("cat", "cat/1.png"),
        ("cat/1.png", "cat"),
        ("cat/1.png", "CAT"),
        ("cat/1.png", "cat/1.png."),
        ("cat/1.png", "cat /1.png"),
        ("cat/1.png", "cat/1\u200b.png"),
        ("cat/1.png", "cat\ufe00/1.png"),
        ("cat/1.png", "cat/1\u3164.png"),
    ],
)
def test_names_that_mean_the_same(names: tuple[str, str]) -> None:
    with pytest.raises(UserError, match=r"is the same as '.*' on other systems"):
        listed_files(listed("0", *names), "data/raw")


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"1", b'{"a": 1}', b'["a"]', b"[{}]", b'[{"relpath": "a"}]', b"\xff"),
        *(b'[{"relpath": 1, "md5": "%s"}]' % HASH.encode(), b"[" * 100_000),
        *(b'[{"relpath": "a", "md5": %s}]' % md5 for md5 in (b"1", b'"../../x"', b'"0.dir"')),
        b'[{"relpath": "a", "md5": "%s.dir"}]' % HASH.encode(),
    ],
)
def test_what_is_no_list(content: bytes) -> None:
    with pytest.raises(UserError, match=r"the list of data/raw is not one of DVC's"):
        listed_files(content, "data/raw")


def test_a_long_name_is_shown_in_part() -> None:
    with pytest.raises(UserError) as error:
        listed_files(listed("../" + "x" * 5000), "data/raw")
    assert len(str(error.value)) < 500


@pytest.mark.parametrize("path", ["data/raw", "models/a b.bin", ".cache/x", "data/x.git"])
def test_places_of_outputs(path: str) -> None:
    assert misplaced(path) == ""


@pytest.mark.parametrize(
    "path",
    [
        *("../x", "a/../../x", "", ".git/hooks/pre-commit", ".GIT/config", ".gitattributes"),
        *("sub/.git/config", ".dvc/config", ".github/workflows/ci.yml", "GIT~1/config", "a\\b"),
        *("C:/x", "/etc/x"),
    ],
)
def test_no_places_of_outputs(path: str) -> None:
    assert misplaced(path)


def test_hashes() -> None:
    assert is_hash(HASH)
    assert is_hash(f"{HASH}.dir")
    assert not any(map(is_hash, ("", "../x", HASH.upper() + "A", f"{HASH}\n", f"{HASH}.dirx")))
