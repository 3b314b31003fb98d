"""Where examples and their answers are: every reader, and everything that can be wrong there."""

import hashlib
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from catalogues import DATA, TASK

from samebits.console.errors import UserError
from samebits.data.readers import FOLDERS, Labels, Lines, Reader, reader_of
from samebits.data.source import Source

LABELS, LINES = Labels("kind"), Lines("kind")


def written(raw: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return raw


def answers(reader: Reader, raw: Path) -> dict[str, str]:
    return {source.path: source.answer for source in reader.sources(raw) if not source.rule}


def problems(reader: Reader, raw: Path) -> dict[str, tuple[str, str]]:
    refused = [source for source in reader.sources(raw) if source.rule]
    assert all(source.answer == "" for source in refused)
    return {source.path: (source.rule, source.problem) for source in refused}


def refusal(reader: Reader, raw: Path) -> list[str]:
    with pytest.raises(UserError) as caught:
        list(reader.sources(raw))
    return str(caught.value).replace(f"{raw.as_posix()}/", "").splitlines()


def contents(reader: Reader, raw: Path) -> dict[str, bytes]:
    return {
        source.path: reader.content(source, raw)
        for source in reader.sources(raw)
        if not source.rule
    }


def test_folders(tmp_path: Path) -> None:
    raw = written(tmp_path, {"cat/1.png": "a", "cat/more/2.png": "b", "3.png": "c", "t.csv": ""})
    (raw / "dog").mkdir()
    assert answers(FOLDERS, raw) == {"cat/1.png": "cat"}
    words = "files belong in a folder per class; "
    assert problems(FOLDERS, raw) == {
        "3.png": ("misplaced", f"{words}move it to one"),
        "cat/more/2.png": ("misplaced", f"{words}move it to one"),
        "t.csv": ("misplaced", f"{words}for a table set task.reader"),
    }
    assert FOLDERS.classes(raw) == ["cat", "dog"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_labels(tmp_path: Path, start: str, end: str) -> None:
    files = ["1.png", "a/b/c/2.png", "a, b.png", "é.png"]
    rows = ["who,path,kind", "x,1.png,cat", ',a/b/c/2.png,"a\u00a0dog, big"']
    rows += ['"two\nlines","a, b.png", cat ', "", "y,é.png,1"]
    table = start + end.join(rows)
    raw = written(tmp_path, {**dict.fromkeys(files, "x"), "labels.csv": table})
    assert answers(LABELS, raw) == {
        "1.png": "cat",
        "a, b.png": "cat",
        "a/b/c/2.png": "a\u00a0dog, big",
        "é.png": "1",
    }
    assert problems(LABELS, raw) == {}
    assert LABELS.classes(raw) == []
    assert contents(LABELS, raw) == dict.fromkeys(files, b"x")


def test_what_is_wrong_with_single_labels(tmp_path: Path) -> None:
    names = ["few", "many", "empty", "twice", "none", "control", "dir/labels.csv"]
    rows = ["path,kind,more", "few,cat", "many,cat,x,y", "empty, ,x", "twice,cat,x"]
    rows += ["twice,cat,x", "gone,cat,x", "/etc/hosts,cat,x", "../up,cat,x", "a\\b,cat,x"]
    rows += ['control,"a\tb",', "labels.csv,cat,x"]
    table = "\n".join(rows)
    raw = written(tmp_path, {**dict.fromkeys(names, "x"), "labels.csv": table})
    assert answers(LABELS, raw) == {}
    cells = "instead of 3; put a cell with a comma in quotes"
    assert problems(LABELS, raw) == {
        "few": ("unlabelled", f"labels.csv, line 2, has 2 cells {cells}"),
        "many": ("unlabelled", f"labels.csv, line 3, has 4 cells {cells}"),
        "empty": ("unlabelled", "labels.csv, line 4, has no kind; fill it in, or remove the line"),
        "twice": (
            "unlabelled",
            "labels.csv, line 6, names it, and so does line 5; keep one of them",
        ),
        "none": ("unlabelled", "labels.csv does not name it; add it, or remove it"),
        "dir/labels.csv": ("unlabelled", "labels.csv does not name it; add it, or remove it"),
        "control": (
            "unlabelled",
            "labels.csv, line 11, has as kind what no table of answers can hold, for 'a\\tb' has a "
            "control character in it",
        ),
        "gone": (
            "missing-file",
            "labels.csv, line 7, names it, but there is no such file, or a hidden one",
        ),
        "labels.csv": (
            "missing-file",
            "labels.csv, line 12, names it, but there is no such file, or a hidden one",
        ),
        "/etc/hosts": (
            "missing-file",
            "labels.csv, line 8, names it, but this has an absolute path; write a path below "
            "data/raw",
        ),
        "../up": (
            "missing-file",
            "labels.csv, line 9, names it, but this leaves its folder through '..'; write a path "
            "below data/raw",
        ),
        "a\\b": (
            "missing-file",
            "labels.csv, line 10, names it, but this has a backslash in its name; write a path "
            "below data/raw",
        ),
    }


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", ["labels.csv is empty; begin it with a line that names its columns."]),
        (
            "path,path,sort",
            [
                "labels.csv, line 1, has the column path twice; rename one of them.",
                "labels.csv, line 1, has no column kind among path, path, sort; name it there.",
            ],
        ),
        (
            b"path,kind\n\xe9.png,cat\n,cat\n1.png,\0\n",
            [
                "labels.csv, line 2, is not UTF-8 text in line 2; save the file as UTF-8.",
                "labels.csv, line 3, has no path; fill it in, or remove the line.",
                "labels.csv, line 4, holds a NUL in line 4; save the file as plain UTF-8 text.",
            ],
        ),
        (
            'path,kind\n,cat\n1.png,"cat\n2.png,dog\n',
            [
                "labels.csv, line 2, has no path; fill it in, or remove the line.",
                "labels.csv, line 3, is not CSV (its quotes do not close); fix it.",
            ],
        ),
        (
            "path,kind\n" + ",x\n" * 30,
            [f"labels.csv, line {line}, has no" for line in range(2, 22)],
        ),
    ],
)
def test_what_is_wrong_with_the_table_of_labels(
    tmp_path: Path, table: str | bytes, words: list[str]
) -> None:
    raw = written(tmp_path, {"1.png": "x", "labels.csv": table})
    problems = refusal(LABELS, raw)
    assert all(problem.startswith(start) for problem, start in zip(problems, words, strict=False))
    assert problems[len(words) :] in ([], ["and 10 more"])


