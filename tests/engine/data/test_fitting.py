"""What a project learns from its training examples alone, and applies to all."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from catalogues import DATA, TASK, decoder
from numpy.typing import NDArray

from samebits.console.errors import UserError
from samebits.data.fields import Arrays, Field
from samebits.data.fitting import FILE, Fitted, Fitting, fitting_of, learnt
from samebits.data.index import open_catalogue
from samebits.data.loader import Split
from samebits.data.preparation import prepare
from samebits.data.prepared import Index

SPLITS = ("train", "train_dev", "dev", "test")


def fit(train: Iterator[Arrays], _: Any) -> dict[str, NDArray[Any]]:
    images = np.concatenate([batch["image"] for batch in train])
    return {"middle": images.mean(axis=(0, 2, 3)), "count": np.array([len(images)])}


def transform(arrays: Arrays, fitted: Arrays, _: Any) -> Arrays:
    return {"less": (arrays["image"].mean(axis=(1, 2, 3)) - fitted["middle"]).astype("f4")}


FITTING = Fitting(fit, transform, None)


def prepared(raw: Path, folder: Path, fitting: Fitting | None = FITTING) -> Path:
    with open_catalogue(folder / "decoded", replace(decoder(), fitting=fitting)) as catalogue:
        prepare(catalogue, raw, folder / "prepared", DATA, TASK, "version")
    return folder / "prepared"


@pytest.fixture
def raw(tmp_path: Path, fill: Any) -> Path:
    return Path(fill(tmp_path / "raw", count=60))


def test_the_training_examples_alone_are_seen(raw: Path, tmp_path: Path) -> None:
    plain, made = prepared(raw, tmp_path / "plain", None), prepared(raw, tmp_path / "made")
    before = {name: Split.open(plain / name) for name in SPLITS}
    after = {name: Split.open(made / name) for name in SPLITS}
    middle = before["train"].arrays["image"][:].mean()
    for name in SPLITS:
        means = before[name].arrays["image"][:].mean(axis=(1, 2, 3))
        assert np.array_equal(after[name].arrays["less"][:], (means - middle).astype("f4"))
        assert after[name].shapes() == {"middle": (1,), "count": (1,), "less": ()}
    fitted = learnt(made / "train", FITTING)
    assert fitted.arrays["count"] == len(before["train"].labels)
    assert sorted(path.name for path in made.rglob(FILE)) == [FILE]
    assert not [*plain.rglob(FILE)] and Index.read(plain / "train").learnt == {}


def test_a_chunk_moves_no_bit(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = prepared(raw, tmp_path / "one")
    monkeypatch.setattr("samebits.data.preparation.CHUNK", 7)
    other = prepared(raw, tmp_path / "other")
    files = {path.relative_to(first): path.read_bytes() for path in first.rglob("*.npy")}
    assert files == {path.relative_to(other): path.read_bytes() for path in other.rglob("*.npy")}


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"a": np.zeros(2)}, "returned 2 rows of a for 3 examples; it must return one for each"),
        ({"a": np.array([0, np.nan, 1])}, "turned a into NaN or infinity; perhaps a scale is 0"),
        ({"label": np.zeros(3)}, "`transform` declares an array label, which is a reserved name"),
        ({}, "`transform` declares no array"),
        (None, "`transform` returned NoneType; it must return a dict of arrays by name"),
        ({"a": 1.0}, "`transform` returned dict; it must return a dict of arrays by name"),
    ],
)
def test_what_transform_may_not_return(made: Any, words: str) -> None:
    fitted = Fitted({}, Fitting(fit, lambda *_: made, None))
    with pytest.raises(UserError, match=words):
        fitted({"image": np.zeros((3, 1, 2, 2))})


@pytest.mark.parametrize("fitted", [None, {"a": [1, 2]}, {"a": np.array(["x"])}, {1: np.zeros(1)}])
def test_what_fit_may_not_return(fitted: Any) -> None:
    with pytest.raises(UserError, match=r"data\.py: `fit` returned .*it must return a dict of arr"):
        Fitting(lambda *_: fitted, transform, None).learn(iter([]))


def test_one_needs_the_other() -> None:
    assert fitting_of(SimpleNamespace(), None) is None
    with pytest.raises(UserError, match=r"data\.py has `transform` and no `fit`; write both, or"):
        fitting_of(SimpleNamespace(transform=transform), None)


@pytest.mark.parametrize(("content", "words"), [(None, "is missing"), (b"x", "is damaged")])
def test_what_was_learnt_is_gone(tmp_path: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    with pytest.raises(UserError, match=rf"fitted\.safetensors {words}; run 'dvc repro"):
        learnt(tmp_path, FITTING)
    assert learnt(tmp_path, None) == Fitted({}, None)


@pytest.mark.parametrize(
    "other",
    [
        lambda less: {"less": less.astype("i4")},
        lambda less: {"more": less},
        lambda less: {"less": less.view("u1").reshape(-1, 4)},
    ],
)
def test_what_transform_makes_of_all_is_what_it_makes_of_a_blank_one(
    raw: Path, tmp_path: Path, other: Any
) -> None:
    def changing(arrays: Arrays, fitted: Arrays, _: Any) -> Arrays:
        made = transform(arrays, fitted, None)
        return made if len(made["less"]) == 1 else dict(other(made["less"]))

    with pytest.raises(
        UserError,
        match=r"`transform` returned .* for some examples, but .* for "
        r"a blank",
    ):
        prepared(raw, tmp_path, Fitting(fit, changing, None))


def test_fields_follow_from_what_is_learnt() -> None:
    fitted = FITTING.learn(iter([{"image": np.ones((2, 1, 4, 4), np.uint8)}]))
    before = {"image": Field("uint8", (1, 4, 4))}
    assert fitted.fields(before) == {"less": Field("float32", ())}
    assert Fitted({}, None).fields(before) == before
