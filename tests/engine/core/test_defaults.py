"""Keys with a default may be left out of params.yaml, those of the engine and your own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PACKAGE
from refusals import refusal_of_data

from samebits.console.errors import UserError
from samebits.core import config
from samebits.core.sections import Data

Settle = Callable[..., None]


def test_a_key_with_a_default_may_be_left_out(params: Path, settle: Settle) -> None:
    absent = config.left_out("data", "model")
    assert "data.drift" in absent
    assert not any(key.startswith(("model.", "runtime.")) for key in absent)
    assert config.read(Data, params).drift == 0.1
    settle(params, data={"drift": 0.2})
    assert config.read(Data, params).drift == 0.2
    assert config.left_out("data") == absent - {"data.drift"}
    settle(params, data={"drift": 2})
    assert "'data.drift' is 2, but takes a number from 0 to 1." in refusal_of_data(params)


MORE = """
    heads: int = number(1, 64, default=HEADS)
    kinds: tuple[str, ...] = names(default=("a", "b"))
    norm: str = choice("group", "layer", default="layer")
    bias: bool = True
"""


def test_your_own_keys_may_have_defaults(params: Path, settle: Settle) -> None:
    file = params.parent / "src" / PACKAGE / "model.py"
    shipped = file.read_text("utf-8").replace("import choice,", "import names, choice,")
    text = shipped.replace("    activation: str", f"{MORE[1:]}    activation: str")
    file.write_text(text.replace("GROUPS = 8", "HEADS = 8\nGROUPS = 8"), "utf-8")
    given = {"heads": 8, "kinds": ("a", "b"), "norm": "layer", "bias": True}
    assert config.values("model").items() >= given.items()
    assert len(config.left_out("model")) == 4
    settle(params, model={"heads": 4, "bias": False})
    assert config.values("model").items() >= {"heads": 4, "bias": False, "norm": "layer"}.items()
    assert config.left_out("model") == {"model.kinds", "model.norm"}
    computed = text.replace("default=HEADS", "default=len(ACTIVATIONS)")
    file.write_text(computed, "utf-8")
    settle(params, model={"heads": 4})
    config.values("model")
    whole = params.read_text("utf-8")
    params.write_text(whole.replace("  heads: 4\n", ""), "utf-8")
    with pytest.raises(UserError, match="key 'heads' is missing from section 'model'; add it"):
        config.values("model")
    file.write_text(text.replace("default=HEADS", "default=65"), "utf-8")
    with pytest.raises(UserError, match=r"'model.heads' is 65, but takes a whole number from 1 to"):
        config.values("model")