def test_no_table_of_labels(tmp_path: Path) -> None:
    raw = written(tmp_path, {"1.png": "x", "Labels.csv.txt": "path,kind\n"})
    words = "labels.csv is missing; write it, with the columns path and kind."
    assert refusal(LABELS, raw) == [words]


def test_lines_of_csv(tmp_path: Path) -> None:
    table = '\ufeffname,kind,size\r\n"a ""b""", cat ,1.50\r\n\r\n"two\r\nlines",dog,\r\né, , 3\r\n'
    raw = written(tmp_path, {"deep/t.CSV": table, "u.csv": "name,kind,size\nx,1,2"})
    assert answers(LINES, raw) == {"deep/t.CSV:2": "cat", "deep/t.CSV:4": "dog", "u.csv:2": "1"}
    texts = contents(LINES, raw)
    assert texts["deep/t.CSV:2"] == b'{"name": "a \\"b\\"", "size": "1.50"}'
    assert json.loads(texts["deep/t.CSV:4"]) == {"name": "two\r\nlines", "size": ""}
    assert texts["u.csv:2"] == b'{"name": "x", "size": "2"}'
    assert problems(LINES, raw) == {
        "deep/t.CSV:6": ("unlabelled", "has no kind; fill it in, or remove the line")
    }


def test_lines_of_json(tmp_path: Path) -> None:
    lines = [
        '{"b": "é", "kind": "cat", "a": [1, 2.50, null, {"x": true}]}',
        '{"kind": 1, "a": 12345678901234567890}',
        '{"kind": 1.5}',
        '{"kind": false}',
    ]
    raw = written(tmp_path, {"t.jsonl": "\n".join(lines)})
    kinds = ["cat", "1", "1.5", "false"]
    assert answers(LINES, raw) == {f"t.jsonl:{n}": kind for n, kind in enumerate(kinds, 1)}
    assert [*contents(LINES, raw).values()] == [
        '{"b": "é", "a": [1, 2.5, null, {"x": true}]}'.encode(),
        b'{"a": 12345678901234567890}',
        b"{}",
        b"{}",
    ]


