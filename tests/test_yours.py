"""Changes to the four user files, as in docs/your-code.md, in a built project.

    python -m pytest -m slow tests/test_yours.py

Each change works, passes `make verify`, and re-runs only what reads the file.
"""

import json
import random
import re
import shutil
from pathlib import Path

import pytest
import yaml
from helpers import PACKAGE, PROJECT, ROOT, commit, git, set_param
from reproduction import Place

DATA, MODEL, TRAINING, METRICS = (
    f"src/{PACKAGE}/{name}.py" for name in ("data", "model", "training", "metrics")
)
# file, old text, new text; for params.yaml likewise.
Change = tuple[str, str, str]

VIT = '''
class Network(nn.Module):
    """A small vision transformer."""

    def __init__(self, model: Model, channels: int, side: int, outputs: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(channels, model.embedding, model.patch, model.patch)
        count = (side // model.patch) ** 2
        self.places = nn.Parameter(torch.randn(count, model.embedding) * 0.02)
        layer = nn.TransformerEncoderLayer(
            model.embedding, model.heads, 2 * model.embedding, 0.0, "gelu", batch_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(model.embedding, outputs)

    def forward(self, image: Tensor) -> Tensor:
        tokens = self.patches(image).flatten(2).transpose(1, 2) + self.places
        logits: Tensor = self.head(self.encoder(tokens).mean(dim=1))
        return logits
'''
MLP = '''
class Network(nn.Module):
    """Hidden layers on all pixels."""

    def __init__(self, model: Model, inputs: int, outputs: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten()]
        for _ in range(model.layers):
            layers += [nn.Linear(inputs, model.hidden), nn.ReLU(), nn.Dropout(model.drop)]
            inputs = model.hidden
        self.layers = nn.Sequential(*layers, nn.Linear(inputs, outputs))

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.layers(image)
        return logits
'''
FLAT = r"    width: int.*\n(?:.*\n)*?    activation: .*\n"
CLASS = r"\nclass Network\(nn\.Module\):\n(?:.*\n)*?        return logits\n"
END = r"    channels, side, _ = shapes\[\"image\"\]\n(?:.*\n)*"
SECTION = r"model:.*\n(?:  .*\n)+"

