"""Pretrained weights: those that were brought in, declared, and wholly taken."""

import hashlib
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import save_file
from torch import Tensor, nn

from samebits.console.errors import UserError
from samebits.core.seals import hash_of
from samebits.data.raw_pointer import record_origin
from samebits.training.pretrained import fill, load

FILE = Path("data/weights/net.safetensors")
POINTER = Path(f"{FILE}.dvc")
TENSORS = {"body.weight": torch.ones(2, 3), "body.bias": torch.zeros(2)}


def record() -> None:
    text = yaml.safe_dump({"outs": [{"md5": hash_of(FILE), "path": FILE.name}]})
    POINTER.write_text(text, encoding="utf-8")
    made = hashlib.sha256(FILE.read_bytes()).hexdigest()
    record_origin(POINTER, {"kind": "weights", "source": "a test", "safetensors": made})


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    FILE.parent.mkdir(parents=True)
    save_file(TENSORS, FILE)
    record()
    Path("dvc.yaml").write_text(f"stages: {{train: {{cmd: x, deps: [{FILE}]}}}}", encoding="utf-8")


def test_what_was_brought_in() -> None:
    given = load("net")
    assert given.keys() == TENSORS.keys()
    assert all(torch.equal(value, given[name]) for name, value in TENSORS.items())


def test_what_train_does_not_depend_on() -> None:
    Path("dvc.yaml").write_text("stages: {train: {cmd: x, deps: [a]}}", encoding="utf-8")
    with pytest.raises(
        UserError, match=r"does not depend on data/weights/net\.safetensors; add it"
    ):
        load("net")


def test_what_is_not_there() -> None:
    FILE.unlink()
    with pytest.raises(UserError, match=r"net\.safetensors is missing; get it with"):
        load("net")


@pytest.mark.parametrize("recorded", [False, True])
def test_what_is_not_what_was_brought_in(recorded: bool) -> None:
    """Nor where `dvc add` gave it a version, for nobody knows where it came from."""
    save_file({name: value + 1 for name, value in TENSORS.items()}, FILE)
    if recorded:
        content = yaml.safe_load(POINTER.read_text(encoding="utf-8"))
        content["outs"][0]["md5"] = hash_of(FILE)
        POINTER.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(UserError, match=r"is not what data/weights/net\.safetensors\.dvc records"):
        load("net")


class Network(nn.Module):
    """A body of pretrained weights, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = nn.Linear(3, 2), nn.Linear(2, 5)


def test_all_but_the_head_is_filled() -> None:
    network = Network()
    before = network.head.weight.clone()
    fill(network, {**TENSORS, "head.weight": torch.ones(9)}, but="^head")
    assert torch.equal(network.body.weight, TENSORS["body.weight"])
    assert torch.equal(network.body.bias, TENSORS["body.bias"])
    assert torch.equal(network.head.weight, before)
    assert network.body.weight.requires_grad


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"body.bias": None}, r"body\.bias is not in the file;"),
        ({"bodi.bias": torch.zeros(2)}, r"bodi\.bias is not in the network;"),
        ({"body.bias": torch.zeros(4)}, r"body\.bias is \[4\] in the file and \[2\] in the net"),
        (
            {name: torch.zeros(1) for name in "abcd"},
            r"a is .*, b is .*, c is .*, and 1 more; rename",
        ),
    ],
)
def test_what_does_not_fit_is_named(changed: dict[str, Tensor | None], said: str) -> None:
    given = {name: value for name, value in {**TENSORS, **changed}.items() if value is not None}
    network = Network()
    before = network.body.weight.clone()
    with pytest.raises(UserError, match=rf"^the pretrained weights do not fit: {said}"):
        fill(network, given, but="^head")
    assert torch.equal(network.body.weight, before)
