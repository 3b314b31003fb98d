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
ANSWERS = ["yes" if one else "no" for one in DRAWN.integers(0, 2, COUNT)]
NUMBERS = [f"{one:.3f}" for one in DRAWN.normal(size=COUNT)]


def rows() -> dict[str, Any]:
    drawn = np.random.default_rng(1)
    return {
        "numbers": drawn.normal(size=(COUNT, 2)),
        "missing": drawn.random((COUNT, 2)) < 0.1,
        "categories": drawn.integers(0, 9, (COUNT, 2)),
    }


def found(
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
        chosen = [one.place for one in places]
        return {name: array[chosen] for name, array in arrays.items()}

    paths, known = [one.path for one, _ in sampled], splits or ["train"] * len(sampled)
    found = column_findings(columns_of(sampled, look, columns), answers, known, paths)
    return [(one.rule, one.message) for one in found]


@pytest.mark.parametrize("answers", [ANSWERS, NUMBERS])
def test_nothing_is_found_where_nothing_is_planted(answers: list[str]) -> None:
    assert found(rows(), answers) == []
    assert found(rows(), answers, {}) == []
    assert found(rows(), ["yes"] * COUNT) == []  # which another rule refuses


def test_categories_that_training_lacks() -> None:
    arrays = rows()
    splits = [["train", "train", "train_dev", "dev", "test"][number % 5] for number in range(COUNT)]
    assert found(arrays, splits=splits) == []
    arrays["categories"][[3, 4, 8, 7], 1] = 99  # in dev, test, dev and train_dev
    [(rule, said)] = found(arrays, splits=splits)
    assert rule == "unseen-category"
    assert said.startswith("column town: 3 examples in dev or test have a category that no sampled")
    assert "such as 3; a model treats it as unknown" in said
    arrays["categories"][0, 1] = 99
    assert found(arrays, splits=splits) == []
    arrays["categories"][:, 1] = np.arange(COUNT)  # hardly categories
    assert found(arrays, splits=splits) == []


def test_a_column_that_is_always_the_same() -> None:
    arrays = rows()
    arrays["numbers"][:, 1] = np.where(arrays["missing"][:, 1], 0, 7.5)
    [(rule, said)] = found(arrays)
    assert rule == "constant-column"
    assert said.startswith("column size is the same, or missing, in all sampled examples; leave")


def test_a_column_that_is_often_missing() -> None:
    arrays = rows()
    arrays["missing"][:, 0] = np.arange(COUNT) % 4 == 0
    assert found(arrays) == [
        (
            "missing-column",
            "column age is missing in 25 % of the sampled examples; check how it is collected, or "
            "leave it out.",
        )
    ]
    arrays["missing"][:, 0] = True
    assert [rule for rule, _ in found(arrays)] == ["missing-column", "constant-column"]


def test_a_category_that_tells_the_answer() -> None:
    arrays = rows()
    arrays["categories"][:, 1] = [3 * (one == "yes") + n % 3 for n, one in enumerate(ANSWERS)]
    assert found(arrays) == [
        (
            "leaking-column",
            "column town alone gives away the answer of nearly every example; leave it out if it "
            "is unknown when the model is used.",
        )
    ]
    arrays["categories"][: COUNT // 10, 1] = 0
    assert found(arrays) == []


def test_a_name_of_each_row_tells_nothing() -> None:
    arrays = rows()
    arrays["categories"][:, 0] = np.arange(COUNT)
    assert found(arrays) == []


def test_a_number_that_is_the_answer_in_another_unit() -> None:
    arrays = rows()
    arrays["numbers"][:, 0] = 1000 - 3 * np.array([float(one) for one in NUMBERS])
    assert [rule for rule, _ in found(arrays, NUMBERS)] == ["leaking-column"]
    arrays["numbers"][:, 0] += np.random.default_rng(2).normal(scale=0.2, size=COUNT)
    assert found(arrays, NUMBERS) == []


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