CHANGES: dict[str, tuple[list[Change], set[str]]] = {
    "a small ViT with three knobs": (
        [
            (
                MODEL,
                FLAT,
                '    embedding: int = number(4, 4096, bigger="*2")\n'
                "    heads: int = number(1, 64)\n    patch: int = number(1, 64)\n",
            ),
            (MODEL, CLASS, VIT.replace("\\", "\\\\")),
            (
                MODEL,
                END,
                '    channels, side, _ = shapes["image"]\n'
                "    return Network(model, channels, side, outputs)\n",
            ),
            ("params.yaml", SECTION, "model:\n  embedding: 16\n  heads: 2\n  patch: 2\n"),
        ],
        {"train", "evaluate", "diagnose"},
    ),
    "an MLP with three knobs": (
        [
            (
                MODEL,
                FLAT,
                '    hidden: int = number(1, 65536, bigger="*2")\n'
                '    layers: int = number(1, 10, bigger="+1")\n    drop: float = number(0, 1)\n',
            ),
            (MODEL, CLASS, MLP.replace("\\", "\\\\")),
            (
                MODEL,
                END,
                '    channels, side, _ = shapes["image"]\n'
                "    return Network(model, channels * side * side, outputs)\n",
            ),
            ("params.yaml", SECTION, "model:\n  hidden: 32\n  layers: 2\n  drop: 0.1\n"),
        ],
        {"train", "evaluate", "diagnose"},
    ),
    "an own loss": (
        [
            (
                TRAINING,
                r"    return cross_entropy\(.*\n",
                "    right = functional.one_hot(batch.target, logits.shape[1]).float()\n"
                "    squared: Tensor = (logits.softmax(dim=1) - right).square().sum(dim=1)\n"
                "    return squared.mean()\n",
            ),
            (TRAINING, r", cross_entropy", ""),
            (TRAINING, r"(from torch import .*\n)", r"\1from torch.nn import functional\n"),
        ],
        {"train"},
    ),
    "mixup": (
        [
            (
                TRAINING,
                r"    return (cross_entropy\(.*)\n",
                r"    plain = \1\n"
                "    if not network.training:\n"
                "        return plain\n"
                '    image, other = batch.inputs["image"], batch.target.flip(0)\n'
                "    share = torch.rand(len(image))  # audit: seeded for each step and shard\n"
                "    share = share.to(image.device)\n"
                "    of_each = share[:, None, None, None]\n"
                "    mixed = network(image=of_each * image + (1 - of_each) * image.flip(0))\n"
                "    losses = share * functional.cross_entropy(mixed, batch.target,"
                ' reduction="none")\n'
                "    losses = losses + (1 - share) * functional.cross_entropy(mixed, other,"
                ' reduction="none")\n'
                "    return (plain + losses.mean()) / 2\n",
            ),
            (
                TRAINING,
                r"(from torch import .*\n)",
                r"import torch\n\1from torch.nn import functional\n",
            ),
        ],
        {"train"},
    ),
    "an own augmentation": (
        [
            (TRAINING, r"(    flip: bool.*\n)", r"\1    noise: float = number(0, 1)\n"),
            (TRAINING, r"DRAWS = 4", "DRAWS = 5"),
            (
                TRAINING,
                r"    return batch\._replace\(inputs=\{\"image\": (.*)\}\)\n",
                r"    image = \1\n"
                r"    brighter = settings.noise * (draws[:, 4] - 0.5)\n"
                r"    image = image + brighter[:, None, None, None]\n"
                r'    return batch._replace(inputs={"image": image})\n',
            ),
            ("params.yaml", r"(augmentation:.*\n)", r"\1  noise: 0.2\n"),
        ],
        {"train", "diagnose"},
    ),
    "an own schedule": (
        [
            (
                TRAINING,
                r"schedule = cosine.*\n",
                "\n\ndef schedule(step: int, steps: int, optimization: Optimization) -> float:\n"
                '    """Return a rate that falls evenly to nothing."""\n'
                "    return optimization.learning_rate * (1 - step / steps)\n\n\n",
            ),
            (
                TRAINING,
                r"import Batch, Regularization, cosine",
                "import Batch, Optimization, Regularization",
            ),
        ],
        {"train"},
    ),
    "an own metric": (
        [
            (
                METRICS,
                r"from samebits\.metrics import Metric\n\nMETRICS: .*\n",
                "import numpy as np\nfrom numpy.typing import NDArray\n\n"
                "from samebits.metrics import Metric, Scored, mean_of\n\n\n"
                "def in_top_2(scored: Scored) -> NDArray[np.bool_]:\n"
                '    """Return whether the right class is one of the two most probable ones."""\n'
                '    ranked = np.argsort(-scored.probabilities, axis=1, kind="stable")\n'
                "    found: NDArray[np.bool_] = (\n"
                "        ranked[:, :2] == scored.labels[:, np.newaxis]\n    ).any(axis=1)\n"
                "    return found\n\n\n"
                "METRICS: list[Metric] = [\n"
                '    mean_of("top_2_accuracy", in_top_2, higher_is_better=True,'
                " between_0_and_1=True)\n]\n",
            ),
            ("params.yaml", r"  constraints:\n", "  constraints:\n  - top_2_accuracy >= 0.5\n"),
        ],
        {"evaluate", "diagnose", "report"},
    ),
    "own decoding": (
        [
            (
                DATA,
                r"    resized = (.*)\n",
                '    resized = 255 - \\1\n    facts["contrast"] = float(resized.std()) / 255\n',
            ),
            ("params.yaml", r"(  slices:.*\n)", r"\1  - contrast in 3 parts\n"),
        ],
        {"validate", "prepare", "evaluate", "diagnose"},
    ),
}

# What such a change must move, if not the weights.
MOVED = {
    "an own metric": "reports/metrics.json",
    "own decoding": "data/prepared/dev/image-00000.npy",
}


def change(root: Path, changes: list[Change]) -> None:
    """Make the changes; each must find its place once."""
    for name, pattern, new in changes:
        text = (root / name).read_text("utf-8")
        changed, count = re.subn(pattern, new, text, count=1, flags=re.MULTILINE)
        assert count == 1, f"{name} has no {pattern!r} to replace"
        (root / name).write_text(changed, "utf-8")


