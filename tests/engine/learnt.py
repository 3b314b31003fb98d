"""A small project of each task, with a model that was trained and evaluated."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pairs
import yaml
from class_set_defects import written
from conftest import ANSWERS, CLASSES, JINJA, LOCK, PACKAGE, ROOT, image_file
from numpy.typing import NDArray

STAGES = ("validate", "prepare", "train", "evaluate")
COPIED = ("params.yaml", "dvc.yaml", "pyproject.toml", "data/release.json")
COUNT = 120  # examples
INFER = f"/v2/models/{PACKAGE}/infer"
SMALL: Mapping[str, Mapping[str, Any]] = {
    "data": {
        "dev_fraction": 0.25,
        "test_fraction": 0.25,
        "train_dev_fraction": 0.1,
        "least_examples": 3,
        "group": "",
    },
    "optimization": {"epochs": 2, "batch_size": 8},
    "evaluation": {"constraints": [], "slices": []},
}
# What else is changed for each task: section, key, value.
OTHERS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "image-class": {"data": {"near_duplicate": 0.0}},
    "image-classes": {
        "data": {"near_duplicate": 0.0},
        "input": {"size": 8},
        "model": {"depth": 2},
        "task": {"answer": "kinds"},
    },
    "image-mask": {
        "data": {"near_duplicate": 0.0, "classes": [*pairs.NAMES]},
        "input": {"size": pairs.SIDE},
        "model": {"depth": 2},
    },
}


def images(raw: Path) -> None:
    for label, name in enumerate(CLASSES):
        (raw / name).mkdir(parents=True)
        for number in range(COUNT // len(CLASSES)):
            (raw / name / f"{number:03d}.png").write_bytes(image_file(label, number))


def texts(raw: Path) -> None:
    draw = np.random.default_rng(0)
    for language, letters in (("low", "abcdefgh é"), ("high", "stuvwxyz ß")):
        (raw / language).mkdir(parents=True)
        for number in range(COUNT // 2):
            text = "".join(draw.choice([*letters], draw.integers(3, 40)))
            (raw / language / f"{number:03d}.txt").write_text(f"{text}.", encoding="utf-8")


def series(raw: Path) -> None:
    draw = np.random.default_rng(0)
    for speed, name in enumerate(("slow", "fast")):
        (raw / name).mkdir(parents=True)
        for number in range(COUNT // 2):
            steps = int(draw.integers(30, 80))
            waves = np.sin(np.arange(steps) * (0.2 + 0.4 * speed))[:, np.newaxis]
            rows = waves + 0.2 * draw.standard_normal((steps, 6))
            lines = ["a,b,c,d,e,f", *(",".join(f"{cell:.6f}" for cell in row) for row in rows)]
            (raw / name / f"{number:03d}.csv").write_text("\n".join(lines), encoding="utf-8")


def rows(raw: Path, section: Mapping[str, Any], task: Mapping[str, Any]) -> None:
    """A table of the columns that the task names; a number is missing now and then."""
    draw = np.random.default_rng(0)
    raw.mkdir(parents=True)
    with (raw / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        time = [task["time"]] if task["time"] else []
        writer.writerow([*section["numbers"], *section["categories"], task["answer"], *time])
        for number in range(COUNT):
            numbers = draw.normal(50, 10, len(section["numbers"])).round(3)
            names = [f"kind {draw.integers(4)}, or so" for _ in section["categories"]]
            answer = round(1000 * numbers.sum()) if time else f"grade {int(numbers[0] > 50)}"
            cells = ["" if draw.random() < 0.1 else cell for cell in numbers.tolist()]
            date = [f"2020-01-01T{number // 60:02d}:{number % 60:02d}:00"] if time else []
            writer.writerow([*cells, *names, answer, *date])


def fill(raw: Path, task: str, params: Mapping[str, Any]) -> None:
    if task.startswith("table"):
        rows(raw, params["input"], params["task"])
    else:
        ways: Mapping[str, Callable[[Path], Any]] = {
            "image-class": images,
            "image-classes": written,
            "image-mask": lambda raw: pairs.filled(raw, COUNT),
            "text-class": texts,
            "series-class": series,
        }
        ways[task](raw)


def made(root: Path, task: str) -> Path:
    """Write a project of a task, with little to learn."""
    answers = ANSWERS | {"task": task}

    def render(text: str) -> str:
        return JINJA.from_string(text).render(cookiecutter=answers)

    ignore = shutil.ignore_patterns("__pycache__", "audit", "report")
    shutil.copytree(ROOT / "src/samebits", root / "src/samebits", ignore=ignore)
    for file in sorted((ROOT / "src/{{cookiecutter.__package_name}}").glob("*.py*")):
        if name := render(file.name):
            (root / "src" / PACKAGE).mkdir(exist_ok=True)
            shutil.copyfile(file, root / "src" / PACKAGE / name)
    (root / "data").mkdir()
    for name in COPIED:
        text = render((ROOT / name).read_text(encoding="utf-8"))
        (root / name).write_text(text, encoding="utf-8")
    (root / "requirements").mkdir()
    shutil.copyfile(LOCK, root / "requirements/runtime.lock")
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    for changes in (SMALL, OTHERS.get(task, {})):
        for section, values in changes.items():
            params[section] |= values
    (root / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    fill(root / "data/raw", task, params)
    pointer = "outs:\n- md5: 0123456789abcdef0123456789abcdef.dir\n  path: raw\n"
    (root / "data/raw.dvc").write_text(pointer, encoding="utf-8")
    return root


def samebits(root: Path, *words: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """Run a verb in a project."""
    return subprocess.run(
        [sys.executable, "-I", "-m", "samebits", *words],
        cwd=root,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        input=given,
        capture_output=True,
        check=False,
    )


def learnt(root: Path, task: str) -> Path:
    """Write a project of a task, and run its stages up to `evaluate`."""
    made(root, task)
    for stage in STAGES:
        done = samebits(root, "run", stage)
        assert done.returncode == 0, done.stderr.decode()
    return root


def predicted(root: Path, *words: str, given: bytes = b"") -> list[dict[str, Any]]:
    """What `samebits predict --json` prints; it must succeed."""
    done = samebits(root, "predict", "--json", *words, given=given)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    return [json.loads(line) for line in done.stdout.splitlines()]


class Said(NamedTuple):
    """What a service answers."""

    status: int
    body: bytes

    @property
    def value(self) -> Any:
        return json.loads(self.body)


class Service:
    """A service that runs, and its port."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process, self.port = process, port

    def ask(self, path: str, body: bytes | None = None, method: str = "", **headers: str) -> Said:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method or ("GET" if body is None else "POST"), path, body, headers)
            answered = connection.getresponse()
            return Said(answered.status, answered.read())

    def infer(self, contents: Sequence[bytes]) -> NDArray[np.float32]:
        """The probabilities of images."""
        tensor: dict[str, Any] = {"name": "content", "datatype": "BYTES", "shape": [len(contents)]}
        tensor |= {"parameters": {"content_type": "base64"}}
        tensor |= {"data": [b64encode(content).decode() for content in contents]}
        said = self.ask(INFER, json.dumps({"inputs": [tensor]}).encode())
        assert said.status == 200, said
        (output,) = (
            output for output in said.value["outputs"] if output["name"] == "probabilities"
        )
        return np.array(output["data"], np.float32).reshape(output["shape"])


@contextmanager
def served(root: Path, settings: str = "", **variables: str) -> Iterator[Service]:
    (root / "serving.yaml").write_text(f"port: 0\n{settings}", encoding="utf-8")
    command = [sys.executable, "-I", "-m", "samebits", "serve"]
    environment = os.environ | variables
    with subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(2)]
        match = re.fullmatch(rf"Serving {PACKAGE} at http://[\d.]+:(\d+)\n", lines[1])
        assert match, lines
        try:
            yield Service(process, int(match[1]))
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            assert process.wait(20) in (0, -signal.SIGTERM, -signal.SIGKILL)
