"""What a search may vary, and the messages about keys that it may not."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PARAMS as SHIPPED
from conftest import configured

from samebits.console.errors import UserError
from samebits.experiments.space import Knob, knobs

PARAMS: dict[str, Any] = yaml.safe_load(SHIPPED)


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configured(tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("text", "knob"),
    [
        ("model.width=8,16", Knob("model.width", (8, 16))),
        ("augmentation.flip=true,false", Knob("augmentation.flip", (True, False))),
        ("optimization.optimizer=sgd,adamw", Knob("optimization.optimizer", ("sgd", "adamw"))),
        ("optimization.clip=1e-1,1", Knob("optimization.clip", (0.1, 1))),
        (
            "optimization.learning_rate=1e-4..0.1:log",
            Knob("optimization.learning_rate", low=1e-4, high=0.1, log=True),
        ),
        ("optimization.epochs=2..8", Knob("optimization.epochs", low=2, high=8, whole=True)),
        ("regularization.dropout=0..0.5", Knob("regularization.dropout", low=0, high=0.5)),
    ],
)
def test_what_a_text_means(text: str, knob: Knob) -> None:
    assert knobs([text], PARAMS) == [knob]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("width", r"'width' is not of the form section\.key=values"),
        ("model.width=", "is not of the form"),
        ("runtime.workers=1,2", "runtime cannot change a result"),
        (
            "reproducibility.seed=0,1",
            "is not an idea to try; `samebits exp seeds` runs other seeds",
        ),
        ("evaluation.metric=accuracy,roc_auc", "changes what counts as good"),
        ("data.dev_fraction=0.1..0.2", "changes the examples that are scored"),
        ("model.wdith=1,2", r"no key 'wdith'.*did you mean 'model\.width'"),
        ("optimization.width=1,2", "belongs in 'model'"),
        ("modle.width=1,2", "there is no section 'modle'"),
        ("model.width=0..8", r"'model\.width' is 0, but takes a whole number from 1"),
        ("model.width=1.5..8", r"model\.width takes whole numbers"),
        ("model.activation=relu,tanh", "'tanh', but takes one of relu, gelu, silu"),
        ("model.activation=relu..silu", r"is not a range; write low\.\.high"),
        ("optimization.learning_rate=0.1..0.01", "the lower end must be below the upper"),
        ("optimization.clip=0..1:log", "log needs ends above 0"),
    ],
)
def test_a_text_that_means_nothing(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        knobs([text], PARAMS)


def test_all_that_is_wrong_is_said() -> None:
    with pytest.raises(UserError, match=r"(?s)'x' is not.*is given twice"):
        knobs(["x", "model.width=1,2", "model.width=4,8"], PARAMS)
    with pytest.raises(UserError, match="nothing to search over"):
        knobs([], PARAMS)
