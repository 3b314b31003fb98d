"""A model in a process of one's own: what it answers, refuses and does not promise."""

import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import PACKAGE, image_file
from learnt import predicted

from samebits.console.errors import UserError
from samebits.core import determinism, kernels
from samebits.core.signature import Signature
from samebits.serving import LATE, load
from samebits.serving.model import TrainedModel

# What a newcomer types, in a process in which nothing is imported yet.
TYPED = """
import json, sys, warnings
sys.path.insert(0, "src")
warnings.simplefilter("error")
from samebits.serving import load
assert {"numpy", "torch"}.isdisjoint(sys.modules)
model = load("models")
print(json.dumps([model(path).record() for path in sys.argv[1:]]))
print(model("data/raw/tree/000.png"))
"""


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the kernels of this process were those of the level."""
    for name in ("choose", "check"):
        monkeypatch.setattr(determinism, name, lambda *_: None)
    monkeypatch.setattr(kernels, "configure", lambda *_: None)


@pytest.fixture
def model(digits: Path, quiet: None, monkeypatch: pytest.MonkeyPatch) -> TrainedModel:
    monkeypatch.chdir(digits)
    return load("models")


def typed(root: Path, code: str, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code, *words], cwd=root, capture_output=True, text=True, check=False
    )


def test_two_lines_of_python_give_what_the_command_gives(digits: Path) -> None:
    paths = [f"data/raw/{name}/00{number}.png" for name in ("tree", "circle") for number in (1, 2)]
    done = typed(digits, TYPED, *paths)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert json.loads(first) == predicted(digits, *paths)
    (record,) = predicted(digits, "data/raw/tree/000.png")
    assert second == f"{record['answer']} ({record['probabilities'][record['answer']]:.6f})"


@pytest.mark.parametrize("library", ["torch", "numpy"])
def test_bits_are_not_promised_where_kernels_are_chosen_already(digits: Path, library: str) -> None:
    done = typed(
        digits,
        f"import {library}\n{TYPED.replace('error', 'default')}".replace(
            'assert {"numpy", "torch"}.isdisjoint(sys.modules)', ""
        ),
    )
    assert done.returncode == 0
    assert done.stderr.count(LATE) == 1


def test_paths_contents_and_folders(model: TrainedModel, digits: Path) -> None:
    path = Path("data/raw/tree/000.png")
    by_path, by_content = model(path), model(path.read_bytes())
    assert by_path.record() | {"input": "-"} == by_content.record()
    assert by_path.raw.tobytes() == by_content.raw.tobytes()
    below = model.predict(["data/raw/tree", path])
    assert [answer.input for answer in below[:2]] == [
        "data/raw/tree/000.png",
        "data/raw/tree/001.png",
    ]
    assert below[0] == below[-1] == by_path
    with pytest.raises(UserError, match="there are 40 examples; call `predict` for several"):
        model("data/raw/tree")


@pytest.mark.parametrize("count", [1, 2, 3, 7, 40])
def test_bits_do_not_depend_on_neighbours(model: TrainedModel, count: int) -> None:
    paths = sorted(Path("data/raw").rglob("*.png"))
    alone = model(paths[0])
    for start in (0, 1, 5):
        for answer in model.predict([*paths[start : start + count], paths[0]])[-1:]:
            assert answer.raw.tobytes() == alone.raw.tobytes()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"^- is not a readable example: empty file\.$"),
        (b"GIF89a", "is not a readable example: "),
        (b"no image", "its format is unknown"),
        (image_file(0, 0)[:60], "is not a readable example: "),
    ],
)
def test_bad_input_is_one_sentence(model: TrainedModel, content: bytes, words: str) -> None:
    with pytest.raises(UserError, match=words) as refusal:
        model(content)
    assert "\n" not in str(refusal.value)


def test_a_path_that_is_not_there(model: TrainedModel, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no file or folder nowhere\.png; name one"):
        model("nowhere.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="empty holds no example; name a file"):
        model(tmp_path / "empty")


def test_one_flipped_bit_in_the_weights(digits: Path, quiet: None) -> None:
    weights = digits / "models/model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(UserError, match=r"not what signature\.json beside it was written with"):
        load(digits / "models")
    weights.unlink()
    with pytest.raises(UserError, match="is missing or not what"):
        load(digits / "models")


def appended(path: Path) -> None:
    path.write_text(f"{path.read_text(encoding='utf-8')}# edited\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"src/{PACKAGE}/model.py", f"model.py of src/{PACKAGE} changed since"),
        ("src/samebits/training/predict.py", "src/samebits changed since"),
        ("requirements/runtime.lock", "requirements/runtime.lock changed since"),
    ],
)
def test_code_that_is_not_what_trained(digits: Path, quiet: None, path: str, said: str) -> None:
    appended(digits / path)
    with pytest.warns(RuntimeWarning, match=said) as warned:
        load(digits / "models")
    assert len(warned) == 1


def test_data_py_is_compared_with_the_lock(digits: Path, quiet: None) -> None:
    file = digits / f"src/{PACKAGE}/data.py"
    entry = {"path": f"src/{PACKAGE}/data.py", "md5": "0" * 32}
    lock = {"stages": {"prepare": {"deps": [entry]}}}
    (digits / "dvc.lock").write_text(json.dumps(lock), encoding="utf-8")
    with pytest.warns(RuntimeWarning, match=rf"src/{PACKAGE}/data\.py changed since"):
        load(digits / "models")
    assert file.exists()


def test_params_yaml_and_data_are_not_needed(digits: Path, quiet: None) -> None:
    before = load(digits / "models").predict([digits / "data/raw/tree"])
    (digits / "params.yaml").unlink()
    (digits / "data").rename(digits / "gone")
    after = load(digits / "models").predict([digits / "gone/raw/tree"])
    assert [answer.raw.tobytes() for answer in before] == [answer.raw.tobytes() for answer in after]


@pytest.fixture
def changed(digits: Path, quiet: None) -> Callable[..., TrainedModel]:
    """Load after a change of the signature: changed(input=...)."""

    def to(**values: Any) -> TrainedModel:
        path = digits / "models/signature.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        for name, part in values.items():
            content[name] = {**content[name], **part} if isinstance(part, dict) else part
        path.write_text(json.dumps(content), encoding="utf-8")
        return load(digits / "models")

    return to


def test_a_signature_of_other_code(changed: Callable[..., TrainedModel]) -> None:
    with pytest.raises(UserError, match=r"data\.py: section input is not that of the model"):
        changed(input={"settings": {"size": 8}})
    with pytest.raises(UserError, match=r"data\.py: `fields` declares other arrays"):
        changed(input={"settings": {"size": 16, "channels": 1}})
    with pytest.raises(UserError, match=r"does not hold what `fit` of data\.py returns"):
        changed(input={"settings": {"size": 8, "channels": 1}}, fitted="AAAA")


def test_a_damaged_signature(digits: Path, quiet: None) -> None:
    path = digits / "models/signature.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match=r"signature\.json lacks `target`; run"):
        load(digits / "models")
    path.unlink()
    with pytest.raises(UserError, match=r"signature\.json is missing: run `dvc repro train`"):
        load(digits / "models")


def test_what_the_signature_says(digits: Path) -> None:
    """No path or name of the project, of which the bits do not depend."""
    signature = Signature.read(digits / "models/signature.json")
    assert signature.classes == ["circle", "square", "tree"]
    assert (signature.target, signature.scale, signature.fitted) == ("class", [], "")
    assert signature.input["settings"] == {"size": 8, "channels": 1}
    assert signature.input["fields"] == {"image": ["uint8", [1, 8, 8]]}
    assert signature.shapes == {"image": [1, 8, 8]}
    assert signature.reproducibility["chunk"] > 0
    assert [*signature.made_by["code"]] == ["model.py", "training.py"]
    text = (digits / "models/signature.json").read_text(encoding="utf-8")
    assert PACKAGE not in text
    assert str(digits) not in text


def test_no_warning_where_all_is_as_it_was(digits: Path, quiet: None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load(digits / "models").doubts == []