def test_what_is_wrong_with_single_lines(tmp_path: Path) -> None:
    table = b"a,kind\n1\n1,2,3\n\xff,cat\n1,\0\n" + b'"x\n",cat,y\n1,"a\nb"\n'
    lines = ['{"a": 1}', '{"kind": null}', '{"kind": []}', '{"kind": {"a": 1}}', "[1]", '{"kind"']
    lines += ['{"kind": "a", "kind": "b"}', '{"kind": "a", "b": "\\ud800"}', '{"kind": "\\ud800"}']
    files: dict[str, str | bytes] = {
        "t.csv": table,
        "t.jsonl": "\n".join(lines),
        "notes.txt": "mine",
        "a.tsv": "x",
    }
    raw = written(tmp_path, {**files, "c.csv/.hidden": "x"})
    assert answers(LINES, raw) == {}
    cells = "instead of 2; put a cell with a comma in quotes"
    misplaced = "examples belong in .csv and .jsonl files; make it one, or remove it"
    cure = "; write a text"
    assert problems(LINES, raw) == {
        "a.tsv": ("misplaced", misplaced),
        "notes.txt": ("misplaced", misplaced),
        "t.csv:2": ("unreadable", f"has 1 cells {cells}"),
        "t.csv:3": ("unreadable", f"has 3 cells {cells}"),
        "t.csv:4": ("unreadable", "is not UTF-8 text in line 4; save the file as UTF-8"),
        "t.csv:5": ("unreadable", "holds a NUL in line 5; save the file as plain UTF-8 text"),
        "t.csv:6": ("unreadable", f"has 3 cells in lines 6 to 7 {cells}"),
        "t.csv:8": (
            "unlabelled",
            "has as kind what no table of answers can hold, for 'a\\nb' has a control character in "
            "it",
        ),
        "t.jsonl:1": ("unlabelled", "has no key kind; add it, or remove the line"),
        "t.jsonl:2": ("unlabelled", "has no kind; fill it in, or remove the line"),
        "t.jsonl:3": ("unlabelled", f"has a list or an object as kind{cure}"),
        "t.jsonl:4": ("unlabelled", f"has a list or an object as kind{cure}"),
        "t.jsonl:5": ("unreadable", "is not a JSON object; write {...}"),
        "t.jsonl:6": ("unreadable", "is not JSON (Expecting ':' delimiter at letter 8)"),
        "t.jsonl:7": ("unreadable", "has the key kind twice; remove one"),
        "t.jsonl:8": ("unreadable", "holds half a character, such as \\ud800; fix it"),
        "t.jsonl:9": ("unreadable", "holds half a character, such as \\ud800; fix it"),
    }


def test_what_is_wrong_with_tables_is_told_at_once(tmp_path: Path) -> None:
    files = {
        "a.csv": "x,kind\n1,cat\n",
        "b.csv": "x,sort\n",
        "c.csv": "kind\ncat\n",
        "d.csv": "",
        "e.csv": "kind,x\ncat,1\n",
        "f.csv": 'x,kind\n1,"cat\n',
        "g.csv": "x,x,kind\n",
        "h.csv": '"x,kind\n',
    }
    assert refusal(LINES, written(tmp_path, {**files, "i.jsonl": ""})) == [
        "b.csv, line 1, has no column kind among x, sort; name it there.",
        "c.csv, line 1, has no column besides the answer; add some.",
        "d.csv is empty; begin it with a line that names its columns.",
        "e.csv, line 1, has other columns than a.csv; give both the same in the same order: x, "
        "kind.",
        "f.csv, line 2, is not CSV (its quotes do not close); fix it.",
        "g.csv, line 1, has the column x twice; rename one of them.",
        "h.csv, line 1, is not CSV (its quotes do not close); fix it.",
    ]


