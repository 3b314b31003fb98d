"""Whatever is in params.yaml, it is read or refused with a sentence, and quickly."""

import random
import time
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import PARAMS, configured, shipped

from samebits.console.errors import UserError
from samebits.core import config
from samebits.core.sections import Data
from samebits.data import splits
from samebits.data.source import Source

SHIPPED = PARAMS.encode()
BOMB = b"a0: &a0 [x, x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (level, level, b", ".join([b"*a%d" % (level - 1)] * 9))
    for level in range(1, 12)
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configured(tmp_path)
    monkeypatch.chdir(tmp_path)


def put(key: bytes, value: bytes) -> bytes:
    """The shipped file with another value of a key; one that it leaves out is of the data."""
    lines = SHIPPED.split(b"\n")
    begins = [at for at, line in enumerate(lines) if line.startswith(b"  " + key + b":")]
    after = begins or [at + 1 for at, line in enumerate(lines) if line.startswith(b"data:")]
    rest = lines[after[0] + len(begins) :]
    return b"\n".join([*lines[: after[0]], b"  " + key + b": " + value, *rest])


# Refused contents, and their messages.
ODD = {
    "long integer": (put(b"seed", b"9" * 5000), ", line .*a value of more than 500 letters"),
    "large integer": (put(b"epochs", b"9" * 400), r"'optimization\.epochs' is 999.*No number may"),
    "large float": (put(b"imbalance", b"1" * 400), r"'data\.imbalance' is 11.*No number may be la"),
    "infinity": (put(b"imbalance", b".inf"), r"'data\.imbalance' is inf.*No number may be larger"),
    "not a number": (put(b"clip", b".nan"), r"'optimization\.clip' is nan"),
    "out of range": (put(b"learning_rate", b"1e999"), "'optimization.learning_rate' is inf"),
    "brackets": (put(b"classes", b"[" * 3000), "line .*nested too deeply"),
    "closed brackets": (put(b"classes", b"[" * 3000 + b"]" * 3000), "line .*nested too deeply"),
    "braces": (b"{a: " * 3000 + b"}" * 3000, "line 1, .*nested too deeply"),
    "bad tag": (put(b"seed", b"!!int abc"), "line .*the tag .*int; write the value without it"),
    "time": (put(b"group", b"!!timestamp x"), "line .*the tag .*timestamp"),
    "python": (put(b"group", b"!!python/object/apply:os.system [true]"), "line .*the tag"),
    "binary": (put(b"group", b"!!binary aaa"), "line .*the tag"),
    "alias bomb": (BOMB, "line 2, .*the alias \\*a0; write out"),
    "bomb in classes": (put(b"classes", b"[&a [x], *a]"), "line .*the alias"),
    "endless alias": (put(b"classes", b"&a [*a]"), "line .*the alias"),
    "merge key": (b"x: &x {a: 1}\ndata:\n  <<: *x\n", "line 3, .*the alias"),
    "regex": (put(b"group", b"a{99999999999}"), r"'data\.group' is .*takes a regular expression"),
    "deep regex": (put(b"group", b"(" * 240 + b")" * 240), None),
    "date": (put(b"epochs", b"2024-01-01"), "'optimization.epochs' is '2024-01-01'"),
    "underscore": (put(b"epochs", b"1_000"), "'optimization.epochs' is '1_000'.*Write it as 1000"),
    "hexadecimal": (put(b"epochs", b"0x10"), "'optimization.epochs' is '0x10'"),
    "yes": (put(b"flip", b"yes"), "'augmentation.flip' is 'yes', but takes true or false"),
    "tab": (SHIPPED.replace(b"  width:", b"\twidth:"), "line .*is not valid YAML"),
    "twice": (SHIPPED + b"data: 1\n", "line .*key 'data' appears twice"),
    "zero byte": (SHIPPED + b"\0", "is not valid YAML"),
    "Latin 1": (SHIPPED + b"# \xe9", "is not UTF-8 text"),
    "UTF-16": (SHIPPED.decode().encode("utf-16"), "is not UTF-8 text"),
    "huge": (SHIPPED + b"# x\n" * 10**6, "has more than 100000 bytes"),
    "many keys": (b"".join(b"k%d: 1\n" % number for number in range(9000)), "and more like this"),
    "documents": (SHIPPED + b"---\na: 1\n", "is not valid YAML"),
    "list": (b"- data\n", "has no sections"),
    "empty": (b"", "has no sections"),
    "slow constraint": (
        SHIPPED.replace(b"- parameters <= 1e6", b'- "a[%s@ "' % (b"]" * 400)),
        "'evaluation.constra",
    ),
}


def said(path: Path, content: bytes) -> str:
    """The message about a file, "" if it is fine; it must not take long."""
    path.write_bytes(content)
    seconds = list[float]()
    while len(seconds) < 3:  # a core that others use, too, is slower for a while
        start = time.process_time()
        message = refusal(path)
        seconds.append(time.process_time() - start)
        if seconds[-1] < 2:
            return message
    raise AssertionError(f"it took {min(seconds):.1f} seconds at best")


def refusal(path: Path) -> str:
    try:
        for section in config.ORDER:
            config.values(section, path)
        config.read(Data, path)
    except UserError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file(tmp_path: Path, name: str) -> None:
    content, words = ODD[name]
    message = said(tmp_path / "params.yaml", content)
    if words is None:
        return
    with pytest.raises(UserError, match=f"(?s){words}"):
        raise UserError(message)
    assert "params.yaml" in message
    assert len(message) < 10_000


def test_a_mark_of_byte_order_is_no_part_of_it(tmp_path: Path) -> None:
    assert said(tmp_path / "params.yaml", b"\xef\xbb\xbf" + SHIPPED) == ""


PIECES = (
    *(b"[", b"]", b"{", b"}", b": ", b"- ", b"\t", b"\0", b"\xff", b"&a ", b"*a", b"!!int "),
    *(b"|\n", b"'", b'"', b"%", b"@", b"? ", b"<<: ", b"9" * 30, b".inf", b"~", b"\n  ", b"#"),
    *(b"\r", b"---\n"),
)


def mutated(draw: random.Random) -> bytes:
    content = bytearray(SHIPPED)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(content))
        content[at : at + draw.choice((0, 0, 1, 9))] = draw.choice(PIECES) * draw.choice((1, 1, 60))
    return bytes(content)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_files(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(50):
        said(tmp_path / "params.yaml", mutated(draw))


def test_an_expression_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splits, "PATIENCE", 0.1)
    path = f"cat/{'a' * 60}"
    words = r"data\.group in params.yaml, '\(a\+\)\+b', takes too long"
    with pytest.raises(UserError, match=words):
        splits.group_of(Source(path, "", 0, 0, ""), replace(shipped(Data), group="(a+)+b"))
    assert (
        splits.group_of(Source(path, "", 0, 0, ""), replace(shipped(Data), group="/a+")) == path[3:]
    )
