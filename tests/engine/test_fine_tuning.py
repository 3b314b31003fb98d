"""The networks of docs/fine-tuning.md, as they stand there, with small random weights."""

import hashlib
import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import yaml
from conftest import ROOT
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from samebits.core.operators import portable
from samebits.core.seals import hash_of
from samebits.core.sections import Reproducibility
from samebits.data.raw_pointer import record_origin
from samebits.training.batch_norm import Statistics
from samebits.training.microbatch import Gradient, check
from samebits.training.predict import predict

PAGES = {path.name.split("'")[1]: path for path in (ROOT / "docs").glob("*fine-tuning.md*")}
CODE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
BITS = Reproducibility(seed=0, level="portable", device="cpu", threads=1, shards=2, chunk=4)
WORDS = "[PAD] [UNK] [CLS] [SEP] un ##aff ##able caf ##e ! word".split()


def code_of(task: str, number: int) -> str:
    code = CODE.findall(PAGES[task].read_text(encoding="utf-8"))
    return str(code[number])


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A file of a page, imported; the current folder is that of a project."""
    monkeypatch.chdir(tmp_path)
    Path("data/weights").mkdir(parents=True)
    Path("data/vocab.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")

    def of(task: str, number: int) -> ModuleType:
        path = tmp_path / f"{task}_{number}.py"
        path.write_text(code_of(task, number), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        return loaded

    return of


def give(name: str, tensors: Mapping[str, Tensor]) -> None:
    """Bring in weights, as `samebits weights` does."""
    path = Path("data/weights", f"{name}.safetensors")
    save_file(dict(tensors), path)
    pointer = path.with_name(f"{path.name}.dvc")
    outs = [{"md5": hash_of(path), "path": path.name}]
    pointer.write_text(yaml.safe_dump({"outs": outs}), encoding="utf-8")
    made = hashlib.sha256(path.read_bytes()).hexdigest()
    record_origin(pointer, {"kind": "weights", "source": "a test", "safetensors": made})
    pipeline = {"stages": {"train": {"cmd": "x", "deps": [path.as_posix()]}}}
    Path("dvc.yaml").write_text(yaml.safe_dump(pipeline), encoding="utf-8")


def step(network: nn.Module, **inputs: Tensor) -> Tensor:
    """The gradient of one shard, by operators that are the same on every processor alone."""
    network.train()
    check(network, 4, 2)
    statistics, gradient = Statistics(network), Gradient(network)
    statistics.begin()
    with portable(network, BITS):
        logits = network(**inputs)
        loss = functional.cross_entropy(logits, torch.arange(len(logits)) % logits.shape[1])
        return statistics.behind(gradient.of(loss))


@pytest.mark.parametrize("task", PAGES)
def test_the_lines_are_counted(task: str) -> None:
    text = PAGES[task].read_text(encoding="utf-8")
    told = [int(count) for count in re.findall(r"`(?:model|data)\.py`(?: has|,) (\d+)", text)]
    assert told == [code.count("\n") for code in CODE.findall(text)]


def lite0(network: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """What the file of EfficientNet-Lite0 holds: the names of the recipe, and 1,000 classes."""
    draws = torch.Generator().manual_seed(1)
    for name, value in network.state_dict().items():
        shape = (1000, *value.shape[1:]) if name.startswith("_fc") else value.shape
        if value.is_floating_point():
            yield name, torch.rand(shape, generator=draws) * 0.1
        else:
            yield name, torch.tensor(7)


def test_efficientnet(module: Callable[..., Any]) -> None:
    model = module("image-class", 0)
    network = model.build(model.Model(), {"image": (3, 32, 32)}, 5, 0.1)
    assert sum(weight.numel() for weight in network.parameters()) == 3_371_008 + 5 * 1281
    head = network._fc.weight.clone()
    given = dict(lite0(network))
    give("lite0", given)
    model.start(network, model.Model())
    for name, value in network.state_dict().items():
        assert torch.equal(value, given[name]) != name.startswith("_fc"), name
    assert torch.equal(network._fc.weight, head)
    images = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8)
    assert step(network, **model.inputs({"image": images.numpy()})).isfinite().all()
    assert len(network._blocks) == 16


def minilm(width: int, depth: int, vocabulary: int) -> Iterator[tuple[str, Tensor]]:
    """What the file of a MiniLM holds."""
    draws = torch.Generator().manual_seed(1)

    def linear(name: str, inside: int, outside: int) -> Iterator[tuple[str, Tensor]]:
        yield f"{name}.weight", torch.randn(outside, inside, generator=draws) * 0.2
        yield f"{name}.bias", torch.randn(outside, generator=draws) * 0.2

    def norm(name: str) -> Iterator[tuple[str, Tensor]]:
        yield f"{name}.weight", 1 + torch.randn(width, generator=draws) * 0.2
        yield f"{name}.bias", torch.randn(width, generator=draws) * 0.2

    yield "embeddings.position_ids", torch.arange(512).unsqueeze(0)
    for name, count in (("word", vocabulary), ("position", 512), ("token_type", 2)):
        value = torch.randn(count, width, generator=draws)
        yield f"embeddings.{name}_embeddings.weight", value
    yield from norm("embeddings.LayerNorm")
    for n in range(depth):
        layer = f"encoder.layer.{n}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            yield from linear(f"{layer}.attention.{part}", width, width)
        yield from norm(f"{layer}.attention.output.LayerNorm")
        yield from linear(f"{layer}.intermediate.dense", width, 4 * width)
        yield from linear(f"{layer}.output.dense", 4 * width, width)
        yield from norm(f"{layer}.output.LayerNorm")
    yield from linear("pooler.dense", width, width)


def bert(file: Mapping[str, Tensor], tokens: Tensor, depth: int, heads: int) -> Tensor:
    """The states of the tokens, by the definition (Devlin et al., NAACL 2019)."""

    def linear(name: str, given: Tensor) -> Tensor:
        return functional.linear(given, file[f"{name}.weight"], file[f"{name}.bias"])

    def norm(name: str, given: Tensor) -> Tensor:
        scale = file[f"{name}.weight"], file[f"{name}.bias"]
        return functional.layer_norm(given, given.shape[-1:], *scale, eps=1e-12)

    parts = {"word": tokens, "position": torch.arange(tokens.shape[1]), "token_type": tokens * 0}
    embedded = [file[f"embeddings.{name}_embeddings.weight"][at] for name, at in parts.items()]
    states = norm("embeddings.LayerNorm", embedded[0] + embedded[1] + embedded[2])
    for n in range(depth):
        layer = f"encoder.layer.{n}"
        cut = (*tokens.shape, heads, -1)
        query, key, value = (
            linear(f"{layer}.attention.self.{part}", states).view(cut).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(2, 3) / key.shape[-1] ** 0.5
        scores = scores.masked_fill((tokens == 0)[:, None, None, :], -torch.inf)
        seen = (scores.softmax(dim=3) @ value).transpose(1, 2).flatten(2)
        seen = linear(f"{layer}.attention.output.dense", seen)
        states = norm(f"{layer}.attention.output.LayerNorm", states + seen)
        wide = functional.gelu(linear(f"{layer}.intermediate.dense", states))
        states = norm(f"{layer}.output.LayerNorm", states + linear(f"{layer}.output.dense", wide))
    return states


def test_minilm(module: Callable[..., Any]) -> None:
    model = module("text-class", 1)
    chosen = model.Model(width=24, depth=2, heads=4, vocabulary=40)
    network = model.build(chosen, {"tokens": (6,)}, 5, 0.0)
    file = dict(minilm(24, 2, 40))
    give("minilm", file)
    model.start(network, chosen)
    tokens = torch.tensor([[2, 7, 9, 3, 0, 0], [2, 8, 4, 5, 6, 3]])
    with torch.no_grad():
        there = (tokens != 0).unsqueeze(2)
        states = bert(file, tokens, 2, 4) * there
        expected = network.head(states.sum(dim=1) / there.sum(dim=1))
        for mode in (True, False):
            torch.testing.assert_close(network.train(mode)(tokens), expected)
    assert step(network, tokens=tokens).isfinite().all()


def test_an_answer_of_minilm_depends_on_its_text_alone(module: Callable[..., Any]) -> None:
    target: Any = _AnyTarget()
    model = module("text-class", 1)
    network = model.build(model.Model(width=24, depth=2, heads=4, vocabulary=40), {}, 5, 0.0)
    tokens = torch.randint(0, 40, (7, 6), generator=torch.Generator().manual_seed(0)).numpy()
    whole = predict(network, model.inputs, {"tokens": tokens}, target, 4)
    for place in range(7):
        alone = predict(network, model.inputs, {"tokens": tokens[place:][:1]}, target, 4)
        assert (alone[0] == whole[place]).all()


class _AnyTarget:
    """Logits as they are."""

    kept, form = 5, (5,)

    def said(self, given: Tensor, _: Any) -> Tensor:
        return given

    def answers(self, said: Any) -> Any:
        return said


def test_pieces_of_words(module: Callable[..., Any]) -> None:
    data = module("text-class", 0)
    assert data.pieces("unaffable") == ["un", "##aff", "##able"]
    assert data.pieces("unknown") == ["[UNK]"]
    decoded = data.decode("Café, unaffable Word!\n".encode(), data.Input(length=12))
    cut = [WORDS[number] for number in decoded.arrays["tokens"]]
    known = ["caf", "##e", "[UNK]", "un", "##aff", "##able", "word", "!"]
    assert cut == ["[CLS]", *known, "[SEP]", "[PAD]", "[PAD]"]
    short = data.decode(b"word word word", data.Input(length=4)).arrays["tokens"]
    assert [WORDS[number] for number in short] == ["[CLS]", "word", "word", "[SEP]"]