def test_the_stamp_of_a_row_is_that_of_its_content(tmp_path: Path) -> None:
    raw = written(tmp_path, {"a.csv": "kind,x\ncat,1\n", "b.csv": "kind,x\r\ndog,1\r\n"})
    first, second = LINES.sources(raw)
    content = b'{"x": "1"}'
    assert first.stamp == second.stamp == hashlib.md5(content).hexdigest()
    assert (first.answer, second.answer) == ("cat", "dog")
    # Like a worker, which may not list files.
    other = pickle.loads(pickle.dumps(Lines("kind")))
    assert other.content(second, raw) == content


def test_one_row_is_read_without_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = written(tmp_path, {"a.csv": "kind,x\n" + "cat,1\n" * 10_000})
    last = list(LINES.sources(raw))[-1]
    asked: list[int] = []
    content = Source.content

    def counted(source: Source, raw: Path) -> bytes:
        asked.append(source.size)
        return content(source, raw)

    monkeypatch.setattr(Source, "content", counted)
    assert LINES.content(last, raw) == b'{"x": "1"}'
    assert (last.path, asked) == ("a.csv:10001", [6])


@pytest.mark.parametrize("text", ["cat,2\n", 'cat,"\n', "cat,\n\n", "cat,1"])
def test_a_row_that_changes_while_it_is_read(tmp_path: Path, text: str) -> None:
    raw = written(tmp_path, {"a.csv": "kind,x\ncat,1\n"})
    (row,) = LINES.sources(raw)
    written(raw, {"a.csv": f"kind,x\n{text}"})
    with pytest.raises(UserError, match="csv:2 has changed while it was read; run it again"):
        LINES.content(row, raw)


@pytest.mark.parametrize(
    ("reader", "answer", "other", "expected"),
    [
        ("folders", "", {}, FOLDERS),
        ("folders", "", {"layout": "tar", "group": "[0-9]+"}, FOLDERS),
        ("labels", "kind", {"layout": "tar", "group": "[0-9]+"}, LABELS),
        ("lines", "kind", {}, LINES),
        ("lines", "kind", {"time": "taken"}, Lines("kind", "taken")),
        ("labels", "kind", {"time": "taken"}, Labels("kind", "taken")),
        (
            "folders",
            "kind",
            {},
            "'task.answer' is 'kind', but the reader folders has no table w",
        ),
        ("folders", "", {"time": "at"}, "'task.time' is 'at', but the reader folders has no table"),
        (
            "labels",
            "",
            {},
            "'task.answer' is empty, but the reader labels needs it; name the colum",
        ),
        ("lines", "", {}, "'task.answer' is empty, but the reader lines needs it; name the column"),
        (
            "labels",
            "path",
            {},
            "'task.answer' is 'path', but that column of labels.csv names the fi",
        ),
        (
            "lines",
            "kind",
            {"layout": "tar"},
            "'data.layout' is tar, but the reader lines has few f",
        ),
        (
            "lines",
            "kind",
            {"time": "kind"},
            "'task.time' and 'task.answer' are both 'kind'; say",
        ),
        (
            "lines",
            "kind",
            {"time": "at", "group": "a"},
            "'task.time' and 'data.group' are both set",
        ),
        ("lines", "kind", {"who": "patient"}, Lines("kind", group="patient")),
        ("labels", "kind", {"who": "patient"}, Labels("kind", group="patient")),
        (
            "pairs",
            "",
            {"who": "a"},
            "'task.group_by' is 'a', but the reader pairs has no table with",
        ),
        ("lines", "kind", {"who": "kind"}, "'task.group_by' and 'task.answer' are both 'kind'"),
        (
            "lines",
            "kind",
            {"time": "at", "who": "a"},
            "'task.time' and 'task.group_by' are both set",
        ),
        ("lines", "kind", {"who": "a", "group": "b"}, "'task.group_by' and 'data.group' are bo"),
    ],
)
def test_the_reader_that_the_section_names(
    reader: str, answer: str, other: dict[str, Any], expected: Reader | str
) -> None:
    given = dict(other)
    columns = {"time": given.pop("time", ""), "group_by": given.pop("who", "")}
    task = replace(TASK, reader=reader, answer=answer, **columns)
    data = replace(DATA, **given)
    if isinstance(expected, Reader):
        assert reader_of(task, data) == expected
        return
    with pytest.raises(UserError, match=expected):
        reader_of(task, data)
