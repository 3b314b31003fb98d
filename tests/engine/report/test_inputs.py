"""The stage from files to page, and one clear sentence for each bad file."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
from markupsafe import escape

from samebits.console.errors import UserError
from samebits.core.files import write_csv, write_json
from samebits.data.fields import Field
from samebits.data.prepared import Index
from samebits.data.targets import Answers
from samebits.diagnosis.error_tags import FILE as TAGS
from samebits.diagnosis.error_tags import columns
from samebits.diagnosis.errors_by_target import errors_of
from samebits.metrics.prediction_table import write_predictions
from samebits.report.inputs import Inputs
from samebits.report.looks import thumbnail
from samebits.stages import report

REPORT = Path("reports/report.html")
COLUMNS = columns(errors_of(Answers("class", []), 0.0))
SHARD = "data/prepared/dev/image-00000.npy"


def page(show: Any = None) -> None:
    yours: Any = SimpleNamespace(show=show, metrics=SimpleNamespace(METRICS=[]))
    report.main(yours, MagicMock())  # without a seal: there is no pipeline here


@pytest.fixture
def files(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the inputs as the stages before the report leave them."""
    monkeypatch.chdir(tmp_path)
    write_json(Path("reports/metrics.json"), inputs.metrics)
    write_json(Path("reports/diagnosis.json"), inputs.diagnosis)
    write_json(Path("reports/data.json"), inputs.data)
    write_json(Path("models/identity.json"), inputs.identity)
    columns = inputs.curves.values()
    write_csv(Path("reports/learning-curves.csv"), [*inputs.curves], zip(*columns, strict=True))
    write_predictions(Path("reports/predictions.csv"), inputs.errors.answers, inputs.predictions)
    for split in ("dev", "train"):
        Index("v", "", "class", [], {"image": Field("uint8", (1, 8, 8))}).write(
            Path("data/prepared", split)
        )
    np.save(SHARD, np.asarray(inputs.looks))


@pytest.mark.usefixtures("files")
def test_the_same_files_give_the_same_page() -> None:
    page()
    first = REPORT.read_bytes()
    page()
    assert REPORT.read_bytes() == first
    assert b"\r" not in first
    assert str(Path.cwd()).encode() not in first


@pytest.mark.usefixtures("files")
def test_an_own_show() -> None:
    page()
    before = REPORT.read_text(encoding="utf-8")
    black = np.zeros((1, 8, 8), dtype=np.uint8)
    page(SimpleNamespace(show=lambda arrays: arrays["image"] * black))
    content = REPORT.read_text(encoding="utf-8")
    [example] = set(re.findall('src="data:image/png;base64,.*?"', content))
    assert example == f'src="{thumbnail(black).source}"'
    assert len(set(re.findall('src="data:image/png;base64,.*?"', before))) > 1


@pytest.mark.usefixtures("files")
def test_what_people_tagged_is_summed_up_and_left_as_it_is(inputs: Inputs) -> None:
    example = inputs.predictions["dev"].examples[4]
    row = (
        example.md5,
        example.path,
        example.label,
        example.label,
        "0.5",
        "wrong",
        "Blurry;  <cut> off",
    )
    write_csv(TAGS, COLUMNS, [row])
    before = TAGS.read_bytes()
    page()
    content = REPORT.read_text(encoding="utf-8")
    assert "3 mistakes on 9 dev examples, 1 looked at by people" in content
    assert '<span class="tags"><bdi>blurry; &lt;cut&gt; off</bdi></span>' in content
    assert TAGS.read_bytes() == before


@pytest.mark.usefixtures("files")
def test_a_tagged_example_that_is_in_train_now_stops_nothing(inputs: Inputs) -> None:
    example = inputs.predictions["train"].examples[-1]  # dev has fewer
    write_csv(
        TAGS,
        COLUMNS,
        [(example.md5, example.path, example.label, example.label, "0.5", "wrong", "blurry")],
    )
    page()
    assert "Nobody has tagged the mistakes" in REPORT.read_text(encoding="utf-8")


@pytest.mark.usefixtures("files")
def test_images_of_findings_are_found_in_every_split(inputs: Inputs) -> None:
    path = inputs.predictions["train"].examples[-1].path
    row = {"rule": "copies", "message": "words", "accepted": None, "paths": [path, "none/such.png"]}
    changed = {**inputs.data, "found": {"copies": 1}, "findings": [row]}
    write_json(Path("reports/data.json"), changed)
    image = np.full((30, 1, 8, 8), 7, dtype=np.uint8)
    np.save("data/prepared/train/image-00000.npy", image)
    page()
    content = REPORT.read_text(encoding="utf-8")
    assert content.count('alt="Example ') == 1
    assert thumbnail(image[-1]).source in content
    assert escape(f"Example {path}") in content


def cut_examples(path: Path) -> None:
    np.save(path, np.load(path)[1:])


def unknown_example(path: Path) -> None:
    write_csv(path, COLUMNS, [("x", "a/1.png", "a", "b", "0.5", "wrong", "blurry")])


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("path", "harm", "message"),
    [
        ("reports/metrics.json", Path.unlink, "is missing: run `dvc repro evaluate`"),
        ("reports/predictions.csv", Path.unlink, "is missing: run `dvc repro evaluate`"),
        ("reports/data.json", Path.unlink, "is missing: run `dvc repro validate`"),
        ("reports/diagnosis.json", Path.unlink, "is missing: run `dvc repro diagnose`"),
        ("reports/learning-curves.csv", Path.unlink, "is missing: run `dvc repro train`"),
        ("models/identity.json", Path.unlink, "is missing: run `dvc repro train`"),
        (SHARD, Path.unlink, "is missing; run 'dvc repro prepare'"),
        (SHARD, cut_examples, "holds 8 examples of image, not 9"),
        (SHARD, lambda path: path.write_bytes(b"x" * 99), "is truncated or damaged"),
        ("reports/metrics.json", lambda path: path.write_bytes(b"{"), "is not JSON"),
        ("models/identity.json", lambda path: path.write_bytes(b"{}"), "lacks `code`"),
        ("reports/learning-curves.csv", lambda path: path.write_bytes(b""), "not a table"),
        (TAGS.as_posix(), lambda path: path.write_bytes(b"md5;tags\n"), "must begin with the line"),
        (TAGS.as_posix(), unknown_example, "line 2: no example has the content x; correct"),
    ],
)
def test_a_bad_file_is_named(path: str, harm: Callable[[Path], object], message: str) -> None:
    harm(Path(path))
    with pytest.raises(UserError, match=message) as error:
        page()
    assert (path.rpartition("/")[0] if harm is cut_examples else path) in str(error.value)
    assert not REPORT.exists()