@pytest.fixture(scope="module")
def short(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The built project, with few epochs, committed with its results."""
    place = Place(tmp_path_factory.mktemp("yours") / "yours", built)
    ignored = shutil.ignore_patterns(".venv", "__pycache__", "checkpoints")
    shutil.copytree(built, place.root, ignore=ignored)
    (place.root / ".venv").symlink_to(built / ".venv")
    set_param(place.root, "epochs: 40", "epochs: 2")
    place.must("dvc", "repro")
    commit(place.root, "Few epochs")
    return place


@pytest.fixture
def place(short: Place, tmp_path: Path) -> Place:
    """A copy of it to change at will."""
    shutil.copytree(short.root, tmp_path / "yours", symlinks=True)
    return Place(tmp_path / "yours", short.built)


def test_the_page_shows_what_is_tried_here() -> None:
    page = (ROOT / PROJECT / "docs/your-code.md").read_text("utf-8")
    recipes = page.partition("## A stage of your own")[0]
    shown = "\n".join(re.findall(r"^```python\n(.*?)^```", recipes, re.DOTALL | re.MULTILINE))
    news = "\n".join(new for changes, _ in CHANGES.values() for *_, new in changes)
    tried = {line.strip() for line in news.replace("\\n", "\n").split("\n")}
    lines = [line.strip() for line in shown.split("\n") if line.strip()[:1] not in ("", "#")]
    assert len(lines) > 20
    assert [line for line in lines if line not in tried] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_works_and_reproduces(place: Place, name: str) -> None:
    changes, stale = CHANGES[name]
    change(place.root, changes)
    assert set(json.loads(place.must("dvc", "status", "--json"))) == stale
    moved = place.root / MOVED.get(name, "models/model.safetensors")
    before = moved.read_bytes()
    place.must("make", "reproduce")
    assert moved.read_bytes() != before
    git(place.root, "commit", "--all", "--quiet", "--no-verify", "-m", name)
    place.must("make", "check")
    assert git(place.root, "status", "--porcelain") == ""
    assert "to fix" not in place.must("make", "audit")
    place.must("make", "test")
    assert "proven" in place.must("make", "verify", timeout=600)


@pytest.mark.slow
@pytest.mark.parametrize("file", ["data", "model", "training", "metrics"])
def test_an_edit_runs_again_what_reads_the_file(place: Place, file: str) -> None:
    """The README's table says which stages read which file."""
    with (place.root / f"src/{PACKAGE}/{file}.py").open("a", encoding="utf-8") as text:
        text.write("# Edited.\n")
    stale = set(json.loads(place.must("dvc", "status", "--json")))
    readme = (place.root / "README.md").read_text("utf-8")
    [cells] = re.findall(rf"^\| `{file}\.py` \|.*\| ([^|]*) \|$", readme, re.MULTILINE)
    stages = yaml.safe_load((place.root / "dvc.yaml").read_text("utf-8"))["stages"]
    declared = {
        name for name, stage in stages.items() if f"src/{PACKAGE}/{file}.py" in stage["deps"]
    }
    assert stale == declared == set(re.findall(r"`(\w+)`", cells))


SHOW = '''"""How a person sees an example. The stage `report` imports this."""

import numpy as np
from numpy.typing import NDArray

from samebits.data import Arrays


def show(arrays: Arrays) -> NDArray[np.uint8]:
    """Return ink as black on white, uint8 [c, h, w]."""
    inverted: NDArray[np.uint8] = 255 - arrays["image"]
    return inverted
'''


@pytest.mark.slow
def test_how_an_example_is_shown_runs_the_report_again(place: Place) -> None:
    file = f"src/{PACKAGE}/show.py"
    (place.root / file).write_text(SHOW, "utf-8")
    git(place.root, "add", file)
    assert f"does not depend on {file}" in place.run("make", "audit").stdout
    change(place.root, [("dvc.yaml", r"(  report:\n(?:.*\n)*?    deps: \[)", rf"\1{file}, ")])
    assert set(json.loads(place.must("dvc", "status", "--json"))) == {"report"}
    before = (place.root / "reports/report.html").read_text("utf-8")
    place.must("make", "reproduce")
    assert (place.root / "reports/report.html").read_text("utf-8") != before
    git(place.root, "commit", "--all", "--quiet", "--no-verify", "-m", "Ink is black")
    place.must("make", "check")
    assert "to fix" not in place.must("make", "audit")


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "console/errors.py",
        "cli/compare.py",
        "arguments.py",
        "verbs.py",
        "audit/run.py",
        "remote/sync.py",
    ],
)
def test_other_words_of_the_engine_run_nothing_again(place: Place, path: str) -> None:
    with (place.root / "src/samebits" / path).open("a", encoding="utf-8") as text:
        text.write("# Reworded.\n")
    assert json.loads(place.must("dvc", "status", "--json")) == {}


