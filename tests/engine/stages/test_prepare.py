"""data/raw → reports/data.json → data/prepared."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from samebits.console.errors import CheckFailed, UserError
from samebits.core.files import write_bytes
from samebits.data.raw_pointer import MARK
from samebits.data.splits import SPLITS

Repro = Callable[..., dict[str, bytes]]


def test_the_outputs(repro: Repro) -> None:
    made = repro("validate", "prepare")
    summary = json.loads(made["reports/data.json"])
    assert summary["version"] == "0123456789abcdef0123456789abcdef.dir"
    assert summary["classes"] == {"circle": 30, "square": 30, "tree": 30}
    index = json.loads(made["data/prepared/test/index.json"])
    assert index["version"] == summary["version"]
    assert len(made) == 1 + 4 * 5 + 2  # with the seals
    assert repro("validate", "prepare") == made


@pytest.mark.parametrize("text", ["", "{", "{}"])
def test_a_damaged_summary(repro: Repro, project: Path, text: str) -> None:
    (project / "reports").mkdir()
    (project / "reports/data.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="run 'dvc repro validate'"):
        repro("prepare")


def corrected(project: Path, *rows: str) -> None:
    header = "md5,old,new,who,why"
    (project / "data/corrections.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")


def test_a_correction_holds_in_every_split_and_moves_nothing(repro: Repro, project: Path) -> None:
    before = examples(repro("validate", "prepare"))
    others = {split: path for path, (split, label, _) in before.items() if label != "tree"}
    chosen = sorted(others.values())
    assert len(chosen) >= 3
    rows = [f"{before[path][2]},{before[path][1]},tree,me,it is one" for path in chosen]
    corrected(project, *rows)
    made = repro("validate", "prepare")
    after = examples(made)
    assert {path for path in after if after[path] != before[path]} == set(chosen)
    assert [after[path] for path in chosen] == [
        (before[path][0], "tree", before[path][2]) for path in chosen
    ]
    assert json.loads(made["reports/data.json"])["classes"]["tree"] == 30 + len(chosen)
    assert all((project / "data/raw" / path).exists() for path in chosen)


def examples(files: dict[str, bytes]) -> dict[str, tuple[str, str, str]]:
    """Return split, label and content of each prepared example."""
    rows = {
        split: csv.DictReader(files[f"data/prepared/{split}/examples.csv"].decode().splitlines())
        for split in SPLITS
    }
    return {
        row["path"]: (split, row["label"], row["md5"]) for split in SPLITS for row in rows[split]
    }


def test_errors_stop_the_pipeline_and_the_table_names_them(repro: Repro, project: Path) -> None:
    (project / "data/raw/tree/000.png").write_bytes(b"")
    (project / "data/raw/tree/001.png").write_bytes(b"no example")
    corrected(project, f"{'0' * 32},circle,tree,me,it is one")
    with pytest.raises(CheckFailed, match=r"3 error\(s\) in the data:") as caught:
        repro("validate")
    for words in (
        "tree/000.png: the file has zero",
        "tree/001.png: not a readable",
        "line 2: no e",
    ):
        assert words in str(caught.value)
    content = json.loads((project / "reports/data.json").read_text(encoding="utf-8"))
    assert (content["errors"], len(content["findings"])) == (3, 3)
    with pytest.raises(UserError, match=r"names 3 error\(s\) in the data; fix or accept them"):
        repro("prepare")
    assert not (project / "data/prepared").exists()


def test_data_of_two_versions_are_not_looked_at(repro: Repro, project: Path) -> None:
    write_bytes(project / MARK, b"1.0\n")
    with pytest.raises(UserError, match=r"'samebits data checkout 1\.0' was cut off, .* run that"):
        repro("validate")


def test_what_is_accepted_is_left_out(repro: Repro, project: Path) -> None:
    (project / "data/raw/tree/001.png").write_bytes(b"no example")
    text = "rule,subject,md5,reason\nunreadable,tree/001.png,,the camera broke\n"
    (project / "data/accepted.csv").write_text(text, encoding="utf-8")
    made = repro("validate", "prepare")
    assert "tree/001.png" not in examples(made)
    assert len(examples(made)) == 89
