"""Columns with no information, little, or the answer: each is found if planted, and only then."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from samebits.checks.columns import column_findings, columns_of
from samebits.console.errors import UserError
from samebits.data.decoder import _columns
from samebits.data.fields import Field
from samebits.data.index import Place
from samebits.data.prepared import Example

COUNT = 600
NAMES = {"numbers": ("age", "size"), "missing": ("age", "size"), "categories": ("kind", "town")}
DRAWN = np.random.default_rng(0)
ANSWERS = ["yes" if draw else "no" for draw in DRAWN.integers(0, 2, COUNT)]
NUMBERS = [f"{value:.3f}" for value in DRAWN.normal(size=COUNT)]


def rows() -> dict[str, Any]:
    drawn = np.random.default_rng(1)
    return {
        "numbers": drawn.normal(size=(COUNT, 2)),
        "missing": drawn.random((COUNT, 2)) < 0.1,
        "categories": drawn.integers(0, 9, (COUNT, 2)),
    }


def findings_of(
    arrays: Mapping[str, Any],
    answers: Sequence[str] = ANSWERS,
    columns: Mapping[str, Sequence[str]] = NAMES,
    splits: Sequence[str] = (),
) -> list[tuple[str, str]]:
    sampled = [
        (Example(str(number), answer, "", "", {}), Place("", number, 0))
        for number, answer in enumerate(answers)
    ]

    def look(places: Sequence[Place]) -> dict[str, Any]:
        chosen = [place.place for place in places]
        return {name: array[chosen] for name, array in arrays.items()}

    paths, known = [example.path for example, _ in sampled], splits or ["train"] * len(sampled)
    findings = column_findings(columns_of(sampled, look, columns), answers, known, paths)
    return [(finding.rule, finding.message) for finding in findings]


@pytest.mark.parametrize("answers", [ANSWERS, NUMBERS])
def test_nothing_is_found_where_nothing_is_planted(answers: list[str]) -> None:
    assert findings_of(rows(), answers) == []
    assert findings_of(rows(), answers, {}) == []
    assert findings_of(rows(), ["yes"] * COUNT) == []  # which another rule refuses


def test_categories_that_training_lacks() -> None:
    arrays = rows()
    splits = [["train", "train", "train_dev", "dev", "test"][number % 5] for number in range(COUNT)]
    assert findings_of(arrays, splits=splits) == []
    arrays["categories"][[3, 4, 8, 7], 1] = 99  # in dev, test, dev and train_dev
    [(rule, said)] = findings_of(arrays, splits=splits)
    assert rule == "unseen-category"
    assert said.startswith("column town: 3 examples in dev or test have a category that no sampled")
    assert "such as 3; a model treats it as unknown" in said
    arrays["categories"][0, 1] = 99
    assert findings_of(arrays, splits=splits) == []
    arrays["categories"][:, 1] = np.arange(COUNT)  # hardly categories
    assert findings_of(arrays, splits=splits) == []


def test_a_column_that_is_always_the_same() -> None:
    arrays = rows()
    arrays["numbers"][:, 1] = np.where(arrays["missing"][:, 1], 0, 7.5)
    [(rule, said)] = findings_of(arrays)
    assert rule == "constant-column"
    assert said.startswith("column size is the same, or missing, in all sampled examples; leave")


def test_a_column_that_is_often_missing() -> None:
    arrays = rows()
    arrays["missing"][:, 0] = np.arange(COUNT) % 4 == 0
    assert findings_of(arrays) == [
        (
            "missing-column",
            "column age is missing in 25 % of the sampled examples; check how it is collected, or "
            "leave it out.",
        )
    ]
    arrays["missing"][:, 0] = True
    assert [rule for rule, _ in findings_of(arrays)] == ["missing-column", "constant-column"]


def test_a_category_that_tells_the_answer() -> None:
    arrays = rows()
    arrays["categories"][:, 1] = [3 * (answer == "yes") + n % 3 for n, answer in enumerate(ANSWERS)]
    assert findings_of(arrays) == [
        (
            "leaking-column",
            "column town alone gives away the answer of nearly every example; leave it out if it "
            "is unknown when the model is used.",
        )
    ]
    arrays["categories"][: COUNT // 10, 1] = 0
    assert findings_of(arrays) == []


def test_a_name_of_each_row_tells_nothing() -> None:
    arrays = rows()
    arrays["categories"][:, 0] = np.arange(COUNT)
    assert findings_of(arrays) == []


def test_a_number_that_is_the_answer_in_another_unit() -> None:
    arrays = rows()
    arrays["numbers"][:, 0] = 1000 - 3 * np.array([float(number) for number in NUMBERS])
    assert [rule for rule, _ in findings_of(arrays, NUMBERS)] == ["leaking-column"]
    arrays["numbers"][:, 0] += np.random.default_rng(2).normal(scale=0.2, size=COUNT)
    assert findings_of(arrays, NUMBERS) == []


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"numbers": ["a"]}, r"`columns` names 1 columns of numbers, but `fields` .* \(2,\) of it"),
        ({"other": ["a"]}, "names 1 columns of other, but `fields` declares no such array"),
    ],
)
def test_names_that_do_not_fit(columns: Any, words: str) -> None:
    module = SimpleNamespace(columns=lambda _: columns)
    with pytest.raises(UserError, match=words):
        _columns(module, None, {"numbers": Field("float64", (2,))})


def test_a_project_need_not_name_any() -> None:
    assert _columns(SimpleNamespace(), None, {}) == {}
