"""Keys that a task needs, and those that do nothing for it: params.yaml has only the former."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PACKAGE
from refusals import refusal, refusal_of_data

from samebits.console.errors import UserError
from samebits.core import config
from samebits.core.sections import Data, Evaluation, Optimization

Settle = Callable[..., None]
TASKS = Path(__file__).parents[1] / "tasks"
NUMBER = {"task": {"target": "number"}, "regularization": {"label_smoothing": 0.0}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"optimization": {"balance": 0.5}}, "'optimization.balance' is 0.5, but answers have no"),
        ({"optimization": {"class_weights": 1}}, "'optimization.class_weights' is 1, but answers"),
        ({"regularization": {"label_smoothing": 0.1}}, "'regularization.label_smoothing' is 0.1"),
        ({"data": {"classes": ["a", "b"]}}, "'data.classes' is ['a', 'b'], but answers have no"),
        ({"evaluation": {"slices": ["class"]}}, "'evaluation.slices' has 'class', but answers"),
        ({"task": {"target": "class"}, "evaluation": {"target_error": 1.5}}, "at most 1"),
    ],
)
def test_what_numbers_do_not_have(
    params: Path, settle: Settle, changes: dict[str, Any], words: str
) -> None:
    settle(params, **NUMBER)
    assert config.read(Evaluation, params).target_error < 1
    settle(params, evaluation={"target_error": 500})
    assert config.read(Evaluation, params).target_error == 500
    settle(params, **changes)
    assert words in refusal(params)


def test_rare_classes_do_not_count_twice(params: Path, settle: Settle) -> None:
    settle(params, optimization={"class_weights": 0.5})
    assert config.read(Optimization, params).class_weights == 0.5
    settle(params, optimization={"balance": 1.0})
    assert "'optimization.balance' and 'optimization.class_weights' are both set" in refusal(params)


MASK = {
    "task": {"reader": "pairs", "target": "mask"},
    "data": {"classes": ["background", "stroke"]},
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": {"classes": []}}, "'data.classes' has 0 names, but where task.target is mask it"),
        (
            {"data": {"classes": ["a"]}},
            "in the order of their values, such as [background, stroke].",
        ),
        ({"data": {"classes": [*map(str, range(257))]}}, "'data.classes' has 257 names"),
        ({"task": {"reader": "folders"}}, "'task.reader' is folders, but task.target is mask, and"),
        ({"task": {"target": "class"}}, "'task.target' is class, but task.reader is pairs, and"),
        (
            {"optimization": {"balance": 0.5}},
            "'optimization.balance' is 0.5, but an example has no",
        ),
        ({"evaluation": {"slices": ["class"]}}, "'evaluation.slices' has 'class', but an example"),
        (
            {"evaluation": {"target_error": 1.5}},
            "is 1.5, but it is a share of the pixels, so at most 1.",
        ),
    ],
)
def test_what_masks_need(params: Path, settle: Settle, changes: dict[str, Any], words: str) -> None:
    settle(params, **MASK)
    assert config.read(Evaluation, params).target_error < 1
    settle(params, **changes)
    assert words in refusal(params)


OF_IMAGES = "bits, megapixels, near_duplicate, odd_mode, odd_size"


def rows(params: Path) -> Path:
    """Make data.py read rows, for which the keys of images do nothing."""
    data = params.parent / "src" / PACKAGE / "data.py"
    data.write_text((TASKS / "number/data.py").read_text("utf-8"), "utf-8")
    lines = params.read_text("utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith(("  size:", "  channels:")))
    params.write_text(text.replace("\ninput:", "\ninput:\n  columns: 3"), "utf-8")
    return data


def test_what_is_about_images_alone(params: Path, settle: Settle) -> None:
    data = rows(params)
    settle(params, data=dict.fromkeys(OF_IMAGES.split(", "), 1.0) | {"bits": 16})
    with pytest.raises(UserError, match=f"delete {OF_IMAGES} from section 'data': data.py neith"):
        config.read(Data, params)
    drop(params, *OF_IMAGES.split(", "))
    assert config.read(Data, params).imbalance == 10.0
    settle(params, data={"odd_mode": 0.2})
    assert "delete odd_mode from section 'data'" in refusal_of_data(params)
    assert refusal_of_data(params).endswith("so nothing reads it.")
    for line in ("import samebits.data.mask", "from samebits.data import image"):
        data.write_text(f"{line}\n{data.read_text('utf-8')}", "utf-8")
        assert config.read(Data, params).odd_mode == 0.2
        data.write_text(data.read_text("utf-8").partition("\n")[2], "utf-8")


def drop(params: Path, *keys: str) -> None:
    """Remove keys from section `data`."""
    content = yaml.safe_load(params.read_text("utf-8"))
    content["data"] = {name: value for name, value in content["data"].items() if name not in keys}
    params.write_text(yaml.safe_dump(content), "utf-8")


def test_what_is_about_classes_alone(params: Path, settle: Settle) -> None:
    settle(params, **NUMBER)
    settle(params, data={"imbalance": 10.0, "label_error": 0.9})
    why = "answers have no classes where task.target is number, so nothing reads them."
    assert f"delete imbalance, label_error from section 'data': {why}" in refusal(params)
    drop(params, "imbalance", "label_error")
    config.read(Data, params)
    settle(params, **MASK)
    settle(params, data={"imbalance": 10.0})
    assert "delete imbalance from section 'data': an example has" in refusal(params)