@pytest.mark.slow
def test_a_stage_of_ones_own(place: Place) -> None:
    """As in docs/your-code.md."""
    page = (place.root / "docs/your-code.md").read_text("utf-8")
    recipe = page.partition("## A stage of your own")[2]
    code, entry = re.findall(r"```(?:python|yaml)\n(.*?)```", recipe, re.DOTALL)[:2]
    file = f"src/{PACKAGE}/count.py"
    (place.root / file).write_text(code, "utf-8")
    with (place.root / "dvc.yaml").open("a", encoding="utf-8") as pipeline:
        pipeline.write(f"\n{entry}")
    place.must("make", "reproduce")
    assert (place.root / file).read_text("utf-8") == code
    assert int((place.root / "reports/count.txt").read_text("utf-8")) > 1000
    git(place.root, "add", "--all")
    git(place.root, "commit", "--quiet", "--no-verify", "-m", "Count")
    place.must("make", "check")
    assert "to fix" not in place.must("make", "audit")
    (place.root / file).write_text(code.replace("determinism.choose", "print"), "utf-8")
    done = place.run("dvc", "repro", "count")
    assert "does not match level portable" in done.stderr


def clouds(folder: Path) -> None:
    """Write 40 clouds of each of three bodies: balls, boxes, and cones on their bases."""
    draw = random.Random(0)
    for name in ("ball", "box", "cone"):
        (folder / name).mkdir(parents=True)
        for number in range(40):
            rows: list[str] = []
            while len(rows) < 50 + number:
                x, y, z = (draw.uniform(-1, 1) for _ in range(3))
                radius = (x * x + y * y) ** 0.5
                inside = {"ball": radius**2 + z * z, "box": 0.0, "cone": 2 * radius + z}[name]
                rows += [f"{x:.4f} {y:.4f} {z:.4f}"] if inside <= 1 else []
            (folder / name / f"{number:03d}.xyz").write_text("\n".join(rows) + "\n", "utf-8")


@pytest.mark.slow
def test_another_kind_of_example(place: Place, tmp_path: Path) -> None:
    """Point clouds, as in the project's page."""
    page = (place.root / "docs/another-kind-of-example.md").read_text("utf-8")
    blocks = {
        name: re.findall(rf"```{name}\n(.*?)```", page, re.DOTALL)
        for name in ("python", "yaml", "sh")
    }
    files = [f"src/{PACKAGE}/{name}.py" for name in ("data", "model", "training", "show")]
    for name, code in zip([*files, "tests/test_data.py"], blocks["python"], strict=True):
        (place.root / name).write_text(code, "utf-8")
    params = yaml.safe_load((place.root / "params.yaml").read_text("utf-8"))
    [given] = map(yaml.safe_load, blocks["yaml"])
    params |= {name: given[name] for name in ("input", "augmentation", "model")}
    params["evaluation"] |= given["evaluation"]
    params["optimization"] |= {"epochs": 30, "batch_size": 32}
    (place.root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")
    change(place.root, [("dvc.yaml", r"(  report:\n(?:.*\n)*?    deps: \[)", rf"\1{files[3]}, ")])
    clouds(tmp_path / "clouds")
    git(place.root, "add", files[3])
    first, then = blocks["sh"][0].splitlines()
    made = first.partition("  ")[0].replace("clouds", str(tmp_path / "clouds"))
    assert "120" in place.must(*made.split(), "FORCE=1")
    place.must("bash", "-ec", then)
    metrics = json.loads((place.root / "reports/metrics.json").read_text("utf-8"))
    assert metrics["score"] > 0.8
    assert [row["slice"] for row in metrics["slices"]][:1] == ["height 1 of 3"]
    assert "<img" in (place.root / "reports/report.html").read_text("utf-8")
    git(place.root, "add", "--all")
    git(place.root, "commit", "--quiet", "--no-verify", "-m", "Point clouds")
    place.must("make", "check")
    assert "to fix" not in place.must("make", "audit")
    for name, code in zip(files, blocks["python"], strict=False):
        assert (place.root / name).read_text("utf-8") == code, "the formatter changed it"
    assert "proven" in place.must("make", "verify", timeout=600)
