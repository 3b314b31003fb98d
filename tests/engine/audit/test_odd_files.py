"""Whatever is in a file that people edit, the audit reports it in a sentence, and quickly."""

import time
from typing import Any

import pytest

FILES = (
    *("params.yaml", "dvc.yaml", "dvc.lock", "data/raw.dvc", ".pre-commit-config.yaml"),
    *("data/accepted.csv", "data/corrections.csv", "data/release.json", "data/reference.json"),
    *("provenance/train.json", "requirements/runtime.lock", "requirements/dev.in"),
    *("pyproject.toml", ".dvc/config", ".gitignore", "reports/error-analysis.csv"),
)
BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12)
)
ODD = {
    "empty": b"",
    "list": b"- 1\n",
    "number": b"3",
    "null": b"null",
    "brackets": b"[" * 3000,
    "closed brackets": b"[" * 3000 + b"]" * 3000,
    "deep mappings": b"{a: " * 3000 + b"}" * 3000,
    "long integer": b"stages: " + b"9" * 5000,
    "bad tag": b"stages: !!int abc\n",
    "time": b"outs: !!timestamp x\n",
    "bomb": BOMB.encode(),
    "endless alias": b"stages: &a {x: *a}\n",
    "complex key": b"? [a]\n: 1\n",
    "not UTF-8": b"\xff\xfe\xfa",
    "zero bytes": b"\0" * 99,
    "conflict": b"<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> b\n",
    "stages of a wrong kind": b"stages: [1, 2]\nouts: {a: 1}\n",
    "a stage of a wrong kind": b"stages: {train: 3, report: [], prepare: {deps: 3, outs: [3, {}]}}",
    "sections of a wrong kind": b"data: 3\nevaluation: [metric]\nmodel: {1: 2, true: x}\n",
    "outs of a wrong kind": b"outs: [1, [2], {md5: 3}, {path: []}]\nmeta: 1\n",
    "pins of a wrong kind": b"[z-a]\n==\n\\\n--hash\n@ x\ntorch==\n[a]\n",
}


@pytest.mark.parametrize("first", range(len(ODD)))
def test_odd_files(copy: Any, first: int) -> None:
    """All files are odd at once, and each is odd in every way once."""
    contents = list(ODD.values())
    for place, path in enumerate(FILES):
        copy.write(path, contents[(first + place) % len(contents)])
    start = time.process_time()
    assert all(str(finding) for findings in copy.findings().values() for finding in findings)
    assert time.process_time() - start < 10


@pytest.mark.parametrize("name", ["closed brackets", "sections of a wrong kind", "bomb"])
def test_an_odd_file_alone(copy: Any, name: str) -> None:
    copy.write("params.yaml", ODD[name])
    start = time.process_time()
    assert copy.new()["config"]
    assert time.process_time() - start < 10
