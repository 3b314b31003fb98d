"""Examples with arrays other than an image go through every stage, and reproduce."""

import hashlib
import json
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml
from conftest import CLASSES, PACKAGE, ROOT
from conftest import yours as own_files
from folder_remote import Remote
from numpy.typing import NDArray

from samebits.checks import image_rules

TASKS = Path(__file__).parents[1] / "tasks"
PREPARED = Path("data/prepared")
SPLITS = ("train", "train_dev", "dev", "test")
COUNT, LENGTH = 40, 16
WEIGHTS = Path("models/model.safetensors")


def series(label: int, draw: np.random.Generator) -> bytes:
    """Waves whose frequency tells the class, with some moments missing."""
    moments = np.arange(LENGTH) + draw.random((3, 1)) * LENGTH
    waves = np.sin(moments * (0.4 + 0.8 * label)) + 0.1 * draw.random((3, LENGTH))
    return waves.astype("<f4").tobytes() + (draw.random(LENGTH) < 0.9).tobytes()


def words(label: int, draw: np.random.Generator) -> bytes:
    """A text of six letters, other ones in each class."""
    letters = draw.integers(0, 6, draw.integers(5, LENGTH + 4)) + 6 * label
    return "".join(chr(97 + letter) for letter in letters).encode()


class Task(NamedTuple):
    """What differs between two kinds of examples: the files, the knobs, what is shown."""

    folder: str
    content: Callable[[int, np.random.Generator], bytes]
    augmentation: dict[str, float]
    fields: dict[str, tuple[str, tuple[int, ...]]]
    fact: str
    unreadable: bytes
    problem: str


MISSING = np.full(3 * LENGTH, np.nan, "<f4").tobytes() + bytes(LENGTH)
TASK = [
    Task(
        "series",
        series,
        {"louder": 0.1},
        {"series": ("float32", (3, LENGTH)), "known": ("bool", (LENGTH,))},
        "energy",
        MISSING,
        "not a readable example (series holds NaN or infinity); replace or remove it.",
    ),
    Task(
        "tokens",
        words,
        {"dropped": 0.1},
        {"tokens": ("int32", (LENGTH,))},
        "letters",
        b"123",
        "not a readable example (no letter); replace or remove it.",
    ),
]


@pytest.fixture(params=TASK, ids=[task.folder for task in TASK])
def task(request: pytest.FixtureRequest, project: Path) -> Task:
    """A project with the files and the examples of a task; the current folder."""
    task: Task = request.param
    shutil.copytree(ROOT / "src/samebits/report", "src/samebits/report", dirs_exist_ok=True)
    shutil.copytree(TASKS / task.folder, Path("src", PACKAGE), dirs_exist_ok=True)
    content = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    content |= {"input": {"length": LENGTH}, "augmentation": task.augmentation}
    content |= {"model": {"width": 16}}
    content["optimization"] |= {"epochs": 30, "batch_size": 8, "learning_rate": 0.02}
    content["evaluation"] |= {"slices": [f"{task.fact} in 3 parts"]}
    content["reproducibility"] |= {"shards": 2}
    Path("params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    draw = np.random.default_rng(0)
    shutil.rmtree("data/raw")
    for label, name in enumerate(CLASSES):
        Path("data/raw", name).mkdir(parents=True)
        for number in range(COUNT):
            path = Path("data/raw", name, f"{number:03d}.bin")
            path.write_bytes(task.content(label, draw))
    return task


def test_from_files_to_the_report(
    task: Task, stage: Callable[..., Any], settle: Callable[..., None], tmp_path: Path
) -> None:
    def run(*names: str) -> None:
        for name in names:
            done = stage(name)
            assert done.returncode == 0, done.stderr

    odd = Path("data/raw/tree/odd.bin")
    odd.write_bytes(task.unreadable)
    assert task.problem in stage("validate").stderr
    odd.unlink()
    run("validate", "prepare", "train")
    data = json.loads(Path("reports/data.json").read_bytes())
    assert data["labels_examined"] == len(CLASSES) * COUNT
    drift = ["brightness-drift", "size-drift"]
    assert data["not_looked_for"] == ["near-duplicates", *image_rules.RULES, *drift]
    assert (data["sizes"], data["modes"]) == ({}, {})
    for split in SPLITS:
        check_stored(PREPARED / split, task)
    weights = WEIGHTS.read_bytes()
    Remote(tmp_path / "remote").push(PREPARED / "train", PREPARED / "dev")
    for runtime in ({"processes": 2}, {"processes": 2, "stream": True, "workers": 1}):
        settle(Path("params.yaml"), runtime=runtime)
        run("train")
        assert WEIGHTS.read_bytes() == weights
    run("evaluate", "diagnose", "report")
    metrics = json.loads(Path("reports/metrics.json").read_bytes())
    names = [baseline["name"] for baseline in metrics["baselines"]]
    assert names == [
        "majority class",
        "logistic regression on the arrays",
        "gradient boosting on the arrays",
    ]
    assert metrics["score"] > 0.9
    page = Path("reports/report.html").read_text(encoding="utf-8")
    assert "<img" not in page
    assert f"<p>{task.fact} " in page
    assert "Near-duplicates were not searched for" in page


def check_stored(folder: Path, task: Task) -> None:
    """The shards are plain NumPy files; one checksum and one hash are those of all arrays."""
    index = json.loads((folder / "index.json").read_bytes())
    announced = {name: [kind, [*shape]] for name, (kind, shape) in task.fields.items()}
    assert (index["fields"], [*index["fields"]]) == (announced, [*announced])
    arrays: dict[str, NDArray[Any]] = {}
    for name, (kind, shape) in task.fields.items():
        paths = sorted(folder.glob(f"{name}-*.npy"))
        arrays[name] = np.concatenate([np.load(path) for path in paths])
        assert (arrays[name].dtype.name, arrays[name].shape[1:]) == (kind, shape)
    count = len(np.load(folder / "labels.npy"))
    rows = [b"".join(array[row].tobytes() for array in arrays.values()) for row in range(count)]
    assert [*map(zlib.crc32, rows)] == np.load(folder / "checksums.npy").tolist()
    assert index["content"] == hashlib.sha256(b"".join(rows)).hexdigest()


def test_the_checks_of_a_project(task: Task, python: Callable[..., Any]) -> None:
    """With the contents of some of its files; without them, one sentence says so."""
    own_files(Path("tests"), ROOT / "tests")
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    if task.folder == "series":  # a text may hold anything, even images
        first = python(*command, "-k", "decode").stdout
        assert "override `contents` in tests/test_data.py" in first
    path = Path("tests/test_data.py")
    text = path.read_text(encoding="utf-8").replace(
        "    pass\n",
        "    def contents(self) -> list[bytes]:\n"
        "        return [path.read_bytes() for path in sorted(Path('data/raw/tree').iterdir())]\n",
    )
    path.write_text(f"from pathlib import Path\n\n{text}", encoding="utf-8")
    done = python(*command)
    assert done.returncode == 0, done.stdout
